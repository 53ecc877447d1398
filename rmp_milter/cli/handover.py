"""A dossier written out for a hand-over: documents as they are stored, and what binds them.

Each ``.pgp`` file is the stored body behind the key packets of its standing readers: the
médecin traitant opens it with his key and any OpenPGP software. A ``.p7m`` is one of S/MIME
behind their RecipientInfos. For whom the keeper translates, neither can be opened without it.
``dossier.json`` holds what
another service needs to take the dossier over with the keeper's keys: slots, sealed keys,
digests. Neither holds a name, a title or a file name.
"""

import base64
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from rmp_milter.calls.containers import CMS_KINDS
from rmp_milter.calls.protocol.releasing import TRANSLATED
from rmp_milter.cli.output import Json, moment
from rmp_milter.cms import head
from rmp_milter.disk.formats import Format
from rmp_milter.disk.new_files import sync_folder, write_new
from rmp_milter.dossier.model import CodeSlot, Document, Dossier, NumberedEntry
from rmp_milter.dossier.versions import versions
from rmp_milter.store.surface import Snapshot

FORMAT = Format("rmp dossier", 2)
_MODE = 0o600


def hand_over(dossier: Dossier, view: Snapshot, folder: Path) -> int:
    """Write the dossier into ``folder``, which is absent or empty; return how many documents.

    Durable on return. Raises ``OSError``; what is there is never replaced.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(17, "the folder is not empty", str(folder))
    entries = view.entries(dossier.dossier_id)
    count = 0
    for each in entries:
        for place, document in enumerate(each.entry.documents, 1):
            _write_document(
                folder / _file(each.number, place, document), document, dossier, view
            )
            count += 1
    described = msgspec.json.format(msgspec.json.encode(_described(dossier, entries, view)))
    write_new(folder / "dossier.json", described + b"\n", _MODE)
    return count


def _file(number: int, place: int, document: Document) -> str:
    ending = "p7m" if document.container.is_cms else "pgp"
    return f"entry-{number:04}-{place:02}.{ending}"


def _write_document(path: Path, document: Document, dossier: Dossier, view: Snapshot) -> None:
    """Write a body behind the packets of those who read without a code, in pieces."""
    body = view.body(document.document_id)
    if body is None:
        raise FileNotFoundError(
            2, "the document is not in the store", document.document_id.hex()
        )
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    with open(fd, "wb") as file:  # noqa: PTH123 -- the descriptor carries the exclusive mode
        file.write(_front(document, _packets(document, dossier, view)))
        file.write(body)
        file.flush()
        os.fsync(fd)
    sync_folder(path.parent)


def _front(document: Document, packets: Sequence[bytes]) -> bytes:
    """Return what makes a message of the body, for those who can open it as it is.

    A packet by which the keeper translates is none: it opens nothing outside of it.
    """
    opening = [each for each in packets if not each.startswith(TRANSLATED)]
    if not document.container.is_cms:
        return b"".join(opening)
    kind = CMS_KINDS[document.container]
    return head(kind, opening, document.size) if opening else b""


def _packets(document: Document, dossier: Dossier, view: Snapshot) -> list[bytes]:
    packets = {key.fingerprint: key.packet for key in document.standing}
    for reader in (view.doctor(dossier.treating), view.patient_of(dossier.dossier_id)):
        later = view.key_packets(document.document_id, reader.fingerprint) if reader else b""
        if reader and later:
            packets[reader.fingerprint] = later
    return list(packets.values())


def _described(
    dossier: Dossier, entries: tuple[NumberedEntry, ...], view: Snapshot
) -> dict[str, Json]:
    treating, slots = view.doctor(dossier.treating), dossier.slots
    took = versions(entries)
    return {
        "format": FORMAT.mark.decode(),
        "reference": dossier.dossier_id.hex(),
        "created": moment(dossier.created_at),
        "treating_rpps": treating.rpps if treating else "",
        "public_key": _base64(dossier.public_key),
        "slots": {
            "custody": _base64(slots.custody),
            "vitale": _base64(slots.vitale),
            "code": _code_slot(slots.code),
        },
        "masks": [mask.number for mask in dossier.masks],
        "entries": [_entry(each, took.get(each.number, 0), view) for each in entries],
    }


def _code_slot(slot: CodeSlot | None) -> Json:
    """Return the slot under the code, and how a code that is typed counts for it."""
    if slot is None:
        return None
    sealed = {name: _base64(getattr(slot, name)) for name in ("salt", "nonce", "sealed")}
    return {**sealed, "folded": slot.folded, "pepper": slot.pepper.hex()}


def _entry(each: NumberedEntry, replaces: int, view: Snapshot) -> dict[str, Json]:
    author = view.doctor(each.entry.author)
    return {
        "number": each.number,
        "received": moment(each.entry.received_at),
        "author_rpps": author.rpps if author else "",
        "onglet": each.entry.onglet.value,
        "replaces": replaces,
        "documents": [
            {
                "file": _file(each.number, place, document),
                "document": document.document_id.hex(),
                "container": document.container.value,
                "body_sha256": document.digest.hex(),
                "body_bytes": document.size,
                "sealed_key": _base64(document.sealed_key),
            }
            for place, document in enumerate(each.entry.documents, 1)
        ],
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
