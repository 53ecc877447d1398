"""``rmp store vouch``: cards for a store from before there were any, once, as it can be."""

import hashlib
import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from rmp_case import PlayedKeeper, Rmp

from rmp_milter.calls.authority import DossierSaid, PersonSaid
from rmp_milter.calls.client import KeeperDown, KeeperFailed
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Compare, Relearn, Vouch
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.cards import (
    Masked,
    dossier_card,
    person_card,
)
from rmp_milter.dossier.changes import (
    Changes,
    DossierUpdate,
    NewBody,
    NewDossier,
    NewEntry,
    NewWaiting,
)
from rmp_milter.dossier.model import (
    Closure,
    CodeSlot,
    Consent,
    Container,
    Doctor,
    Document,
    Dossier,
    Entry,
    Locum,
    Mask,
    Onglet,
    Patient,
    Slots,
    Waiting,
)
from rmp_milter.dossier.revisions import revised
from rmp_milter.store import Store

NOW = 1_780_000_000
ANNE, PAUL, JEAN = b"A" * 16, b"P" * 16, b"J" * 16
DOSSIER, OTHER, ERASED = b"D" * 16, b"O" * 16, b"E" * 16
MASKED, WAITS, LATER = (bytes([number]) * 16 for number in (1, 2, 3))


def a_doctor(doctor_id: bytes, number: int, **fields: object) -> Doctor:
    doctor = Doctor(
        doctor_id=doctor_id,
        name=f"Dr Zebulon {number}",
        rpps=f"{10_000_000_000 + number}",
        mail=f"z{number}@cab.example",
        profession="médecin généraliste",
        certificate=b"certificate %d" % number,
        fingerprint=f"{number:040x}",
        key_ids=(),
    )
    return replace(doctor, **fields)


def a_dossier(dossier_id: bytes, **fields: object) -> NewDossier:
    dossier = Dossier(
        dossier_id=dossier_id,
        public_key=b"k" * 32,
        patient=Patient("QUINCAMPOIX", "Jean", "1959-01-30"),
        treating=ANNE,
        slots=Slots(CodeSlot(b"s" * 16, b"n" * 12, b"c" * 48, folded=True), b"custody"),
        consent=Consent(ANNE, NOW, "1"),
        created_at=NOW,
    )
    return NewDossier(replace(dossier, **fields), (f"trait {dossier_id.hex()}",))


def an_entry(document_id: bytes) -> Entry:
    digest = hashlib.sha256(b"body").digest()
    document = Document(document_id, Container.FILE, digest, 4, b"key")
    return Entry(NOW, PAUL, "Dr Zebulon 2", "Radio", Onglet.IMAGERIE, "type", (document,))


def fill(store: Store) -> None:
    """One of each kind of what is to be vouched for, and an erased dossier."""
    locums = (Locum(PAUL, "2026-06-01", "2026-06-30", NOW),)
    doctors = (
        a_doctor(ANNE, 1, locums=locums),
        a_doctor(PAUL, 2),
        a_doctor(JEAN, 3, rpps="", patient_of=DOSSIER),
    )
    masks = (Mask(1, ANNE, NOW),)
    dossiers = (
        a_dossier(DOSSIER, masks=masks, opposed=(PAUL,)),
        a_dossier(OTHER, closure=Closure(NOW, NOW + 5)),
        a_dossier(ERASED, closure=Closure(NOW, NOW)),
    )
    waiting = Waiting(WAITS, Patient("X", "Y", "1950-01-01"), an_entry(LATER), NOW, NOW + 5)
    store.commit(
        Changes(
            doctors=doctors,
            dossiers=dossiers,
            waiting=(NewWaiting(waiting, ("waits",), (NewBody(LATER, b"body"),)),),
        ),
        NOW,
    )
    masked = NewEntry(DOSSIER, an_entry(MASKED), (NewBody(MASKED, b"body"),))
    store.commit(Changes(entries=(masked,), erased=(ERASED,)), NOW)


class Vouching:
    """The played keeper, and what is to happen before it vouches for something."""

    def __init__(self, played: PlayedKeeper) -> None:
        self.asked: list[Vouch] = []
        self.before: Callable[[Vouch], None] = lambda _asked: None
        self.after_compare: Callable[[], None] = lambda: None
        self.played = played
        self._expect = played.expect

    def expect(self, kind: type[Reply], request: Request) -> tuple[Reply, None]:
        if isinstance(request, Vouch):
            self.before(request)
            self.asked.append(request)
        reply = self._expect(kind, request)
        if isinstance(request, Compare):
            self.after_compare()
        return reply


