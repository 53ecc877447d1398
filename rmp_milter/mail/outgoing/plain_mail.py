"""Mails in clear, to the host and to auditors: they hold no identity and no content.

They must be readable where there is no key at all.
"""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import msgspec

from rmp_milter.dossier.model import OutgoingMail, Slice

SUPPRESSED = "DR, RN, NRN, OOF, AutoReply"
"""What Exchange shall not answer our mails with: X-Auto-Response-Suppress ([MS-OXCMAIL],
2.1.3.2.20). Not NDR, nor All which contains it: the outbox learns from bounces."""


class ServiceAddress(msgspec.Struct, frozen=True):
    """The service: its address, and the name beside it."""

    address: str
    name: str


class PlainMail(msgspec.Struct, frozen=True):
    """What is written to whom; each of the ``files`` is a name and bytes to attach."""

    recipient: str
    subject: str
    words: str
    files: tuple[tuple[str, bytes], ...] = ()


def plain_mail(content: PlainMail, sender: ServiceAddress, at: int, token: str) -> OutgoingMail:
    """Return the mail, written at ``at`` (epoch seconds).

    ``token`` is fresh and makes the Message-ID. A file travels as base64: another line end
    would break a signature in it.
    """
    message_id = f"<{token}@{sender.address.rpartition('@')[2]}>"
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = content.recipient
    mail["Subject"] = content.subject
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = SUPPRESSED
    mail.set_content(content.words, cte="base64")
    for name, data in content.files:
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    if content.files:
        mail.set_boundary(f"=-rmp-{token}")
    return OutgoingMail(
        recipient=content.recipient, message_id=message_id, pieces=(Slice(mail.as_bytes()),)
    )
