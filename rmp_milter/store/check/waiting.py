"""Verification of the deposits that wait for a dossier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.check.bodies import DocumentCheck
from rmp_milter.store.format.codecs import u32

if TYPE_CHECKING:
    from rmp_milter.store.check.cards import CardCheck
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.walk import Walk
    from rmp_milter.store.format.codecs import Codecs


def check_waiting(walk: Walk, codecs: Codecs, expected: Expected, cards: CardCheck) -> None:
    """Note every finding in the waiting deposits; say what must lead to them."""
    documents = DocumentCheck(walk, expected)
    for key, sealed in walk.records("waiting"):
        stored = walk.opened(codecs.waiting, key, sealed)
        if stored is None:
            continue
        if stored.waiting.waiting_id != key:
            walk.add(f"waiting deposit {key.hex()} holds another identifier")
        cards.waiting(stored.waiting)
        expected["waiting_expiry"].ask(u32(stored.waiting.expires_at) + key)
        for link in {*stored.traits}:
            expected["index"].ask(link + key)
        for document in stored.waiting.entry.documents:
            documents.ask(document)
    documents.finish()
    walk.find_keys("waiting_expiry", expected["waiting_expiry"])