@pytest.fixture
def vouching(keeper: PlayedKeeper, monkeypatch: pytest.MonkeyPatch) -> Vouching:
    made = Vouching(keeper)
    monkeypatch.setattr(keeper, "expect", made.expect)
    return made


@pytest.fixture
def filled(rmp: Rmp) -> Rmp:
    with open_store(load(rmp.config)) as store:
        fill(store)
    return rmp


def notes(rmp: Rmp) -> str:
    """What ``rmp store check`` says of cards; entries are of no log here."""
    said = json.loads(rmp("store", "check", "--json").out)
    return " ".join((*said["findings"], *said["notes"]))


BLESSED = {
    "professionals": 2,
    "patients": 1,
    "locums": 1,
    "dossiers": 2,
    "oppositions": 1,
    "masks": 1,
    "closed": 1,
    "waiting": 1,
}


def test_all_that_stands_there_is_said_and_gets_its_card(
    filled: Rmp, vouching: Vouching
) -> None:
    assert vouching.asked == []
    assert "rmp store vouch" in notes(filled)
    said = json.loads(filled("store", "vouch", "--json").out)
    assert said == {**BLESSED, "refused": [], "dry_run": False}
    assert "card" not in notes(filled)
    with open_store(load(filled.config)) as store, store.snapshot() as view:
        anne, dossier = view.doctor(ANNE), view.dossier(DOSSIER)
        erased, waits = view.dossier(ERASED), view.waiting_one(WAITS)
    assert anne and dossier and erased and waits  # noqa: PT018 -- all of them are there
    assert person_card(anne.card).locums[0].locum == PAUL
    card = dossier_card(dossier.card)
    assert (card.treating, card.patient, card.opposed) == (ANNE, JEAN, (PAUL,))
    assert card.masked == (Masked(MASKED, PAUL),)
    assert (erased.card, bool(waits.card)) == (b"", True)


def test_persons_come_before_dossiers_and_each_has_a_leaf_that_names_it(
    filled: Rmp, vouching: Vouching
) -> None:
    filled("store", "vouch")
    kinds = [type(each.said).__name__ for each in vouching.asked]
    assert kinds == [*["PersonSaid"] * 3, *["DossierSaid"] * 2, "WaitingSaid"]
    events = [each.event for each in vouching.asked]
    assert {each.action for each in events} == {"reprise"}
    assert {each.proof for each in events} == {"host"}
    assert len({(each.subject, each.dossier_id, each.documents) for each in events}) == 6
    assert {each.dossier_id for each in events[3:5]} == {DOSSIER, OTHER}
    said = next(each.said for each in vouching.asked if isinstance(each.said, DossierSaid))
    assert said.patient == Patient("QUINCAMPOIX", "Jean", "1959-01-30")
    assert (said.card.revision, said.card.traits, said.card.number) == (0, (), b"")


def test_given_again_it_asks_for_nothing(filled: Rmp, vouching: Vouching) -> None:
    filled("store", "vouch")
    count = len(vouching.asked)
    said = json.loads(filled("store", "vouch", "--json").out)
    assert len(vouching.asked) == count
    assert said == {**dict.fromkeys(BLESSED, 0), "refused": [], "dry_run": False}


def test_a_dry_run_only_counts(filled: Rmp, vouching: Vouching) -> None:
    said = json.loads(filled("store", "vouch", "--dry-run", "--json").out)
    assert said == {**BLESSED, "refused": [], "dry_run": True}
    assert vouching.asked == []
    told = filled("store", "vouch", "--dry-run").out
    assert "patients' keys" in told
    assert told.endswith("these would be taken as right: compare them with the access log\n")


def test_nothing_that_it_prints_is_a_name(filled: Rmp, vouching: Vouching) -> None:
    said = filled("store", "vouch")
    assert vouching.asked
    assert not any(name in (said.out + said.err).lower() for name in ("zebulon", "quinc"))


