"""Search terms that lead nowhere, not to all, or to the wrong one; the check must name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from store_case import KEYS, NOW, a_dossier, a_new_dossier, close, the_dossier, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Patient
from rmp_milter.store.check import keys as check_keys
from rmp_milter.store.check.walk import MAX_FINDINGS
from rmp_milter.store.check.whole import check
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.records import StoredDossier
from rmp_milter.store.format.words import counted

if TYPE_CHECKING:
    from pathlib import Path

    from rmp_milter.store import Store

CODECS = Codecs(KEYS)
pytestmark = pytest.mark.promise(number=12)


def terms_of(store: Store, dossier_id: bytes) -> list[bytes]:
    return sorted(CODECS.terms.of(the_dossier(store, dossier_id)))


def write(
    store: Store, *, removed: tuple[bytes, ...] = (), added: tuple[bytes, ...] = ()
) -> None:
    environment = store._environment
    with environment.writing() as txn:
        for key in removed:
            assert txn.delete(key, db=environment.tables["terms"])
        for key in added:
            assert txn.put(key, b"", db=environment.tables["terms"], overwrite=False)


def lacking(dossier_id: bytes) -> str:
    return f"the search terms do not lead to dossier {dossier_id.hex()} from all it has"


def foreign(key: bytes) -> str:
    return f"table terms has {key.hex()}, which no open dossier asks for"


def count(store: Store, word: bytes, value: bytes) -> None:
    environment = store._environment
    with environment.writing() as txn:
        txn.put(word, value, db=environment.tables["words"])


def miscounted(word: bytes, found: int, right: int) -> str:
    return f"table words counts {found} for {word.hex()}, not {right}"


def uncounted(dossier_id: bytes) -> str:
    return f"table words does not count a family word of dossier {dossier_id.hex()}"


def open_ones(store: Store) -> set[bytes]:
    with store.snapshot() as view:
        return {each.dossier_id for each in view.dossiers() if each.closure is None}


def found(folder: Path) -> list[str]:
    return sorted(check(folder, KEYS).findings)


@pytest.fixture
def dossier_id(store: Store) -> bytes:
    with_dossier(store, "another of the same name")
    return with_dossier(store)


def test_a_term_that_is_missing(store: Store, folder: Path, dossier_id: bytes) -> None:
    write(store, removed=(terms_of(store, dossier_id)[0],))
    assert found(folder) == [lacking(dossier_id)]


def test_a_term_that_nobody_asks_for(store: Store, folder: Path, dossier_id: bytes) -> None:
    stranger = next(iter(CODECS.terms.of(a_dossier(name="BAUM"))))
    write(store, added=(stranger,))
    assert found(folder) == [foreign(stranger)]
    assert dossier_id


def test_a_term_of_one_dossier_that_leads_to_another(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    """As often as before, and in the place of a term that is there: the count is the same."""
    places = {key[:16]: key for key in terms_of(store, dossier_id)}
    other = a_dossier().dossier_id
    in_its_place = replace(the_dossier(store, dossier_id), dossier_id=other)
    # Of the names alone: terms of a reference are of one dossier.
    moved = next(key for key in CODECS.terms.of(in_its_place) if key[:16] in places)
    mine = places[moved[:16]]
    write(store, removed=(mine,), added=(moved,))
    assert found(folder) == sorted([foreign(moved), lacking(dossier_id)])


def test_a_block_that_was_moved_to_another_term(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    one, two = terms_of(store, dossier_id)[:2]
    swapped = (one[:16] + two[16:], two[:16] + one[16:])
    write(store, removed=(one, two), added=swapped)
    assert found(folder) == sorted([*map(foreign, swapped), *[lacking(dossier_id)] * 2])


def test_a_term_that_is_there_a_second_time(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    key = terms_of(store, dossier_id)[0]
    doubled = key[:-1] + bytes([key[-1] ^ 1])
    write(store, added=(doubled,))
    assert found(folder) == [foreign(doubled)]


def test_terms_of_a_closed_dossier_that_were_left(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    left = terms_of(store, dossier_id)
    close(store, dossier_id)
    write(store, added=tuple(left))
    assert found(folder) == sorted(map(foreign, left))


def test_a_name_that_was_changed_and_its_terms_were_not(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    before = the_dossier(store, dossier_id)
    after = replace(before, patient=Patient("BAUM", "Ludivine", "1950-02-03", "2500275"))
    environment = store._environment
    with environment.writing() as txn:
        sealed = txn.get(dossier_id, b"", db=environment.tables["dossiers"])
        stored = CODECS.dossiers.open(dossier_id, sealed)
        changed = StoredDossier(dossier=after, traits=stored.traits)
        record = CODECS.dossiers.seal(dossier_id, changed)
        txn.put(dossier_id, record, db=environment.tables["dossiers"])
    old, new = CODECS.terms.of(before), CODECS.terms.of(after)
    former, now = (CODECS.words.key(name) for name in ("WACKENHEIM", "BAUM"))
    words = [miscounted(former, 2, 1), uncounted(dossier_id)]
    assert now != former
    assert found(folder) == sorted(
        [*map(foreign, old - new), *[lacking(dossier_id)] * len(new - old), *words]
    )


def test_a_word_that_is_counted_for_more_than_have_it(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    word = CODECS.words.key("WACKENHEIM")
    count(store, word, counted(3))
    assert found(folder) == [miscounted(word, 3, 2)]
    assert dossier_id


def test_a_word_that_is_counted_for_fewer_than_have_it(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    """It would be forgotten with the first of its bearers, and a slip would not lead to him."""
    word = CODECS.words.key("WACKENHEIM")
    count(store, word, counted(1))
    assert found(folder) == [miscounted(word, 1, 2)]
    close(store, dossier_id)
    with pytest.raises(StoreError, match="counted for fewer"):
        close(store, next(iter(open_ones(store))))


def test_a_word_that_nobody_has(store: Store, folder: Path, dossier_id: bytes) -> None:
    word = CODECS.words.key("BAUM")
    count(store, word, counted(1))
    assert found(folder) == [f"table words counts {word.hex()}, which no open dossier has"]
    assert dossier_id


@pytest.mark.parametrize("value", [b"", counted(0), b"\0\0\2", b"\0\0\0\0\2"])
def test_a_count_that_is_none(
    store: Store, folder: Path, dossier_id: bytes, value: bytes
) -> None:
    word = CODECS.words.key("WACKENHEIM")
    count(store, word, value)
    assert found(folder) == [f"table words holds no count at {word.hex()}"]
    assert dossier_id


def test_a_word_that_is_not_counted(store: Store, folder: Path) -> None:
    dossier_id = with_dossier(store)
    environment = store._environment
    with environment.writing() as txn:
        txn.drop(environment.tables["words"], delete=False)
    assert found(folder) == [uncounted(dossier_id)]


def test_a_table_that_was_emptied(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is not remembered at once: some are named, and that there are more."""
    new = tuple(a_new_dossier(f"trait {number}") for number in range(300))
    store.commit(Changes(dossiers=new), NOW)
    environment = store._environment
    with environment.writing() as txn:
        txn.drop(environment.tables["terms"], delete=False)
    assert len(found(folder)) == MAX_FINDINGS + 1
    monkeypatch.setattr(check_keys, "MOST_REMEMBERED", 100)
    some = found(folder)
    assert 1 < len(some) <= 101
    assert "table terms differs in more: too much to be named at once" in some
    assert {*some[1:-1]} <= {lacking(each.dossier.dossier_id) for each in new}


def test_no_finding_says_a_name_or_a_term(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    write(store, removed=tuple(terms_of(store, dossier_id)))
    said = " ".join(found(folder)).lower()
    assert all(name not in said for name in ("wackenheim", "ludivine", "1950"))
