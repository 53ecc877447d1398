"""No two different patients ever match; every spelling of one does (mission, rule 2).

Patients are drawn as people have names: double, hyphenated, with apostrophes, accents,
particles. A spelling is what another secretary, another software or another keyboard makes
of the same name; it is read by the routing header as a mail's would be.
"""

import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rmp_milter.dossier.identity import Matching, fold, match, trait_keys
from rmp_milter.dossier.model import CodeSlot, Consent, Dossier, Patient, Slots
from rmp_milter.mail.header.names import without_title
from rmp_milter.mail.header.routing import RoutingHeader, parse
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import Field

pytestmark = pytest.mark.slow

YEAR = 2026

_LATIN = "abcdefghijklmnopqrstuvwxyzàâäçéèêëîïôöùûüÿñ"
_WORD = st.one_of(
    st.text(_LATIN, min_size=2, max_size=9),
    st.sampled_from(
        ["dupont", "lefèvre", "lœuillet", "groß", "núñez", "pérez", "bœuf", "ægidius", "martin"]
    ),
)
_NAME = st.one_of(
    _WORD,
    st.builds("{}-{}".format, _WORD, _WORD),
    st.builds("{} {}".format, _WORD, _WORD),
    st.builds("d'{}".format, _WORD),
    st.builds("l’{}".format, _WORD),
    st.builds("de {}".format, _WORD),
    st.builds("de la {}".format, _WORD),
    st.builds("du {}".format, _WORD),
)
_GIVEN = st.one_of(
    st.sampled_from(["jean", "éric", "marie", "anne", "zoé", "noël", "françois", "loïc"]),
    st.builds("{}-{}".format, _WORD, _WORD),
    _WORD,
)
_BORN = st.dates(date(1930, 1, 1), date(2025, 12, 31))
_PATIENTS = st.builds(Patient, _NAME, _GIVEN, _BORN.map(date.isoformat), st.just(""))


def dossier(number: int, who: Patient) -> Dossier:
    return Dossier(
        dossier_id=bytes([number]) * 16,
        public_key=bytes(32),
        patient=who,
        treating=bytes(16),
        slots=Slots(code=CodeSlot(b"", b"", b"", folded=True), custody=b""),
        consent=Consent(bytes(16), 0, ""),
        created_at=0,
    )


def matches(asked: Patient, known: Patient) -> bool:
    """Whether a mail for one is filed with the other: found by its keys, then matched."""
    led = set(trait_keys(asked)) & set(trait_keys(known))
    outcome = match(asked, [dossier(1, known)] if led else []).outcome
    return outcome is Matching.ONE


def told(header: RoutingHeader) -> Patient:
    """Return the patient that a header names, which must be without a problem."""
    assert not header.problems, header.problems
    return Patient(header.birth_name, header.first_names, header.birth_date)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "small letters": str.lower,
    "title": str.title,
    "composed": lambda name: unicodedata.normalize("NFC", name),
    "decomposed": lambda name: unicodedata.normalize("NFD", name),
    "decomposed capitals": lambda name: unicodedata.normalize("NFD", name.upper()),
    "no accents": lambda name: "".join(
        sign for sign in unicodedata.normalize("NFD", name) if not unicodedata.combining(sign)
    ),
    "hyphens as spaces": lambda name: name.replace("-", " "),
    "other hyphens": lambda name: name.replace("-", "‐"),
    "non-breaking hyphens": lambda name: name.replace("-", "‑"),
    "typographic apostrophe": lambda name: name.replace("'", "’"),
    "typewriter apostrophe": lambda name: name.replace("’", "'"),
    "apostrophes as spaces": lambda name: name.replace("'", " ").replace("’", " "),
    "wide spaces": lambda name: name.replace(" ", "   "),
    "no-break spaces": lambda name: name.replace(" ", "\u00a0"),
    "ligatures": lambda name: name.replace("œ", "oe").replace("æ", "ae"),
    "capital ligatures": lambda name: name.replace("œ", "Œ").replace("æ", "Æ"),
    "sharp s": lambda name: name.replace("ß", "ss"),
    "soft hyphen": lambda name: f"{name[:1]}\u00ad{name[1:]}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(_PATIENTS)
@example(Patient("l’œuillet-d'Ægidius groß", "Éric-Noël", "1959-01-30"))
def test_every_spelling_of_one_patient_matches(spelling: str, who: Patient) -> None:
    spell = SPELLINGS[spelling]
    capitals = who.birth_name.upper()
    assume(without_title(capitals) == capitals)  # in a header, "Mr" is what he is addressed by
    for each in (who.birth_name, who.first_names):
        assume(not is_slot(Field.PATIENT, each))  # crosses, "pourquoi": nobody has filled it in
    text = f"Nom : {spell(who.birth_name)}\nPrénom : {spell(who.first_names)}\n"
    header = parse(f"{text}Né le : {who.birth_date}\n", YEAR)
    assert matches(told(header), who)


@given(_PATIENTS, st.sampled_from([*SPELLINGS]), st.sampled_from([*SPELLINGS]))
def test_two_spellings_of_one_patient_match(who: Patient, one: str, two: str) -> None:
    first, second = (
        Patient(spell(who.birth_name), spell(who.first_names), who.birth_date)
        for spell in (SPELLINGS[one], SPELLINGS[two])
    )
    assert matches(first, second)


@given(_PATIENTS, _PATIENTS)
@pytest.mark.promise(number=5)
def test_two_different_patients_never_match(one: Patient, two: Patient) -> None:
    assume(_plain(one) != _plain(two))
    assert not matches(one, two)


