"""The routing header: the first lines of a mail's text (docs/formats.md, Routing header).

``cut`` takes them off the text, in the keeper; ``parse`` reads them, in the milter, which
never sees the rest. Between the two the patient's code is masked.
"""

import re

import msgspec

from rmp_milter.dossier.identity import fold, nir_valid
from rmp_milter.dossier.model import Onglet, Sheet, Verb
from rmp_milter.mail.header import civil
from rmp_milter.mail.header.cutting import Cut as Cut  # noqa: PLC0414 -- the other half of this interface
from rmp_milter.mail.header.cutting import cut as cut  # noqa: PLC0414 -- the other half of this interface
from rmp_milter.mail.header.identity_line import name_words
from rmp_milter.mail.header.lines import MAX_VALUE, Line, bounded, lines_of
from rmp_milter.mail.header.named import NAMES, brought_together, spread
from rmp_milter.mail.header.names import Names, is_initial, is_name, without_title
from rmp_milter.mail.header.numbers import listed, table_apart, table_mark
from rmp_milter.mail.header.once import remembered
from rmp_milter.mail.header.patients import differ
from rmp_milter.mail.header.service_line import NAMED_BY_ADDRESS, address_in, fingerprint_of
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.strays import OF_REQUESTS, meant_by, read_strays
from rmp_milter.mail.header.troubles import Problem as Problem  # noqa: PLC0414 -- part of what is read
from rmp_milter.mail.header.troubles import Trouble as Trouble  # noqa: PLC0414 -- part of what is read
from rmp_milter.mail.header.understood import RoutingHeader as RoutingHeader  # noqa: PLC0414 -- what reading gives
from rmp_milter.mail.header.words import (
    Field,
    nearest_request,
    scope_of,
    sex_of,
    tab_of,
    verb_of,
    yes_or_no,
)

_SHOWN = 80  # characters of a value that a problem repeats
# Behind an INS number stands which of the two numbers it is.
_OID = re.compile(r"\(?\s*(?:OID)?\s*:?\s*1\.2\.250[.\d]*\s*\)?", re.IGNORECASE | re.ASCII)
_NEEDS_NOBODY = frozenset(
    {
        *(Verb.LISTE, Verb.AIDE, Verb.URGENCE, Verb.JUSTIFICATION, Verb.DROITS),
        *(Verb.REMPLACEMENT, Verb.FIN_DE_REMPLACEMENT, Verb.NOUVELLE_CLE),
    }
)
"""Requests that name no patient, or name him in a way of their own."""
_NEEDS: dict[Verb, tuple[Field, ...]] = {
    Verb.URGENCE: (Field.REASON,),
    Verb.JUSTIFICATION: (Field.REFERENCE,),
    Verb.REMPLACEMENT: (Field.LOCUM, Field.FIRST_DAY, Field.LAST_DAY),
    Verb.FIN_DE_REMPLACEMENT: (Field.LOCUM,),
    Verb.NOUVELLE_CLE: (Field.FINGERPRINT,),
    Verb.RECLASSEMENT: (Field.NUMBERS, Field.TAB),
    Verb.RECTIFICATION: (Field.NUMBERS,),
    Verb.MASQUAGE: (Field.NUMBERS,),
    Verb.DEMASQUAGE: (Field.NUMBERS,),
    Verb.OPPOSITION: (Field.DOCTOR,),
    Verb.LEVEE_D_OPPOSITION: (Field.DOCTOR,),
}


@remembered
def parse(header: str, this_year: int) -> RoutingHeader:
    """Read the header's lines; never raises, whatever they are.

    ``this_year`` is the year in which the mail came (for years of two digits). A word that
    stands twice with different values is a problem and counts as not said.
    """
    return _Reading(lines_of(header), this_year).header()


