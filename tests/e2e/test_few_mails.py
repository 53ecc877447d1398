"""A dossier is not hundreds of mails: together where it can be, a bound, the rest on request."""

import os
from collections.abc import Iterator

import pytest
from clinic import Clinic, read_from, small_clinic

from testbed.doctor import Doctor
from testbed.reading import Opened

pytestmark = pytest.mark.integration

SMALL = b"%PDF-1.7\n" + bytes(range(256)) * 8
LARGE = b"%PDF-1.7\n" + os.urandom(90_000)  # does not get smaller
CODE = "Jzb7VKq4"


@pytest.fixture(scope="module")
def few() -> Iterator[Clinic]:
    """A host that answers with three mails at most, of 100 000 octets each."""
    settings = {("answers", "mails"): "3", ("limits", "answer_bytes"): "100_000"}
    with small_clinic(settings) as clinic:
        yield clinic


def filed(clinic: Clinic, pdf: bytes) -> str:
    """Make a dossier of a résumé (1) and four reports (2 to 5); return its header lines."""
    lines = clinic.patient()
    clinic.create(lines, code=CODE)
    for number in range(1, 6):
        title = "résumé médical" if number == 1 else "biologie"
        mail = f"{lines}Document : {title}\n\nVoici le {number}.\n"
        clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(mail, {"bilan.pdf": pdf}))
    return lines


def ask(clinic: Clinic, by: Doctor, words: str, mails: int) -> list[Opened]:
    return clinic.host.ask(by, by.pgp_mime(f"{words}Code : {CODE}\n"), mails)


def letters(answers: list[Opened]) -> set[int]:
    """Return the numbers of the documents that were opened."""
    return {
        number for number in range(1, 6) for each in answers if f"le {number}." in each.text
    }


def test_small_documents_travel_together_and_each_opens(few: Clinic) -> None:
    lines = filed(few, SMALL)
    index, summary, group = ask(few, few.anne, f"Demande : dossier\n{lines}", 3)
    assert "voyagent ensemble" in index.text
    assert "renvoi" not in index.text
    assert letters([summary]) == {1}
    assert letters([group]) == {2, 3, 4, 5}
    assert set(group.files.values()) == {SMALL}
    assert len(group.files) == group.sealed == 4


@pytest.mark.promise(number=10)
def test_a_grouped_mail_says_nothing_in_clear(few: Clinic) -> None:
    lines = filed(few, SMALL)
    name = lines.splitlines()[0].removeprefix("Patient : ").partition(" ")[0]
    before = few.host.postfix.collected.count(few.anne.mail)
    ask(few, few.anne, f"Demande : dossier\n{lines}", 3)
    *_, raw = few.host.postfix.collected.of(few.anne.mail)[before:]
    assert raw.count(b"Content-Type: message/rfc822") == 4
    assert b"Subject: =?utf-8?b?RG9jdW1lbnQgMDI=?=" in raw  # Document 02
    for word in (name, "bilan", "biologie"):
        assert word.encode() not in raw


def test_what_has_no_room_is_named_and_follows_on_request(few: Clinic) -> None:
    lines = filed(few, LARGE)
    index, *sent = ask(few, few.anne, f"Demande : dossier\n{lines}", 3)
    assert letters(sent) == {1, 5}  # the résumé, the newest
    assert "\n  2 à 4\n" in index.text
    assert index.text.count("(non joint") == 3
    words = f"Demande : renvoi\n{lines}Numéros : 2-3 {read_from(index)}\n"
    _, *more = ask(few, few.anne, words, 3)
    assert letters(more) == {2, 3}
    assert [each.files["bilan.pdf"] for each in more] == [LARGE, LARGE]
    _, *rest = ask(few, few.anne, f"Demande : renvoi\n{lines}", 3)
    assert letters(rest) == {3, 4}


def test_an_emergency_is_sent_all_of_it(few: Clinic) -> None:
    lines = filed(few, LARGE)
    words = f"Demande : urgence\n{lines}Motif : trouvé inconscient\n"
    _, *sent = few.host.ask(few.anne, few.anne.pgp_mime(words), 6)
    assert letters(sent) == {1, 2, 3, 4, 5}
