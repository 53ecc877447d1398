"""Verification of what is remembered for a while: marks of mails, tries that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.format.codecs import u32

if TYPE_CHECKING:
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.walk import Walk
    from rmp_milter.store.format.codecs import Codecs

TALLY_SECONDS = 30 * 86_400


def check_marks(walk: Walk, expected: Expected) -> None:
    """Note where marks and their times do not agree."""
    for key, expires in walk.records("seen"):
        expected["seen_expiry"].ask(bytes(expires) + key)
    walk.find_keys("seen_expiry", expected["seen_expiry"])


def check_tallies(walk: Walk, codecs: Codecs, expected: Expected) -> None:
    """Note where tallies, their order and their times do not agree."""
    for key, sealed in walk.records("tallies"):
        tally = walk.opened(codecs.tallies, key, sealed)
        if tally is None:
            continue
        if not tally.times or list(tally.times) != sorted(tally.times):
            walk.add(f"tally {key.hex()} is empty or out of order")
        if tally.times:
            expected["tally_expiry"].ask(u32(tally.times[-1] + TALLY_SECONDS) + key)
    walk.find_keys("tally_expiry", expected["tally_expiry"])
