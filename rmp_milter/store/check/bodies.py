"""Verification of the bodies and of what hangs on them: key packets, bodies given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.check.expected import DOCUMENT, ORPHAN
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import ID_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rmp_milter.dossier.model import Document
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.foreseen import Foreseen
    from rmp_milter.store.check.walk import Record, Walk
    from rmp_milter.store.format.codecs import Codecs


class DocumentCheck:
    """Compares documents with their bodies, as many at once as the engine is asked for."""

    def __init__(self, walk: Walk, expected: Expected) -> None:
        self._walk = walk
        self._expected = expected
        self._waiting: list[tuple[Document, bool]] = []

    def ask(self, document: Document, *, erased: bool = False) -> None:
        """Note, now or by :meth:`finish`, where a document's body is not what it has to be."""
        self._waiting.append((document, erased))
        if len(self._waiting) >= self._walk.at_once:
            self.finish()

    def finish(self) -> None:
        """Look at the documents that wait."""
        some, self._waiting = self._waiting, []
        if not some:
            return
        sizes = self._walk.sizes("bodies", [each.document_id for each, _ in some])
        to_read: list[Document] = []
        for (document, erased), size in zip(some, sizes, strict=True):
            if erased:
                self._check_erased(document, has_body=size is not None)
            elif self._is_as_large(document, size):
                to_read.append(document)
        if to_read:
            self._check_contents(to_read)

    def _is_as_large(self, document: Document, size: int | None) -> bool:
        """Note what is wrong with the size of a body; return whether it is to be read."""
        document_id = document.document_id
        if size is None:
            self._walk.add(f"body {document_id.hex()} is missing")
            return False
        self._expected["bodies"].ask(document_id, DOCUMENT)
        if size != document.size:
            self._walk.add(f"body {document_id.hex()} has {size} bytes, not {document.size}")
            return False
        return self._walk.reads_body(document_id)

    def _check_contents(self, documents: Sequence[Document]) -> None:
        digests = self._walk.digests("bodies", [each.document_id for each in documents])
        for document, digest in zip(documents, digests, strict=True):
            if digest != document.digest:
                self._walk.add(
                    f"body {document.document_id.hex()} is not what was stored:"
                    " its SHA-256 differs"
                )

    def _check_erased(self, document: Document, *, has_body: bool) -> None:
        """Note what an erased document still has. Its body may be an orphan, nothing else."""
        named = f"document {document.document_id.hex()} of an erased dossier still has"
        if document.sealed_key or document.standing or document.parts:
            self._walk.add(f"{named} keys or names")
        if has_body and not self._walk.has("orphans", document.document_id):
            self._walk.add(f"{named} its body")


def check_bodies(walk: Walk, codecs: Codecs, expected: Expected) -> None:
    """Note every finding in the tables that hang on documents, all of them seen."""
    _check_orphans(walk, expected)
    for key in walk.keys("bodies"):
        expected["bodies"].find(key)
    _check_key_packets(walk, codecs)


def _check_orphans(walk: Walk, expected: Expected) -> None:
    for key, look in walk.records("orphans", _foresee_bodies):
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
    for key, sealed in walk.records("envelopes", _foresee_documents):
        document_id = key[:ID_BYTES]
        if not walk.has("bodies", document_id) or walk.has("orphans", document_id):
            walk.add(f"key packets {key.hex()} belong to no document")
        stored = walk.opened(codecs.key_packets, key, sealed)
        if stored is None:
            continue
        reader = document_id + stored.fingerprint.encode()
        if key[ID_BYTES:] != codecs.blind.short(LinkKind.KEY_PACKETS, reader):
            walk.add(f"key packets {key.hex()} are for another reader")


def _foresee_bodies(foreseen: Foreseen, some: Sequence[Record]) -> None:
    foreseen.ask_whether("bodies", (key for key, _ in some))


def _foresee_documents(foreseen: Foreseen, some: Sequence[Record]) -> None:
    documents = {key[:ID_BYTES] for key, _ in some}
    foreseen.ask_whether("bodies", documents)
    foreseen.ask_whether("orphans", documents)
