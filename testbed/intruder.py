"""Somebody who has all of the milter and of the courier, and reads the mails that pass.

He holds their key files, the store, and the milter's socket to the keeper; neither the keeper's
files nor the operator's socket. He can be wherever the milter is: open a mail that passes
himself, keep what he saw, and ask whatever the protocol lets him say.
"""

import hashlib
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb
from msgspec.structs import replace

from rmp_milter.calls.authority import Authority, Candidate
from rmp_milter.calls.client import KeeperClient
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.message import Event, Failed
from rmp_milter.calls.protocol.opening import BodyRef, Open, Opened, Role
from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.certificates import read_certificate
from rmp_milter.config.sections import StoreSection
from rmp_milter.disk.closing import Closing
from rmp_milter.dossier.model import Doctor, Document, Dossier, Waiting
from rmp_milter.mail.incoming.mimetree import scan
from rmp_milter.mail.incoming.shapes import recognise
from rmp_milter.milter.intake import gather
from rmp_milter.store.format.codecs import Codecs, u32
from rmp_milter.store.format.keys import StoreKeys, read_store_keys
from rmp_milter.store.format.records import Head
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Snapshot
from testbed.gpg import CannotDecrypt, Keyring

MAP_BYTES = 64 << 30
SECONDS = 30


class Intruder(Closing):
    """Close him (or use him as a context manager): that ends the gpg-agent of his own key."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the service's: of it he has all but the keeper's."""
        self._folder = folder
        self._keys = read_store_keys(folder / "milter", folder / "shared" / "outbox.key")
        self._keeper = KeeperClient(folder / "run" / "keeper.sock", SECONDS)
        self.keyring = Keyring("Intrus <intrus@evil.test>")

    @property
    def keys(self) -> StoreKeys:
        """The keys of the store, which are the milter's and the courier's."""
        return self._keys

    @property
    def certificate(self) -> bytes:
        """His own, binary: nobody has enrolled it."""
        return read_certificate(self.keyring.export()).binary

    @contextmanager
    def view(self) -> Iterator[Snapshot]:
        """Give the store as it is now."""
        with (
            engine_at(self._folder / "store", StoreSection()).open(
                self._keys, read_only=True
            ) as store,
            store.snapshot() as view,
        ):
            yield view

    def dossier(self, birth_name: str) -> Dossier:
        """Return the newest dossier of a patient of this name."""
        with self.view() as view:
            found = [each for each in view.dossiers() if each.patient.birth_name == birth_name]
        return max(found, key=lambda each: each.dossier_id)

    def doctor(self, mail: str) -> Doctor:
        """Return somebody of the directory by his address."""
        with self.view() as view:
            found = view.doctor_by_mail(mail)
        if found is None:
            raise LookupError(mail)
        return found

    def doctors(self) -> list[Doctor]:
        """Return the whole directory."""
        with self.view() as view:
            return list(view.doctors())

    def waiting(self, birth_name: str) -> Waiting:
        """Return the deposit that waits for a patient of this name."""
        with self.view() as view:
            return next(w for w in view.waiting() if w.patient.birth_name == birth_name)

    def documents(self, dossier: Dossier) -> list[Document]:
        """Return what is stored in a dossier."""
        with self.view() as view:
            entries = view.entries(dossier.dossier_id)
        return [document for each in entries for document in each.entry.documents]

    def items(self, dossier: Dossier) -> tuple[SealedDocument, ...]:
        """Return the sealed keys of all that is stored in a dossier."""
        return tuple(map(sealed, self.documents(dossier)))

    def body(self, document_id: bytes) -> bytes:
        """Return a stored body, as encrypted as it came."""
        with self.view() as view:
            return bytes(view.body(document_id) or b"")

    def reads(self, packets: bytes, document_id: bytes, keyring: Keyring | None = None) -> bool:
        """Whether key packets open a stored body with his key, or with another one."""
        try:
            (keyring or self.keyring).decrypt(packets + self.body(document_id))
        except CannotDecrypt:
            return False
        return True

    def opened(
        self, mail: bytes, account: str = "", persons: Iterable[Doctor] | None = None
    ) -> Opened:
        """Have a mail opened that passes, as if it had come by ``account``.

        Everybody of the directory may have signed it, unless he names ``persons``.
        """
        reply = self.ask_to_open(mail, account, persons)
        if not isinstance(reply, Opened):
            raise AssertionError(f"not opened: {reply}")  # noqa: TRY004 -- a test's failure
        return reply

    def ask_to_open(  # noqa: PLR0913, PLR0917 -- all that he can say of a mail
        self,
        mail: bytes,
        account: str = "",
        persons: Iterable[Doctor] | None = None,
        others: tuple[bytes, ...] = (),
        shown: tuple[Candidate, ...] = (),
        files_of: bytes = b"",
    ) -> Reply:
        """Ask for it and return whatever comes of it.

        ``others`` are certificates against which the signature is to be held besides; ``shown``
        are persons as he makes them up; the files of the mail ``files_of`` stand beside its
        own.
        """
        who = self.doctors() if persons is None else persons
        with Memory() as bodies:
            refs = _bodies(mail, bodies)
            if files_of:
                refs += tuple(
                    ref for ref in _bodies(files_of, bodies) if ref.role is not Role.MAIN
                )
            everybody = (*candidates(*who), *shown)
            request = Open(refs, everybody, account=account, candidates=others)
            return self.ask(request, bodies)

    def ticket(self, mail: bytes, account: str = "") -> bytes:
        """Return the ticket of a mail that passes."""
        return self.opened(mail, account).ticket

    def ask(self, request: Request, memory: Memory | None = None) -> Reply:
        """Ask the keeper as the milter does; what comes back in memory is let go."""
        reply, fd = self._keeper.call(request, memory.fd if memory else None)
        Memory(fd).close()
        return reply

    def refused(self, request: Request, memory: Memory | None = None) -> Failed:
        """Ask for what must not be done; anything but a failure is an :class:`AssertionError`."""
        reply = self.ask(request, memory)
        if not isinstance(reply, Failed):
            raise AssertionError(f"done: {reply}")  # noqa: TRY004 -- a test's failure
        return reply

    def by(
        self, ticket: bytes, dossier: Dossier | None, *persons: Doctor, share: int = 0
    ) -> Authority:
        """Return what he says that a call rests on; the whole directory without ``persons``."""
        card = dossier.card if dossier else b""
        return Authority(ticket, card, candidates(*(persons or self.doctors())), share)

    def rewrite_last_entry(self, dossier: Dossier, **fields: object) -> None:
        """Write the newest entry of a dossier anew, with the end of its chain."""
        codecs, folder = Codecs(self._keys), str(self._folder / "store")
        with (
            lmdb.open(folder, map_size=MAP_BYTES, max_dbs=64, create=False) as env,
            env.begin(write=True) as transaction,
        ):
            entries, heads = (
                env.open_db(name, transaction, create=False) for name in (b"entries", b"heads")
            )
            at = dossier.dossier_id
            head = codecs.heads.open(at, bytes(transaction.get(at, b"", db=heads)))
            key = at + u32(head.count)
            stored = codecs.entries.open(key, bytes(transaction.get(key, b"", db=entries)))
            changed = replace(stored, entry=replace(stored.entry, **fields))
            record = codecs.entries.seal(key, changed)
            transaction.put(key, record, db=entries)
            last = Head(count=head.count, last=hashlib.sha256(record).digest())
            transaction.put(at, codecs.heads.seal(at, last), db=heads)

    def close(self) -> None:
        """End the gpg-agent."""
        self.keyring.close()


def _bodies(mail: bytes, memory: Memory) -> tuple[BodyRef, ...]:
    raw = memoryview(mail)
    return gather(raw, recognise(raw, scan(raw)), memory)


def candidates(*doctors: Doctor) -> tuple[Candidate, ...]:
    """Return persons as a call presents them."""
    return tuple(Candidate(each.card, each.certificate) for each in doctors)


def sealed(document: Document) -> SealedDocument:
    """Return a stored document's sealed key and what binds it."""
    return SealedDocument(
        document.document_id, document.container, document.digest, document.sealed_key
    )


def leaf(action: str, dossier: Dossier | None = None, **said: object) -> Event:
    """Return a leaf as he would like it to be, with a digest that nobody saw before."""
    event = Event(
        at=int(time.time()),
        action=action,
        request=secrets.token_bytes(32),
        actor_rpps="10001000007",
        actor_fingerprint="ab" * 20,
        sender="somebody@else.test",
        dossier_id=dossier.dossier_id if dossier else bytes(16),
    )
    changed: Event = replace(event, **said)
    return changed
