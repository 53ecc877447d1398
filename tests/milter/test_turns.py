import threading
import time
from contextlib import suppress

from rmp_milter.calls.protocol.opening import Attested, Opened, Signature, Trust
from rmp_milter.dossier.model import Doctor
from rmp_milter.mail.header.routing import parse
from rmp_milter.milter.turns import Turns, subjects_of

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


def test_one_at_a_time_in_a_turn_and_no_deadlock() -> None:
    turns, inside, most, count = Turns(), 0, 0, 0

    def work(number: int) -> None:
        nonlocal inside, most, count
        names = (b"a", b"b") if number % 2 else (b"b", b"a", b"c")
        with turns.of(*names):
            inside += 1
            most = max(most, inside)
            time.sleep(0.001)
            count += 1
            inside -= 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (most, count) == (1, 20)


def test_a_turn_ends_with_an_error() -> None:
    turns = Turns()
    with suppress(ZeroDivisionError), turns.of(b"a"):
        _ = 1 / 0
    entered = threading.Event()

    def work() -> None:
        with turns.of(b"a", b"a"):
            entered.set()

    threading.Thread(target=work, daemon=True).start()
    assert entered.wait(10), "the turn was never given back"
