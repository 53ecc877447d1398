"""Verification of the emergency accesses and of the letters that the host posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.format.codecs import ID_BYTES, LinkKind, u32

if TYPE_CHECKING:
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.walk import Walk
    from rmp_milter.store.format.codecs import Codecs


def check_emergencies(walk: Walk, codecs: Codecs, expected: Expected) -> None:
    """Note every finding in the emergencies; say what must lead to them."""
    times = set()
    for key, sealed in walk.records("emergencies"):
        found = walk.opened(codecs.emergencies, key, sealed)
        if found is None:
            continue
        if codecs.blind.of(LinkKind.EMERGENCY, found.reference)[:ID_BYTES] != key:
            walk.add(f"emergency {key.hex()} has another reference")
        if found.dossier_id not in expected.dossiers:
            walk.add(f"emergency {key.hex()} is of no dossier")
        times.add(u32(found.at) + key)
        expected.links.add(codecs.blind.of(LinkKind.EMERGENCY_BY, found.doctor_id) + key)
    walk.compare_keys("emergencies_at", times, lambda key: f"emergency {key[4:].hex()}")


def check_letters(walk: Walk, codecs: Codecs) -> None:
    """Note every finding in the letters that wait to be posted."""
    for key, sealed in walk.records("letters"):
        letter = walk.opened(codecs.letters, key, sealed)
        if letter is not None and letter.letter_id != key:
            walk.add(f"letter {key.hex()} holds another identifier")
