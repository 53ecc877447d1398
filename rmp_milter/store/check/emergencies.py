"""Verification of the emergency accesses and of the letters that the host posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.dossier.overdue import is_open
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import u32

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.foreseen import Foreseen
    from rmp_milter.store.check.walk import Record, Walk
    from rmp_milter.store.format.codecs import Codecs


def check_emergencies(walk: Walk, codecs: Codecs, expected: Expected) -> None:
    """Note every finding in the emergencies; say what must lead to them."""

    def foresee(foreseen: Foreseen, some: Sequence[Record]) -> None:
        each = (walk.tried(codecs.emergencies, key, sealed) for key, sealed in some)
        foreseen.ask_whether("dossiers", (found.dossier_id for found in each if found))

    for key, sealed in walk.records("emergencies", foresee):
        found = walk.opened(codecs.emergencies, key, sealed)
        if found is None:
            continue
        if codecs.blind.short(LinkKind.EMERGENCY, found.reference) != key:
            walk.add(f"emergency {key.hex()} has another reference")
        if not walk.has("dossiers", found.dossier_id):
            walk.add(f"emergency {key.hex()} is of no dossier")
        expected["emergencies_at"].ask(u32(found.at) + key)
        if is_open(found):
            expected["emergencies_open"].ask(u32(found.at) + key)
        by = codecs.blind.of(LinkKind.EMERGENCY_BY, found.doctor_id)
        expected["index"].ask(by + key)
    for name in ("emergencies_at", "emergencies_open"):
        walk.find_keys(name, expected[name])


def check_letters(walk: Walk, codecs: Codecs) -> None:
    """Note every finding in the letters that wait to be posted."""
    for key, sealed in walk.records("letters"):
        letter = walk.opened(codecs.letters, key, sealed)
        if letter is not None and letter.letter_id != key:
            walk.add(f"letter {key.hex()} holds another identifier")
