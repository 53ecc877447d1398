"""Every case, and every structure, read as the service reads it: own words first, then the rest."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from rmp_milter.dossier.identity import fold
from rmp_milter.inspection.said import SaidReport, said_in
from rmp_milter.keeper.desk.desk import Limits
from testbed.said import YEAR, Came, SaidCase, Verdict, cases, verdict

CASES = cases()
STRUCTURES = Path(__file__).parents[1] / "fixtures" / "structures"
NAMES = sorted(path.stem for path in STRUCTURES.glob("*.eml"))
ASKED_BACK = {"s1-named-text-asks", "s5-text-file-text-two-patients"}


def read(data: bytes) -> SaidReport:
    return said_in(data, Limits(), YEAR, "fr")


def octets(case: SaidCase) -> bytes:
    if not case.html:
        return case.text.encode()
    mail = EmailMessage()
    mail.set_content(case.html, subtype="html", cte="base64")
    return mail.as_bytes()


def came(case: SaidCase) -> Came:
    found = read(octets(case))
    header = found.header
    assert header is not None
    codes = {str(right["code"]) for right in case.right if "code" in right}
    return Came(
        nothing=found.nothing_asked,
        asked=bool(found.refusal),
        read={
            "verb": fold(header.verb.value),
            "name": fold(header.birth_name),
            "given": fold(header.first_names),
            "date": header.birth_date,
            "used": fold(header.sheet.used_name),
            # Which code it is stays in the keeper: tests/mail/test_said_cases.py.
            "code": next(iter(codes - {""}), "?") if found.code_stated else "",
            "numbers": list(header.numbers),
            "consent": header.consent,
            "letters": header.letters,
            "sheet_address": header.sheet.address,
            "letter_kept": found.letter_kept,
        },
    )


@pytest.mark.parametrize("name", CASES)
def test_no_mail_is_read_wrongly(name: str) -> None:
    case = CASES[name]
    assert verdict(case.right, came(case)) is not Verdict.WRONG


def test_nine_of_ten_that_have_one_reading_are_read() -> None:
    definite = [case for case in CASES.values() if case.is_definite]
    asked = [
        case.name for case in definite if verdict(case.right, came(case)) is not Verdict.RIGHT
    ]
    assert len(asked) <= len(definite) // 10
    assert len(definite) > 110


@pytest.mark.parametrize("name", NAMES)
def test_every_structure_is_read_or_asked_back(name: str) -> None:
    found = read((STRUCTURES / f"{name}.eml").read_bytes())
    assert bool(found.refusal) is (name in ASKED_BACK)
    if found.refusal:
        return
    header = found.header
    assert header is not None
    assert header.verb.value == ("urgence" if name.endswith("urgence") else "depot")
    assert (header.birth_name, header.first_names) == ("DUPONT", "Jean")
    assert header.birth_date == "1959-01-30"


def test_the_structures_are_there() -> None:
    assert len(NAMES) == 19
