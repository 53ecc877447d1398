"""The mail that carries a checkpoint of the access log to whoever keeps it.

Not encrypted: it holds no identity, and must be readable where there is no key at all. The
checkpoint travels as base64, since another line end breaks its signature.
"""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import msgspec

from rmp_milter.mail.texts import text
from rmp_milter.model import OutgoingMail, Slice
from rmp_milter.tlog.checkpoints import read_checkpoint


class Sender(msgspec.Struct, frozen=True):
    """The service: its address, and the name beside it."""

    address: str
    name: str


def checkpoint_mail(
    note: bytes, sender: Sender, recipient: str, at: int, token: str
) -> OutgoingMail:
    """Return the mail with the checkpoint ``note``, made at ``at`` (epoch seconds).

    ``token`` is fresh and makes the Message-ID. Raises
    :class:`rmp_milter.tlog.notes.NoteError` for a note that is no checkpoint.
    """
    head = read_checkpoint(note)
    name = f"checkpoint-{head.size}.txt"
    facts = {"origin": head.origin, "size": str(head.size), "name": name}
    message_id = f"<{token}@{sender.address.rpartition('@')[2]}>"
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = recipient
    mail["Subject"] = text("checkpoint-subject", "fr", **facts)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    words = "\n\n".join(text("checkpoint", language, **facts) for language in ("fr", "en"))
    mail.set_content(f"{words}\n", cte="base64")
    mail.add_attachment(note, maintype="application", subtype="octet-stream", filename=name)
    mail.set_boundary(f"=-rmp-{token}")
    return OutgoingMail(
        recipient=recipient, message_id=message_id, pieces=(Slice(mail.as_bytes()),)
    )
