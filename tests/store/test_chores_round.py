"""Chores on a real store, the keeper played: each is done once, and nobody is left untold."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from store_case import (
    DAY,
    KEYS,
    NOW,
    a_doctor,
    a_dossier,
    a_new_dossier,
    a_waiting,
    close,
)

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.client import KeeperDown
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.protocol.answering import Seal, Sealed
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.filing import Adopt, Resealed, ResealedItem
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.dossier.cards import TAG_SIZE, Card, WaitingCard, dossier_card, packed
from rmp_milter.dossier.changes import Changes, DossierUpdate, NewWaiting
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Doctor, ReceiptLine, Waiting
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.said import dossier_said, person_said
from rmp_milter.handlers.filing import key_packets
from rmp_milter.handlers.filing.adoption import belonging, home_of
from rmp_milter.handlers.people.patients import match_open
from rmp_milter.milter.answering.answers import Answers
from rmp_milter.milter.chores import round as chores_round
from rmp_milter.milter.chores.round import Count, Household, Places, do_round, expiry
from rmp_milter.store import Store
from rmp_milter.store.check.whole import check
from rmp_milter.store.lmdb_outbox import LmdbOutbox

PATIENT = a_dossier().patient
TRAITS = trait_keys(PATIENT)


class Played:
    """A keeper that can do all, until it is ``down`` or knows of a later card."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.down = False
        self.moved = False
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        if self.down:
            raise KeeperDown("down")
        if self.moved:
            return Failed(Why.MOVED), None
        self.asked.append(request)
        if isinstance(request, Adopt):
            self.meanwhile()
            packets = tuple(b"packet" for _ in request.readers)
            return Resealed(
                tuple(ResealedItem(b"n" * 81, packets) for _ in request.items)
            ), None
        assert isinstance(request, Seal)
        return Sealed(request.text), None

    @property
    def letters(self) -> list[str]:
        return [each.text.decode() for each in self.asked if isinstance(each, Seal)]

    @property
    def adopts(self) -> list[Adopt]:
        return [each for each in self.asked if isinstance(each, Adopt)]


def sealed(card: Card) -> bytes:
    """Return a card as the store keeps it; that nobody vouched for it only the keeper sees."""
    return packed(card) + bytes(TAG_SIZE)


def card_of(waiting: Waiting) -> bytes:
    documents = tuple(each.document_id for each in waiting.entry.documents)
    author = waiting.entry.author
    return sealed(WaitingCard(waiting.waiting_id, b"act", author, "", "", (), b"", documents))


@pytest.fixture
def played() -> Played:
    return Played()


@pytest.fixture
def house(store: Store, played: Played, monkeypatch: pytest.MonkeyPatch) -> Household:
    monkeypatch.setattr(key_packets, "usable", lambda _certificate, _at: True)
    keeper = RemoteKeeper(played, 50)
    numbers = iter(range(1000))
    answers = Answers(
        keeper, "rmp@chu.example", "RMP", "fr", 1_000_000, lambda: f"{next(numbers):032}"
    )
    return Household(store, keeper, answers, "fr")


@pytest.fixture
def lab(store: Store) -> Doctor:
    doctor = replace(a_doctor(5, doctor_id=b"t" * 16), mail="labo@labo.example")
    doctor = replace(doctor, card=sealed(person_said(doctor)))
    store.commit(Changes(doctors=(doctor,)), NOW)
    return doctor


def kept(store: Store, *bodies: bytes, days: int = 30, nir: str = PATIENT.nir) -> NewWaiting:
    new = a_waiting(*(bodies or (b"one",)), traits=TRAITS, days=days)
    patient = replace(new.waiting.patient, nir=nir)
    new = replace(new, waiting=replace(new.waiting, patient=patient, card=card_of(new.waiting)))
    store.commit(Changes(waiting=(new,)), NOW)
    return new


def a_home(store: Store, *seen: bytes, nir: str = PATIENT.nir) -> bytes:
    dossier = a_dossier(treating=b"t" * 16)
    dossier = replace(dossier, patient=replace(dossier.patient, nir=nir))
    dossier = replace(dossier, card=sealed(dossier_said(dossier, (), b"")))
    store.commit(Changes(dossiers=(a_new_dossier(*TRAITS, dossier=dossier, seen=seen),)), NOW)
    return dossier.dossier_id


def sound(folder: Path) -> bool:
    return check(folder, KEYS).findings == ()


