"""Acts: one thing for one dossier each, again until it is done, forgotten in their time."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keeper_case import ORIGIN
from own_case import ACTS, DAY, DOSSIERS, log, own, rows, scratch

from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.acts import NotedAct
from rmp_milter.keeper.log.file import DATA
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.lmdb_log import LmdbLogAccess
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.tables import OwnTable

__all__ = ["log", "own"]

ACT, OTHER = ACTS[:2]
ONE, TWO = DOSSIERS[:2]
TIME = 100 * DAY


def test_an_act_may_do_again_what_it_did(own: Own) -> None:
    assert own.acts.read(ACT) is None
    assert own.acts.note(ACT, "urgence", ONE, TIME)
    assert own.acts.note(ACT, "urgence", ONE, TIME)
    assert own.acts.read(ACT) == NotedAct("urgence", ONE, TIME)


@pytest.mark.parametrize(
    ("verb", "target"), [("urgence", TWO), ("dossier", ONE), ("urgence", b""), ("", ONE)]
)
def test_an_act_does_nothing_else(own: Own, verb: str, target: bytes) -> None:
    own.acts.note(ACT, "urgence", ONE, TIME)
    assert not own.acts.note(ACT, verb, target, TIME + DAY)
    assert own.acts.read(ACT) == NotedAct("urgence", ONE, TIME)
    assert own.acts.note(OTHER, verb, target, TIME)


@pytest.mark.promise(number=21)
def test_what_is_done_is_not_done_again(own: Own) -> None:
    own.acts.note(ACT, "nouveau code", ONE, TIME)
    own.acts.mark_done(ACT)
    assert not own.acts.note(ACT, "nouveau code", ONE, TIME)
    assert own.acts.read(ACT) == NotedAct("nouveau code", ONE, TIME, done=True)


def test_what_was_not_noted_is_not_done(own: Own) -> None:
    own.acts.note(ACT, "depot", ONE, TIME, share=1)
    with pytest.raises(LookupError):
        own.acts.mark_done(ACT)


def test_the_shares_of_a_deposit_are_of_several_dossiers_and_of_one_verb(own: Own) -> None:
    assert own.acts.note(ACT, "depot", ONE, TIME)
    assert own.acts.note(ACT, "depot", TWO, TIME, share=65535)
    assert not own.acts.note(ACT, "urgence", TWO, TIME, share=2)
    own.acts.mark_done(ACT, share=65535)
    assert own.acts.note(ACT, "depot", ONE, TIME)
    assert own.acts.shares(ACT) == {
        0: NotedAct("depot", ONE, TIME),
        65535: NotedAct("depot", TWO, TIME, done=True),
    }


def test_an_attestation_counts_for_one_act(own: Own) -> None:
    assert own.acts.note_attestation("reader", "id", ACT, TIME)
    assert own.acts.note_attestation("reader", "id", ACT, TIME)
    assert not own.acts.note_attestation("reader", "id", OTHER, TIME)
    assert own.acts.note_attestation("readeri", "d", OTHER, TIME)
    assert own.acts.note_attestation("reader", "other", OTHER, TIME)


def test_an_act_is_forgotten_when_its_day_is_over_and_not_before(
    own: Own,
) -> None:
    own.acts.note(ACT, "aide", b"", TIME + 5)
    own.tidy(TIME + DAY - 1)
    assert own.acts.read(ACT)
    own.tidy(TIME + DAY)
    assert own.acts.read(ACT) is None
    assert rows(own, OwnTable.ACTS_DUE) == {}


def test_an_act_is_remembered_for_the_longest_time_asked_for(own: Own) -> None:
    for expires in (TIME, TIME + 3 * DAY, TIME + DAY):
        assert own.acts.note(ACT, "aide", b"", expires)
    own.tidy(TIME + 3 * DAY)
    assert own.acts.read(ACT) == NotedAct("aide", b"", TIME + 3 * DAY)
    assert len(rows(own, OwnTable.ACTS_DUE)) == 1


def test_little_is_forgotten_at_once_the_oldest_first(own: Own) -> None:
    for number in range(20):
        own.acts.note(number.to_bytes(32), "aide", b"", TIME - number * DAY)
    own.tidy(TIME + 2 * DAY, most=5)
    left = [number for number in range(20) if own.acts.read(number.to_bytes(32))]
    assert left == list(range(15))


def test_whom_acts_concerned_is_forgotten_with_the_dossier_and_they_do_nothing_more(
    own: Own,
) -> None:
    own.acts.note(ACT, "depot", ONE, TIME)
    own.acts.note(ACT, "depot", TWO, TIME, share=1)
    own.acts.note(OTHER, "urgence liste", TWO + ONE, TIME)
    own.erase(ONE)
    assert all(ONE not in row for row in rows(own, OwnTable.ACTS).values())
    assert not own.acts.note(ACT, "depot", ONE, TIME)
    assert not own.acts.note(ACT, "depot", b"", TIME)
    assert not own.acts.note(OTHER, "urgence liste", TWO + ONE, TIME)
    assert own.acts.note(ACT, "depot", TWO, TIME, share=1)
    own.tidy(TIME + 2 * DAY)
    assert rows(own, OwnTable.ACTS) == rows(own, OwnTable.ACTS_DUE) == {}


NOTES = st.tuples(
    st.sampled_from(ACTS[:2]),
    st.integers(0, 1),
    st.sampled_from(("depot", "urgence")),
    st.sampled_from(DOSSIERS[:2]),
    st.sampled_from((TIME, TIME + 2 * DAY)),
    st.booleans(),
)


@given(st.lists(NOTES, max_size=20))
def test_each_share_has_one_verb_and_target_whatever_comes(
    log: Journal, notes: list[tuple[bytes, int, str, bytes, int, bool]]
) -> None:
    model: dict[tuple[bytes, int], NotedAct] = {}
    with scratch(log) as own:
        for act, share, verb, target, expires, done in notes:
            said = model.get((act, share))
            verbs = {each.verb for (of, _), each in model.items() if of == act}
            allowed = verbs <= {verb} and (
                said is None or (not said.done and said.target == target)
            )
            assert own.acts.note(act, verb, target, expires, share) == allowed
            if allowed:
                longest = max(expires, said.expires if said else 0)
                model[act, share] = NotedAct(verb, target, longest, done)
                if done:
                    own.acts.mark_done(act, share)
        assert {key: own.acts.read(*key) for key in model} == model
        assert len(rows(own, OwnTable.ACTS)) == len(rows(own, OwnTable.ACTS_DUE)) == len(model)


def test_a_remembered_act_costs_a_few_hundred_octets_as_long_as_it_is(tmp_path: Path) -> None:
    folder, count = tmp_path / "log", 4000
    journal.create(folder, ORIGIN)
    with Journal(folder) as log:
        before = (folder / DATA).stat().st_size
        for first in range(0, count, 50):
            log.change(lambda own, first=first: note_many(own, first, 50))
        access = log._access
        assert isinstance(access, LmdbLogAccess)
        with access._env.begin() as transaction:
            kept = sum(
                pages(transaction.stat(access._handles[each]))
                for each in (OwnTable.ACTS, OwnTable.ACTS_DUE)
            )
        assert 100 * count < kept < 250 * count
        assert kept <= (folder / DATA).stat().st_size - before < 500 * count


def note_many(own: Own, first: int, count: int) -> None:
    for number in range(first, first + count):
        act = sha256(number.to_bytes(8)).digest()
        assert own.acts.note(act, "dossier", act[:16], TIME + number % 30 * DAY)


def pages(stat: Mapping[str, int]) -> int:
    return stat["psize"] * (stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"])
