"""Verification of what is remembered for a while: marks of mails, tries that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.format.codecs import u32

if TYPE_CHECKING:
    from rmp_milter.store.check.walk import Walk
    from rmp_milter.store.format.codecs import Codecs

TALLY_SECONDS = 30 * 86_400


def check_marks(walk: Walk) -> None:
    """Note where marks and their times do not agree."""
    expiry = {bytes(expires) + key for key, expires in walk.records("seen")}
    walk.compare_keys("seen_expiry", expiry, lambda key: f"mark {key[4:].hex()}")


def check_tallies(walk: Walk, codecs: Codecs) -> None:
    """Note where tallies, their order and their times do not agree."""
    expiry = set()
    for key, sealed in walk.records("tallies"):
        tally = walk.opened(codecs.tallies, key, sealed)
        if tally is None:
            continue
        if not tally.times or list(tally.times) != sorted(tally.times):
            walk.add(f"tally {key.hex()} is empty or out of order")
        if tally.times:
            expiry.add(u32(tally.times[-1] + TALLY_SECONDS) + key)
    walk.compare_keys("tally_expiry", expiry, lambda key: f"tally {key[4:].hex()}")
