"""``rmp store relearn``: what differs is shown, accepted on demand, and what is gone never is."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from rmp_case import PlayedKeeper, Rmp
from test_store_vouch import (
    ANNE,
    DOSSIER,
    ERASED,
    JEAN,
    OTHER,
    PAUL,
    Vouching,
    filled,
    notes,
    vouching,
)

from rmp_milter.calls.client import KeeperFailed
from rmp_milter.calls.protocol.cards import Forget, Relearn, Vouch
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.cli import both_sides
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.errors import AHEAD, GONE

__all__ = ["filled", "vouching"]

WITNESSES = ("--witness", "Claire ROUX", "--witness", "Jean PETIT")
TOLD = "rmp store relearn"


class Sides:
    """A store whose cards are all in force, until a test says otherwise."""

    def __init__(self, rmp: Rmp, vouching: Vouching, keeper: PlayedKeeper) -> None:
        self.rmp, self.played, self.keeper = rmp, vouching.played, keeper
        rmp("store", "vouch")
        with open_store(load(rmp.config)) as store, store.snapshot() as view:
            records = [*view.doctors(), *view.dossiers()]
            self.cards = {
                getattr(each, "doctor_id", b"") or getattr(each, "dossier_id", b""): each.card
                for each in records
            }
        self.played.requests.clear()

    def stands(self, stand: str, *ids: bytes) -> None:
        self.played.stands |= {self.cards[each]: stand for each in ids}

    def shown(self, *options: str) -> dict[str, Any]:
        said = json.loads(self.rmp("store", "relearn", "--json", *options).out)
        assert isinstance(said, dict)
        return said

    @property
    def relearnt(self) -> list[Relearn]:
        return [each for each in self.played.requests if isinstance(each, Relearn)]


@pytest.fixture
def sides(filled: Rmp, vouching: Vouching, keeper: PlayedKeeper) -> Sides:
    return Sides(filled, vouching, keeper)


def test_where_nothing_differs_there_is_nothing_to_accept(sides: Sides) -> None:
    said = sides.rmp("store", "relearn", "--accept")
    assert (said.status, said.out) == (0, "there is nothing to accept\n")
    assert sides.relearnt == []
    assert "relearn" not in notes(sides.rmp)


def test_a_keeper_from_an_older_copy_is_shown_first_and_then_catches_up(sides: Sides) -> None:
    sides.stands("ahead", PAUL, DOSSIER)
    found = notes(sides.rmp)
    assert f"dossier {DOSSIER.hex()} is further on than the keeper knows: {TOLD}" in found
    assert f"RPPS 10000000002 is further on than the keeper knows: {TOLD}" in found
    said = sides.rmp("store", "relearn")
    assert said.status == 0
    assert "nothing was changed; to accept it: rmp store relearn --accept\n" in said.out
    assert f"dossier {DOSSIER.hex()}" in said.out
    assert "is older" not in said.out
    assert sides.relearnt == []
    shown = sides.shown("--accept")
    assert shown["ahead"] == ["RPPS 10000000002", f"dossier {DOSSIER.hex()}"]
    assert (shown["accepted"], shown["refused"]) == (True, [])
    leaves = [
        (each.event.action, each.event.subject, each.event.dossier_id)
        for each in sides.relearnt
    ]
    assert leaves == [("restauration", "10000000002", b""), ("restauration", "", DOSSIER)]
    assert TOLD not in notes(sides.rmp)


@pytest.mark.parametrize("stand", ["old", "twin"])
def test_an_older_store_is_accepted_by_two_persons_who_read_what_is_lost(
    sides: Sides, stand: str
) -> None:
    sides.stands(stand, DOSSIER)
    said = sides.rmp("store", "relearn")
    assert "Codes and keys of that time open again." in said.out
    assert "--accept --witness NAME --witness NAME" in said.out
    for few in ((), WITNESSES[:2], ("--witness", "Claire ROUX", "--witness", "claire roux")):
        assert sides.rmp("store", "relearn", "--accept", *few).status == 2
    assert sides.relearnt == []
    assert sides.shown("--accept", *WITNESSES)["accepted"] is True
    (relearnt,) = sides.relearnt
    assert relearnt.cards == (sides.cards[DOSSIER],)
    assert relearnt.event.witnesses == ("Claire ROUX", "Jean PETIT")
    assert relearnt.event.dossier_id == DOSSIER


def test_what_the_keeper_knows_and_the_store_has_not_is_counted_and_given_up(
    sides: Sides,
) -> None:
    dossier, person = b"D" + b"x" * 16, b"P" + b"y" * 16
    sides.played.keys = (dossier, person, b"D" + DOSSIER, b"P" + ANNE)
    line = f"the keeper knows 1 dossiers and 1 persons that this store has not: {TOLD}"
    assert line in notes(sides.rmp)
    assert sides.shown()["store_is_older"] is True
    sides.shown("--accept", *WITNESSES)
    (relearnt,) = sides.relearnt
    assert (relearnt.gone, relearnt.dropped) == ((person[1:],), (dossier,))


def test_persons_alone_who_are_missing_may_have_been_removed(sides: Sides) -> None:
    sides.played.keys = (b"P" + b"y" * 16,)
    shown = sides.shown("--accept")
    assert (shown["store_is_older"], shown["accepted"], shown["missing"]) == (False, True, 1)
    assert sides.relearnt[0].gone == (b"y" * 16,)


def test_what_was_erased_here_is_forgotten_by_a_keeper_that_knows_it_still(
    sides: Sides,
) -> None:
    sides.played.keys = (b"D" + ERASED,)
    assert f"the keeper knows 1 dossiers that were erased in this store: {TOLD}" in notes(
        sides.rmp
    )
    assert sides.shown("--accept")["erased"] == 1
    (forgotten,) = [each for each in sides.played.requests if isinstance(each, Forget)]
    assert (forgotten.dossier_id, forgotten.event.action) == (ERASED, "effacement")


def test_records_from_before_there_were_cards_can_be_vouched_for_anew(
    filled: Rmp, vouching: Vouching
) -> None:
    vouching.played.keys = (b"D" + DOSSIER, b"P" + ANNE)
    shown = json.loads(filled("store", "relearn", "--json", "--accept", *WITNESSES).out)
    assert (shown["without_card"], shown["store_is_older"]) == (2, True)
    (relearnt,) = (each for each in vouching.played.requests if isinstance(each, Relearn))
    assert relearnt.dropped == vouching.played.keys


@pytest.mark.promise(number=16)
def test_what_is_gone_is_never_accepted_and_the_way_out_is_named(sides: Sides) -> None:
    sides.stands("gone", OTHER, PAUL, JEAN)
    found = notes(sides.rmp)
    assert f"rmp dossier erase {OTHER.hex()}" in found
    assert "rmp doctor remove 10000000002" in found
    assert f"the patient of dossier {DOSSIER.hex()} is of what was erased" in found
    assert f"rmp doctor remove {3:040x}" in found
    said = sides.rmp("store", "relearn", "--accept", *WITNESSES)
    assert said.status == 1
    assert (
        f"dossier {OTHER.hex()} is of what was erased or removed, and stays refused" in said.err
    )
    assert sides.relearnt == []


def test_a_card_of_another_keeper_is_named_and_not_accepted(sides: Sides) -> None:
    sides.stands("forged", OTHER)
    assert "is none of this keeper's: an intruder's" in notes(sides.rmp)
    assert sides.rmp("store", "relearn", "--accept").status == 1
    assert sides.relearnt == []


def test_a_dossier_that_was_erased_and_came_back_is_erased_before_its_time(
    sides: Sides,
) -> None:
    reference = DOSSIER.hex()
    assert sides.rmp("dossier", "erase", reference).status == 1
    sides.stands("gone", DOSSIER)
    assert sides.rmp("dossier", "erase", reference).out == f"erased {reference}\n"
    with open_store(load(sides.rmp.config)) as store, store.snapshot() as view:
        dossier = view.dossier(DOSSIER)
    assert dossier is not None
    assert dossier.closure
    assert dossier.closure.erased_at


def test_what_the_keeper_refuses_does_not_hold_up_the_others(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides.stands("ahead", DOSSIER, OTHER)
    expect: Callable[..., Any] = sides.played.expect

    def not_this(kind: object, request: object) -> object:
        if isinstance(request, Relearn) and request.cards == (sides.cards[DOSSIER],):
            raise KeeperFailed(Failed(Why.UNENTITLED, "a card of what is gone"))
        return expect(kind, request)

    monkeypatch.setattr(sides.played, "expect", not_this)
    shown = sides.shown("--accept")
    assert [each.split(":")[0] for each in shown["refused"]] == [f"dossier {DOSSIER.hex()}"]
    assert f"dossier {OTHER.hex()}" not in " ".join(sides.shown()["ahead"])


@pytest.mark.parametrize(
    "failed", [Failed(Why.UNENTITLED, AHEAD), Failed(Why.UNENTITLED, GONE), Failed(Why.MOVED)]
)
def test_any_other_command_that_meets_such_a_card_names_the_check(
    sides: Sides, monkeypatch: pytest.MonkeyPatch, failed: Failed
) -> None:
    expect: Callable[..., Any] = sides.played.expect

    def no_vouching(kind: object, request: object) -> object:
        if isinstance(request, Vouch):
            raise KeeperFailed(failed)
        return expect(kind, request)

    monkeypatch.setattr(sides.keeper, "expect", no_vouching)
    said = sides.rmp("doctor", "set", "10000000002", "--receipts", "daily")
    assert said.status == 1
    assert "hint: is keeper or store from an older copy? rmp store check" in said.err


def test_of_very_many_some_are_named_and_the_rest_counted(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(both_sides, "MOST_NAMED", 2)
    sides.stands("ahead", ANNE, PAUL, JEAN, DOSSIER, OTHER)
    assert "and 3 more cards that are not in force" in notes(sides.rmp)
    assert "and 3 more cards that are not in force" in sides.rmp("store", "relearn").out


def test_rmp_check_says_the_same_with_the_command_as_its_hint(sides: Sides) -> None:
    sides.stands("old", DOSSIER)
    found = json.loads(sides.rmp("check", "--no-postfix", "--json").out)
    (ours,) = [each for each in found if "the card of" in each["line"]]
    assert (ours["severity"], ours["hint"]) == ("error", TOLD)
    sides.played.down = True
    found = json.loads(sides.rmp("check", "--no-postfix", "--json").out)
    assert not [each for each in found if "the card of" in each["line"]]


def test_nothing_that_it_prints_is_a_name(sides: Sides) -> None:
    sides.stands("old", ANNE, DOSSIER)
    sides.stands("gone", PAUL, OTHER)
    said = sides.rmp("store", "relearn", "--accept", *WITNESSES)
    assert sides.relearnt
    assert not any(name in (said.out + said.err).lower() for name in ("zebulon", "quinc"))


def test_what_is_more_than_fits_into_memory_is_accepted_part_by_part(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A keeper from long ago knows another card of everything."""
    monkeypatch.setattr(both_sides, "MOST_KEPT", 2)
    sides.stands("ahead", ANNE, PAUL, JEAN, DOSSIER, OTHER)
    assert "cards further on than the keeper knows: at least 2 dossiers" in (
        sides.rmp("store", "relearn").out
    )
    shown = sides.shown("--accept")
    assert (shown["refused"], shown["more"]) == ([], True)
    assert {each.cards[0] for each in sides.relearnt if each.cards} == {
        sides.cards[each] for each in (ANNE, PAUL, JEAN, DOSSIER, OTHER)
    }
    assert sides.rmp("store", "relearn").out == "there is nothing to accept\n"


def test_an_older_store_is_seen_behind_however_many_cards_of_another_kind(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(both_sides, "MOST_KEPT", 1)
    sides.stands("ahead", ANNE, PAUL, JEAN, DOSSIER)
    sides.stands("old", OTHER)
    assert sides.rmp("store", "relearn", "--accept").status == 2
    assert sides.relearnt == []
    assert sides.shown("--accept", *WITNESSES)["accepted"] is True


def test_where_the_first_are_all_refused_it_ends_and_says_so(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(both_sides, "MOST_KEPT", 1)
    sides.stands("ahead", ANNE, DOSSIER)
    expect: Callable[..., Any] = sides.played.expect

    def none(kind: object, request: object) -> object:
        if isinstance(request, Relearn):
            raise KeeperFailed(Failed(Why.UNENTITLED, "no"))
        return expect(kind, request)

    monkeypatch.setattr(sides.played, "expect", none)
    said = sides.rmp("store", "relearn", "--accept")
    assert said.status == 1
    assert "there are more behind those" in said.err
