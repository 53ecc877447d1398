from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import cast

import pytest

from rmp_milter.calls.protocol.opening import Attested, Opened, Signature, Trust
from rmp_milter.dossier.model import Doctor
from rmp_milter.errors import MailError
from rmp_milter.mail.header.routing import parse
from rmp_milter.milter.turns import subjects_of, turn_of
from rmp_milter.store.format.failures import NotInTimeError
from rmp_milter.store.surface import Store

DOCTOR = Doctor(bytes(16), "Dr X", "", "x@x.example", "médecin", b"", "", ())


ATTESTED = Attested("lecteur", "159017511600108", "10000000001", "once", 9)


def opened(attested: Attested | None = None, *, code: bool = False) -> Opened:
    return Opened("", Signature(Trust.GOOD), (), code, attested)


def subjects(name: str, held: Opened) -> tuple[bytes, ...]:
    header = parse(f"Demande : dossier\nPatient : {name}\nNé le : 30/01/1959\n", 2026)
    return subjects_of(DOCTOR, header, held)


def test_who_brings_no_code_waits_for_nobody() -> None:
    assert subjects("DUPONT Jean", opened()) == ()


def test_an_emergency_waits_for_nobody_whatever_it_carries() -> None:
    header = parse("Demande : urgence\nPatient : DUPONT Jean\nMotif : coma\n", 2026)
    assert subjects_of(DOCTOR, header, opened(ATTESTED, code=True)) == ()


def test_lists_and_creations_are_counted_for_their_sender_alone() -> None:
    for verb in ("liste", "création"):
        header = parse(f"Demande : {verb}\n", 2026)
        assert subjects_of(DOCTOR, header, opened()) == (b"sender " + bytes(16),)


def test_every_spelling_of_a_patient_is_one_turn() -> None:
    first = subjects("DUPONT-MARTIN Éric", opened(code=True))
    assert subjects("Dupont Martin, Eric", opened(ATTESTED)) == first
    assert subjects("DURAND Eric", opened(code=True)) != first


class Others:
    """A store whose turns others have."""

    @contextmanager
    def in_turn(self, *_: bytes) -> Iterator[None]:
        raise NotInTimeError("others were before it")
        yield


def test_a_mail_whose_turn_does_not_come_comes_again() -> None:
    with pytest.raises(MailError) as caught, turn_of(cast("Store", Others()), (b"a",)):
        pytest.fail("it had no turn")
    assert (caught.value.code, caught.value.text) == (451, "unavailable")
    assert "turn" in caught.value.detail


def test_who_needs_no_turn_asks_for_none() -> None:
    with turn_of(cast("Store", Others()), ()):
        pass


def test_what_is_raised_in_a_turn_is_not_taken_for_a_turn_that_did_not_come() -> None:
    class Free:
        def in_turn(self, *_: bytes) -> AbstractContextManager[None]:
            return nullcontext()

    with pytest.raises(NotInTimeError), turn_of(cast("Store", Free()), (b"a",)):
        raise NotInTimeError("of something else")