def sent(folder: Path) -> list[str]:
    outbox = LmdbOutbox.open(folder, KEYS.outbox, 256 << 20)
    try:
        return [row.recipient for row in outbox.rows()]
    finally:
        outbox.close()


def test_nothing_is_done_where_nothing_is_due(house: Household, lab: Doctor) -> None:
    kept(house.store)
    assert lab
    assert do_round(house, NOW, NOW) == Count()


def test_a_deposit_that_fits_by_now_is_adopted_with_its_leaf(
    house: Household, played: Played, lab: Doctor, folder: Path
) -> None:
    new = kept(house.store, b"one", b"two")
    home = a_home(house.store)
    assert do_round(house, NOW + 9, NOW + 9) == Count(adopted=1)
    (adopt,) = played.adopts
    assert adopt.card == new.waiting.card
    assert dossier_card(adopt.by.dossier).dossier == home
    assert (adopt.by.ticket, adopt.by.persons) == (b"", (Candidate(lab.card, lab.certificate),))
    assert (adopt.event.action, adopt.event.actor_rpps) == ("rattachement", lab.rpps)
    assert adopt.event.dossier_id == home
    with house.store.snapshot() as view:
        (filed,) = view.entries(home)
        assert list(view.waiting()) == []
        assert view.body(filed.entry.documents[0].document_id) is not None
    assert filed.entry.received_at == NOW
    assert [each.sealed_key for each in filed.entry.documents] == [b"n" * 81] * 2
    assert [each.standing[0].packet for each in filed.entry.documents] == [b"packet"] * 2
    assert do_round(house, NOW + 9, NOW + 9) == Count()
    assert sound(folder)


def test_what_was_sealed_beside_a_change_of_the_dossier_is_adopted_in_the_next_round(
    house: Household, played: Played, lab: Doctor, folder: Path
) -> None:
    """A takeover, say: what is filed must be sealed for who treats him by then."""
    assert lab
    kept(house.store)
    home = a_home(house.store)

    def changes() -> None:
        with house.store.snapshot() as view:
            dossier = view.dossier(home)
        assert dossier is not None
        changed = replace(dossier, opposed=(b"o" * 16,))
        card = replace(dossier_said(changed, (), b""), revision=1)
        update = DossierUpdate(revised(changed, card=sealed(card)))
        house.store.commit(Changes(updates=(update,)), NOW)
        played.meanwhile = lambda: None

    played.meanwhile = changes
    assert do_round(house, NOW + 9, NOW + 9) == Count()
    with house.store.snapshot() as view:
        assert view.entries(home) == ()
    assert do_round(house, NOW + 9, NOW + 9) == Count(adopted=1)
    with house.store.snapshot() as view:
        (filed,) = view.entries(home)
    assert filed.entry.under == 1
    assert sound(folder)


@pytest.mark.promise(number=5)
def test_two_that_fit_and_a_closed_one_adopt_nothing(house: Household, lab: Doctor) -> None:
    assert lab
    kept(house.store)
    first = a_home(house.store)
    a_home(house.store, first)
    assert do_round(house, NOW, NOW) == Count()
    close(house.store, first)
    assert do_round(house, NOW, NOW) == Count(adopted=1)


@pytest.mark.promise(number=5)
def test_two_numbers_that_wait_for_one_without_any_are_two_patients(
    house: Household, lab: Doctor
) -> None:
    assert lab
    kept(house.store, nir="1")
    kept(house.store, nir="")
    other = kept(house.store, nir="2")
    a_home(house.store, nir="")
    assert do_round(house, NOW, NOW) == Count()
    house.store.commit(Changes(expired=(other.waiting.waiting_id,)), NOW)
    assert do_round(house, NOW, NOW) == Count(adopted=2)


def test_a_deposit_whose_time_is_over_goes_and_its_sender_is_told(
    house: Household, played: Played, lab: Doctor, folder: Path
) -> None:
    kept(house.store)
    kept(house.store, days=40)
    assert do_round(house, NOW + 30 * DAY, NOW) == Count(expired=1)
    (letter,) = played.letters
    for words in ("WACKENHEIM Ludivine", "03/02/1950", "radio-wackenheim.pdf", "NIR"):
        assert words in letter
    assert sent(folder) == [lab.mail]
    assert do_round(house, NOW + 30 * DAY, NOW) == Count()
    with house.store.snapshot() as view:
        assert len(list(view.waiting())) == 1
    assert sound(folder)


