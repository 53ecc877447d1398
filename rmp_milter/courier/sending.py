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
from contextlib import suppress

from rmp_milter.config import Config
from rmp_milter.courier.delivery import Reply, Schedule, WholeMail, usable_address
from rmp_milter.courier.dispatch import UnreachableError
from rmp_milter.courier.dkim_key import read_dkim_key
from rmp_milter.courier.dkim_signature import DkimSigner
from rmp_milter.courier.rounds import Rounds
from rmp_milter.mail.bounce_address import bounce_address
from rmp_milter.store.format.failures import StoreFailed
from rmp_milter.store.format.keys import read_key
from rmp_milter.store.outbox import Outbox

log = logging.getLogger("rmp.courier")

EXIT_STORE_FAILED = 75
"""sysexits' EX_TEMPFAIL: the supervisor starts the process again, on a fresh environment."""

IDLE_SECONDS = 10.0
"""How long an unused connection is kept; Postfix has only so many smtpd processes."""

_COMMAND_SECONDS = 60.0
_DATA_SECONDS = 600.0  # RFC 5321, 4.5.3.2.6: ten minutes for the reply to the final dot
_OK = 250
_GO_ON = 354


def run(config: Config, stop: threading.Event) -> int:
    """Send until ``stop`` is set; return the exit status (75: the store failed).

    Raises :class:`StoreError`, its ``KeyFileError`` or ``DkimKeyError`` where it cannot
    begin.
    """
    key = read_key(config.paths.outbox_key)
    dkim_key = read_dkim_key(config.paths.courier / "dkim.key")
    signer = DkimSigner(config.dkim.domain, config.dkim.selector, dkim_key)
    settings = config.courier
    with Outbox.open(config.paths.store, key, config.store.map_bytes) as outbox:
        rounds = Rounds(
            outbox,
            lambda row: bounce_address(config.service.addresses[0], row, key),
            signer.signature,
            [SmtpLine(settings.host, settings.port) for _ in range(settings.senders)],
            Schedule(settings.retry_seconds, settings.give_up_hours * 3600),
        )
        try:
            rounds.serve(stop)
        except StoreFailed as failure:
            log.error("the store failed (%s): ending", failure.reason)  # noqa: TRY400 -- the reason tells all, the trace nothing more
            return EXIT_STORE_FAILED
    return 0


class SmtpLine:
    """A connection to Postfix's re-injection listener, opened when needed and kept."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self._smtp: smtplib.SMTP | None = None
        self._used_at = 0.0

    def send(self, sender: str, recipient: str, signature: bytes, mail: WholeMail) -> Reply:
        """Send one mail and return the server's last reply to it.

        Raises :class:`UnreachableError` where nothing takes mail there at all.
        """
        if not usable_address(recipient):
            return Reply(553, "5.1.3 the address cannot be used")
        smtp = self._ready()
        try:
            return _transaction(smtp, sender, recipient, signature, mail)
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

    def _ready(self) -> smtplib.SMTP:
        """Return a connection that answers; one that went away unused is opened anew."""
        if self._smtp:
            with suppress(OSError):
                if self._smtp.rset()[0] == _OK:
                    return self._smtp
            self.close()
        self._smtp = self._connect()
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        smtp = smtplib.SMTP(local_hostname="localhost", timeout=_COMMAND_SECONDS)
        try:
            code, _ = smtp.connect(*self._place)
            if code != 220:  # noqa: PLR2004 -- the greeting (RFC 5321, 4.2.3)
                raise smtplib.SMTPConnectError(code, "no greeting")
            smtp.ehlo_or_helo_if_needed()
            _send_at_once(smtp)
        except OSError as error:
            smtp.close()
            raise UnreachableError(type(error).__name__) from error
        return smtp


def _send_at_once(smtp: smtplib.SMTP) -> None:
    """Have the final dot not wait 40 ms for an acknowledgement (Nagle's algorithm)."""
    if smtp.sock:
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _transaction(
    smtp: smtplib.SMTP, sender: str, recipient: str, signature: bytes, mail: WholeMail
) -> Reply:
    code, text = smtp.mail(sender, _options(smtp, sender + recipient, signature, mail))
    if code == _OK:
        code, text = smtp.rcpt(recipient)
    if code in {_OK, 251}:
        code, text = smtp.docmd("DATA")
    if code == _GO_ON:
        code, text = _data(smtp, signature, mail)
    return Reply(code, text.decode("ascii", "replace"))


def _options(
    smtp: smtplib.SMTP, addresses: str, signature: bytes, mail: WholeMail
) -> list[str]:
    options = []
    if smtp.has_extn("size"):
        options.append(f"SIZE={len(signature) + mail.size}")
    if smtp.has_extn("8bitmime") and not (mail.header.isascii() and mail.body.isascii()):
        options.append("BODY=8BITMIME")
    if not (addresses.isascii() and mail.header.isascii()):
        options.append("SMTPUTF8")
    return options


def _data(smtp: smtplib.SMTP, signature: bytes, mail: WholeMail) -> tuple[int, bytes]:
    """Send the mail and the final dot (RFC 5321, 4.5.2), without copies of a large body."""
    if smtp.sock:
        smtp.sock.settimeout(_DATA_SECONDS)
    smtp.send(signature + mail.header + b"\r\n" + (b"." if mail.body[:1] == b"." else b""))
    smtp.send(mail.body.replace(b"\r\n.", b"\r\n.."))
    smtp.send(b".\r\n")
    reply = smtp.getreply()
    if smtp.sock:
        smtp.sock.settimeout(_COMMAND_SECONDS)
    return reply
