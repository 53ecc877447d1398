"""Traits lead to every open dossier that has them, and fingerprints to one person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_case import DIGESTS, DOSSIERS, log, own, rows, scratch

from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.tables import OwnTable

__all__ = ["log", "own"]

ONE, TWO = DOSSIERS[:2]
NUMBER = b"n" * 16
FINGERPRINT = b"f" * 20


def test_traits_lead_to_all_dossiers_that_have_one_of_them(own: Own) -> None:
    own.traits.put(ONE, DIGESTS[:2], NUMBER)
    own.traits.put(TWO, DIGESTS[1:3])
    assert own.traits.find(DIGESTS[:1]) == {ONE: NUMBER}
    assert own.traits.find(DIGESTS[1:2]) == {ONE: NUMBER, TWO: b""}
    assert own.traits.find(DIGESTS) == {ONE: NUMBER, TWO: b""}
    assert own.traits.find(DIGESTS[3:]) == own.traits.find(()) == {}


def test_other_traits_take_the_place_of_those_before(own: Own) -> None:
    own.traits.put(ONE, DIGESTS[:2])
    own.traits.put(ONE, DIGESTS[1:3], NUMBER)
    assert own.traits.find(DIGESTS[:1]) == {}
    assert own.traits.find(DIGESTS[1:2]) == {ONE: NUMBER}
    assert own.traits.of(ONE) == DIGESTS[1:3]


@pytest.mark.parametrize(
    ("dossier_id", "trait", "number"),
    [(ONE[1:], NUMBER, NUMBER), (ONE, NUMBER[1:], NUMBER), (ONE, NUMBER, NUMBER[1:])],
)
def test_ids_and_digests_have_their_length(
    own: Own, dossier_id: bytes, trait: bytes, number: bytes
) -> None:
    with pytest.raises(ValueError, match="length"):
        own.traits.put(dossier_id, (trait,), number)


CHANGES = st.tuples(
    st.sampled_from(DOSSIERS),
    st.none()
    | st.tuples(st.sets(st.sampled_from(DIGESTS)), st.sampled_from((b"", NUMBER, ONE))),
)


@given(st.lists(CHANGES, max_size=20), st.sets(st.sampled_from(DIGESTS)))
def test_what_is_found_is_what_was_put_and_not_removed(
    log: Journal,
    changes: list[tuple[bytes, tuple[set[bytes], bytes] | None]],
    sought: set[bytes],
) -> None:
    model: dict[bytes, tuple[set[bytes], bytes]] = {}
    with scratch(log) as own:
        for dossier_id, said in changes:
            if said is None:
                own.traits.remove(dossier_id)
                model.pop(dossier_id, None)
            else:
                own.traits.put(dossier_id, *said)
                model[dossier_id] = said
        assert own.traits.find(sought) == {
            dossier_id: number for dossier_id, (has, number) in model.items() if has & sought
        }
        assert len(rows(own, OwnTable.TRAITS)) == sum(len(has) for has, _ in model.values())
        assert rows(own, OwnTable.TRAITS_OF).keys() == model.keys()


def test_a_fingerprint_is_one_persons_until_he_gives_it_up(own: Own) -> None:
    assert own.owners.of(FINGERPRINT) is None
    assert own.owners.claim(FINGERPRINT, ONE)
    assert own.owners.claim(FINGERPRINT, ONE)
    assert not own.owners.claim(FINGERPRINT, TWO)
    own.owners.release(FINGERPRINT, TWO)
    assert own.owners.of(FINGERPRINT) == ONE
    own.owners.release(FINGERPRINT, ONE)
    assert own.owners.claim(FINGERPRINT, TWO)
    assert own.owners.of(FINGERPRINT) == TWO
