"""The milter: Postfix's callbacks, translated. What to do is decided in the pipeline.

libmilter runs each connection in a thread of its own and calls these methods in the order
of the SMTP dialogue. Only envelope recipients that are the service's matter; all else
passes untouched after DATA. A 250 is given only when the pipeline has committed.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import ClassVar, NoReturn

import Milter
import msgspec

from rmp_milter.calls.memory import Memory
from rmp_milter.dossier.model import Envelope
from rmp_milter.errors import RESTORED, SHORT, MailError, is_shortage, try_again
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import refusal
from rmp_milter.mail.outgoing.wording import smtp_line
from rmp_milter.mail.recipients import NotOurs, recipient
from rmp_milter.milter.own_threads import in_own_threads
from rmp_milter.milter.threads import InHand, call_for_another, leave
from rmp_milter.status.pulse import Tick
from rmp_milter.store.format.failures import StoreFailed

log = logging.getLogger("rmp.milter")

PATIENCE_SECONDS = 20
"""How long mails in hand hold up the end: less than the supervisor or systemd waits for us."""
WAKE_SECONDS = 0.01
"""Libmilter has noted that it is to stop long before; once more costs nothing."""


class Rules(msgspec.Struct, frozen=True):
    """What the callbacks need to know; ``take`` is the pipeline."""

    addresses: tuple[str, ...]
    message_bytes: int
    language: Language
    take: Callable[[Envelope, Memory], str]
    on_store_failure: Callable[[], None]
    on_shortage: Callable[[], None] = lambda: None
    on_restored: Callable[[], None] = lambda: None
    on_ready: Callable[[], None] = lambda: None
    count: Callable[[Tick], None] = lambda _tick: None


class Session(Milter.Base):
    """One SMTP connection, message after message."""

    rules: ClassVar[Rules]
    socket: ClassVar = ""
    in_hand: ClassVar = InHand()

    def __init__(self) -> None:
        self.memory: Memory | None = None
        self.sender = ""
        self.account = ""
        self.service: dict[str, str] = {}
        """Our recipients: as they were given, and the address of ours that each one is."""
        self.others = 0
        self.fault = ""

    @Milter.noreply
    def envfrom(self, sender: str, *_parameters: str) -> int:
        """MAIL FROM: a new message begins; whatever was before is forgotten."""
        self._forget()
        self.sender = _bare(sender)
        self.account = self.getsymval("{auth_authen}") or ""
        return Milter.CONTINUE

    def envrcpt(self, given: str, *_parameters: str) -> int:
        """RCPT TO: ours, or somebody else's; refused where it only looks like ours."""
        resolved = self.getsymval("{rcpt_addr}") or ""
        ours = recipient(given, resolved, self.rules.addresses)
        if ours is NotOurs.DISGUISED:
            facts = {"service": self.rules.addresses[0]}
            return self._refuse(MailError("other-spelling", enhanced="5.1.3", facts=facts))
        if isinstance(ours, NotOurs):
            self.others += 1
        else:
            self.service[given] = ours
        return Milter.CONTINUE

    def data(self) -> int:
        """Let a message that is not for the service through, from DATA on."""
        if not self.service:
            return Milter.ACCEPT
        try:
            self.memory = Memory()
        except (OSError, MemoryError) as error:
            self._note_shortage(error)
        return Milter.CONTINUE

    @Milter.noreply
    @Milter.decode("bytes")
    def header(self, name: str, value: bytes) -> int:
        """Collect one header field as it came, in bytes of any charset."""
        try:
            folded = value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            field = name.encode("ascii", "surrogateescape") + b": " + folded + b"\r\n"
        except MemoryError as error:
            self._note_shortage(error)
        else:
            self._collect(field)
        return Milter.CONTINUE

    @Milter.noreply
    def eoh(self) -> int:
        """Collect the empty line after the header."""
        self._collect(b"\r\n")
        return Milter.CONTINUE

    @Milter.noreply
    def body(self, chunk: bytes) -> int:
        """Collect a stretch of the body."""
        self._collect(chunk)
        return Milter.CONTINUE

    def eom(self) -> int:
        """End of data: hand the mail to the pipeline and say what became of it."""
        queue_id = self.getsymval("i") or "-"
        call_for_another(self.socket)  # nobody else shall wait for what this mail waits for
        try:
            with self.in_hand.one_more():
                done = self._take()
        except MailError as error:
            level = logging.WARNING if error.temporary else logging.INFO
            if SHORT in error.detail:
                self.rules.on_shortage()
            if RESTORED in error.detail:
                self.rules.on_restored()
            log.log(level, "%s: %s", queue_id, f"refused: {error} {error.detail}".rstrip())
            return self._refuse(error)
        except StoreFailed as error:
            log.critical("%s: the store failed: %s", queue_id, error)
            self.rules.on_store_failure()
            return self._refuse(try_again("unavailable"))
        except Exception as error:  # noqa: BLE001 -- the one boundary: nothing gets past it
            place = _where(error)
            level = logging.ERROR
            if is_shortage(error):
                level = logging.CRITICAL
                self.rules.on_shortage()
            log.log(level, "%s: deferred after %s at %s", queue_id, type(error).__name__, place)
            return self._refuse(try_again("unavailable"))
        finally:
            self._drop_memory()
        log.info("%s: %s", queue_id, done)
        self.rules.count(Tick.TAKEN)
        return self._let_go()

    def abort(self) -> int:
        """Forget the message in hand; the connection may bring another."""
        self._forget()
        return Milter.CONTINUE

    def close(self) -> int:
        """Forget everything: the connection is gone."""
        self._forget()
        return Milter.CONTINUE

    def _take(self) -> str:
        if self.fault == "too-large":
            facts = {"limit": str(self.rules.message_bytes // 1_000_000)}
            raise MailError("too-large", code=552, enhanced="5.3.4", facts=facts)
        if self.fault or self.memory is None:
            raise try_again("unavailable", self.fault)
        envelope = Envelope(
            sender=self.sender,
            recipients=tuple(sorted(set(self.service.values()))),
            account=self.account,
            received_at=int(time.time()),
        )
        return self.rules.take(envelope, self.memory)

    def _let_go(self) -> int:
        """Discard the mail, which is ours and done, or leave it to its other recipients."""
        if not self.others:
            return Milter.DISCARD
        # As it was given and as it is plainly written: Postfix knows a routed one by the second.
        for form in {*self.service, *(f"<{ours}>" for ours in self.service.values())}:
            self.delrcpt(form)
        return Milter.ACCEPT

    def _refuse(self, error: MailError) -> int:
        facts = {"limit": str(self.rules.message_bytes // 1_000_000)} | dict(error.facts)
        words = smtp_line(refusal(error.text, self.rules.language, facts))
        self.setreply(str(error.code), error.enhanced, words)
        self.rules.count(Tick.DEFERRED if error.temporary else Tick.REFUSED)
        return Milter.TEMPFAIL if error.temporary else Milter.REJECT

    def _collect(self, data: bytes) -> None:
        """Keep ``data``; a fault is remembered, since these callbacks cannot answer."""
        if self.memory is None or self.fault:
            return
        if self.memory.size + len(data) > self.rules.message_bytes:
            self.fault = "too-large"
            self._drop_memory()
            return
        try:
            self.memory.write(data)
        except (OSError, MemoryError) as error:
            self._note_shortage(error)

    def _note_shortage(self, error: Exception) -> None:
        """Remember what the machine lacked: the mail hears 451 at its end, never a hang-up."""
        self._drop_memory()
        self.fault = f"no memory: {type(error).__name__}"
        log.critical("a mail cannot be taken: %s", type(error).__name__)
        self.rules.on_shortage()

    def _forget(self) -> None:
        self._drop_memory()
        self.sender = self.account = self.fault = ""
        self.service = {}
        self.others = 0

    def _drop_memory(self) -> None:
        if self.memory is not None:
            self.memory.close()
            self.memory = None


def _bare(address: str) -> str:
    """Return an envelope address without angle brackets."""
    return address.strip().removeprefix("<").removesuffix(">")


def _where(error: BaseException) -> str:
    """Return file and line of an exception: what a log may say of it without its text."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119 -- a file name only


def listen(  # noqa: PLR0913 -- one socket, and what comes before and after it
    rules: Rules,
    socket: str,
    mode: int,
    group: int | None,
    timeout: int,
    *,
    ending: Callable[[], int] = lambda: 0,
) -> NoReturn:
    """Serve on a unix socket until SIGTERM or :func:`stop`; then end the process.

    ``ending`` is called before, and returns the exit status (1 where libmilter gave up). Mails
    at their final dot are brought to their end first, if that takes no longer than
    ``PATIENCE_SECONDS``. The caller has seen to it that the signal waits in every thread
    (:func:`~rmp_milter.linux.ending.when_told_to_end`).
    A unix socket, never TCP: Nagle against delayed ACK costs 45 ms a mail there.
    """
    taken = in_own_threads(
        rules.take
    )  # libmilter's have no place for what native code asks for
    Session.rules = msgspec.structs.replace(rules, take=taken)
    Session.socket = socket
    Milter.factory = Session
    Milter.set_flags(Milter.DELRCPT)
    # First of all, or the thread would give Postfix the stale socket of a killed process.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(socket)  # noqa: PTH108 -- by name
    opening = partial(_open_to_postfix, socket, mode, group, rules.on_ready)
    threading.Thread(target=opening, daemon=True).start()
    status = 1
    try:
        Milter.runmilter("rmp-milter", f"unix:{socket}", timeout)
        Session.in_hand.wait(PATIENCE_SECONDS)
        status = ending()
    except Exception as error:  # no mail is in it
        log.critical("libmilter ended: %s", error, exc_info=True)
    finally:
        leave(status)


def stop() -> None:
    """Have libmilter stop: no new connections, then :func:`listen` ends the process.

    It notes that at once, then waits for its listener, which looks up every five seconds or
    when somebody calls. So we call while it waits: a call before might find a listener that is
    back at its wait before the note is there.
    """
    heard = threading.Event()
    threading.Thread(target=_call_until, args=(heard,), daemon=True).start()
    Milter.stop()
    heard.set()


def _call_until(heard: threading.Event) -> None:
    while not heard.wait(WAKE_SECONDS):
        call_for_another(Session.socket)


def _open_to_postfix(
    socket: str, mode: int, group: int | None, on_ready: Callable[[], None]
) -> None:
    """Give the socket its group and mode once libmilter has made it."""
    while not os.path.exists(socket):  # noqa: PTH110 -- polled, by name
        time.sleep(0.01)
    if group is not None and os.stat(socket).st_gid != group:  # noqa: PTH116 -- by name
        os.chown(socket, -1, group)
    os.chmod(socket, mode)  # noqa: PTH101 -- by name
    log.info("ready")
    on_ready()
