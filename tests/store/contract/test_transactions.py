"""An engine's transactions: records by table and key, in the order of their octets."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from contract_case import made

from rmp_milter.engine.transaction import beyond
from rmp_milter.store.format.tables import StoreTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engines import Tried

    from rmp_milter.engine.transaction import (
        Access,
        ReadTransaction,
        WriteTransaction,
    )

TABLE = StoreTable.INDEX
LEADS = {b"aa": 0, b"bb": 1, b"bc": 16, b"cc": 17, b"\xff\xff": 40}
"""How many records are behind each: as many as come at once, fewer, and more."""
KEYS_THERE = [
    b"\0",
    b"\0\0",
    b"a",
    b"a\0",
    b"ab",
    b"a\xff",
    b"a\xff\xff",
    b"b",
    b"\xfe\xff",
    b"\xff",
    b"\xff\xff\xff",
]
PREFIXES = [b"", b"\0", b"a", b"a\xff", b"b", b"c", b"\xff", b"\xff\xff", b"\xff" * 4]


@pytest.fixture
def access(tried: Tried) -> Iterator[Access]:
    with made(tried.engine) as store:
        yield tried.access(store)


def put_all(txn: WriteTransaction) -> None:
    for key in reversed(KEYS_THERE):
        txn.put(TABLE, key, b"value of " + key)


def assert_looked_up(txn: ReadTransaction, there: list[bytes]) -> None:
    assert list(txn.keys(TABLE)) == there
    assert [(key, bytes(value)) for key, value in txn.records(TABLE)] == [
        (key, b"value of " + key) for key in there
    ]
    for prefix in PREFIXES:
        begin = [key for key in there if key.startswith(prefix)]
        behind = [key for key in there if key >= prefix]
        assert list(txn.keys(TABLE, prefix)) == begin
        if prefix:
            assert txn.last_key(TABLE, prefix) == (begin[-1] if begin else None)
            assert txn.first_key(TABLE, prefix) == (behind[0] if behind else None)
        assert [key for key, _ in txn.records(TABLE, prefix)] == behind
    for key in KEYS_THERE:
        assert txn.has(TABLE, key) is (key in there)
        assert (txn.get(TABLE, key) is not None) is (key in there)
    assert txn.held(TABLE, [*KEYS_THERE, b"nobody's"]) == {*there}
    assert txn.held(TABLE, []) == set()
    assert txn.count(TABLE) == len(there)


def test_keys_are_found_by_what_they_begin_with(access: Access) -> None:
    access.write(put_all)
    with access.reading() as txn:
        assert_looked_up(txn, KEYS_THERE)
        assert {*txn.tables()} == {*StoreTable}


def test_a_turn_to_write_sees_what_is_written_in_it(access: Access) -> None:
    def half(txn: WriteTransaction) -> None:
        for key in KEYS_THERE[::2]:
            assert txn.add(TABLE, key, b"value of " + key)

    def rest(txn: WriteTransaction) -> None:
        for key in KEYS_THERE:
            assert txn.add(TABLE, key, b"value of " + key) is (key in KEYS_THERE[1::2])
        assert_looked_up(txn, KEYS_THERE)
        for key in (KEYS_THERE[-1], KEYS_THERE[2], KEYS_THERE[3]):
            assert txn.delete(TABLE, key)
            assert not txn.delete(TABLE, key)
        left = [*KEYS_THERE[:2], *KEYS_THERE[4:-1]]
        assert_looked_up(txn, left)
        assert txn.add(TABLE, KEYS_THERE[2], b"value of " + KEYS_THERE[2])
        assert_looked_up(txn, sorted([*left, KEYS_THERE[2]]))

    access.write(half)
    access.write(rest)
    with access.reading() as txn:
        assert_looked_up(txn, [*KEYS_THERE[:3], *KEYS_THERE[4:-1]])


def test_what_a_turn_raises_leaves_everything_as_it_was(access: Access) -> None:
    def fails(txn: WriteTransaction) -> None:
        put_all(txn)
        raise KeyError

    with pytest.raises(KeyError):
        access.write(fails)
    with access.reading() as txn:
        assert txn.count(TABLE) == 0
    access.write(put_all)


def test_many_records_are_read_through_in_order(access: Access) -> None:
    many = [number.to_bytes(3, "big") for number in range(2500)]
    access.write(lambda txn: [txn.put(TABLE, key, b"value of " + key) for key in many])
    with access.reading() as txn:
        assert list(txn.keys(TABLE)) == many
        assert [key for key, _ in txn.records(TABLE)] == many
        assert list(txn.keys(TABLE, b"\0\1")) == many[256:512]


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_a_body_of_any_size_comes_back_whole(access: Access, size: int) -> None:
    body, table = bytes(range(256)) * (size // 256) + b"x" * (size % 256), StoreTable.BODIES
    access.write(lambda txn: txn.add(table, b"b" * 16, body))
    with access.reading() as txn:
        assert bytes(txn.get(table, b"b" * 16) or b"") == body
        assert txn.has(table, b"b" * 16)
        assert [(key, len(value)) for key, value in txn.records(table)] == [(b"b" * 16, size)]
        assert list(txn.keys(table)) == [b"b" * 16]
        assert txn.count(table) == 1
    assert access.write(lambda txn: txn.delete(table, b"b" * 16))
    with access.reading() as txn:
        assert not txn.has(table, b"b" * 16)
        assert txn.count(table) == 0


def test_many_are_looked_up_at_once(access: Access) -> None:
    access.write(put_all)
    with access.reading() as txn:
        found = txn.first_keys(TABLE, [b"a", b"\xff", b"c"], 3)
        assert {prefix: [*keys] for prefix, keys in found.items() if keys} == {
            b"a": [b"a", b"a\0", b"ab"],
            b"\xff": [b"\xff", b"\xff\xff\xff"],
        }
        assert not txn.first_keys(TABLE, [], 3)
        assert [*txn.sizes(TABLE, [b"b", b"c", b"\0"])] == [len(b"value of b"), None, 10]


def test_an_index_leads_to_records(access: Access) -> None:
    led = StoreTable.DOCTORS
    behind = {begin: [b"%d" % each for each in range(many)] for begin, many in LEADS.items()}

    def write(txn: WriteTransaction) -> None:
        for begin, keys in behind.items():
            for key in keys:
                txn.put(TABLE, begin + key, b"")
                txn.put(led, key, b"record " + key)

    access.write(write)
    access.write(lambda txn: txn.delete(led, b"7"))
    with access.reading() as txn:
        for asked in ([b"bb"], [b"cc", b"aa"], [*LEADS], [b"cc", b"cc"], []):
            found = [*txn.led_to(TABLE, asked, led)]
            assert found == [
                key for begin in dict.fromkeys(asked) for key in sorted(behind[begin])
            ]
            for key in found:
                record = None if key == b"7" else b"record " + key
                assert bytes(txn.get(led, key) or b"") == (record or b"")


def test_one_look_is_at_what_is_there_now(access: Access) -> None:
    assert not is_there(access)
    access.write(put_all)
    with access.reading() as before:
        assert is_there(access)
        access.write(lambda txn: txn.delete(TABLE, b"a"))
        assert not is_there(access)
        assert before.has(TABLE, b"a")


def is_there(access: Access) -> bool:
    with access.looking() as now:
        return now.has(TABLE, b"a")


def test_bodies_are_measured_and_digested(access: Access) -> None:
    bodies = {bytes([number]) * 16: bytes([number]) * (number << 19) for number in range(4)}
    for key, body in bodies.items():
        access.write(lambda txn, key=key, body=body: txn.add(StoreTable.BODIES, key, body))
    with access.reading() as txn:
        keys = [*bodies, b"nobody's" * 2]
        sizes, digests = (
            txn.sizes(StoreTable.BODIES, keys),
            txn.digests(StoreTable.BODIES, keys),
        )
    assert [*sizes] == [*map(len, bodies.values()), None]
    assert [*digests] == [*(sha256(body).digest() for body in bodies.values()), None]


def test_records_of_all_sizes_are_read_through(access: Access) -> None:
    """What is larger than all that is read at once, among what is small."""
    values = {number.to_bytes(3, "big"): bytes(number % 7) for number in range(500)}
    values |= {number.to_bytes(3, "big"): bytes(5 << 20) for number in (0, 70, 71, 499)}
    access.write(lambda txn: [txn.put(TABLE, key, value) for key, value in values.items()])
    with access.reading() as txn:
        assert all(bytes(value) == values[key] for key, value in txn.records(TABLE))
        assert [key for key, _ in txn.records(TABLE)] == sorted(values)


def test_the_key_behind_a_beginning() -> None:
    assert beyond(b"a") == b"b"
    assert beyond(b"a\xff\xff") == b"b"
    assert beyond(b"\xff") is None
    assert beyond(b"") is None
