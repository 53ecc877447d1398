"""The mail that carries a checkpoint of the access log to whoever keeps it."""

from rmp_milter.dossier.model import OutgoingMail
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.plain_mail import PlainMail, ServiceAddress, plain_mail
from rmp_milter.tlog.checkpoints import read_checkpoint


def checkpoint_mail(
    note: bytes, sender: ServiceAddress, recipient: str, at: int, token: str
) -> OutgoingMail:
    """Return the mail with the checkpoint ``note``, made at ``at`` (epoch seconds).

    ``token`` is fresh and makes the Message-ID. Raises
    :class:`rmp_milter.tlog.notes.NoteError` for a note that is no checkpoint.
    """
    head = read_checkpoint(note)
    name = f"checkpoint-{head.size}.txt"
    facts = {"origin": head.origin, "size": str(head.size), "name": name}
    words = "\n\n".join(text("checkpoint", language, **facts) for language in ("fr", "en"))
    content = PlainMail(
        recipient=recipient,
        subject=text("checkpoint-subject", "fr", **facts),
        words=f"{words}\n",
        file=(name, note),
    )
    return plain_mail(content, sender, at, token)
