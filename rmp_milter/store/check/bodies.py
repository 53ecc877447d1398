"""Verification of the bodies and of what hangs on them: key packets, bodies given up."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from rmp_milter.store.check.expected import DOCUMENT, ORPHAN
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import ID_BYTES

if TYPE_CHECKING:
    from rmp_milter.dossier.model import Document
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.walk import Walk
    from rmp_milter.store.format.codecs import Codecs


def check_document(walk: Walk, document: Document, expected: Expected) -> None:
    """Note where a document's body is not the one that it describes."""
    document_id = document.document_id
    body = walk.get("bodies", document_id)
    if body is None:
        walk.add(f"body {document_id.hex()} is missing")
        return
    expected["bodies"].ask(document_id, DOCUMENT)
    if len(body) != document.size:
        walk.add(f"body {document_id.hex()} has {len(body)} bytes, not {document.size}")
    elif walk.reads_body(document_id) and hashlib.sha256(body).digest() != document.digest:
        walk.add(f"body {document_id.hex()} is not what was stored: its SHA-256 differs")


def check_erased_document(walk: Walk, document: Document) -> None:
    """Note what an erased document still has. Its body may be an orphan, nothing else."""
    document_id = document.document_id
    if document.sealed_key or document.standing or document.parts:
        walk.add(f"document {document_id.hex()} of an erased dossier still has keys or names")
    if walk.has("bodies", document_id) and not walk.has("orphans", document_id):
        walk.add(f"document {document_id.hex()} of an erased dossier still has its body")


def check_bodies(walk: Walk, codecs: Codecs, expected: Expected) -> None:
    """Note every finding in the tables that hang on documents, all of them seen."""
    _check_orphans(walk, expected)
    for key in walk.keys("bodies"):
        expected["bodies"].find(key)
    _check_key_packets(walk, codecs)


def _check_orphans(walk: Walk, expected: Expected) -> None:
    for key, look in walk.records("orphans"):
        expected["orphans_due"].ask(bytes(look) + key)
        if walk.has("bodies", key):
            expected["bodies"].ask(key, ORPHAN)
        else:
            walk.add(f"body {key.hex()} is given up and missing")
    walk.find_keys("orphans_due", expected["orphans_due"])


def _check_key_packets(walk: Walk, codecs: Codecs) -> None:
    """Each is for a document that has its body, and that is not given up.

    A body without a document is told of where the bodies are compared.
    """
    for key, sealed in walk.records("envelopes"):
        document_id = key[:ID_BYTES]
        if not walk.has("bodies", document_id) or walk.has("orphans", document_id):
            walk.add(f"key packets {key.hex()} belong to no document")
        stored = walk.opened(codecs.key_packets, key, sealed)
        if stored is None:
            continue
        reader = document_id + stored.fingerprint.encode()
        if key[ID_BYTES:] != codecs.blind.short(LinkKind.KEY_PACKETS, reader):
            walk.add(f"key packets {key.hex()} are for another reader")
