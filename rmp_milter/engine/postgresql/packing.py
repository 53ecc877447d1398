"""Many rows as one value: how pages of records come from a server, and go there.

A driver that is written in Python takes some microseconds for each value of each row, more than
the server takes to find it. So a page comes as one value, taken apart here, and what is filled
goes as COPY's own octets, put together here.

A page is, for each of its records, u32 length of the key ‖ u32 length of the value ‖ key ‖ value;
a page of keys is u32 length ‖ key. The key of a part of a body is followed by its u32 number. What
was asked in one (:func:`.statements.in_one`) has before each record the u32 number of the question,
and -1 for the length of a value that is none.

Rows of COPY: https://www.postgresql.org/docs/15/sql-copy.html, Binary Format.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Field = bytes | memoryview

COPY_BEGINS = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_ENDS = b"\xff\xff"
MOST_SENT = 1 << 18
"""Octets that are put together before they are sent."""

_LENGTH = Struct(">I")
_LENGTHS = Struct(">II")
_ANSWER = Struct(">IIi")
_FIELDS = Struct(">H")
NUMBER_BYTES = 4


def records_in(page: bytes | None) -> list[tuple[bytes, bytes]]:
    """Return the records of a page; none of a page that the server had nothing for."""
    if page is None:
        return []
    found, at, end = list[tuple[bytes, bytes]](), 0, len(page)
    lengths, add = _LENGTHS.unpack_from, found.append
    while at < end:
        key_length, value_length = lengths(page, at)
        middle = at + _LENGTHS.size + key_length
        behind = middle + value_length
        add((page[at + _LENGTHS.size : middle], page[middle:behind]))
        at = behind
    return found


def answers_in(page: bytes | None, questions: int) -> list[list[tuple[bytes, bytes | None]]]:
    """Return by the number of the question what was answered to each of so many."""
    found: list[list[tuple[bytes, bytes | None]]] = [[] for _ in range(questions)]
    at, end, heads = 0, len(page or b""), _ANSWER.unpack_from
    while page and at < end:
        number, key_length, value_length = heads(page, at)
        begin = at + _ANSWER.size
        middle = begin + key_length
        at = middle + max(0, value_length)
        value = page[middle:at] if value_length >= 0 else None
        found[number].append((page[begin:middle], value))
    return found


def keys_in(page: bytes | None) -> list[bytes]:
    """Return the keys of a page of keys."""
    if page is None:
        return []
    found, at, end = list[bytes](), 0, len(page)
    length_at, add = _LENGTH.unpack_from, found.append
    while at < end:
        begin = at + _LENGTH.size
        at = begin + length_at(page, at)[0]
        add(page[begin:at])
    return found


def copy_rows(rows: Iterable[Sequence[Field]]) -> Iterator[bytes]:
    """Yield what COPY takes for these rows, in pieces that are worth sending."""
    piece = bytearray(COPY_BEGINS)
    for row in rows:
        piece += _FIELDS.pack(len(row))
        for field in row:
            piece += _LENGTH.pack(len(field))
            piece += field
        if len(piece) >= MOST_SENT:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece) + COPY_ENDS
