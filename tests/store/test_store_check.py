"""Each table is damaged in each way that it can be; the check must name it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import lmdb
import pytest
from store_case import KEYS, MAP_BYTES, NOW, a_deposit, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.store import StoreError
from rmp_milter.store.check.walk import MAX_FINDINGS
from rmp_milter.store.check.whole import check
from rmp_milter.store.format.tables import table_names
from rmp_milter.store.store import LmdbStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lmdb import _Database as Table

    Transaction = lmdb.Transaction[bytes]
    Rows = list[tuple[bytes, bytes]]
    Damage = Callable[[Transaction, Table, Rows], None]


@contextmanager
def raw_table(folder: Path, name: str) -> Iterator[tuple[Transaction, Table]]:
    """The table as anybody with write access to the files, but without keys, has it."""
    with lmdb.Environment(str(folder), max_dbs=32, map_size=MAP_BYTES) as environment:
        table = environment.open_db(name.encode(), create=name == "strange")
        with environment.begin(write=True) as txn:
            yield txn, table


def records(txn: Transaction, table: Table) -> Rows:
    return list(txn.cursor(table))


def remove_first(txn: Transaction, table: Table, rows: Rows) -> None:
    txn.delete(rows[0][0], db=table)


def remove_last(txn: Transaction, table: Table, rows: Rows) -> None:
    txn.delete(rows[-1][0], db=table)


def flip_a_bit(txn: Transaction, table: Table, rows: Rows) -> None:
    key, value = rows[0]
    if value:
        middle = len(value) // 2
        flipped = value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]
        txn.put(key, flipped, db=table)
    else:
        txn.delete(key, db=table)
        txn.put(bytes([key[0] ^ 1]) + key[1:], b"", db=table)


def swap_two(txn: Transaction, table: Table, rows: Rows) -> None:
    (one, first), *_, (two, second) = rows
    txn.put(one, second, db=table)
    txn.put(two, first, db=table)


def copy_to_another_key(txn: Transaction, table: Table, rows: Rows) -> None:
    key, value = rows[0]
    txn.put(key[:-1] + bytes([key[-1] ^ 0x80]), value, db=table)


def cut_short(txn: Transaction, table: Table, rows: Rows) -> None:
    key, value = rows[0]
    txn.put(key, value[:-1], db=table)


def fill_in(txn: Transaction, table: Table, rows: Rows) -> None:
    txn.put(rows[0][0], b"filled in", db=table)


KEYS_ONLY = {
    *("index", "terms", "seen_expiry", "tally_expiry", "waiting_expiry", "orphans_due"),
    *("outbox_due", "outbox_bodies", "sent_expiry", "emergencies_at"),
    *("emergencies_open", "erasures_due"),
}
DAMAGES: list[tuple[str, Damage]] = [
    (name, damage)
    for name in table_names()
    for damage in (
        remove_first,
        remove_last,
        flip_a_bit,
        copy_to_another_key,
        *((fill_in,) if name in KEYS_ONLY else (swap_two, cut_short)),
    )
]


def test_a_sound_store_has_no_findings(full_folder: Path) -> None:
    steps: list[tuple[int, int]] = []
    report = check(full_folder, KEYS, lambda done, total: steps.append((done, total)))
    assert report.findings == ()
    assert set(report.counts) == set(table_names())
    assert min(report.counts.values()) >= 2
    total = sum(report.counts.values())
    assert steps[-1] == (total, total)


@pytest.mark.parametrize(
    ("table", "damage"), DAMAGES, ids=[f"{table}-{d.__name__}" for table, d in DAMAGES]
)
@pytest.mark.promise(number=12)
def test_damage_is_found(full_folder: Path, table: str, damage: Damage) -> None:
    with raw_table(full_folder, "orphans") as (txn, handle):
        given_up = {key for key, _ in records(txn, handle)}
    with raw_table(full_folder, table) as (txn, handle):
        rows = records(txn, handle)
        if table == "bodies":  # of a body that is given up nothing is kept but that it goes
            rows = [row for row in rows if row[0] not in given_up]
        damage(txn, handle, rows)
    try:
        findings = check(full_folder, KEYS).findings
    except StoreError as error:  # the format's name itself was damaged
        findings = (str(error),)
        assert table == "meta"
    assert findings
    assert all("Quincampoix" not in finding for finding in findings)


def keep(folder: Path, *names: str) -> dict[str, list[tuple[bytes, bytes]]]:
    kept = {}
    for name in names:
        with raw_table(folder, name) as (txn, table):
            kept[name] = records(txn, table)
    return kept


def put_back(folder: Path, kept: dict[str, list[tuple[bytes, bytes]]]) -> None:
    for name, old in kept.items():
        with raw_table(folder, name) as (txn, table):
            txn.drop(table, delete=False)
            for key, value in old:
                txn.put(key, value, db=table)


def open_store(folder: Path) -> LmdbStore:
    return LmdbStore.open(folder, KEYS, map_bytes=MAP_BYTES)


@pytest.mark.promise(number=12)
def test_a_dossier_put_back_to_an_older_state_is_found(store: LmdbStore, folder: Path) -> None:
    """Entries, head and bodies all rolled back together: the ledger still knows better."""
    dossier_id = with_dossier(store)
    store.commit(Changes(entries=(a_deposit(dossier_id, b"first"),)), NOW)
    store.close()
    kept = keep(folder, "entries", "heads", "bodies")
    with open_store(folder) as again:
        again.commit(Changes(entries=(a_deposit(dossier_id, b"second"),)), NOW)
    put_back(folder, kept)
    found = check(folder, KEYS).findings
    assert "table entries has 1 records where the ledger says 2" in found


@pytest.mark.promise(number=12)
def test_a_head_put_back_alone_is_found(store: LmdbStore, folder: Path) -> None:
    dossier_id = with_dossier(store)
    store.close()
    kept = keep(folder, "heads")
    with open_store(folder) as again:
        again.commit(Changes(entries=(a_deposit(dossier_id, b"x"),)), NOW)
    put_back(folder, kept)
    assert any("no head counts entry 1" in line for line in check(folder, KEYS).findings)


@pytest.mark.promise(number=12)
def test_an_entry_of_an_older_life_of_the_same_number_is_found(
    store: LmdbStore, folder: Path
) -> None:
    """A sealed entry that opens in its place, but of a chain that was given up."""
    dossier_id = with_dossier(store)
    store.close()
    names = [name for name in table_names() if name != "entries"]
    before = keep(folder, *names, "entries")
    with open_store(folder) as again:
        again.commit(Changes(entries=(a_deposit(dossier_id, kind="one"),)), NOW)
    given_up = keep(folder, "entries")
    put_back(folder, before)
    with open_store(folder) as again:
        for kind in ("two", "three"):
            again.commit(Changes(entries=(a_deposit(dossier_id, kind=kind),)), NOW)
    assert check(folder, KEYS).findings == ()
    with raw_table(folder, "entries") as (txn, table):
        for key, value in given_up["entries"]:
            txn.put(key, value, db=table)
    found = check(folder, KEYS).findings
    assert found == (f"entry 2 of dossier {dossier_id.hex()} does not follow the one before",)


def test_a_table_that_no_store_has_is_found(full_folder: Path) -> None:
    with raw_table(full_folder, "strange"):
        pass
    assert check(full_folder, KEYS).findings == ("there is a table strange that no store has",)


def test_a_body_that_belongs_to_no_entry_is_found(full_folder: Path) -> None:
    with raw_table(full_folder, "bodies") as (txn, table):
        txn.put(b"z" * 16, os.urandom(10), db=table)
    found = check(full_folder, KEYS).findings
    assert f"body {(b'z' * 16).hex()} belongs to no entry" in found


def test_a_store_damaged_throughout_is_not_listed_throughout(full_folder: Path) -> None:
    with raw_table(full_folder, "index") as (txn, table):
        for number in range(2 * MAX_FINDINGS):
            txn.put(number.to_bytes(48, "big"), b"", db=table)
    found = check(full_folder, KEYS).findings
    assert len(found) == MAX_FINDINGS + 1
    assert found[-1] == "there is more: the list ends here"
