"""Send a mail by SMTP and report what the server said last."""

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """The SMTP reply that decided (RFC 5321, 4.2): ``at`` names the command it answers."""

    code: int
    text: str
    at: str

    @property
    def accepted(self) -> bool:
        """Whether the server took the mail."""
        return self.at == "DATA" and self.code == 250  # noqa: PLR2004 -- RFC 5321, 4.2.3


def send(  # noqa: PLR0913 -- the envelope and the session, each named
    port: int,
    message: bytes,
    mail_from: str,
    recipients: Sequence[str],
    *,
    login: str = "",
    password: str = "",
    timeout: float = 60,
) -> Reply:
    """Send ``message`` to loopback port ``port``; no refusal is raised, all are returned."""
    with smtplib.SMTP("127.0.0.1", port, timeout=timeout) as client:
        client.ehlo("cabinet.test")
        if login:
            try:
                client.login(login, password)
            except smtplib.SMTPAuthenticationError as refused:
                return _reply(refused.smtp_code, refused.smtp_error, "AUTH")
        return _transaction(client, message, mail_from, recipients)


def _transaction(
    client: smtplib.SMTP, message: bytes, mail_from: str, recipients: Sequence[str]
) -> Reply:
    # A DISCARD gives the same 250 as a delivery, so the reply to the last dot decides.
    steps = [("MAIL", client.mail(mail_from))]
    steps += [("RCPT", client.rcpt(recipient)) for recipient in recipients]
    for at, (code, text) in steps:
        if code not in (250, 251):
            return _reply(code, text, at)
    try:
        return _reply(*client.data(message), "DATA")
    except smtplib.SMTPDataError as refused:
        return _reply(refused.smtp_code, refused.smtp_error, "DATA")


def _reply(code: int, text: bytes | str, at: str) -> Reply:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    return Reply(code, said, at)
