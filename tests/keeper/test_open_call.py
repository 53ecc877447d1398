"""*Open*: what the keeper gives of a mail, and what it never gives."""

import hashlib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from keeper_case import HEADER, LETTER, PDF, Answered, ask, desk_of, encrypted, entity, opening
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol.message import Span, Why
from rmp_milter.calls.protocol.opening import FileFault, Opened, Trust
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk.desk import Desk, Limits
from rmp_milter.keeper.openpgp.packets import PKESK, frame, read_message

CODE_HEADER = HEADER + "Code : JzbV\r\n"


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Desk:
    return desk_of(service, tmp_path)


def opened(answered: Answered) -> Opened:
    assert isinstance(answered.reply, Opened), answered.reply
    return answered.reply


def test_an_entity_gives_header_and_names_and_never_the_letter(gpg: Gpg, desk: Desk) -> None:
    body = encrypted(gpg, entity(HEADER + LETTER, files=[("été.pdf", PDF)]))
    request, memory = opening([body], entity=True)
    answered = ask(desk, request, memory)
    found = opened(answered)
    assert "DUPONT Jean" in found.header
    assert found.signature.trust is Trust.NONE
    (stored,) = found.bodies
    assert stored.container is Container.ENTITY
    assert [(part.name, part.media_type) for part in stored.parts] == [
        ("", "text/plain"),
        ("été.pdf", "application/pdf"),
    ]
    assert stored.parts[1].size == len(PDF)
    span = stored.span
    assert stored.digest == hashlib.sha256(memory[span.offset :][: span.length]).digest()
    raw = msgspec.msgpack.encode(found)
    assert b"confidentielle" not in raw
    assert PDF[:40] not in raw
    assert answered.memory == b""


def test_a_partitioned_mail_gives_its_files_as_they_came(gpg: Gpg, desk: Desk) -> None:
    text = encrypted(gpg, (HEADER + LETTER).encode("windows-1252"))
    file = encrypted(gpg, PDF)
    request, memory = opening(
        [text, file], entity=False, names=["a.pdf.pgp"], charset="windows-1252"
    )
    found = opened(ask(desk, request, memory))
    assert "Né le : 30/01/1959" in found.header
    assert [body.container for body in found.bodies] == [Container.TEXT, Container.FILE]
    assert found.bodies[1].parts[0].name == "a.pdf.pgp"
    span = found.bodies[1].span
    assert file.endswith(memory[span.offset : span.offset + span.length])


@pytest.mark.promise(number=2)
def test_a_code_is_masked_and_the_text_that_carries_it_is_not_kept(
    gpg: Gpg, desk: Desk
) -> None:
    body = encrypted(gpg, entity(CODE_HEADER + LETTER, files=[("été.pdf", PDF)]))
    request, memory = opening([body], entity=True)
    answered = ask(desk, request, memory)
    found = opened(answered)
    assert "JzbV" not in found.header
    assert b"JzbV" not in msgspec.msgpack.encode(found)
    assert found.has_code
    (fresh,) = found.bodies
    assert fresh.fresh
    assert fresh.container is Container.FILE
    assert fresh.parts[0].name == "été.pdf"
    held = answered.memory[fresh.span.offset :][: fresh.span.length]
    assert hashlib.sha256(held).digest() == fresh.digest
    assert PDF[:40] not in held


def test_keys_and_twins_of_the_text_are_no_documents(gpg: Gpg, desk: Desk) -> None:
    mail = EmailMessage()
    mail.set_content(CODE_HEADER + LETTER)
    mail.add_alternative(f"<pre>{CODE_HEADER}{LETTER}</pre>", subtype="html")
    mail.add_attachment(b"key", maintype="application", subtype="pgp-keys", filename="k.asc")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment(b"jpeg", maintype="image", subtype="jpeg", disposition="inline")
    request, memory = opening([encrypted(gpg, mail.as_bytes())], entity=True)
    found = opened(ask(desk, request, memory))
    names = [body.parts[0].name for body in found.bodies]
    assert names == ["a.pdf", "document.jpg"]
    plain = mail.as_bytes().replace(b"JzbV", b"").replace(b"Code", b"Kode")
    request, memory = opening([encrypted(gpg, plain)], entity=True)
    (body,) = opened(ask(desk, request, memory)).bodies
    assert [(part.name, part.media_type) for part in body.parts] == [
        ("", "text/plain"),
        ("a.pdf", "application/pdf"),
        ("document.jpg", "image/jpeg"),
    ]