def test_what_fits_in_its_last_hour_is_adopted_not_ended(house: Household, lab: Doctor) -> None:
    assert lab
    kept(house.store)
    a_home(house.store)
    assert do_round(house, NOW + 99 * DAY, NOW) == Count(adopted=1)


def test_a_deposit_judged_beside_the_creation_of_its_dossier_is_adopted(
    house: Household, played: Played, lab: Doctor, folder: Path
) -> None:
    """The race: judged with no dossier there, committed after the dossier was."""
    with house.store.snapshot() as before:
        assert belonging(a_dossier(treating=b"t" * 16), before) == ()
        home = a_home(house.store)
        assert match_open(PATIENT, before).dossier is None  # so it is decided to wait
    kept(house.store)
    with house.store.snapshot() as after:
        assert after.entries(home) == ()
    assert do_round(house, NOW + 9, NOW + 9) == Count(adopted=1)
    with house.store.snapshot() as after:
        assert [each.entry.author for each in after.entries(home)] == [lab.doctor_id]
    assert len(played.adopts) == 1
    assert sound(folder)


def test_both_ways_of_adopting_agree_on_what_fits(house: Household, lab: Doctor) -> None:
    assert lab
    for nir in ("1", "", "2"):
        kept(house.store, nir=nir)
    closed: list[bytes] = []
    for nir in ("", "1", "3"):
        dossier = a_dossier(treating=b"t" * 16)
        dossier = replace(dossier, patient=replace(dossier.patient, nir=nir))
        with house.store.snapshot() as before:
            at_creation = [each.waiting_id for each in belonging(dossier, before)]
        home = a_home(house.store, *closed, nir=nir)
        with house.store.snapshot() as after:
            by_chores = [
                each.waiting_id
                for each in after.waiting()
                if (found := home_of(each, after)) and found.dossier_id == home
            ]
        assert sorted(by_chores) == sorted(at_creation)
        assert len(at_creation) == {"": 0, "1": 2, "3": 1}[nir]
        close(house.store, home)
        closed.append(home)


def test_a_closed_dossier_is_not_erased_by_itself(house: Household, lab: Doctor) -> None:
    assert lab
    home = a_home(house.store)
    close(house.store, home)
    assert do_round(house, NOW + 9999 * DAY, NOW + 9999 * DAY) == Count()
    with house.store.snapshot() as view:
        closed = view.dossier(home)
    assert closed
    assert closed.closure
    assert not closed.closure.erased_at


def test_a_sender_who_left_is_not_told_and_the_deposit_goes(
    house: Household, played: Played
) -> None:
    kept(house.store)
    assert do_round(house, NOW + 30 * DAY, NOW) == Count(expired=1)
    assert played.letters == []


def test_while_the_keeper_is_down_nothing_is_lost(
    house: Household, played: Played, lab: Doctor
) -> None:
    assert lab
    kept(house.store)
    played.down = True
    assert do_round(house, NOW + 30 * DAY, NOW) == Count(failed=1)
    a_home(house.store)
    assert do_round(house, NOW + 9, NOW) == Count(failed=1)
    played.down = False
    assert do_round(house, NOW + 9, NOW) == Count(adopted=1)


def test_what_moved_meanwhile_is_done_in_the_next_round(
    house: Household, played: Played, lab: Doctor
) -> None:
    assert lab
    kept(house.store)
    a_home(house.store)
    played.moved = True
    assert do_round(house, NOW, NOW) == Count()
    played.moved = False
    assert do_round(house, NOW, NOW) == Count(adopted=1)


def test_what_nobody_has_vouched_for_yet_waits_and_the_log_says_what_to_do(
    house: Household, lab: Doctor, caplog: pytest.LogCaptureFixture
) -> None:
    assert lab
    new = kept(house.store)
    dossier = replace(a_dossier(treating=b"t" * 16), patient=new.waiting.patient)
    house.store.commit(Changes(dossiers=(a_new_dossier(*TRAITS, dossier=dossier),)), NOW)
    assert do_round(house, NOW, NOW) == Count(failed=1)
    assert "no card yet: rmp store vouch" in caplog.text