class _Reading:
    """One header being read; collects problems on the way."""

    def __init__(self, lines: list[Line], this_year: int) -> None:
        self.problems: list[Problem] = []
        self.this_year = this_year
        self.unfilled: dict[Field, str] = {}
        self.strays: list[Line] = []
        self.names_said: list[str] = []
        self.said = self._collect(spread(lines))

    def header(self) -> RoutingHeader:
        verb, guessed = self._verb()
        names = self._names(verb)
        said = {field: self.said.get(field, "") for field in Field}
        numbers, table = self._numbers()
        read = RoutingHeader(
            verb=verb,
            guessed=guessed,
            birth_name=names.birth,
            first_names=names.given,
            birth_date=self._birth_date(),
            nir=self._nir(),
            document=said[Field.DOCUMENT],
            prescriber=said[Field.PRESCRIBER],
            consent=self._yes_or_no(Field.CONSENT),
            letters=self._letters() if verb is Verb.LISTE else "",
            reason=said[Field.REASON],
            sheet=self._sheet(names.used),
            scope=scope_of(said[Field.REQUEST]),
            tab=self._tab(),
            since=self._day(Field.SINCE),
            numbers=numbers,
            table=table,
            doctor=said[Field.DOCTOR],
            locum=said[Field.LOCUM],
            first_day=self._day(Field.FIRST_DAY),
            last_day=self._day(Field.LAST_DAY),
            reference=said[Field.REFERENCE],
            names_said=" ".join(dict.fromkeys(self.names_said)),
            born_years=civil.birth_years(
                said[Field.BIRTH_DATE], said[Field.AGE], self.this_year
            ),
            proofs=bool(self._yes_or_no(Field.PROOFS)),
            service=said[Field.SERVICE],
            fingerprint=self._fingerprint(),
            author=said[Field.AUTHOR],
            written=self._day(Field.WRITTEN),
        )
        self._miss(read)
        return msgspec.structs.replace(read, problems=tuple(self.problems))

    def _collect(self, lines: list[Line]) -> dict[Field, str]:
        """Return each word's value; what is said twice differently is not said."""
        said: dict[Field, str] = {}
        doubled: set[Field] = set()
        for line in lines:
            field = line.field
            if field is None:
                self.strays += [line] * (not line.is_blank)
            elif len(line.value) > MAX_VALUE:
                self._trouble(Trouble.UNREADABLE, field, line.value)
                doubled.add(field)
            elif field in NAMED_BY_ADDRESS:
                self._bind(said, field, line.value)
            elif is_slot(field, line.value):
                self.unfilled[field] = line.value
                continue
            elif kind := self._differs(said, line):
                doubled.add(field)
                self._trouble(kind, field, line.value)
            elif len(line.value) > len(said.get(field, "")):
                said[field] = line.value  # the fuller one of two that agree
            if field in NAMES:
                self.names_said += name_words(bounded(line.value))
        return {field: value for field, value in said.items() if field not in doubled}

    def _bind(self, said: dict[Field, str], field: Field, value: str) -> None:
        """Note who is named by an address; ``Service : Cardiologie`` names nobody."""
        address = address_in(value)
        if address and said.setdefault(field, address) != address:
            self._trouble(Trouble.DUPLICATE, field, address)

    @staticmethod
    def _differs(said: dict[Field, str], line: Line) -> Trouble | None:
        known = said.get(line.field) if line.field else None
        if not (known and line.value) or fold(known) == fold(line.value) != "":
            # Two masked codes were two different ones.
            return Trouble.DUPLICATE if known and line.field is Field.CODE else None
        if line.field is Field.PATIENT:
            return Trouble.OTHER_PATIENT if differ(known, line.value) else None
        if line.field is Field.BIRTH_DATE and civil.as_written(known):
            same = civil.as_written(known) == civil.as_written(line.value)
            return None if same else Trouble.DUPLICATE
        return Trouble.DUPLICATE

    def _trouble(self, kind: Trouble, field: Field, value: str = "", nearest: str = "") -> None:
        shown = "" if field is Field.CODE else value[:_SHOWN]
        problem = Problem(kind, field.value, shown, nearest)
        if problem not in self.problems:
            self.problems.append(problem)

    def _has_trouble(self, *fields: Field) -> bool:
        words = {field.value for field in fields}
        return any(problem.word in words for problem in self.problems)

    def _verb(self) -> tuple[Verb, Verb | None]:
        """Return what is asked for, and what one that is not understood probably meant."""
        value = self.said.get(Field.REQUEST, "")
        if not value and Field.REQUEST in self.unfilled:
            self._trouble(Trouble.UNFILLED, Field.REQUEST)
            return Verb.AIDE, meant_by(self.unfilled[Field.REQUEST])
        strays = read_strays(self.strays)
        self.problems += [each for each in strays.problems if each not in self.problems]
        if value:
            if verb := verb_of(value):
                unclear = verb is not Verb.URGENCE and strays.is_request
                return (Verb.AIDE, strays.meant or verb) if unclear else (verb, None)
            nearest = nearest_request(value)
            self._trouble(Trouble.UNREADABLE, Field.REQUEST, value, nearest)
            return Verb.AIDE, meant_by(value)
        if strays.is_request or self._has_trouble(Field.REQUEST):
            # A request that is there but unclear must never turn into a deposit.
            return Verb.AIDE, strays.meant
        if belonging := self._of_requests():
            return Verb.AIDE, OF_REQUESTS[belonging[0]]
        return Verb.DEPOT, None

    def _of_requests(self) -> list[Field]:
        return [field for field in OF_REQUESTS if self.said.get(field)]

    def _letters(self) -> str:
        letters = (Field.LETTERS, Field.BIRTH_NAME, Field.PATIENT)
        return next((self.said[field] for field in letters if self.said.get(field)), "")

    def _names(self, verb: Verb) -> Names:
        if verb is Verb.LISTE:
            return Names()
        names = brought_together(self.said)
        if isinstance(names, Problem):
            self.problems.append(names)
            return Names()
        given = self._checked(Field.FIRST_NAMES, names.given)
        if is_initial(given):
            self._trouble(Trouble.UNREADABLE, Field.FIRST_NAMES, given)
            given = ""
        return names._replace(birth=self._checked(Field.BIRTH_NAME, names.birth), given=given)

    def _checked(self, field: Field, value: str) -> str:
        if value and not is_name(value):
            self._trouble(Trouble.UNREADABLE, field, value)
            return ""
        return value

    def _birth_date(self) -> str:
        value, age = self.said.get(Field.BIRTH_DATE, ""), self.said.get(Field.AGE, "")
        if civil.age_contradicts(value, self.this_year):
            self._trouble(Trouble.CONTRADICTION, Field.BIRTH_DATE, value)
            return ""
        if age and civil.age_contradicts(f"{value}, {age}", self.this_year):
            self._trouble(Trouble.CONTRADICTION, Field.BIRTH_DATE, f"{value}, {age}")
            return ""
        read = civil.birth_date(value, self.this_year)
        if value and not read:
            self._trouble(Trouble.UNREADABLE, Field.BIRTH_DATE, value)
        return read

    def _nir(self) -> str:
        value = self.said.get(Field.NIR, "")
        compact = re.sub(r"[\s.-]", "", _OID.sub("", value)).upper()
        if value and not nir_valid(compact):
            self._trouble(Trouble.UNREADABLE, Field.NIR, value)
            return ""
        return compact

    def _sheet(self, used: str) -> Sheet:
        said = {field: self.said.get(field, "") for field in Field}
        sex = sex_of(said[Field.SEX])
        if said[Field.SEX] and not sex:
            self._trouble(Trouble.UNREADABLE, Field.SEX, said[Field.SEX])
        stated = without_title(said[Field.USED_NAME])
        if stated and used and fold(stated) != fold(used):
            self._trouble(Trouble.CONTRADICTION, Field.USED_NAME, said[Field.USED_NAME])
            stated = used = ""
        return Sheet(
            used_name=self._checked(Field.USED_NAME, stated or used),
            sex=sex,
            address=said[Field.ADDRESS],
            regime=said[Field.REGIME],
            insurer=said[Field.INSURER],
            phone=said[Field.PHONE],
            fax=said[Field.FAX],
            mobile=said[Field.MOBILE],
            mail=said[Field.MAIL],
        )

    def _tab(self) -> Onglet | None:
        value = self.said.get(Field.TAB, "")
        tab = tab_of(value)
        if value and tab is None:
            self._trouble(Trouble.UNREADABLE, Field.TAB, value)
        return tab

    def _day(self, field: Field) -> str:
        value = self.said.get(field, "")
        read = civil.day(value, self.this_year)
        if value and not read:
            self._trouble(Trouble.UNREADABLE, field, value)
        return read

    def _numbers(self) -> tuple[tuple[int, ...], str]:
        """Return the entries' numbers and their table's mark, wherever it stands.

        The numbers are a list, ``3-5`` for 3, 4, 5; behind them may stand ``(table K7QXM)``.
        """
        value = self.said.get(Field.NUMBERS, "")
        named, beside = table_apart(value)
        apart = table_mark(self.said.get(Field.TABLE, ""))
        found = listed(named)
        if value and not found:
            self._trouble(Trouble.UNREADABLE, Field.NUMBERS, value)
        elif beside and apart and beside != apart:
            self._trouble(Trouble.CONTRADICTION, Field.TABLE, apart)
        return found, beside or apart

    def _fingerprint(self) -> str:
        value = self.said.get(Field.FINGERPRINT, "")
        read = fingerprint_of(value)
        if value and not read:
            self._trouble(Trouble.UNREADABLE, Field.FINGERPRINT, value)
        return read

    def _yes_or_no(self, field: Field) -> bool | None:
        value = self.said.get(field, "")
        said = yes_or_no(value)
        if value and said is None:
            self._trouble(Trouble.UNREADABLE, field, value)
        return said

    def _miss(self, read: RoutingHeader) -> None:
        """Note what the verb cannot do without, and what cannot be without one.

        What is a problem already is named once.
        """
        for field in self._of_requests() if Field.REQUEST not in self.said else ():
            if read.verb is Verb.AIDE and not self._has_trouble(field):
                self._trouble(Trouble.NO_REQUEST, field, self.said[field])
        if read.verb not in _NEEDS_NOBODY:
            self._miss_traits(read)
        for field in _NEEDS.get(read.verb, ()):
            if field not in self.said and not self._has_trouble(field):
                self._lack(field)

    def _lack(self, *fields: Field) -> None:
        """Note that the first is missing, or which of them was left as the example has it."""
        slot = next((field for field in fields if field in self.unfilled), None)
        self._trouble(Trouble.UNFILLED if slot else Trouble.MISSING, slot or fields[0])

    def _miss_traits(self, read: RoutingHeader) -> None:
        names = (Field.PATIENT, Field.BIRTH_NAME, Field.FIRST_NAMES)
        if not self._has_trouble(*names):
            if not (read.birth_name or read.first_names):
                self._lack(*names)
            elif not read.birth_name:
                self._lack(Field.BIRTH_NAME)
            elif not read.first_names:
                self._lack(Field.FIRST_NAMES)
        if not read.birth_date and not self._has_trouble(Field.BIRTH_DATE):
            self._lack(Field.BIRTH_DATE)
