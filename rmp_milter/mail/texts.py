"""Every sentence that a person reads from the service: the catalogue, put together.

The texts are in :mod:`rmp_milter.mail.catalogue`, a file a subject. A placeholder that is
not filled in is a programming error and raises KeyError.
"""

from collections.abc import Iterable, Mapping

from rmp_milter.mail.catalogue import (
    aide,
    audit,
    creation,
    deposit,
    dossier,
    letters,
    lists,
    refusals,
)
from rmp_milter.mail.catalogue.text import Language, Text


def _joined(parts: Iterable[Mapping[str, Text]]) -> Mapping[str, Text]:
    """Return all texts under their keys; raises ValueError for a key that stands twice."""
    joined: dict[str, Text] = {}
    for part in parts:
        if twice := joined.keys() & part.keys():
            raise ValueError(f"texts that stand twice: {sorted(twice)}")
        joined |= part
    return joined


REFUSALS = _joined([refusals.REFUSALS])
LETTERS = _joined(
    part.LETTERS for part in (audit, creation, deposit, dossier, aide, letters, lists)
)


def text(key: str, language: Language, **facts: str) -> str:
    """Return the letter text ``key`` with its placeholders filled in."""
    return str(getattr(LETTERS[key], language)).format_map(facts)


def refusal(key: str, language: Language, facts: Mapping[str, str]) -> str:
    """Return why a mail was refused; ``facts`` as in :class:`rmp_milter.errors.MailError`."""
    return str(getattr(REFUSALS[key], language)).format_map(facts)
