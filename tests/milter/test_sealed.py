"""Files encrypted by themselves, and whose they are: remembered from mail to mail."""

from typing import cast

import msgspec
import pytest
from settling_case import case_of

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.opening import FileFault, Opened, Signature, Trust
from rmp_milter.dossier.model import Credential, Doctor, Verb
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.outcome import Effects, Filing, Outcome
from rmp_milter.mail.incoming.beside import InClear
from rmp_milter.mail.incoming.surplus import Surplus
from rmp_milter.milter.means import Read
from rmp_milter.milter.sealed import (
    FILE_SECONDS,
    check_sealed,
    has_unsigned_files,
    leaves_aside,
    seal_marks,
)
from rmp_milter.store.surface import Snapshot

DAYS = 9 * 86_400
TEXT, OTHER_TEXT, FILE, OTHER_FILE = (bytes((each,)) * 32 for each in b"toFO")


def doctor(name: str) -> Doctor:
    return Doctor(name.encode() * 4, name, "", f"{name}@x.test", "", b"", name, ())


PAUL, ANNE = doctor("paul"), doctor("anne")


class Remembered:
    """What was committed: the marks of a store."""

    def __init__(self) -> None:
        self.until: dict[bytes, int] = {}

    def happened(self, value: bytes) -> bool:
        return value in self.until

    def take(self, by: Doctor, *seals: bytes, filed: bool = True) -> None:
        """Commit a mail of these seals; what may happen once happens once."""
        case = case_of(by)
        opened = msgspec.structs.replace(case.opened, seals=seals)
        case = msgspec.structs.replace(case, opened=opened, view=cast("Snapshot", self))
        done = Outcome(None, Effects(filings=(cast("Filing", None),) if filed else ()))
        for once in seal_marks(case, done, case.at + DAYS):
            assert once.value not in self.until
            self.until[once.value] = once.expires - case.at


def read(
    *seals: bytes,
    surplus: Surplus | None = None,
    fault: FileFault | None = None,
    signers: tuple[str, ...] = (),
    files: bool = False,
) -> Read:
    opened = Opened(
        "", Signature(Trust.GOOD), (), seals=seals, file_fault=fault, file_signers=signers
    )
    return Read(opened, Memory(), Memory(), InClear(), surplus, files)


def refusal(mail: Read, by: Doctor, marks: Remembered, verb: Verb = Verb.DEPOT) -> str:
    try:
        check_sealed(mail, verb, by, marks)
    except MailError as error:
        return error.text
    return ""


@pytest.mark.parametrize("filed", [True, False])
def test_what_came_in_somebodys_mail_is_nobody_elses_file(filed: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    marks = Remembered()
    marks.take(PAUL, TEXT, FILE, filed=filed)
    for seal in (TEXT, FILE):
        assert refusal(read(OTHER_TEXT, seal), ANNE, marks) == "file-known"
        assert refusal(read(OTHER_TEXT, OTHER_FILE, seal), ANNE, marks) == "file-known"
    assert refusal(read(OTHER_TEXT, TEXT), PAUL, marks) == "file-known"
    assert refusal(read(OTHER_TEXT, OTHER_FILE), ANNE, marks) == ""


def test_a_file_that_was_not_filed_may_be_sent_again_by_its_sender_until_it_is() -> None:
    """Nobody on the way puts it beside another mail of his then."""
    marks = Remembered()
    for filed in (False, False, True):
        assert refusal(read(OTHER_TEXT, FILE), PAUL, marks) == ""
        marks.take(PAUL, bytes((len(marks.until),)) * 32, FILE, filed=filed)
    assert refusal(read(OTHER_TEXT, FILE), PAUL, marks) == "file-known"
    assert refusal(read(OTHER_TEXT, FILE), ANNE, marks) == "file-known"


def test_a_file_is_signed_by_any_certificate_of_the_sender() -> None:
    second = Credential(b"second", "cd" * 32)
    several = msgspec.structs.replace(PAUL, credentials=(second,))
    for signers in ((PAUL.fingerprint,), (second.fingerprint, PAUL.fingerprint)):
        mail = read(TEXT, FILE, FILE, signers=signers)
        assert refusal(mail, several, Remembered()) == ""
    mail = read(TEXT, FILE, signers=(second.fingerprint,))
    assert refusal(mail, PAUL, Remembered()) == "file-signature"


def test_who_tries_it_does_not_come_to_own_it() -> None:
    marks = Remembered()
    marks.take(PAUL, TEXT, FILE, filed=False)
    marks.take(ANNE, OTHER_TEXT, FILE, filed=False)  # the letter that refused her
    assert refusal(read(bytes(32), FILE), ANNE, marks) == "file-known"
    assert refusal(read(bytes(32), FILE), PAUL, marks) == ""


def test_a_text_is_not_stopped_by_who_attached_it_before() -> None:
    marks = Remembered()
    marks.take(ANNE, OTHER_TEXT, TEXT)
    assert refusal(read(TEXT), PAUL, marks) == ""
    marks.take(PAUL, TEXT)


def test_one_key_twice_in_a_mail_is_marked_once() -> None:
    marks = Remembered()
    marks.take(PAUL, TEXT, FILE, FILE)
    marks.take(ANNE, OTHER_TEXT, OTHER_TEXT, filed=False)
    assert sorted(marks.until.values()) == [DAYS, *[FILE_SECONDS] * 4]


@pytest.mark.parametrize("surplus", Surplus)
def test_what_is_too_much_refuses_all_but_an_emergency(surplus: Surplus) -> None:
    mail = read(TEXT, surplus=surplus)
    assert mail.is_objected
    for verb in Verb:
        expected = "" if verb is Verb.URGENCE else surplus.value
        assert refusal(mail, PAUL, Remembered(), verb) == expected
    assert leaves_aside(mail, Verb.URGENCE)
    assert not leaves_aside(mail, Verb.DEPOT)


@pytest.mark.parametrize("fault", FileFault)
def test_a_files_fault_is_told_in_its_own_words(fault: FileFault) -> None:
    mail = read(TEXT, fault=fault, files=True)
    assert mail.is_objected
    assert refusal(mail, PAUL, Remembered()) == fault.value
    assert leaves_aside(mail, Verb.URGENCE)


def test_a_file_signed_by_another_than_the_accounts_doctor_is_refused() -> None:
    assert refusal(read(TEXT, FILE, signers=("anne",)), PAUL, Remembered()) == "file-signature"
    assert refusal(read(TEXT, FILE, signers=("paul",)), PAUL, Remembered()) == ""
    both = read(TEXT, FILE, OTHER_FILE, signers=("paul", "anne"))
    assert refusal(both, PAUL, Remembered()) == "file-signature"


def test_files_that_nobody_signed_beside_a_signed_text_are_told() -> None:
    assert has_unsigned_files(read(TEXT, FILE))
    assert not has_unsigned_files(read(TEXT, FILE, signers=("paul",)))
    assert not has_unsigned_files(read(TEXT))
    unsigned = msgspec.structs.replace(read(TEXT, FILE).opened, signature=Signature(Trust.NONE))
    assert not has_unsigned_files(msgspec.structs.replace(read(TEXT, FILE), opened=unsigned))


def test_nothing_is_left_aside_where_nothing_was() -> None:
    assert not leaves_aside(read(TEXT), Verb.URGENCE)
    assert not read(TEXT).is_objected
