"""The mail around the signed welcome of a doctor with a certificate: in clear, no secrets."""

import email.generator  # noqa: F401 -- by as_bytes, too late for who has given up root's rights
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from rmp_milter.dossier.model import Doctor, OutgoingMail, Slice
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.plain_mail import SUPPRESSED, ServiceAddress


def welcome_mail(  # noqa: PLR0913, PLR0917 -- what such a mail is made of
    signed: bytes,
    doctor: Doctor,
    sender: ServiceAddress,
    language: Language,
    at: int,
    token: str,
) -> OutgoingMail:
    """Return the mail, written at ``at`` (epoch seconds), around a ``signed`` MIME entity.

    The entity goes as it is, for it is signed. ``token`` is fresh and makes the Message-ID.
    """
    message_id = f"<{token}@{sender.address.rpartition('@')[2]}>"
    head = EmailMessage(policy=SMTP)
    head["Date"] = formatdate(at)
    head["From"] = Address(sender.name, addr_spec=sender.address)
    head["To"] = doctor.mail
    head["Subject"] = text("subject-smime-welcome", language)
    head["Message-ID"] = message_id
    head["Auto-Submitted"] = "auto-generated"
    head["X-Auto-Response-Suppress"] = SUPPRESSED
    head["MIME-Version"] = "1.0"
    start = head.as_bytes().removesuffix(b"\r\n")
    return OutgoingMail(doctor.mail, message_id, (Slice(start + signed),))
