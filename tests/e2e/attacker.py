"""Somebody with a copy of files and this project's source, who wants to read documents.

He tries every 32 bytes that he finds in any key file as a dossier's key, as the custody
key and as a session key. With the keeper's files among them he succeeds, which shows that
he tries the right things.
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from openpgp.composed import Message

from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.config.sections import StoreSection
from rmp_milter.dossier.model import Document, Dossier
from rmp_milter.keeper.keys.sealing import (
    CodeKey,
    SealError,
    open_code_slot,
    open_custody_slot,
    open_session_key,
)
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Snapshot

GUESSED_CODES = ("", "0000", "1234", "JzbV", "jzbv")


class Attacker:
    """Holds a copy of everything below ``folder`` but the folders named in ``without``.

    He is after the documents of the patient ``name``.
    """

    def __init__(self, folder: Path, without: set[str], name: str = "SECRETNOM") -> None:
        files = [
            file
            for file in folder.rglob("*.key")
            if not set(file.relative_to(folder).parts) & without
        ]
        self._secrets = sorted(set(_thirty_two_bytes(files)))
        self._documents: list[tuple[Dossier, Document, bytes]] = []
        with _snapshot(folder) as view:
            self._dossiers = [each for each in _all(view) if each.patient.birth_name == name]
            for dossier in self._dossiers:
                for numbered in view.entries(dossier.dossier_id):
                    for document in numbered.entry.documents:
                        body = bytes(view.body(document.document_id) or b"")
                        self._documents.append((dossier, document, body))
        self._private = self._dossier_keys()

    def documents(self) -> int:
        """Return how many documents he sees."""
        return len(self._documents)

    def opened(self) -> int:
        """Return how many of them he can read."""
        return sum(self._reads(*each) for each in self._documents)

    def _reads(self, dossier: Dossier, document: Document, body: bytes) -> bool:
        sealed = SealedDocument(
            document.document_id, document.container, document.digest, document.sealed_key
        )
        for private in self._private:
            try:
                key = open_session_key(private, dossier.dossier_id, sealed)
            except SealError:
                continue
            return _decrypts(body, key.key)
        return any(_decrypts(body, secret) for secret in self._secrets)

    def _dossier_keys(self) -> list[X25519PrivateKey]:
        """Return each key that opens a slot, and each 32 bytes as if they were one."""
        candidates = [X25519PrivateKey.from_private_bytes(each) for each in self._secrets]
        found = list[X25519PrivateKey]()
        for dossier in self._dossiers:
            opened = [self._by_custody(dossier, each) for each in candidates]
            found += [key for key in opened if key]
            for code in GUESSED_CODES:
                try:
                    slot = dossier.slots.code
                    key = CodeKey(slot.pepper, bytes(32))
                    found.append(open_code_slot(slot, code, dossier.dossier_id, (key,)))
                except SealError:
                    continue
        return found + candidates

    @staticmethod
    def _by_custody(dossier: Dossier, candidate: X25519PrivateKey) -> X25519PrivateKey | None:
        try:
            return open_custody_slot((candidate,), dossier.dossier_id, dossier.slots.custody)
        except SealError:
            return None


def _all(view: Snapshot) -> list[Dossier]:
    doctors = list(view.doctors())
    return [each for doctor in doctors for each in view.dossiers_of(doctor.doctor_id)]


def _decrypts(body: bytes, key: bytes) -> bool:
    try:
        Message.from_bytes(body).decrypt_with_session_key(key, "aes256").as_data_vec()
    except ValueError:
        return False
    return True


def _thirty_two_bytes(files: list[Path]) -> Iterator[bytes]:
    for file in files:
        data = file.read_bytes()
        yield from (data[at : at + 32] for at in range(max(0, len(data) - 31)))
        try:
            plain = base64.b64decode(data, validate=False)
        except binascii.Error:
            continue
        yield from (plain[at : at + 32] for at in range(max(0, len(plain) - 31)))


@contextmanager
def _snapshot(folder: Path) -> Iterator[Snapshot]:
    keys = read_store_keys(folder / "milter", folder / "shared" / "outbox.key")
    store = engine_at(folder / "store", StoreSection()).open(keys, read_only=True)
    with closing(store), store.snapshot() as view:
        yield view
