"""The routing header: the first lines of a mail's text (docs/formats.md, Routing header).

``cut`` takes them off the text, in the keeper; ``parse`` reads them, in the milter, which
never sees the rest. Between the two the patient's code is masked.
"""

import re
from enum import StrEnum

import msgspec

from rmp_milter.dossier.identity import fold, nir_valid
from rmp_milter.dossier.model import Onglet, Scope, Sheet, Verb
from rmp_milter.mail.header import civil
from rmp_milter.mail.header.cutting import NOT_UNDERSTOOD
from rmp_milter.mail.header.cutting import Cut as Cut  # noqa: PLC0414 -- the other half of this interface
from rmp_milter.mail.header.cutting import cut as cut  # noqa: PLC0414 -- the other half of this interface
from rmp_milter.mail.header.lines import MAX_VALUE, Line, lines_of
from rmp_milter.mail.header.service_line import address_in, fingerprint_of
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.tables import table_apart, table_mark
from rmp_milter.mail.header.words import Field, scope_of, sex_of, tab_of, verb_of, yes_or_no

_NAMES = (Field.PATIENT, Field.BIRTH_NAME, Field.FIRST_NAMES, Field.USED_NAME)
_SHOWN = 80  # characters of a value that a problem repeats
_MAX_NUMBERS = 200
_NUMBERS_PART = re.compile(r"\s*[,;]\s*|\s+(?:et\s+)?")
_NUMBER_RANGE = re.compile(r"([1-9]\d{0,5})(?:-([1-9]\d{0,5}))?")
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


class Trouble(StrEnum):
    """What can be wrong with a word; the values are endings of text keys."""

    MISSING = "missing"
    UNFILLED = "unfilled"
    CONTRADICTION = "contradiction"
    UNREADABLE = "unreadable"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"
    QUOTED = "quoted"  # the request stands where a quotation may be
    OTHER_PATIENT = "other-patient"  # somebody else is named
    ALTERNATIVES = "alternatives"  # plain text and HTML do not say the same
    TWO_REFERENCES = "two-references"  # which emergency access is justified?


class Problem(msgspec.Struct, frozen=True):
    """A word that is missing or wrong, with at most 80 characters of its value."""

    kind: Trouble
    word: str
    value: str = ""


