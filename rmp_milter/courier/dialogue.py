"""One mail over an open SMTP connection: the envelope in one go, then the content.

Where the server takes commands in a group (RFC 2920), a mail costs two turns of the line
instead of five. Before :func:`deliver` nothing of a mail's content leaves: what is lost
until then may be offered again over another connection, and cannot arrive twice.
"""

import smtplib
from collections.abc import Callable, Sequence

from rmp_milter.courier.delivery import Reply, WholeMail

COMMAND_SECONDS = 60.0
_DATA_SECONDS = 600.0  # RFC 5321, 4.5.3.2.6: ten minutes for the reply to the final dot

_SENT_AT_ONCE_BYTES = 256 * 1024
"""Up to this size a mail is put together in memory and sent by one call."""

_OK = 250
_GO_ON = 354

Step = tuple[str, frozenset[int]]
"""A command, and the replies that let the next one follow."""


def envelope(smtp: smtplib.SMTP, sender: str, recipient: str, mail: WholeMail) -> list[Step]:
    """Return the commands that offer a mail; the addresses hold nothing that ends a command.

    ``mail`` is as it leaves, signed. Raises :class:`smtplib.SMTPNotSupportedError` where
    the server does not take such addresses.
    """
    words = [f"MAIL FROM:<{sender}>", *_options(smtp, sender + recipient, mail)]
    return [
        (" ".join(words), frozenset({_OK})),
        (f"RCPT TO:<{recipient}>", frozenset({_OK, 251})),
        ("DATA", frozenset({_GO_ON})),
    ]


def again(steps: Sequence[Step]) -> list[Step]:
    """Return the same for a connection that was used before: what was left is given up."""
    return [("RSET", frozenset({_OK})), *steps]


def _options(smtp: smtplib.SMTP, addresses: str, mail: WholeMail) -> list[str]:
    options = []
    if smtp.has_extn("size"):
        options.append(f"SIZE={mail.size}")
    if smtp.has_extn("8bitmime") and not (mail.header.isascii() and mail.body.isascii()):
        options.append("BODY=8BITMIME")
    if not (addresses.isascii() and mail.header.isascii()):
        if not smtp.has_extn("smtputf8"):
            raise smtplib.SMTPNotSupportedError
        options.append("SMTPUTF8")
    return options


def offer(smtp: smtplib.SMTP, steps: Sequence[Step]) -> Reply | None:
    """Say the commands; return the first reply that refuses, or None: the content may follow.

    Raises :class:`OSError` where the connection is lost without a refusal, or where the
    server does not even forget what was before.
    """
    at_once = smtp.has_extn("pipelining")
    if at_once:
        _say(smtp, *(command for command, _ in steps))
    for place, (command, accepted) in enumerate(steps):
        if not at_once:
            _say(smtp, command)
        code, text = smtp.getreply()
        if code not in accepted:
            if command == "RSET":
                raise smtplib.SMTPResponseException(code, text)
            if at_once:
                _pass_over(smtp, len(steps) - place - 1)
            return Reply(code, text.decode("ascii", "replace"))
    return None


def _say(smtp: smtplib.SMTP, *commands: str) -> None:
    smtp.send("".join(f"{command}\r\n" for command in commands).encode())


def _pass_over(smtp: smtplib.SMTP, replies: int) -> None:
    """Read the replies to what was said behind a command that is refused.

    A server that would take content all the same, or that takes its leave, is left at once:
    nothing may reach it as the mail (RFC 2920, 3.1).
    """
    for _ in range(replies):
        try:
            code, _text = smtp.getreply()
        except OSError:
            return  # smtplib closed it
        if code == _GO_ON:
            smtp.close()
            return


def deliver(smtp: smtplib.SMTP, mail: WholeMail, check: Callable[[], None]) -> Reply:
    """Send the content that was offered, and its final dot; return the server's last word.

    ``check`` is asked right before the octets that make it a mail. What it raises leaves the
    connection in the middle of one: it is to be closed. Raises :class:`OSError` where the
    connection is lost: nobody knows then whether the server has it.
    """
    if smtp.sock:
        smtp.sock.settimeout(_DATA_SECONDS)
    *before, last = _parts(mail)
    for part in before:
        smtp.send(part)
    check()
    smtp.send(last)
    code, text = smtp.getreply()
    if smtp.sock:
        smtp.sock.settimeout(COMMAND_SECONDS)
    return Reply(code, text.decode("ascii", "replace"))


def _parts(mail: WholeMail) -> Sequence[bytes]:
    """Return the mail with its dots doubled (RFC 5321, 4.5.2), a large one without copies."""
    head = mail.header + (b"\r\n." if mail.body[:1] == b"." else b"\r\n")
    parts = (head, mail.body.replace(b"\r\n.", b"\r\n.."), b".\r\n")
    return (b"".join(parts),) if mail.size <= _SENT_AT_ONCE_BYTES else parts