def test_interrupted_it_goes_on_with_the_rest(
    filled: Rmp, vouching: Vouching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmp_milter.cli.vouching.A_COMMIT", 2)

    def down_after_three(_asked: Vouch) -> None:
        if len(vouching.asked) == 3:
            raise KeeperDown("it went away")

    vouching.before = down_after_three
    first = filled("store", "vouch")
    assert first.status == 1
    assert "does not answer" in first.err
    vouching.before = lambda _asked: None
    vouching.asked.clear()
    assert filled("store", "vouch").status == 0
    assert len(vouching.asked) == 4  # the third was not committed
    assert "card" not in notes(filled)


def test_what_the_keeper_refuses_is_named_and_does_not_hold_up_the_others(
    filled: Rmp, vouching: Vouching
) -> None:
    def no_patient(asked: Vouch) -> None:
        if isinstance(asked.said, PersonSaid) and asked.said.card.patient_of:
            raise KeeperFailed(Failed(Why.BAD_KEY, "no key"))

    vouching.before = no_patient
    said = filled("store", "vouch")
    assert said.status == 1
    assert f"the patient of dossier {DOSSIER.hex()}: the keeper refuses" in said.err
    assert "1 records have no card" in notes(filled)


def test_what_a_mail_changes_meanwhile_is_vouched_for_as_it_is_then(
    filled: Rmp, vouching: Vouching
) -> None:
    changed: list[bytes] = []

    def closes(asked: Vouch) -> None:
        if isinstance(asked.said, DossierSaid) and not changed:
            changed.append(DOSSIER)
            with open_store(load(filled.config)) as store:
                with store.snapshot() as view:
                    dossier = view.dossier(DOSSIER)
                assert dossier is not None
                update = DossierUpdate(revised(dossier, opposed=()))
                store.commit(Changes(updates=(update,)), NOW)

    vouching.before = closes
    assert filled("store", "vouch").status == 0
    assert "card" not in notes(filled)
    with open_store(load(filled.config)) as store, store.snapshot() as view:
        dossier = view.dossier(DOSSIER)
    assert dossier is not None
    assert dossier_card(dossier.card).opposed == ()


def test_a_store_that_never_rests_is_given_up(filled: Rmp, vouching: Vouching) -> None:
    def changes(asked: Vouch) -> None:
        if isinstance(asked.said, PersonSaid):
            with open_store(load(filled.config)) as store:
                with store.snapshot() as view:
                    anne = view.doctor(ANNE)
                assert anne is not None
                store.commit(Changes(doctors=(revised(anne, hprim=not anne.hprim),)), NOW)

    vouching.before = changes
    said = filled("store", "vouch")
    assert said.status == 1
    assert "the store changes faster" in said.err


def test_what_was_vouched_for_is_in_force_from_then_on(filled: Rmp, vouching: Vouching) -> None:
    filled("store", "vouch")
    with open_store(load(filled.config)) as store, store.snapshot() as view:
        cards = {each.card for each in (*view.doctors(), *view.dossiers()) if each.card}
    assert vouching.played.in_force == cards
    assert len(cards) == 5
    learnt = [each for each in vouching.played.requests if isinstance(each, Relearn)]
    assert [each.event.action for each in learnt] == ["reprise"]
    filled("store", "vouch")
    assert learnt == [each for each in vouching.played.requests if isinstance(each, Relearn)]


@pytest.mark.parametrize(
    ("stand", "words"),
    [
        ("old", "is older than the one in force"),
        ("twin", "is another one than that in force"),
        ("ahead", "is further on than the keeper knows"),
        ("gone", "is of what was erased or removed"),
        ("forged", "is none of this keeper's"),
    ],
)
def test_a_card_that_is_not_in_force_is_named(
    filled: Rmp, vouching: Vouching, stand: str, words: str
) -> None:
    filled("store", "vouch")
    with open_store(load(filled.config)) as store, store.snapshot() as view:
        dossier = view.dossier(OTHER)
    assert dossier is not None
    vouching.played.stands[dossier.card] = stand
    line = f"the card of dossier {OTHER.hex()} {words}"
    for command in (("store", "check"), ("store", "vouch")):
        said = filled(*command)
        assert said.status == 1
        assert line in said.err


def test_a_card_that_a_mail_changed_between_reading_and_asking_is_no_finding(
    filled: Rmp, vouching: Vouching
) -> None:
    filled("store", "vouch")
    with open_store(load(filled.config)) as store, store.snapshot() as view:
        dossier = view.dossier(OTHER)
    assert dossier is not None
    vouching.played.stands[dossier.card] = "old"
    vouching.after_compare = vouching.played.stands.clear
    assert "older" not in notes(filled)


def test_without_a_keeper_the_store_is_checked_and_it_is_said(
    filled: Rmp, vouching: Vouching
) -> None:
    filled("store", "vouch")
    vouching.played.down = True
    assert "cards are not compared with what the keeper knows" in notes(filled)
