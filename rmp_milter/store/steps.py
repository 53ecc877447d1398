"""The steps from one format of the store to the next.

A step works on a copy that nobody else has open, and changes it by its course alone
(:mod:`rmp_milter.store.format.course`), which keeps how far it is: one that was killed is gone on
with, one that failed is thrown away with its copy. It reads the older records by definitions of its
own, since those of :mod:`rmp_milter.store.format.records` follow the newest format; it is
tested alone, on the fixture of the format from which it leads (``tests/fixtures``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import lmdb
import msgspec

from rmp_milter.store.format.codecs import Codec, u32
from rmp_milter.store.format.course import Course, Record
from rmp_milter.store.format.directory_links import index_directory
from rmp_milter.store.format.strangers_keys import forget_strangers_keys
from rmp_milter.store.format.term_links import index_terms

Step: TypeAlias = Callable[[Course], None]
"""Moves all records; the format's mark is written by who calls it."""

Steps: TypeAlias = Mapping[int, Step]

Fields: TypeAlias = dict[str, msgspec.Raw]
"""A record of any format: its fields by name, each as it was written."""

_encoded = msgspec.msgpack.Encoder().encode
_fields = msgspec.msgpack.Decoder(Fields).decode
_fields_if_any = msgspec.msgpack.Decoder(Fields | None).decode
_DAY = 86_400


class TriesOf1(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of the table ``tallies`` in format 1."""

    times: tuple[int, ...] = ()


def mark_codes(course: Course) -> None:
    """From 1 to 2: every code slot says how its code counts; tries count for 30 days.

    Codes that are there were made with their case, so none is folded. A try counted for a
    week: the table of when tries end is written anew.

    Key ids that no certificate binds lead to nobody any more.

    The form ``grouped`` of a doctor's answers is of format 2 as well; none has it yet, so no
    record changes.
    """
    _mark_slots(course)
    _lengthen_tries(course)
    forget_strangers_keys(course)


def _mark_slots(course: Course) -> None:
    table = course.table("dossiers")
    codec = Codec("dossiers", course.keys.metadata, Fields)

    def change(txn: lmdb.Transaction[bytes], batch: list[Record]) -> None:
        for key, sealed in batch:
            record = _with_mark(codec.open(key, sealed))
            txn.put(key, codec.seal(key, record), db=table)

    course.expect("dossiers", "doctors")
    course.each_batch("code slots", "dossiers", change)


def _with_mark(stored: Fields) -> Fields:
    """Return a stored dossier whose slot under the code, if there is one, has its mark."""
    dossier = _fields(stored["dossier"])
    slots = _fields(dossier["slots"])
    code = _fields_if_any(slots["code"])
    if code is not None:
        slots["code"] = _raw({**code, "folded": _raw(False)})  # noqa: FBT003 -- the field's value
        dossier["slots"] = _raw(slots)
    return {**stored, "dossier": _raw(dossier)}


def _lengthen_tries(course: Course) -> None:
    tallies, ends = course.table("tallies"), course.table("tally_expiry")
    codec = Codec("tallies", course.keys.metadata, TriesOf1)

    def change(txn: lmdb.Transaction[bytes]) -> None:
        txn.drop(ends, delete=False)
        for key, sealed in txn.cursor(tallies):
            last = codec.open(key, sealed).times[-1]
            txn.put(u32(last + 30 * _DAY) + key, b"", db=ends)

    course.once("tries", change)


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(_encoded(value))


def index_for_search(course: Course) -> None:
    """From 2 to 3: what was found by reading all there is has an index of its own."""
    index_directory(course)
    index_terms(course)


STEPS: Steps = {1: mark_codes, 2: index_for_search}
"""The number of a format → the step from it to the next."""
