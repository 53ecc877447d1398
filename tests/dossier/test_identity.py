import unicodedata
from itertools import combinations
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rmp_milter.dossier.identity import (
    Match,
    Matching,
    fold,
    match,
    name_begins,
    nir_valid,
    number_contradicts,
    trait_keys,
)
from rmp_milter.dossier.model import CodeSlot, Consent, Dossier, Patient, Slots

NIR = "184127645108946"
OTHER_NIR = "255081416802538"


def patient(
    name: str = "DUPONT", given: str = "Jean", born: str = "1959-01-30", nir: str = ""
) -> Patient:
    return Patient(birth_name=name, first_names=given, birth_date=born, nir=nir)


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


def found(asked: Patient, *known: Patient) -> Match:
    return match(asked, [dossier(number, who) for number, who in enumerate(known)])


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Dupont", "DUPONT"),
        ("  dupont   martin ", "DUPONT MARTIN"),
        ("DUPONT-MARTIN", "DUPONT MARTIN"),
        ("DUPONT‑MARTIN", "DUPONT MARTIN"),
        ("D'Alméida", "D ALMEIDA"),
        ("d’ALMÉIDA", "D ALMEIDA"),
        ("Lefèbvre-Œuvrard", "LEFEBVRE OEUVRARD"),
        ("Ægir Straße Łódź Ørsted", "AEGIR STRASSE LODZ ORSTED"),
        ("ﬁn Ǆ ſ", "FIN DZ S"),
        ("Nuñez\u00a0Çelik", "NUNEZ CELIK"),
        ("e\u0301te\u0301", "ETE"),
        ("Du\u00adpont\u200b", "DUPONT"),
        ("|", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_letters_of_other_scripts_stay_themselves() -> None:
    assert fold("\u0410\u0412") not in {"AB", ""}
    assert fold("D\u041eUPONT") != fold("DOUPONT")
    assert fold("\u0391") != "A"


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_case_and_composition_do_not_matter(text: str) -> None:
    assume("\u0345" not in unicodedata.normalize("NFD", text))  # Greek, whose capitals differ
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(st.text(alphabet="abcdeéèïœçñ -'", max_size=20))
def test_every_spelling_of_a_name_folds_to_one(name: str) -> None:
    plain = fold(name)
    assert fold(name.upper()) == plain
    assert fold(name.replace("-", " ")) == plain
    assert fold(name.replace("'", "’")) == plain
    assert fold(f"  {name}\u00a0") == plain


def test_the_key_of_a_nir_is_checked() -> None:
    assert nir_valid(NIR)
    assert nir_valid("1 84 12 76 451 089 46")
    assert not nir_valid("1 84 12 76 451 089 45")


def test_corsican_numbers_have_keys_too() -> None:
    for department, stands_for in (("2A", "19"), ("2B", "18"), ("2a", "19")):
        key = 97 - int(f"18412{stands_for}451089") % 97
        assert nir_valid(f"18412{department}451089{key:02}")


@pytest.mark.parametrize(
    "nir",
    ["", "1841276451089", "18412764510894", "1841276451089AB", "x" * 15, "١٨٤١٢٧٦٤٥١٠٨٩٤٦"],
)
def test_what_is_no_nir_is_not_valid(nir: str) -> None:
    assert not nir_valid(nir)


@given(st.integers(0, 14), st.integers(1, 9))
def test_no_single_wrong_digit_passes_the_key(place: int, change: int) -> None:
    digit = str((int(NIR[place]) + change) % 10)
    assert not nir_valid(NIR[:place] + digit + NIR[place + 1 :])


def test_look_up_keys_hold_the_folded_traits() -> None:
    assert trait_keys(patient("Dupont-Martin", "Éric", nir=NIR)) == (
        "trait:DUPONT MARTIN|ERIC|1959-01-30",
        f"nir:{NIR}",
    )
    assert trait_keys(patient("", "Jean", "")) == ()


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Jean-Pierre", "Jean Pierre"),
        ("Jean Pierre", "Jean"),
        ("Jean, Paul", "Jean"),
        ("JEAN", "jean"),
    ],
)
def test_spellings_that_may_be_the_same_share_a_key(one: str, two: str) -> None:
    assert set(trait_keys(patient(given=one))) & set(trait_keys(patient(given=two)))