def test_a_chore_that_another_did_meanwhile_is_passed_over(
    house: Household, lab: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lab
    new = kept(house.store)
    a_home(house.store)
    plain = chores_round.adopt_by_itself

    def too_late(*args):  # noqa: ANN002, ANN202 -- as the function it stands for
        house.store.commit(Changes(expired=(new.waiting.waiting_id,)), NOW)
        return plain(*args)

    monkeypatch.setattr(chores_round, "adopt_by_itself", too_late)
    assert do_round(house, NOW, NOW) == Count()


def test_dropped_by_hand_it_ends_in_the_same_words(
    house: Household, played: Played, lab: Doctor, folder: Path
) -> None:
    new = kept(house.store)
    house.store.commit(expiry(house, new.waiting, NOW), NOW)
    by_hand = played.letters
    kept(house.store)
    do_round(house, NOW + 30 * DAY, NOW)
    words = [letter.partition("protected-headers")[2] for letter in played.letters]
    assert len(by_hand) == 1
    assert words[0] == words[1]
    assert sent(folder) == [lab.mail] * 2


class TestDigests:
    def line(self, lab: Doctor, at: int, text: str) -> ReceiptLine:
        return ReceiptLine(lab.doctor_id, at, text)

    def test_lines_of_the_days_before_go_in_one_letter(
        self, house: Household, played: Played, lab: Doctor, folder: Path
    ) -> None:
        midnight = NOW - NOW % DAY
        lines = (
            self.line(lab, midnight - DAY - 5, "AVANT Eve"),
            self.line(lab, midnight - 5, "HIER Jean"),
            self.line(lab, midnight + 5, "AUJOURDHUI Zoe"),
        )
        house.store.commit(Changes(receipts=lines), NOW)
        assert do_round(house, NOW, NOW) == Count(digests=1)
        (letter,) = played.letters
        assert "2 dépôt(s)" in letter
        assert "13/11/2023" in letter
        assert letter.index("AVANT Eve") < letter.index("HIER Jean")
        assert "AUJOURDHUI" not in letter
        assert sent(folder) == [lab.mail]
        assert do_round(house, NOW, NOW) == Count()
        assert do_round(house, NOW + DAY, NOW) == Count(digests=1)
        with house.store.snapshot() as view:
            assert list(view.receipt_doctors()) == []
        assert sound(folder)


class TestAPartAtATime:
    """However much waits, a round looks at a part of it, and the next ones at the rest."""

    @pytest.fixture
    def house(self, house: Household) -> Household:
        return Household(
            house.store, house.keeper, house.answers, house.language, places=Places(2)
        )

    def test_each_deposit_has_its_turn(self, house: Household, lab: Doctor) -> None:
        assert lab
        kept_ids = sorted(kept(house.store).waiting.waiting_id for _ in range(5))
        looked_at: list[bytes] = []
        for _ in range(3):
            with house.store.snapshot() as view:
                looked_at += [each.waiting_id for each in house.places.next_waiting(view)]
        assert looked_at == kept_ids
        with house.store.snapshot() as view:
            again = house.places.next_waiting(view)
        assert [each.waiting_id for each in again] == kept_ids[:2]

    def test_what_fits_is_adopted_when_its_turn_comes(
        self, house: Household, lab: Doctor
    ) -> None:
        assert lab
        for _ in range(5):
            kept(house.store)
        a_home(house.store)
        done = [do_round(house, NOW, NOW).adopted for _ in range(4)]
        assert done == [2, 2, 1, 0]

    def test_what_fits_in_its_last_hour_is_adopted_before_its_turn(
        self, house: Household, lab: Doctor
    ) -> None:
        assert lab
        for _ in range(5):
            kept(house.store)
        a_home(house.store)
        assert do_round(house, NOW + 99 * DAY, NOW) == Count(adopted=5)

    def test_what_was_adopted_is_not_ended_too(
        self, house: Household, played: Played, lab: Doctor
    ) -> None:
        assert lab
        kept(house.store)
        a_home(house.store)
        assert do_round(house, NOW + 99 * DAY, NOW) == Count(adopted=1)
        assert played.letters == []

    def test_each_depositor_has_his_turn(self, house: Household, lab: Doctor) -> None:
        doctors = [
            replace(a_doctor(number), card=sealed(person_said(a_doctor(number))))
            for number in range(10, 13)
        ]
        house.store.commit(Changes(doctors=tuple(doctors)), NOW)
        lines = tuple(ReceiptLine(each.doctor_id, NOW, "x") for each in (*doctors, lab))
        house.store.commit(Changes(receipts=lines), NOW)
        done = [do_round(house, NOW + DAY, NOW + DAY).digests for _ in range(3)]
        assert done == [2, 2, 0]
