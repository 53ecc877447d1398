"""Key ids in the directory that are nobody's who is there: found, and forgotten in a step.

Until format 2, whatever lay in a certificate as a subkey led to its owner, whoever's it was: a
stranger's packet, which nothing bound, kept a colleague from registering his own key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rmp_milter.certificates import CertificateError, bound_key_ids
from rmp_milter.store.format.blind import Blind, LinkKind
from rmp_milter.store.format.codecs import Codec

if TYPE_CHECKING:
    from collections.abc import Sequence

    import lmdb

    from rmp_milter.store.format.course import Course, Record

Fields = dict[str, msgspec.Raw]
_encoded = msgspec.msgpack.Encoder().encode


class KeyOf1(msgspec.Struct, frozen=True):
    """What of a record of the table ``doctors`` is about its key, in format 1."""

    certificate: bytes
    key_ids: tuple[str, ...]


def strangers_in(certificate: bytes, key_ids: Sequence[str]) -> tuple[str, ...]:
    """Return those of the key ids that the certificate does not bind.

    None for what is no certificate: that is for others to say.
    """
    try:
        own = bound_key_ids(certificate)
    except CertificateError:
        return ()
    return tuple(each for each in key_ids if each.lower() not in own)


def forget_strangers_keys(course: Course) -> None:
    """From 1 to 2: no doctor is found by a key id that his certificate does not bind."""
    doctors, index = course.table("doctors"), course.table("index")
    codec = Codec("doctors", course.keys.metadata, Fields)
    blind = Blind(course.keys.index)

    def change(txn: lmdb.Transaction[bytes], batch: list[Record]) -> None:
        for key, sealed in batch:
            record = codec.open(key, sealed)
            known = msgspec.msgpack.decode(_encoded(record), type=KeyOf1)
            strangers = strangers_in(known.certificate, known.key_ids)
            if not strangers:
                continue
            left = tuple(each for each in known.key_ids if each not in strangers)
            record["key_ids"] = msgspec.Raw(_encoded(left))
            txn.put(key, codec.seal(key, record), db=doctors)
            for each in strangers:
                txn.delete(blind.of(LinkKind.KEY_ID, each.lower()) + key, db=index)

    course.each_batch("key ids", "doctors", change)