def test_compound_names_that_differ_share_no_key() -> None:
    keys = [
        set(trait_keys(patient(given=name))) for name in ("Jean-Pierre", "Jean-Paul", "Jean")
    ]
    assert not any(one & two for one, two in combinations(keys, 2))


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (patient(), patient()),
        (patient("dupont", "JEAN"), patient()),
        (patient("D'ALMEIDA", "Éric"), patient("d’Almeida", "Eric")),
        (patient("Dupont Martin"), patient("DUPONT-MARTIN")),
        (patient(given="Jean Pierre"), patient(given="Jean-Pierre")),
        (patient(given="Jean"), patient(given="Jean, Pierre, Marie")),
        (patient(given="Jean-Pierre, Marie"), patient(given="Jean-Pierre")),
        (patient(nir=NIR), patient()),
        (patient(), patient(nir=NIR)),
        (patient(nir=NIR), patient(nir=NIR)),
        (patient(given="Jean", nir=NIR), patient(given="Jean Pierre", nir=NIR)),
        (patient(nir="1 84 12 76 451 089 46"), patient(nir=NIR)),
    ],
)
def test_one_patient_is_found_in_every_spelling(asked: Patient, known: Patient) -> None:
    assert found(asked, known).outcome is Matching.ONE


@pytest.mark.parametrize(
    "known",
    [
        patient("DURAND"),
        patient("DUPOND"),
        patient(given="Jeanne"),
        patient(given="Jean-Pierre"),
        patient(born="1959-01-31"),
        patient("\u0414UPONT"),
    ],
)
def test_another_patient_is_not_found(known: Patient) -> None:
    assert found(patient(), known) == Match(Matching.NONE)


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (patient(given="Jean"), patient(given="Jean Pierre")),
        (patient(given="Jean Pierre"), patient(given="Jean Paul")),
        (patient(given="Jean, Pierre"), patient(given="Jean, Paul")),
        (patient(nir=NIR), patient(nir=OTHER_NIR)),
        (patient("DURAND", nir=NIR), patient(nir=NIR)),
        (patient(born="1959-01-31", nir=NIR), patient(nir=NIR)),
        (patient(given="Paul", nir=NIR), patient(nir=NIR)),
    ],
)
@pytest.mark.promise(number=5)
def test_doubt_and_contradiction_find_nobody(asked: Patient, known: Patient) -> None:
    assert found(asked, known) == Match(Matching.CONTRADICTION)


@pytest.mark.promise(number=5)
def test_two_that_fit_find_nobody() -> None:
    assert found(patient(), patient(), patient()).outcome is Matching.SEVERAL
    assert (
        found(patient(), patient(nir=NIR), patient(nir=OTHER_NIR)).outcome is Matching.SEVERAL
    )
    assert found(patient(), patient(), patient(given="Jean Luc")).outcome is Matching.SEVERAL


def test_a_nir_that_only_one_homonym_has_tells_them_apart() -> None:
    for other in (patient(), patient(nir=OTHER_NIR), patient(given="Jean Luc")):
        result = found(patient(nir=NIR), other, patient(nir=NIR))
        assert result.outcome is Matching.ONE
        assert result.dossier is not None
        assert result.dossier.patient.nir == NIR


def test_a_nir_that_nobody_has_contradicts_the_one_who_has_another() -> None:
    result = found(patient(nir=NIR), patient(nir=OTHER_NIR), patient())
    assert result == Match(Matching.CONTRADICTION)


def test_a_nir_of_somebody_with_other_traits_spoils_the_match() -> None:
    result = found(patient(nir=NIR), patient("DURAND", nir=NIR), patient())
    assert result == Match(Matching.CONTRADICTION)


def test_nobody_known_and_nothing_asked_find_nobody() -> None:
    assert found(patient()) == Match(Matching.NONE)
    assert found(patient("", "", ""), patient("", "", "")) == Match(Matching.NONE)
    assert found(patient("-", "'"), patient("'", "-")) == Match(Matching.NONE)