class RoutingHeader(msgspec.Struct, frozen=True):
    """What the header says. Empty strings stand for what it does not say.

    ``birth_date`` is ISO; ``nir`` 15 characters; ``consent`` None if nothing was said;
    ``letters`` what a list shall begin with; ``sheet`` is not matched on; ``numbers`` are
    entries of a dossier, as its index counts them, ``table`` the mark of that index;
    ``since`` and the days are ISO. A field with a problem is empty, so that nothing can rest
    on it; ``names_said`` and ``born_years`` are what an emergency may search by all the same.
    ``proofs`` are wanted with a list of accesses. ``service`` is the address that the mail
    says it is for, ``fingerprint`` that of the enclosed new key, in small letters. ``meant``
    is the request whose example helps, where that can be told; it need not be understood.
    """

    verb: Verb = Verb.DEPOT
    meant: Verb | None = None
    birth_name: str = ""
    first_names: str = ""
    birth_date: str = ""
    nir: str = ""
    document: str = ""
    prescriber: str = ""
    consent: bool | None = None
    letters: str = ""
    reason: str = ""
    sheet: Sheet = Sheet()
    scope: Scope = Scope.WHOLE
    tab: Onglet | None = None
    since: str = ""
    numbers: tuple[int, ...] = ()
    table: str = ""
    doctor: str = ""
    locum: str = ""
    first_day: str = ""
    last_day: str = ""
    reference: str = ""
    names_said: str = ""
    born_years: tuple[int, int] | None = None
    proofs: bool = False
    service: str = ""
    fingerprint: str = ""
    problems: tuple[Problem, ...] = ()


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
        self.unfilled: set[Field] = set()
        self.said = self._collect(lines)

    def header(self) -> RoutingHeader:
        verb = self._verb()
        birth_name, first_names, letters = self._names(verb)
        birth_date = self._birth_date()
        said = {field: self.said.get(field, "") for field in Field}
        numbers, table = self._numbers()
        read = RoutingHeader(
            verb=verb,
            birth_name=birth_name,
            first_names=first_names,
            birth_date=birth_date,
            nir=self._nir(),
            document=said[Field.DOCUMENT],
            prescriber=said[Field.PRESCRIBER],
            consent=self._yes_or_no(Field.CONSENT),
            letters=letters,
            reason=said[Field.REASON],
            sheet=self._sheet(),
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
            names_said=" ".join(said[field] for field in _NAMES if said[field]),
            born_years=civil.birth_years(
                said[Field.BIRTH_DATE], said[Field.AGE], self.this_year
            ),
            proofs=bool(self._yes_or_no(Field.PROOFS)),
            service=said[Field.SERVICE],
            fingerprint=self._fingerprint(),
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
                self._stray(line)
            elif len(line.value) > MAX_VALUE:
                self._trouble(Trouble.UNREADABLE, field, line.value)
                doubled.add(field)
            elif field is Field.SERVICE:
                self._bind(said, line.value)
            elif is_slot(field, line.value):
                self.unfilled.add(field)
            elif self._differs(said, line):
                doubled.add(field)
                self._trouble(Trouble.DUPLICATE, field, line.value)
            elif line.value:
                said.setdefault(field, line.value)
        return {field: value for field, value in said.items() if field not in doubled}

    def _bind(self, said: dict[Field, str], value: str) -> None:
        """Note the service that is named by its address; ``Service : Cardiologie`` is none."""
        address = address_in(value)
        if address and said.setdefault(Field.SERVICE, address) != address:
            self._trouble(Trouble.DUPLICATE, Field.SERVICE, address)

    def _stray(self, line: Line) -> None:
        if line.is_blank:
            return
        word = line.word or NOT_UNDERSTOOD
        problem = Problem(Trouble.UNKNOWN, word, line.value[:_SHOWN] if line.word else "")
        if problem not in self.problems:
            self.problems.append(problem)

    @staticmethod
    def _differs(said: dict[Field, str], line: Line) -> bool:
        known = said.get(line.field) if line.field else None
        if not (known and line.value):
            return False
        # Two masked codes were two different ones.
        return line.field is Field.CODE or fold(known) != fold(line.value)

    def _trouble(self, kind: Trouble, field: Field, value: str = "") -> None:
        shown = "" if field is Field.CODE else value[:_SHOWN]
        self.problems.append(Problem(kind, field.value, shown))

    def _has_trouble(self, *fields: Field) -> bool:
        words = {field.value for field in fields}
        return any(problem.word in words for problem in self.problems)

    def _verb(self) -> Verb:
        value = self.said.get(Field.REQUEST)
        if value is None and Field.REQUEST in self.unfilled:
            self._trouble(Trouble.UNFILLED, Field.REQUEST)
        if value is None:
            # A request that is there but unclear must never turn into a deposit.
            return Verb.AIDE if self._has_trouble(Field.REQUEST) else Verb.DEPOT
        verb = verb_of(value)
        if verb is None:
            self._trouble(Trouble.UNREADABLE, Field.REQUEST, value)
        return verb or Verb.AIDE

    def _names(self, verb: Verb) -> tuple[str, str, str]:
        """Return birth name, first names and letters."""
        name = self.said.get(Field.BIRTH_NAME, "")
        whole = self.said.get(Field.PATIENT, "")
        if verb is Verb.LISTE:
            return "", "", self.said.get(Field.LETTERS, "") or name or whole
        name, given = self._joined(name, self.said.get(Field.FIRST_NAMES, ""), whole)
        name = self._checked(Field.BIRTH_NAME, name)
        return name, self._checked(Field.FIRST_NAMES, given), ""

    def _joined(self, name: str, given: str, whole: str) -> tuple[str, str]:
        """Bring ``Patient :`` and the separate words together, or refuse both."""
        if not whole:
            return name, given
        split = civil.split_name(whole)
        if split is None and name and given:
            split = self._read_with(name, given, whole)
        if split is None:
            self._trouble(Trouble.UNREADABLE, Field.PATIENT, whole)
            return "", ""
        for stated, found in ((name, split[0]), (given, split[1])):
            if stated and found and fold(stated) != fold(found):
                self._trouble(Trouble.CONTRADICTION, Field.PATIENT, whole)
                return "", ""
        return name or split[0], given or split[1]

    @staticmethod
    def _read_with(name: str, given: str, whole: str) -> tuple[str, str] | None:
        both = (fold(f"{name} {given}"), fold(f"{given} {name}"))
        return (name, given) if fold(whole) in both else None

    def _checked(self, field: Field, value: str) -> str:
        if value and not civil.is_name(value):
            self._trouble(Trouble.UNREADABLE, field, value)
            return ""
        return value

    def _birth_date(self) -> str:
        value = self.said.get(Field.BIRTH_DATE, "")
        read = civil.birth_date(value, self.this_year)
        if value and not read:
            self._trouble(Trouble.UNREADABLE, Field.BIRTH_DATE, value)
        return read

    def _nir(self) -> str:
        value = self.said.get(Field.NIR, "")
        compact = re.sub(r"[\s.-]", "", value).upper()
        if value and not nir_valid(compact):
            self._trouble(Trouble.UNREADABLE, Field.NIR, value)
            return ""
        return compact

    def _sheet(self) -> Sheet:
        said = {field: self.said.get(field, "") for field in Field}
        sex = sex_of(said[Field.SEX])
        if said[Field.SEX] and not sex:
            self._trouble(Trouble.UNREADABLE, Field.SEX, said[Field.SEX])
        return Sheet(
            used_name=self._checked(Field.USED_NAME, said[Field.USED_NAME]),
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
        listed, beside = table_apart(value)
        apart = table_mark(self.said.get(Field.TABLE, ""))
        found = _listed(listed)
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
        """Note the traits that the verb cannot do without, unless they are a problem already."""
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


def _listed(value: str) -> tuple[int, ...]:
    """Return the numbers of a list in order, without doubles; nothing if it is none."""
    found: dict[int, None] = {}
    for part in _NUMBERS_PART.split(re.sub(r"\s*-\s*", "-", value.strip())):
        span = _NUMBER_RANGE.fullmatch(part)
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if not 0 <= last - first < _MAX_NUMBERS:
            return ()
        found |= dict.fromkeys(range(first, last + 1))
    return tuple(found) if len(found) <= _MAX_NUMBERS else ()
