"""Whether words name a person whom one has in hand: as the directory would find him by them."""

import pytest

from rmp_milter.dossier.naming import is_named

RPPS, MAIL, NAME = "10101010104", "anne.autre@cabinet.test", "Dr Anne AUTRE"


@pytest.mark.parametrize(
    "words",
    [
        RPPS,
        "RPPS 10.10.10.10.10.4",
        "RPPS 1 01 01 01 01 04 ",
        MAIL.upper(),
        f"{NAME} <{MAIL}>",
        f"{NAME}, RPPS {RPPS}",
        f"qui que ce soit, RPPS {RPPS}",
        "autre anne",
        "Docteure Anne Autré",
        f"{RPPS} {RPPS}",
    ],
)
def test_number_address_or_whole_name_name_a_person(words: str) -> None:
    assert is_named(words, RPPS, MAIL, NAME)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Dr",
        "AUTRE",
        "Dr Anne AUTRE et Dr Paul DUPONT",
        "10101010112",
        f"{RPPS} 10101010112",
        f"{RPPS}, paul@cabinet.test",
        f"{NAME} <paul@cabinet.test>",
        f"{NAME} <{MAIL}x>",
        f"1{RPPS}",
    ],
)
def test_half_a_name_or_what_is_anothers_names_nobody(words: str) -> None:
    assert not is_named(words, RPPS, MAIL, NAME)


def test_without_a_number_no_number_is_his() -> None:
    assert is_named(MAIL, "", MAIL, NAME)
    assert not is_named(RPPS, "", MAIL, NAME)


def test_a_title_alone_is_no_name() -> None:
    assert not is_named("Dr", RPPS, MAIL, "Dr")
