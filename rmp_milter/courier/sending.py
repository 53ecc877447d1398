"""The courier: sends the outbox's rows to Postfix, each at least once.

A row stays due until Postfix has answered 250 *and* that is noted durably; a crash in
between sends it again with the same Message-ID. What Postfix refuses for good is parked
and shown to the host; nothing is dropped. The log names rows, SMTP codes and the
recipients' domains, never a recipient or a content.
"""

import logging
import smtplib
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from rmp_milter.config import Config
from rmp_milter.courier.delivery import Reply, Schedule, WholeMail, usable_address
from rmp_milter.courier.dialogue import COMMAND_SECONDS, again, deliver, envelope, offer
from rmp_milter.courier.dispatch import UnreachableError
from rmp_milter.courier.dkim_key import (
    DKIM_KEY,
    DKIM_RECORD,
    check_published,
    read_dkim_key,
    selector_of,
)
from rmp_milter.courier.dkim_signature import DkimSigner
from rmp_milter.courier.leases import LostLeaseError
from rmp_milter.courier.notes import note_sent
from rmp_milter.courier.rounds import Rounds
from rmp_milter.mail.bounce_address import bounce_address
from rmp_milter.status.pulse import NO_LIFE, Life
from rmp_milter.store.format.failures import StoreFailed
from rmp_milter.store.format.keys import read_key
from rmp_milter.store.format.succession import opened_by, unfinished_told
from rmp_milter.store.opening import engine_at

log = logging.getLogger("rmp.courier")

EXIT_STORE_FAILED = 75
"""sysexits' EX_TEMPFAIL: the supervisor starts the process again, on a fresh environment."""

IDLE_SECONDS = 10.0
"""How long an unused connection is kept; Postfix has only so many smtpd processes."""

LONGEST_PAUSE_SECONDS = 30.0
"""Between two tries to note what was sent, in a store that failed."""

MAILS_A_CONNECTION = 100
"""After so many mails a connection is opened anew: one smtpd is not held for ever."""


def run(config: Config, stop: threading.Event, life: Life = NO_LIFE) -> int:
    """Send until ``stop`` is set; return the exit status (75: the store failed).

    Where it failed while mails were being handed over, the process stays until it could note
    which ones Postfix has: whoever starts in its place does not know, and sends them again.
    ``life`` is told that the process is ready, and lives.

    Raises :class:`StoreError`, its ``KeyFileError`` or ``DkimKeyError`` where it cannot
    begin.
    """
    dkim_key = read_dkim_key(config.paths.courier / DKIM_KEY)
    check_published(dkim_key, config.paths.public / DKIM_RECORD)
    selector = selector_of(config.paths.courier / DKIM_KEY, config.dkim.selector)
    signer = DkimSigner(config.dkim.domain, selector, dkim_key)
    owed = _send(config, signer, frozenset(), stop, life)
    pause = 1.0
    while owed and not _rested(pause, stop, life):
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        owed = _send(config, signer, owed, stop, life)
    if owed:
        log.error("%d mails that Postfix has are not noted: they go out again", len(owed))
    return 0 if owed is None else EXIT_STORE_FAILED


def _send(
    config: Config,
    signer: DkimSigner,
    owed: frozenset[int],
    stop: threading.Event,
    life: Life,
) -> frozenset[int] | None:
    """Send until ``stop`` is set, and return None; or until the store fails.

    Then the rows are returned that Postfix has and that are not noted, those ``owed`` from
    before among them. Nothing is sent before all of these are noted: on a disk that is full
    every start would send some once more.
    """
    file, engine = config.paths.outbox_key, engine_at(config.paths.store, config.store)
    with unfinished_told(config.paths.milter, file):
        key, outbox = opened_by(lambda: read_key(file), engine.outbox)
    settings = config.courier
    with outbox:
        rounds = Rounds(
            outbox,
            lambda row: bounce_address(config.service.addresses[0], row, key),
            signer.signature,
            [SmtpLine(settings.host, settings.port) for _ in range(settings.senders)],
            Schedule(settings.retry_seconds, settings.give_up_hours * 3600),
        )
        try:
            if owed:
                note_sent(outbox, owed)
                log.info("%d mails are noted as sent: going on", len(owed))
                owed = frozenset()
            rounds.serve(stop, life)
        except StoreFailed as failure:
            log.critical("the store failed: %s", failure)
            return owed | rounds.owed
    return None


