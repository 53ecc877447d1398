"""Checkpoints as mail: what arrives is the note, byte for byte, and words that say why."""

from email import message_from_bytes, policy

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.dossier.model import Slice
from rmp_milter.mail.outgoing.checkpoint_mail import MailedCheckpoint, checkpoint_mail
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.milter.chores.checkpoints import last_hour
from rmp_milter.tlog.checkpoints import TreeHead, sign_head
from rmp_milter.tlog.notes import NoteError, VerifierKey

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey("chu.example/rmp", SIGNER.public_key().public_bytes_raw())
NOTE = sign_head(TreeHead(KEY.name, 42, bytes(32)), KEY, SIGNER.sign)
DAY = 86_400
FIVE = 1_793_491_200 + 5 * 3600  # 2026-11-01, 5:00 UTC


def test_the_note_arrives_byte_for_byte_with_what_to_do_with_it() -> None:
    sender = ServiceAddress("rmp@chu.example", "Résumé médical partagé")
    made = checkpoint_mail(MailedCheckpoint(NOTE), sender, "dpo@ars.example", FIVE, "token")
    again = checkpoint_mail(MailedCheckpoint(NOTE), sender, "dpo@ars.example", FIVE, "token")
    assert made == again
    assert (made.recipient, made.message_id) == ("dpo@ars.example", "<token@chu.example>")
    (piece,) = made.pieces
    assert isinstance(piece, Slice)
    assert piece.data.isascii()
    assert b"\n" not in piece.data.replace(b"\r\n", b"")
    assert max(map(len, piece.data.split(b"\r\n"))) <= 78
    mail = message_from_bytes(piece.data, policy=policy.default)
    assert mail["Subject"] == "Point de contrôle du journal chu.example/rmp : 42 entrées"
    assert (
        mail["From"] == '"Résumé médical partagé" <rmp@chu.example>' or "Résumé" in mail["From"]
    )
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    words, attached = mail.iter_parts()
    assert "hors de portée de" in words.get_content()
    assert "out of the host's reach" in words.get_content()
    assert attached.get_filename() == "checkpoint-42.txt"
    assert attached["Content-Transfer-Encoding"] == "base64"
    assert attached.get_content() == NOTE


def test_only_a_checkpoint_is_sent() -> None:
    with pytest.raises(NoteError):
        checkpoint_mail(
            MailedCheckpoint(b"noise"),
            ServiceAddress("rmp@chu.example", "RMP"),
            "a@b.example",
            0,
            "t",
        )


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (0, FIVE, True),
        (FIVE, FIVE, False),
        (FIVE, FIVE + DAY - 1, False),
        (FIVE, FIVE + DAY, True),
        (FIVE - 1, FIVE + 1, True),
        (FIVE + DAY // 2, FIVE + DAY + 9, True),
        (FIVE, FIVE + 9 * DAY, True),
        (FIVE, FIVE - DAY, False),
    ],
)
def test_a_checkpoint_is_due_once_a_day_at_its_hour(last: int, now: int, due: bool) -> None:  # noqa: FBT001 -- a parameter
    assert (last < last_hour(now, 5)) is due
