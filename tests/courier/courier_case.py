"""A store with one stored body and answers to send, and a courier that is watched."""

import contextlib
import hashlib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from rmp_milter.config.sections import StoreSection
from rmp_milter.courier.delivery import Schedule
from rmp_milter.courier.dkim_signature import DkimSigner
from rmp_milter.courier.rounds import Rounds
from rmp_milter.courier.sending import SmtpLine
from rmp_milter.dossier.changes import Changes, NewBody, NewDossier, NewEntry
from rmp_milter.dossier.model import (
    BodySlice,
    CodeSlot,
    Consent,
    Container,
    Document,
    Dossier,
    Entry,
    Onglet,
    OutgoingMail,
    Patient,
    Slice,
    Slots,
)
from rmp_milter.mail.bounce_address import bounce_address
from rmp_milter.store import Outbox, Store, StoreKeys
from rmp_milter.store.engines import Engine
from rmp_milter.store.opening import engine_at

KEYS = StoreKeys(metadata=b"m" * 32, index=b"i" * 32, outbox=b"o" * 32)
MAP_BYTES = 64 * 1024 * 1024
SERVICE = "rmp@rmp.test"
DKIM_KEY = rsa.generate_private_key(65537, 2048)
SCHEDULE = Schedule((60, 300), 3600)
BODY_ID = b"B" * 16
BODY = bytes(range(256)) * 300
PACKETS = b"\xc1\x03key"


def engine_of(folder: Path) -> Engine:
    return engine_at(folder, StoreSection(map_bytes=MAP_BYTES))


@contextlib.contextmanager
def filled_store(folder: Path) -> Iterator[tuple[Store, Outbox]]:
    """Give a new store that holds one body, and its outbox."""
    engine = engine_of(folder)
    engine.create(KEYS)
    store = engine.open(KEYS)
    store.commit(Changes(dossiers=(NewDossier(DOSSIER, ()),), entries=(ENTRY,)), 1)
    with engine.outbox(KEYS.outbox) as outbox:
        yield store, outbox
    store.close()


DOSSIER = Dossier(
    dossier_id=b"D" * 16,
    public_key=bytes(32),
    patient=Patient("DUPONT", "Jean", "1959-01-30"),
    treating=b"T" * 16,
    slots=Slots(CodeSlot(bytes(16), bytes(12), bytes(48), folded=True), bytes(80)),
    consent=Consent(b"T" * 16, 1, "1"),
    created_at=1,
)
ENTRY = NewEntry(
    b"D" * 16,
    Entry(
        received_at=1,
        author=b"T" * 16,
        author_name="Dr T",
        document_type="Compte-rendu",
        onglet=Onglet.DIVERS,
        onglet_reason="",
        documents=(
            Document(
                BODY_ID, Container.FILE, hashlib.sha256(BODY).digest(), len(BODY), bytes(81)
            ),
        ),
    ),
    (NewBody(BODY_ID, BODY),),
)


def answer(recipient: str, number: int = 1, digest: bytes = b"") -> OutgoingMail:
    """Return an answer that holds the stored body as an attachment.

    Without a digest it is as one from before they were in rows.
    """
    message_id = f"<{number}@rmp.test>"
    head = (
        f"From: RMP <{SERVICE}>\r\nTo: {recipient}\r\nSubject: =?utf-8?Q?R=C3=A9ponse?=\r\n"
        f"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: {message_id}\r\n"
        "MIME-Version: 1.0\r\nAuto-Submitted: auto-replied\r\n"
        "Content-Type: application/octet-stream\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    body = BodySlice(PACKETS, BODY_ID, armor=False, digest=digest)
    pieces = (Slice(head.encode()), body)
    return OutgoingMail(recipient, message_id, pieces)


def post(store: Store, *mails: OutgoingMail) -> None:
    store.commit(Changes(outbox=mails), int(time.time()))


def rounds(outbox: Outbox, port: int, senders: int = 2) -> Rounds:
    return Rounds(
        outbox,
        lambda row: bounce_address(SERVICE, row, KEYS.outbox),
        DkimSigner("rmp.test", "sel", DKIM_KEY).signature,
        [SmtpLine("127.0.0.1", port) for _ in range(senders)],
        SCHEDULE,
    )


@contextlib.contextmanager
def working(courier: Rounds) -> Iterator[threading.Thread]:
    """Run a courier in a thread; what it raises is raised at the end."""
    stop = threading.Event()
    raised: list[BaseException] = []

    def serve() -> None:
        try:
            courier.serve(stop)
        except BaseException as error:  # noqa: BLE001 -- raised again in the test's thread
            raised.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    if raised:
        raise raised[0]


class Conversation(socketserver.StreamRequestHandler):
    """SMTP whose replies are chosen by the recipient's local part, such as 550 or drop."""

    server: "ScriptedServer"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.recipient = ""
        self.refused = False
        self.server.connections += 1
        self.server.clients.append(self.connection)
        self.say(self.server.greeting)
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"QUIT":
                return self.say("221 bye")
            if word == b"DATA":
                if not self.take():
                    return None
            elif word == b"EHLO":
                self.say("\r\n".join(["250-test", *self.server.offers, "250 8BITMIME"]))
            else:
                self.say(self.answer_to(word, line.decode()))
        return None

    def say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())

    def answer_to(self, word: bytes, line: str) -> str:
        self.server.commands.append(word)
        if word == b"RCPT":
            self.recipient = line.partition("<")[2].partition(">")[0]
            code = self.recipient.partition("@")[0]
            self.refused = code.isdigit()
            if self.refused:
                return f"{code} {code[0]}.7.1 <{self.recipient}> as asked"
        return "250 2.1.0 ok"

    def take(self) -> bool:
        if self.recipient.startswith("drop"):
            return False
        if self.refused and not self.server.careless:
            self.say("554 5.5.1 no valid recipients")
            return True
        self.say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b".") else line)
        if not line:
            return False
        self.server.mails.append(b"".join(lines))
        self.say("250 2.0.0 Ok: queued as 4abcDEF")
        return True


class ScriptedServer(socketserver.ThreadingTCPServer):
    """An SMTP server on a free port that remembers what it took."""

    allow_reuse_address = True
    daemon_threads = True
    greeting = "220 test"
    careless = False
    """Whether it takes content although it refused the recipient."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Conversation)
        self.offers = ["250-SIZE", "250-PIPELINING"]
        self.commands: list[bytes] = []
        self.mails: list[bytes] = []
        self.connections = 0
        self.clients: list[socket.socket] = []

    def took(self, count: int) -> bool:
        return len(self.mails) == count

    def hang_up(self) -> None:
        for client in self.clients:
            client.shutdown(socket.SHUT_RDWR)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextlib.contextmanager
def smtp_server(port: int = 0) -> Iterator[ScriptedServer]:
    with ScriptedServer(port) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            yield server
        finally:
            server.shutdown()


def states(outbox: Outbox) -> dict[int, str]:
    return {row.row: row.state.value for row in outbox.rows(sent=True)}


def wait_until(reached: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)
