"""Which card is in force: one step at a time, of two twins one, of what was erased none."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keeper_case import ORIGIN
from own_case import DOSSIERS, child, log, own, scratch

from rmp_milter.dossier.cards import MOST_OTHERS
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.log.known import Known, KnownError, Stand, of_dossier, of_person
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.tables import OwnTable

__all__ = ["log", "own"]

KEY = of_dossier(DOSSIERS[0])
TAG, OTHER = b"t" * 16, b"o" * 16
CERTIFICATE = b"c" * 32


@pytest.mark.promise(number=21)
@pytest.mark.parametrize(
    ("known", "revision", "tag", "stand"),
    [
        (None, 0, TAG, Stand.NEXT),
        (None, 1, TAG, Stand.AHEAD),
        (0, 0, TAG, Stand.CURRENT),
        (0, 0, OTHER, Stand.TWIN),
        (0, 1, OTHER, Stand.NEXT),
        (0, 2, TAG, Stand.AHEAD),
        (7, 6, TAG, Stand.OLD),
        (7, 0, OTHER, Stand.OLD),
        (7, 7, TAG, Stand.CURRENT),
        (7, 8, TAG, Stand.NEXT),
        (7, 9, OTHER, Stand.AHEAD),
    ],
)
def test_how_a_card_stands(
    own: Own, known: int | None, revision: int, tag: bytes, stand: Stand
) -> None:
    if known is not None:
        own.known.learn(KEY, Known(known, TAG))
    assert own.known.look(KEY, revision, tag) is stand
    assert own.known.take(KEY, Known(revision, tag)) is stand
    moved = Known(revision, tag) if stand is Stand.NEXT else None
    assert own.known.read(KEY) == (moved or (None if known is None else Known(known, TAG)))


@pytest.mark.promise(number=21)
@pytest.mark.parametrize("revision", [0, 7, 8])
def test_what_was_erased_stays_so(own: Own, revision: int) -> None:
    own.known.learn(KEY, Known(7, TAG))
    own.known.forget(KEY)
    assert own.known.take(KEY, Known(revision, TAG)) is Stand.GONE
    with pytest.raises(KnownError):
        own.known.learn(KEY, Known(revision, TAG))
    assert own.known.read(KEY) is None
    assert list(own.known.entries()) == [(KEY, None)]


def test_a_dossier_and_a_person_of_one_id_are_two(own: Own) -> None:
    person = of_person(DOSSIERS[0])
    own.known.learn(KEY, Known(3, TAG))
    own.known.learn(person, Known(5, OTHER, CERTIFICATE))
    assert dict(own.known.entries()) == {
        KEY: Known(3, TAG),
        person: Known(5, OTHER, CERTIFICATE),
    }


def test_of_a_person_all_certificates_are_known(own: Own) -> None:
    others = tuple(bytes([each]) * 32 for each in range(MOST_OTHERS))
    for count in range(MOST_OTHERS + 1):
        card = Known(3, TAG, CERTIFICATE, others[:count])
        own.known.learn(KEY, card)
        assert own.known.read(KEY) == card


@pytest.mark.parametrize(
    "card",
    [
        *(Known(0, TAG[1:]), Known(0, TAG, b"short"), Known(0, b""), Known(0, TAG * 2)),
        Known(0, TAG, CERTIFICATE, (b"short",)),
        Known(0, TAG, CERTIFICATE, (CERTIFICATE,) * (MOST_OTHERS + 1)),
    ],
)
def test_what_no_card_has_is_not_written(own: Own, card: Known) -> None:
    with pytest.raises(ValueError, match="length"):
        own.known.learn(KEY, card)


@pytest.mark.parametrize("dossier_id", [b"", b"x" * 15, b"x" * 17])
def test_ids_have_their_length(dossier_id: bytes) -> None:
    with pytest.raises(ValueError, match="length"):
        of_dossier(dossier_id)


CARDS = st.builds(
    lambda revision, tag, digests: Known(revision, tag, *digests),
    st.integers(0, 4),
    st.sampled_from((TAG, OTHER)),
    st.sampled_from(((), (CERTIFICATE,), (CERTIFICATE, (b"o" * 32,)))),
)
STEPS = st.lists(st.tuples(st.sampled_from(DOSSIERS[:2]), st.none() | CARDS), max_size=20)


@given(STEPS)
def test_cards_that_are_taken_follow_each_other_and_end_with_a_tombstone(
    log: Journal, steps: list[tuple[bytes, Known | None]]
) -> None:
    taken: dict[bytes, list[Known | None]] = {}
    with scratch(log) as own:
        for dossier_id, card in steps:
            key, before = of_dossier(dossier_id), own.known.read(of_dossier(dossier_id))
            gone = taken.setdefault(key, [])[-1:] == [None]
            if card is None:
                own.known.forget(key)
                taken[key].append(None)
            elif own.known.take(key, card) is Stand.NEXT:
                assert not gone
                taken[key].append(card)
            else:
                assert own.known.read(key) == before
        for cards in taken.values():
            while cards[-1:] == [None]:
                cards.pop()
            assert [card.revision for card in cards if card] == list(range(len(cards)))


def test_of_two_cards_of_one_revision_one_is_taken_by_two_processes(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    journal.create(folder, ORIGIN)
    Journal(folder).close()

    def take_all(log: Journal, mine: int) -> None:
        for revision in range(200):
            card = Known(revision, bytes([mine]) * 16)
            stand = log.change(lambda own, card=card: own.known.take(KEY, card))
            (folder.parent / f"{revision}-{mine}").write_text(stand)

    children = [child(folder, lambda log, n=n: take_all(log, n)) for n in (1, 2)]
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
    for revision in range(200):
        stands = [(folder.parent / f"{revision}-{n}").read_text() for n in (1, 2)]
        assert stands.count(Stand.NEXT) == 1
        assert set(stands) <= {Stand.NEXT, Stand.TWIN, Stand.OLD}


def test_a_row_that_cannot_be_read_stops_the_keeper(tmp_path: Path) -> None:
    journal.create(tmp_path / "log", ORIGIN)
    with Journal(tmp_path / "log") as log:
        log._write(lambda txn: txn.put(OwnTable.KNOWN, KEY, b"short"))
        with pytest.raises(JournalError, match="cannot be read"), log.own() as own:
            own.known.read(KEY)
        with pytest.raises(JournalError, match="cannot be read"):
            log.change(lambda own: own.known.take(KEY, Known(0, TAG)))
