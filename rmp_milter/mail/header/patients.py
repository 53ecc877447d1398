"""Whether lines name, in header form, somebody else than the patient of a header."""

from collections.abc import Sequence

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header import civil
from rmp_milter.mail.header.lines import lines_of
from rmp_milter.mail.header.routing import parse
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import Field


def names_another(lines: Sequence[str], header: str, this_year: int) -> bool:
    """Return whether a line in header form names a patient who is surely another."""
    known = parse(header, this_year)
    for text in lines:
        for line in lines_of(text[:400]):
            if line.field is None or is_slot(line.field, line.value):
                continue
            if line.field is Field.PATIENT:
                split = civil.split_name(line.value)
                if split and split[1] and fold(split[0]) != fold(known.birth_name):
                    return True
            if line.field is Field.BIRTH_DATE:
                born = civil.birth_date(line.value, this_year)
                if born and born != known.birth_date:
                    return True
    return False