def test_a_bare_text_with_a_code_is_left_out_and_its_attachments_stay(
    gpg: Gpg, desk: Desk
) -> None:
    bodies = [encrypted(gpg, (CODE_HEADER + LETTER).encode()), encrypted(gpg, PDF)]
    request, memory = opening(bodies, entity=False, names=["a.pgp"])
    found = opened(ask(desk, request, memory))
    assert [body.container for body in found.bodies] == [Container.FILE]
    assert not found.bodies[0].fresh


def test_a_signature_is_weighed(gpg: Gpg, desk: Desk) -> None:
    alice, bob = gpg.public("alice@x.fr"), gpg.public("bob@x.fr")
    body = encrypted(gpg, entity(HEADER), signer="alice@x.fr")
    request, memory = opening([body], entity=True, candidates=[bob, alice])
    signature = opened(ask(desk, request, memory)).signature
    assert signature.trust is Trust.GOOD
    assert signature.fingerprint == gpg.fingerprint("alice@x.fr").lower()
    request, memory = opening([body], entity=True, candidates=[bob])
    signature = opened(ask(desk, request, memory)).signature
    assert signature.trust is Trust.UNKNOWN
    assert signature.issuers == (gpg.fingerprint("alice@x.fr").lower()[-16:],)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda gpg: encrypted(gpg, PDF, to="alice@x.fr"), Why.UNREADABLE),
        (lambda gpg: encrypted(gpg, entity(HEADER))[:-9], Why.UNREADABLE),
        (lambda _: b"", Why.UNREADABLE),
        (lambda gpg: encrypted(gpg, bytes(5000)), Why.NO_TEXT),
        (lambda gpg: encrypted(gpg, bytes(200_000)), Why.TOO_LARGE),
    ],
    ids=["foreign", "cut", "empty", "binary", "large"],
)
def test_what_cannot_be_used_is_refused(
    gpg: Gpg,
    service: SignedSecretKey,
    tmp_path: Path,
    make: Callable[[Gpg], bytes],
    why: Why,
) -> None:
    desk = desk_of(service, tmp_path, Limits(plaintext=100_000))
    request, memory = opening([make(gpg)], entity=False)
    assert ask(desk, request, memory).failed.why is why


def test_an_entity_without_text_is_refused(gpg: Gpg, desk: Desk) -> None:
    pdf = b"Content-Type: application/pdf\r\n\r\n%PDF"
    request, memory = opening([encrypted(gpg, pdf)], entity=True)
    assert ask(desk, request, memory).failed.why is Why.NO_TEXT


def test_shared_memory_beyond_the_limit_is_refused(
    service: SignedSecretKey, tmp_path: Path
) -> None:
    desk = desk_of(service, tmp_path, Limits(message=1000))
    request, memory = opening([bytes(1001)], entity=False)
    assert ask(desk, request, memory).failed.why is Why.TOO_LARGE


@pytest.mark.promise(number=11)
def test_key_packets_that_must_be_tried_are_bounded_over_all_bodies(
    gpg: Gpg, desk: Desk
) -> None:
    noise = b"\x08\x00" + bytes(255) + b"\x01"  # as long as the service's key
    hidden = frame(PKESK, b"\x03" + bytes(8) + b"\x01" + noise)
    text, file = encrypted(gpg, (HEADER + LETTER).encode()), encrypted(gpg, PDF)
    found = read_message(lambda offset, size: file[offset : offset + size], Span(0, len(file)))
    ours = frame(PKESK, b"\x03" + bytes(8) + found.key_packets[0][9:])
    sealed = file[found.body.offset :]
    for files, fits in ((1, True), (3, False)):
        # Never where the last body's stood, which is tried first.
        bodies = [
            hidden * (63 - at % 2) + ours + hidden * (at % 2) + sealed for at in range(files)
        ]
        request, memory = opening([text, *bodies], entity=False, names=["a.pgp"] * files)
        found = opened(ask(desk, request, memory))
        assert found.file_fault is (None if fits else FileFault.TOO_MANY_RECIPIENTS)


def test_a_mail_of_many_files_to_many_unnamed_recipients_opens(gpg: Gpg, desk: Desk) -> None:
    noise = b"\x08\x00" + bytes(255) + b"\x01"
    hidden = frame(PKESK, b"\x03" + bytes(8) + b"\x01" + noise)
    text, file = encrypted(gpg, (HEADER + LETTER).encode()), encrypted(gpg, PDF)
    found = read_message(lambda offset, size: file[offset : offset + size], Span(0, len(file)))
    ours = frame(PKESK, b"\x03" + bytes(8) + found.key_packets[0][9:])
    bodies = [text, *[hidden * 40 + ours + hidden * 10 + file[found.body.offset :]] * 30]
    request, memory = opening(bodies, entity=False, names=["a.pgp"] * 30)
    assert len(opened(ask(desk, request, memory)).bodies) == 31
