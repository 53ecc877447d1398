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
from rmp_milter.store.format.records import StoredDossier

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
            assert txn.delete(key, db=environment.tables.terms)
        for key in added:
            assert txn.put(key, b"", db=environment.tables.terms, overwrite=False)


def lacking(dossier_id: bytes) -> str:
    return f"the search terms do not lead to dossier {dossier_id.hex()} from all it has"


def foreign(key: bytes) -> str:
    return f"table terms has {key.hex()}, which no open dossier asks for"


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
        sealed = txn.get(dossier_id, b"", db=environment.tables.dossiers)
        stored = CODECS.dossiers.open(dossier_id, sealed)
        changed = StoredDossier(dossier=after, traits=stored.traits)
        record = CODECS.dossiers.seal(dossier_id, changed)
        txn.put(dossier_id, record, db=environment.tables.dossiers)
    old, new = CODECS.terms.of(before), CODECS.terms.of(after)
    assert found(folder) == sorted(
        [*map(foreign, old - new), *[lacking(dossier_id)] * len(new - old)]
    )


def test_a_table_that_was_emptied(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is not remembered at once: some are named, and that there are more."""
    new = tuple(a_new_dossier(f"trait {number}") for number in range(300))
    store.commit(Changes(dossiers=new), NOW)
    environment = store._environment
    with environment.writing() as txn:
        txn.drop(environment.tables.terms, delete=False)
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
