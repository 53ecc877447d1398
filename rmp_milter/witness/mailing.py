"""A witness that has only mail: what is submitted to it comes as a file, and so does its answer.

The mail that asks has a file that is a submission (C2SP tlog-witness, add-checkpoint: old size,
proof, checkpoint), or a checkpoint alone, which can be cosigned where it is the first one or the
last one again. The answer has the checkpoint with the cosignatures, or the one that was cosigned
last. Only what a log that is witnessed here has signed is answered: nobody else gets a mail.
"""

import email
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, parseaddr

from rmp_milter.audit.cosigned import CosignedCheckpoint
from rmp_milter.phrases.phrase import Phrase, told
from rmp_milter.tlog.notes import NoteError
from rmp_milter.tlog.witnessing import MAX_SUBMISSION, Submission, SubmissionError, WitnessReply
from rmp_milter.witness.station import Station, WitnessAnswer

MAX_MAIL = 4 << 20
SUBMISSION_FILE = "add-checkpoint.txt"
_MOST_PARTS = 100
_ANSWERED = frozenset(
    {
        WitnessReply.COSIGNED,
        WitnessReply.OTHER_SIZE,
        WitnessReply.INCONSISTENT,
    }
)


class NoAnswerError(Exception):
    """A mail that is not answered; one clear line says why."""


@dataclass(frozen=True)
class _AskedByMail:
    """A mail that asks: to whom the answer goes, to which Message-ID, and what is submitted."""

    to: str
    message_id: str
    subject: str
    bodies: tuple[bytes, ...]


def answer_mail(data: bytes, station: Station, sender: str, now: int) -> bytes:
    """Return the mail that answers another one, from the address ``sender``.

    Raises :class:`NoAnswerError`, and as :meth:`.station.Station.submitted`.
    """
    asked = _read(data)
    answer = _first(asked, station, now)
    if answer.ruling.reply not in _ANSWERED:
        raise NoAnswerError(answer.ruling.why)
    return _written(asked, answer, sender, now)


def _first(asked: _AskedByMail, station: Station, now: int) -> WitnessAnswer:
    """Submit what the mail has; the first answer that counts is the answer."""
    answer = None
    for body in asked.bodies:
        answer = station.submitted(body, now)
        if answer.ruling.reply in _ANSWERED:
            break
    if answer is None:
        raise NoAnswerError(Phrase("the mail has no checkpoint with it"))
    return answer


def _read(data: bytes) -> _AskedByMail:
    if len(data) > MAX_MAIL:
        raise NoAnswerError(Phrase("the mail is too long"))
    mail = email.message_from_bytes(data, policy=default)
    # RFC 3834: an answer is never answered. The service's own mails are generated, not replies.
    if str(mail.get("Auto-Submitted", "")).strip().lower().startswith("auto-replied"):
        raise NoAnswerError(Phrase("the mail is an answer itself"))
    to = parseaddr(str(mail.get("Reply-To") or mail.get("From") or ""))[1]
    if "@" not in to or not to.isascii() or any(char.isspace() for char in to):
        raise NoAnswerError(Phrase("the mail says no address to answer to"))
    return _AskedByMail(
        to,
        _in_a_line(mail.get("Message-ID")),
        _in_a_line(mail.get("Subject")),
        (*_submissions(mail),),
    )


def _in_a_line(value: object) -> str:
    said = "" if value is None else str(value)
    return "".join(char if char.isprintable() else " " for char in said)[:200].strip()


def _submissions(mail: EmailMessage) -> Iterator[bytes]:
    """Yield what is submitted; a bare checkpoint is one, from the tree without entries on."""
    parts = [part for part in mail.walk() if isinstance(part, EmailMessage)]
    for part in parts[:_MOST_PARTS]:
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or len(content) > MAX_SUBMISSION:
            continue
        try:
            Submission.parse(content)
        except SubmissionError:
            pass
        else:
            yield content
            continue
        try:
            CosignedCheckpoint.parse(content)
        except NoteError:
            continue
        yield Submission(0, (), content).encode()


def _written(asked: _AskedByMail, answer: WitnessAnswer, sender: str, now: int) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    mail["From"], mail["To"] = sender, asked.to
    mail["Subject"] = f"Re: {asked.subject}" if asked.subject else "Checkpoint"
    mail["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"
    if asked.message_id:
        mail["In-Reply-To"] = mail["References"] = asked.message_id
    mail["Auto-Submitted"] = "auto-replied"
    words = _words(answer)
    mail.set_content(
        "\n\n".join(told(words, each) for each in ("fr", "en")) + "\n", cte="base64"
    )
    if answer.note:
        size = CosignedCheckpoint.parse(answer.note).head.size
        mail.add_attachment(
            answer.note,
            maintype="application",
            subtype="octet-stream",
            filename=f"cosigned-{size}.txt",
        )
    return mail.as_bytes()


def _words(answer: WitnessAnswer) -> Phrase:
    if answer.ruling.reply is WitnessReply.COSIGNED:
        return Phrase("Cosigned: {origin}. The file has the signature.", origin=answer.origin)
    return Phrase(
        "NOT cosigned ({status}): {origin}: {why}. The file is the checkpoint that was cosigned"
        " last.",
        status=int(answer.ruling.reply),
        origin=answer.origin,
        why=answer.ruling.why if isinstance(answer.ruling.why, Phrase) else "",
    )


def asking_mail(asked: Submission, sender: str, recipient: str, now: int) -> bytes:
    """Return the mail that submits a checkpoint to a witness that has only mail."""
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    mail["From"], mail["To"] = sender, recipient
    head = asked.head
    mail["Subject"] = f"{head.origin} {head.size}"
    mail["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    words = Phrase(
        "A checkpoint of {origin} to be cosigned (add-checkpoint).", origin=head.origin
    )
    mail.set_content(
        "\n\n".join(told(words, each) for each in ("fr", "en")) + "\n", cte="base64"
    )
    mail.add_attachment(
        asked.encode(), maintype="application", subtype="octet-stream", filename=SUBMISSION_FILE
    )
    return mail.as_bytes()
