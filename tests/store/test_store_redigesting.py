"""Another index key: all is found as before, nothing is forgotten, the former key finds nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from found_case import DIGESTS, ONCE, Found, filled_throughout, found_in, store_in
from rotation_case import content, keys_in, lay_keys, rotate, sound, succession_in
from store_case import (
    DAY,
    KEYS,
    NOW,
    a_deposit,
    a_doctor,
    a_new_dossier,
    a_strike,
    an_emergency,
    changed,
    make_store,
    some_key_packets,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Fault
from rmp_milter.store import Conflict, StoreError, StoreKeys
from rmp_milter.store.check.whole import check
from rmp_milter.store.format.blind import Blind, Followed, LinkKind
from rmp_milter.store.format.codecs import Codec
from rmp_milter.store.format.keys import INDEX, MOST_INDEX_KEYS, each_key, key_lines
from rmp_milter.store.format.succession import Rotated
from rmp_milter.store.format.tables import INDEX_CHECK_KEY, table_names
from rmp_milter.store.resealing import reseal
from rmp_milter.store.store import LmdbStore, create

pytestmark = pytest.mark.slow

DIGESTED = {
    *("index", "seen", "seen_expiry", "tallies", "tally_expiry", "envelopes"),
    *("emergencies", "emergencies_at", "emergencies_open", "terms", "words"),
}
"""Tables whose keys are digests, or hold one."""
SEALED_ANEW = {"tallies", "emergencies", "envelopes", "dossiers", "waiting"}


@pytest.fixture
def home(folder: Path) -> Path:
    with make_store(folder) as store:
        filled_throughout(store)
    lay_keys(folder.parent)
    return folder.parent


def rotated(home: Path) -> Path:
    rotate(home, Rotated.INDEX)
    (home / f"{INDEX}.before").unlink()
    return home


def empty(found: Found) -> set[str]:
    return {name for name, value in found.items() if not value}


def test_all_is_found_as_before(home: Path) -> None:
    before = found_in(home)
    assert empty(before) == set()
    rotated(home)
    assert found_in(home) == before
    assert sound(home, keys_in(home))


def test_all_is_found_as_before_after_several(home: Path) -> None:
    before = found_in(home)
    for number in range(2, 5):
        rotated(home)
        assert len(each_key(keys_in(home).index)) == number
        assert found_in(home) == before
    assert sound(home, keys_in(home))


def test_with_the_other_keys_in_between(home: Path) -> None:
    before = found_in(home)
    for which in (Rotated.INDEX, Rotated.METADATA, Rotated.OUTBOX, Rotated.INDEX):
        (home / f"{INDEX}.before").unlink(missing_ok=True)
        rotate(home, which)
    assert found_in(home) == before
    assert sound(home, keys_in(home))


def test_what_is_written_anew_says_the_same(home: Path) -> None:
    before = content(home / "store")
    rotated(home)
    after = content(home / "store")
    for name in set(table_names()) - DIGESTED - SEALED_ANEW - {"meta"}:
        assert after[name] == before[name], name
    assert {**after["meta"], INDEX_CHECK_KEY: b""} == {**before["meta"], INDEX_CHECK_KEY: b""}
    for name in DIGESTED | SEALED_ANEW:
        assert len(after[name]) == len(before[name]) > 1, name
        if name in SEALED_ANEW:
            codec = Codec(name, KEYS.metadata, dict[str, object])
            was, becomes = (
                [codec.open(*record) for record in found[name].items()]
                for found in (before, after)
            )
            for record in (*was, *becomes):
                record.pop("traits", None)  # the digests: found_in() looks by them
            assert sorted(map(repr, was)) == sorted(map(repr, becomes))


# Nothing is forgotten


def test_a_mail_that_is_done_is_known_again(home: Path) -> None:
    rotated(home)
    with store_in(home) as store:
        for digest in DIGESTS:
            with pytest.raises(Conflict) as conflict:
                store.commit(Changes(digest=digest), NOW)
            assert conflict.value.reason == "duplicate"
        with pytest.raises(Conflict) as conflict:
            store.commit(Changes(once=(ONCE,)), NOW)
        assert conflict.value.reason == "replayed"
        store.commit(Changes(digest=b"new" * 8), NOW)
    with store_in(rotated(home)) as store, pytest.raises(Conflict):
        store.commit(Changes(digest=b"new" * 8), NOW)


def test_marks_and_tries_end_when_they_would_have(home: Path) -> None:
    rotated(home)
    with store_in(home) as store:
        for _ in range(4):
            store.commit(Changes(), NOW + 3600 * DAY)
        with store.snapshot() as view:
            assert not any(view.seen(digest) for digest in DIGESTS)
            assert view.happened(ONCE.value)
            assert view.tally(Fault.SENDER, b"one").times == ()
    assert sound(home, keys_in(home))


def test_tries_go_on_counting(home: Path) -> None:
    rotated(home)
    with store_in(home) as store:
        store.commit(Changes(strikes=(a_strike(b"two", NOW + 5),)), NOW + 5)
        with store.snapshot() as view:
            assert view.tally(Fault.SENDER, b"two").times == (NOW, NOW + 1, NOW + 5)
        store.commit(Changes(cleared=(a_strike(b"one"),)), NOW + 5)
        with store.snapshot() as view:
            assert view.tally(Fault.SENDER, b"one").times == ()
    assert sound(home, keys_in(home))


def test_nobody_is_taken_for_new(home: Path) -> None:
    rotated(home)
    with store_in(home) as store:
        for taken in (
            Changes(dossiers=(a_new_dossier("trait 0"),)),
            Changes(doctors=(a_doctor(1),)),
            Changes(emergencies=(an_emergency(with_dossier(store, "hurt"), 1),)),
        ):
            with pytest.raises(Conflict):
                store.commit(taken, NOW)


def test_what_is_changed_afterwards_leaves_no_link_of_before(home: Path) -> None:
    rotated(home)
    with store_in(home) as store:
        with store.snapshot() as view:
            (dossier,) = view.dossiers_by_traits(["trait 0"])
            doctor = view.doctor_by_rpps(a_doctor(2).rpps)
            (entry, *_) = view.entries(dossier.dossier_id)
            emergency = view.emergency("U-ABCD-0001")
        assert doctor
        assert emergency
        packets = some_key_packets(entry.entry.documents[0].document_id, 1)
        store.commit(
            Changes(
                updates=(changed(store, dossier.dossier_id, "another trait"),),
                removed_doctors=(doctor.doctor_id,),
                key_packets=(packets,),
            ),
            NOW,
        )
        deposit = a_deposit(dossier.dossier_id, b"a new body")
        store.commit(Changes(entries=(deposit,), digest=b"d" * 32), NOW)
    assert sound(home, keys_in(home))


# The former key


def test_the_former_key_finds_nothing(home: Path) -> None:
    before = content(home / "store")
    rotated(home)
    data = (home / "store/data.mdb").read_bytes()
    digests = {
        *(key[:32] for key in before["index"]),
        *before["seen"],
        *before["tallies"],
        *before["emergencies"],
        *(key[16:] for key in before["envelopes"]),
        *(key[:16] for key in before["terms"]),
        *(key[16:] for key in before["terms"]),
        *before["words"],
        before["meta"][INDEX_CHECK_KEY],
    }
    assert len(digests) > 100
    assert [each.hex() for each in digests if each in data] == []  # nor in a freed page


def test_the_former_key_opens_nothing_and_the_last_alone_neither(home: Path) -> None:
    rotated(home)
    keys = keys_in(home)
    first, last = each_key(keys.index)
    assert first == KEYS.index
    for index in (first, last, last + first):
        wrong = replace(keys, index=index)
        with pytest.raises(StoreError, match=f"{INDEX} is another one"):
            LmdbStore.open(home / "store", wrong, map_bytes=0)
    assert not check(home / "store", keys).findings


def test_it_takes_all_keys_to_compute_a_digest(home: Path) -> None:
    rotated(home)
    index, found = keys_in(home).index, content(home / "store")["seen"]
    first, last = each_key(index)
    assert Blind(index).of(LinkKind.SEEN, DIGESTS[0]) in found
    for keys in (first, last, last + first):
        assert Blind(keys).of(LinkKind.SEEN, DIGESTS[0]) not in found


# What fails


def test_two_that_meet_at_one_key_are_told_and_nothing_is_changed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(home / "store")
    monkeypatch.setattr(Followed, "digest", lambda _self, digest: bytes(len(digest)))
    with pytest.raises(StoreError, match=r"stay as they were: two records of table \w+ have"):
        rotate(home, Rotated.INDEX)
    assert content(home / "store") == before
    assert keys_in(home) == KEYS


def test_no_more_follow_than_are_read(home: Path) -> None:
    keys = replace(KEYS, index=bytes(range(MOST_INDEX_KEYS)) * 32)
    (home / INDEX).write_bytes(key_lines(keys.index))
    assert keys_in(home) == keys
    with pytest.raises(StoreError, match="no other can follow"):
        succession_in(home, Rotated.INDEX).begin()
    assert not list(home.glob("*.next"))


@pytest.mark.parametrize(
    "other",
    [
        replace(KEYS, index=b"x" * 32),
        replace(KEYS, index=b"x" * 32 + KEYS.index),
        replace(KEYS, index=KEYS.index + b"x" * 64),
        replace(KEYS, index=KEYS.index + b"x" * 32, metadata=b"y" * 32),
        replace(KEYS, index=KEYS.index + b"x" * 32, outbox=b"y" * 32),
    ],
    ids=["another", "before", "two more", "and metadata", "and outbox"],
)
def test_one_key_follows_at_a_time(home: Path, tmp_path: Path, other: StoreKeys) -> None:
    (tmp_path / "target").mkdir()
    with pytest.raises(StoreError, match="look-ups cannot be made anew"):
        reseal(home / "store", tmp_path / "target", KEYS, other, lambda *_: None)


def test_an_empty_store_has_another_key_as_well(folder: Path) -> None:
    create(folder, KEYS, map_bytes=1 << 24)
    lay_keys(folder.parent)
    rotated(folder.parent)
    assert sound(folder.parent, keys_in(folder.parent))