def test_the_same_dossier_twice_is_one() -> None:
    once = dossier(1, patient())
    assert match(patient(), [once, once]).dossier == once


_NAMES = st.sampled_from(
    ["DUPONT", "Dupont-Martin", "DUPONT MARTIN", "D'ALMEIDA", "d Almeida", "DALMEIDA", "Dupond"]
)
_GIVEN = st.sampled_from(
    [
        "Jean",
        "Jean-Pierre",
        "Jean Pierre",
        "Jean, Pierre",
        "Jean-Paul",
        "Jeanne",
        "Éric",
        "ERIC",
    ]
)
_DATES = st.sampled_from(["1959-01-30", "1959-01-31"])
_PATIENTS = st.builds(patient, _NAMES, _GIVEN, _DATES, st.sampled_from(["", NIR, OTHER_NIR]))


@given(_PATIENTS, st.lists(_PATIENTS, max_size=4))
@pytest.mark.promise(number=5)
def test_who_is_found_agrees_in_every_trait(asked: Patient, known: list[Patient]) -> None:
    result = found(asked, *known)
    assert (result.dossier is not None) == (result.outcome is Matching.ONE)
    if result.dossier is None:
        return
    who = result.dossier.patient
    assert fold(who.birth_name) == fold(asked.birth_name)
    assert who.birth_date == asked.birth_date
    assert fold(who.first_names).split()[0] == fold(asked.first_names).split()[0]
    assert not (who.nir and asked.nir) or who.nir == asked.nir


@given(_PATIENTS, _PATIENTS)
def test_matching_is_the_same_from_both_sides(one: Patient, two: Patient) -> None:
    assert found(one, two).outcome is found(two, one).outcome


@given(_PATIENTS, _PATIENTS)
def test_whoever_is_matched_is_led_to_by_a_key(one: Patient, two: Patient) -> None:
    if found(one, two).outcome is not Matching.NONE:
        assert set(trait_keys(one)) & set(trait_keys(two))


@given(_PATIENTS, st.lists(_PATIENTS, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter(
    asked: Patient, known: list[Patient], random: Random
) -> None:
    dossiers = [dossier(number, who) for number, who in enumerate(known)]
    mixed = list(dossiers)
    random.shuffle(mixed)
    assert match(asked, dossiers) == match(asked, mixed)


@pytest.mark.parametrize(
    ("letters", "begins"),
    [
        ("", True),
        ("la", True),
        ("DE LA", True),
        ("De-La Tour", True),
        ("LA TOUR M", True),
        ("tour", True),
        ("TA", False),
        ("Marie", False),
        ("?!", False),
    ],
)
def test_names_begin_with_letters_with_or_without_particle(
    letters: str,
    begins: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    assert name_begins(patient("de LA TOUR", "Marie"), letters) is begins


@pytest.mark.parametrize(
    ("number", "sex", "contradicts"),
    [
        ("159017511600108", "", False),
        ("159017511600108", "M", False),
        ("159017511600108", "F", True),
        ("131017511600122", "", True),  # of another year: a parent's
        ("159027511600102", "", True),  # of another month
        ("159317511600155", "", False),  # a month that stands for none
        ("", "F", False),
    ],
)
def test_a_number_says_sex_year_and_month_of_birth(
    number: str, sex: str, *, contradicts: bool
) -> None:
    patient = Patient("Dupont", "Jean", "1959-01-30", number)
    assert number_contradicts(patient, sex) is contradicts


@given(st.text(st.characters(max_codepoint=255)))
def test_latin_letters_fold_as_all_others_do(text: str) -> None:
    assert fold(text) == fold(f"{text}\u200b")  # which is no Latin-1, and nothing to compare


def test_each_pair_of_latin_letters_folds_as_it_does_among_others() -> None:
    signs = [chr(sign) for sign in range(256)]
    for one in signs:
        beside = "\u200b ".join(f"{one}{other}" for other in signs)
        assert " ".join(filter(None, (fold(f"{one}{other}") for other in signs))) == fold(
            beside
        )
