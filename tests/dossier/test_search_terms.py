"""By which terms a dossier is found: a part of the store's format."""

from rmp_milter.dossier.model import Closure, Consent, Dossier, Patient, Sheet, Slots
from rmp_milter.dossier.phonetics import SOUND_VERSION, sound_of
from rmp_milter.dossier.search_terms import TERMS_VERSION, Term, TermKind, terms_of

JEAN = Patient("d'Arc-Lévêque", "Jean-Pierre", "1959-01-30")


def dossier(patient: Patient = JEAN, used: str = "", closure: Closure | None = None) -> Dossier:
    return Dossier(
        dossier_id=b"a" * 16,
        public_key=b"P" * 32,
        patient=patient,
        treating=b"t" * 16,
        slots=Slots(None, b"custody"),
        consent=Consent(b"t" * 16, 1, "test"),
        created_at=1,
        sheet=Sheet(used_name=used),
        closure=closure,
    )


def tokens(kind: TermKind, known: Dossier) -> set[str]:
    return {term.token for term in terms_of(known) if term.kind is kind}


def test_a_plain_name_has_these_terms_and_no_others() -> None:
    martin = dossier(Patient("Martin", "Jean", "1959-01-30"))
    assert terms_of(martin) == {
        Term(TermKind.WORD, "MARTIN"),
        Term(TermKind.SOUND, sound_of("MARTIN"), 1959),
        Term(TermKind.BEGINS, "MAR", 1959),
        Term(TermKind.BEGINS, "MART", 1959),
        Term(TermKind.BEGINS, "MARTI", 1959),
        Term(TermKind.BEGINS, "MARTIN", 1959),
        Term(TermKind.BOTH, f"{sound_of('MARTIN')} {sound_of('JEAN')}"),
        Term(TermKind.GIVEN, "JEA", 1959),
        Term(TermKind.GIVEN, "JEAN", 1959),
        Term(TermKind.BORN, "1959-01-30"),
        Term(TermKind.REFERENCE, "DY8VRW7KP"),
        Term(TermKind.REFERENCE, "DBQF6VTXY"),
        Term(TermKind.REF_HEAD, "Y8VR"),
        Term(TermKind.REF_TAIL, "W7KP"),
    }


def test_another_rule_or_sound_is_another_version() -> None:
    """Terms lie in stores: whoever changes what they are made of sets this anew, with a step."""
    assert (TERMS_VERSION, SOUND_VERSION) == (1, 1)


def test_particles_are_no_words_and_neighbours_are_one() -> None:
    assert tokens(TermKind.WORD, dossier()) == {
        *("ARC", "LEVEQUE", "DARC", "ARCLEVEQUE", "DARCLEVEQUE")
    }


def test_a_name_of_particles_alone_is_a_name() -> None:
    assert "LE" in tokens(TermKind.WORD, dossier(Patient("Lê", "Anh", "1959-01-30")))


def test_the_name_in_use_has_terms_as_the_birth_name() -> None:
    assert {"MARTIN", "ARC"} <= tokens(TermKind.WORD, dossier(used="Martin"))


def test_a_short_word_is_its_own_beginning_and_has_no_end() -> None:
    short = dossier(Patient("Roy", "Li", "1959-01-30"))
    assert tokens(TermKind.BEGINS, short) == {"ROY"}
    assert tokens(TermKind.GIVEN, short) == {"LI"}
    assert tokens(TermKind.ENDS, short) == set()


def test_a_long_word_has_an_end() -> None:
    long = dossier(Patient("Charpentier", "Li", "1959-01-30"))
    assert tokens(TermKind.ENDS, long) == {"NTIER"}


def test_a_closed_dossier_has_none() -> None:
    assert terms_of(dossier(closure=Closure(1, 2))) == frozenset()


def test_however_long_the_names_the_terms_are_bounded() -> None:
    long = " ".join(f"{chr(65 + at % 26) * (5 + at % 7)}{at}" for at in range(2_000))
    few = terms_of(dossier(Patient(long, long, "1959-01-30"), used=long))
    assert len(few) < 400  # and none of most of those words


def test_names_without_a_letter_or_a_date_that_is_none_are_no_fault() -> None:
    assert tokens(TermKind.BORN, dossier(Patient("-", "", "1959-01-30"))) == {"1959-01-30"}
    for born in ("", "vers 1950"):
        assert tokens(TermKind.WORD, dossier(Patient("Martin", "-", born))) == {"MARTIN"}