def _rested(seconds: float, stop: threading.Event, life: Life) -> bool:
    """Wait, alive; return whether the process was told to end meanwhile."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        life.sign()
        if stop.wait(min(left, life.pause)):
            return True
    return stop.is_set()


class SmtpLine:
    """A connection to Postfix's re-injection listener, opened when needed and kept."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self._smtp: smtplib.SMTP | None = None
        self._mails = 0
        self._used_at = 0.0

    def send(
        self,
        sender: str,
        recipient: str,
        signature: bytes,
        mail: WholeMail,
        check: Callable[[], None],
    ) -> Reply:
        """Send one mail and return the server's last reply to it.

        Raises :class:`UnreachableError` where nothing takes mail there at all, and what
        ``check`` raises, which is asked last of all; the server has no mail then.
        """
        if not (usable_address(sender) and usable_address(recipient)):
            return Reply(553, "5.1.3 the address cannot be used")
        try:
            whole = WholeMail(signature + mail.header, mail.body)
            return self._send(sender, recipient, whole, check)
        except LostLeaseError:
            self.drop()
            raise
        except smtplib.SMTPNotSupportedError:
            return Reply(553, "5.6.7 the server does not take addresses outside ASCII")
        except OSError as error:
            self.close()
            return Reply(0, f"connection lost: {type(error).__name__}")
        finally:
            self._used_at = time.monotonic()

    def close_if_idle(self) -> None:
        """Close a connection that was not used lately."""
        if self._smtp and time.monotonic() - self._used_at > IDLE_SECONDS:
            self.close()

    def close(self) -> None:
        """Take leave of the server, whether or not it listens still."""
        smtp, self._smtp = self._smtp, None
        if smtp:
            with suppress(OSError):
                smtp.quit()
            smtp.close()

    def drop(self) -> None:
        """End the connection without a word: what was begun on it is no mail."""
        smtp, self._smtp = self._smtp, None
        if smtp:
            smtp.close()

    def _send(
        self, sender: str, recipient: str, mail: WholeMail, check: Callable[[], None]
    ) -> Reply:
        smtp, refusal = self._offer(sender, recipient, mail)
        self._mails += 1
        return refusal or deliver(smtp, mail, check)

    def _offer(
        self, sender: str, recipient: str, mail: WholeMail
    ) -> tuple[smtplib.SMTP, Reply | None]:
        """Offer the mail, over a new connection where the kept one went away unused."""
        if self._mails >= MAILS_A_CONNECTION:
            self.close()
        if smtp := self._smtp:
            steps = again(envelope(smtp, sender, recipient, mail))
            with suppress(OSError):
                return smtp, offer(smtp, steps)
            self.close()
        smtp = self._connect()
        return smtp, offer(smtp, envelope(smtp, sender, recipient, mail))

    def _connect(self) -> smtplib.SMTP:
        smtp = smtplib.SMTP(local_hostname="localhost", timeout=COMMAND_SECONDS)
        try:
            code, _ = smtp.connect(*self._place)
            if code != 220:  # noqa: PLR2004 -- the greeting (RFC 5321, 4.2.3)
                raise smtplib.SMTPConnectError(code, "no greeting")
            smtp.ehlo_or_helo_if_needed()
            _send_at_once(smtp)
        except OSError as error:
            smtp.close()
            raise UnreachableError(type(error).__name__) from error
        self._smtp, self._mails = smtp, 0
        return smtp


def _send_at_once(smtp: smtplib.SMTP) -> None:
    """Have the final dot not wait 40 ms for an acknowledgement (Nagle's algorithm)."""
    if smtp.sock:
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
