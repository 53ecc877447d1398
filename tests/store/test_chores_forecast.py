"""What a dry run of the chores foresees is what the chores then do, and it does nothing."""

from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace
from store_case import (
    DAY,
    KEYS,
    NOW,
    a_doctor,
    a_dossier,
    a_new_dossier,
    a_waiting,
    an_emergency,
    new_id,
)

from rmp_milter.calls.client import KeeperClient
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.protocol.answering import Seal, Sealed
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.days import UNIVERSAL
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Doctor, ReceiptLine
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.milter.answering.answers import Answers
from rmp_milter.milter.chores.checkpoints import Audience
from rmp_milter.milter.chores.forecast import ForeseenChore, foreseen
from rmp_milter.milter.chores.round import Household, do_round
from rmp_milter.milter.chores.watch import Watch, keep_watch
from rmp_milter.store import Store
from rmp_milter.store.lmdb_outbox import LmdbOutbox

HOST = "host@chu.example"


def watch(*keepers: str) -> Watch:
    sender = ServiceAddress("rmp@chu.example", "RMP")
    audience = Audience(keepers, sender, lambda: new_id().hex())
    client = KeeperClient(Path("/nowhere"), 1)
    return Watch(client, audience, 1, (HOST,), 24, 72, (1,))


def seal(request: Request, _fd: int | None) -> tuple[Reply, int | None]:
    assert isinstance(request, Seal)
    return Sealed(request.text), None


def house_of(store: Store) -> Household:
    keeper = RemoteKeeper(seal, 50)
    answers = Answers(keeper, "rmp@chu.example", "RMP", "fr", 1_000_000, lambda: new_id().hex())
    return Household(store, keeper, answers, "fr")


def outbox(folder: Path) -> list[str]:
    with LmdbOutbox.open(folder, KEYS.outbox, 256 << 20) as opened:
        return sorted(row.recipient for row in opened.rows())


def seen(store: Store, at: int, *keepers: str) -> list[ForeseenChore]:
    with store.snapshot() as view:
        return list(foreseen(view, watch(*keepers), UNIVERSAL, at, at))


@dataclass
class Due:
    doctor: Doctor
    waiting: bytes
    reference: str


def with_chores(store: Store) -> Due:
    doctor = replace(a_doctor(), doctor_id=b"t" * 16, card=b"card")
    new = a_waiting(b"one", traits=("nobody",), days=1)
    waiting = replace(new.waiting, entry=replace(new.waiting.entry, author=doctor.doctor_id))
    emergency = replace(an_emergency(new_id()), doctor_id=doctor.doctor_id)
    store.commit(Changes(doctors=(doctor,), waiting=(replace(new, waiting=waiting),)), NOW)
    line = ReceiptLine(doctor.doctor_id, NOW, "reçu")
    store.commit(Changes(emergencies=(emergency,), receipts=(line,)), NOW)
    return Due(doctor, waiting.waiting_id, emergency.reference)


def test_where_nothing_is_due_nothing_is_foreseen(store: Store) -> None:
    assert seen(store, NOW) == []


def test_it_foresees_whom_the_chores_then_write_to(store: Store, folder: Path) -> None:
    due = with_chores(store)
    at = NOW + 2 * DAY
    found = seen(store, at)
    his = (due.doctor.mail,)
    assert set(found) == {
        ForeseenChore("expiry", due.waiting.hex(), his),
        ForeseenChore("digest", due.doctor.rpps, his),
        ForeseenChore("reminder", due.reference, his),
        ForeseenChore("alert, justification", due.reference, (HOST,)),
    }
    assert outbox(folder) == []
    house = house_of(store)
    do_round(house, at, at)
    keep_watch(house, watch(), at, at)
    assert outbox(folder) == sorted(to for one in found for to in one.mails_to)
    assert seen(store, at) == []


def test_who_keeps_checkpoints_is_foreseen(store: Store) -> None:
    kept = ForeseenChore("checkpoint", "the access log", ("dpo@ars.example",))
    assert seen(store, NOW, "dpo@ars.example") == [kept]


def test_a_deposit_that_fits_is_adopted_and_tells_nobody(store: Store) -> None:
    dossier = a_dossier()
    traits = trait_keys(dossier.patient)
    new = a_waiting(b"one", traits=traits, days=1)
    home = a_new_dossier(*traits, dossier=dossier)
    store.commit(Changes(dossiers=(home,), waiting=(new,)), NOW)
    adopted = [one for one in seen(store, NOW + 2 * DAY) if one.kind == "adoption"]
    assert adopted == [ForeseenChore("adoption", new.waiting.waiting_id.hex())]