def _plain(who: Patient) -> tuple[str, str, str]:
    """Return what makes a patient another one, folded by other means than the product's."""

    def letters(text: str) -> str:
        small = text.casefold().replace("œ", "oe").replace("æ", "ae")
        marks = unicodedata.normalize("NFD", small)
        return " ".join(
            "".join(
                "" if unicodedata.combining(sign) else sign if sign.isalpha() else " "
                for sign in marks
            ).split()
        )

    return letters(who.birth_name), letters(who.first_names), who.birth_date


@given(_PATIENTS, st.integers(1, 400))
def test_another_day_of_birth_is_another_patient(who: Patient, days: int) -> None:
    other = date.fromordinal(date.fromisoformat(who.birth_date).toordinal() - days)
    assert not matches(who, Patient(who.birth_name, who.first_names, other.isoformat()))


@given(_PATIENTS, st.data())
def test_a_truncated_name_is_another_one(who: Patient, data: st.DataObject) -> None:
    name = fold(who.birth_name)
    cut = name[: data.draw(st.integers(1, len(name) - 1))]
    assume(fold(cut) != name)
    assert not matches(Patient(cut, who.first_names, who.birth_date), who)


@given(_PATIENTS, st.data())
def test_a_truncated_first_name_is_another_one_or_a_doubt(
    who: Patient, data: st.DataObject
) -> None:
    given_name = who.first_names.replace("-", "")
    cut = given_name[: data.draw(st.integers(1, max(1, len(given_name) - 1)))]
    assume(fold(cut) != fold(who.first_names))
    assert not matches(Patient(who.birth_name, cut, who.birth_date), who)


@given(_PATIENTS)
def test_name_and_first_name_are_not_exchanged(who: Patient) -> None:
    assume(fold(who.birth_name) != fold(who.first_names))
    assert not matches(Patient(who.first_names, who.birth_name, who.birth_date), who)


LOOK_ALIKES = str.maketrans("aceopxyiACEOPXKMTBH", "асеорхуіАСЕОРХКМТВН")
GREEK = str.maketrans("oOAEIKMNTXYZBH", "οΟΑΕΙΚΜΝΤΧΥΖΒΗ")


@pytest.mark.parametrize("table", [LOOK_ALIKES, GREEK])
@given(_PATIENTS, st.booleans())
def test_letters_of_other_scripts_never_match(
    table: dict[int, int],
    who: Patient,
    capitals: bool,  # noqa: FBT001 -- drawn
) -> None:
    name = who.birth_name.upper() if capitals else who.birth_name
    fake = name.translate(table)
    assume(fake != name)
    assert not matches(Patient(fake, who.first_names, who.birth_date), who)
    text = f"Nom : {fake}\nPrénom : {who.first_names}\nNé le : {who.birth_date}\n"
    header = parse(text, YEAR)
    assert header.birth_name == ""
    assert header.problems


DATES: dict[str, Callable[[date], str]] = {
    "slashes": lambda day: f"{day.day:02}/{day.month:02}/{day.year}",
    "no zeros": lambda day: f"{day.day}/{day.month}/{day.year}",
    "dots": lambda day: f"{day.day:02}.{day.month:02}.{day.year}",
    "hyphens": lambda day: f"{day.day:02}-{day.month:02}-{day.year}",
    "spaces": lambda day: f"{day.day:02} {day.month:02} {day.year}",
    "iso": date.isoformat,
    "words": lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    "capital words": lambda day: f"{day.day} {MONTHS[day.month - 1].upper()} {day.year}",
    "with a place": lambda day: f"{day.day:02}/{day.month:02}/{day.year} à Saint-Étienne",
    "spaces around": lambda day: f"  {day.day:02}/{day.month:02}/{day.year}  ",
}
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre"),
    *("octobre", "novembre", "décembre"),
)


@pytest.mark.parametrize("form", DATES)
@given(_BORN)
@example(date(2000, 2, 29))
def test_a_date_is_read_in_every_accepted_form(form: str, born: date) -> None:
    header = parse(f"Patient : DUPONT Jean\nNé le : {DATES[form](born)}\n", YEAR)
    assert told(header).birth_date == born.isoformat()


@given(_BORN)
def test_a_short_year_is_read_only_where_one_century_is_possible(born: date) -> None:
    short = f"{born.day:02}/{born.month:02}/{born.year % 100:02}"
    read = parse(f"Patient : DUPONT Jean\nNé le : {short}\n", YEAR).birth_date
    assert read in {"", born.isoformat()}


@pytest.mark.parametrize(
    "value",
    ["31/02/1959", "30/13/1959", "00/01/1959", "1959", "01/1959", "30/01/3000", "30/01/1800"],
)
def test_what_is_no_date_matches_nobody(value: str) -> None:
    header = parse(f"Patient : DUPONT Jean\nNé le : {value}\n", YEAR)
    assert header.birth_date == ""
    assert header.problems


@pytest.mark.parametrize(
    ("written", "name", "given"),
    [
        ("de LA TOUR Marie", "de LA TOUR", "Marie"),
        ("d'ALMEIDA Éric", "d'ALMEIDA", "Éric"),
        ("DUPONT-MARTIN Jean-Pierre", "DUPONT-MARTIN", "Jean-Pierre"),
        ("LE GOFF Anne", "LE GOFF", "Anne"),
        ("Mme LŒUILLET Zoé", "LŒUILLET", "Zoé"),
        ("Jean DUPONT", "DUPONT", "Jean"),
        ("DUPONT, Jean", "DUPONT", "Jean"),
    ],
)
def test_one_line_is_read_as_two_words_are(written: str, name: str, given: str) -> None:
    one = parse(f"Patient : {written}\nNé le : 30/01/1959\n", YEAR)
    two = parse(f"Nom : {name}\nPrénom : {given}\nNé le : 30/01/1959\n", YEAR)
    assert matches(told(one), told(two))
