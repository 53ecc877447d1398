"""The mail that carries a checkpoint of the access log to whoever keeps it."""

from collections.abc import Iterator, Sequence

import msgspec

from rmp_milter.dossier.model import OutgoingMail
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.plain_mail import PlainMail, ServiceAddress, plain_mail
from rmp_milter.tlog.checkpoints import read_checkpoint
from rmp_milter.tlog.entry_proofs import SUFFIX


class NewLogKey(msgspec.Struct, frozen=True):
    """A change of the log's key: by which entry, to which one, and the receipt of it."""

    number: int
    vkey: str
    receipt: bytes

    @property
    def file(self) -> tuple[str, bytes]:
        """The receipt's name, and what is in it."""
        return f"handover-{self.number}{SUFFIX}", self.receipt


class MailedCosigned(msgspec.Struct, frozen=True):
    """What witnesses cosigned last, if anything; ``in_time`` as the host's policy asks it."""

    note: bytes
    in_time: bool

    @property
    def files(self) -> tuple[tuple[str, bytes], ...]:
        """The file that is attached, by its name."""
        if not self.note:
            return ()
        return ((f"cosigned-{read_checkpoint(self.note).size}.txt", self.note),)


class MailedCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint, and the changes of the log's key that its reader is to be told of.

    ``cosigned`` is there where the host has a policy of witnesses.
    """

    note: bytes
    keys: tuple[NewLogKey, ...] = ()
    cosigned: MailedCosigned | None = None


def checkpoint_mail(
    sent: MailedCheckpoint, sender: ServiceAddress, recipient: str, at: int, token: str
) -> OutgoingMail:
    """Return the mail with a checkpoint, made at ``at`` (epoch seconds).

    ``token`` is fresh and makes the Message-ID. Raises
    :class:`rmp_milter.tlog.notes.NoteError` for a note that is no checkpoint.
    """
    head = read_checkpoint(sent.note)
    name = f"checkpoint-{head.size}.txt"
    facts = {"origin": head.origin, "size": str(head.size), "name": name}
    words = "\n\n".join(
        "\n\n".join(
            [
                *_told(sent.keys, language),
                text("checkpoint", language, **facts),
                *_told_of_witnesses(sent.cosigned, language),
            ]
        )
        for language in ("fr", "en")
    )
    content = PlainMail(
        recipient=recipient,
        subject=text("checkpoint-subject", "fr", **facts),
        words=f"{words}\n",
        files=(
            (name, sent.note),
            *(each.file for each in sent.keys),
            *(sent.cosigned.files if sent.cosigned else ()),
        ),
    )
    return plain_mail(content, sender, at, token)


def _told(keys: Sequence[NewLogKey], language: Language) -> Iterator[str]:
    """Yield what is said of each new key of the log, and how it is verified."""
    for each in keys:
        name, _ = each.file
        number = str(each.number)
        yield text("checkpoint-handover", language, number=number, vkey=each.vkey, name=name)


def _told_of_witnesses(cosigned: MailedCosigned | None, language: Language) -> Iterator[str]:
    """Yield what is said of witnesses: which file is theirs, and if it is not of today."""
    if cosigned is None:
        return
    for name, _ in cosigned.files:
        yield text("checkpoint-cosigned", language, name=name)
    if not cosigned.in_time:
        yield text("checkpoint-not-cosigned", language)
