"""What a signed mail says of its author's program, and what he is sent by it."""

from email import message_from_bytes
from pathlib import Path
from typing import cast

import pytest
from smime_mails import (
    ENTITY,
    FILES,
    NOW,
    PAUL,
    TEXT,
    cbc,
    enrolled,
    maker,
    opened,
    outlook,
    paul,
    service,
    signed_by,
    trees,
    user,
    with_keys,
)

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.calls.protocol.releasing import TRANSLATED, SealedDocument
from rmp_milter.cms import CmsKind, head
from rmp_milter.dossier.model import Container, MailProgram
from rmp_milter.keeper.authority.tickets import read_ticket
from rmp_milter.keeper.cms.capabilities import capabilities
from rmp_milter.keeper.cms.signing import signed
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.readers import DocumentOwner, packet_for, reader_of, readers_of
from rmp_milter.keeper.keys.smime_making import KeyKind, make_private, make_self_signed
from rmp_milter.keeper.openpgp.sessionkey import unpacked
from rmp_milter.x509 import read_x509
from testbed.x509_maker import DAY, Made

CBC = "2.16.840.1.101.3.4.1.42"


def preferring(other: Made, *oids: str) -> bytes:
    """Return what Dr Paul signed, his program naming ciphers and a certificate."""
    said = capabilities(oids or (CBC,))
    own = paul()
    made = signed([ENTITY], own.der, (trees().public.der,), own.key, NOW, said, other.der)
    return cbc(b"".join(made))


def test_aes_gcm_is_remembered_of_who_says_that_he_opens_it(smime_desk: Desk) -> None:
    person = enrolled(smime_desk, paul())
    assert opened(smime_desk, cbc(signed_by(paul())), person).program == MailProgram(
        opens_gcm=True
    )
    assert opened(smime_desk, preferring(paul()), person).program == MailProgram()


def test_nothing_is_remembered_of_who_is_not_known_by_his_signature(smime_desk: Desk) -> None:
    stranger = opened(smime_desk, cbc(signed_by(user("eve"))), enrolled(smime_desk, paul()))
    assert stranger.program is None
    over = maker().user(PAUL, trees().public, start=NOW - 400 * DAY)
    expired = opened(smime_desk, cbc(signed_by(over)), enrolled(smime_desk, over))
    assert expired.program is None


def test_another_certificate_of_his_that_he_prefers_is_told(smime_desk: Desk) -> None:
    second = maker().user(PAUL, trees().public)
    person = enrolled(smime_desk, paul(), second)
    found = opened(smime_desk, preferring(second), person)
    assert found.program == MailProgram(prefers=read_x509(second.der).digest)
    for other in (paul(), user("eve"), user("anne")):
        assert opened(smime_desk, preferring(other), person).program == MailProgram()


def test_what_cannot_be_encrypted_to_is_not_told(smime_desk: Desk) -> None:
    signing = maker().user(PAUL, trees().public, uses=("digital_signature",))
    person = enrolled(smime_desk, paul(), signing)
    assert opened(smime_desk, preferring(signing), person).program == MailProgram()


# A document in AES-GCM.


def deposited(desk: Desk, folder: Path) -> tuple[Opened, bytes]:
    """Return a deposit in AES-GCM, opened, and its envelope."""
    mail = outlook(folder).write(TEXT, FILES, cipher="aes-256-gcm")
    envelope = cast("bytes", message_from_bytes(mail).get_payload(decode=True))
    return opened(desk, envelope, enrolled(desk, paul())), envelope


def packet(desk: Desk, found: Opened, reader: Candidate) -> bytes:
    body = read_ticket(desk.holder, found.ticket, NOW).bodies[0]
    assert body.container is Container.AUTH_ENVELOPED
    document = SealedDocument(b"document-16bytes", body.container, body.digest, b"")
    (one,) = readers_of([reader.certificate], [reader], NOW)
    return packet_for(
        desk, unpacked(body.key), DocumentOwner(b"dossier-16-bytes"), document, one
    )


@pytest.mark.parametrize("opens_gcm", [True, False])
def test_who_opens_gcm_is_given_it_as_it_is_and_another_has_it_translated(
    desk: Desk, tmp_path: Path, *, opens_gcm: bool
) -> None:
    smime_desk = with_keys(desk, service())
    found, envelope = deposited(smime_desk, tmp_path)
    reader = Candidate(b"", paul().der, opens_gcm=opens_gcm)
    front = packet(smime_desk, found, reader)
    assert front.startswith(TRANSLATED) is not opens_gcm
    if not opens_gcm:
        return
    span = found.bodies[0].span
    body = envelope[span.offset : span.offset + span.length]
    whole = head(CmsKind.AUTHENTICATED, [front], len(body)) + body
    program = outlook(tmp_path)
    own = [
        *("-recip", str(tmp_path / "paul" / "encryption.pem")),
        *("-inkey", str(tmp_path / "paul" / "encryption.key")),
    ]
    clear = program.openssl(["-decrypt", "-inform", "DER", "-binary", *own], whole)
    assert b"signed-data" in clear


def test_a_certificate_may_say_it_itself() -> None:
    private = make_private(KeyKind.RSA)
    own = make_self_signed(private, "Dr Paul", (PAUL,), NOW)
    assert reader_of(own, NOW).opens_gcm
    assert not reader_of(paul().der, NOW).opens_gcm


def test_a_lie_of_the_milters_seals_to_nobody_else(desk: Desk, tmp_path: Path) -> None:
    smime_desk = with_keys(desk, service())
    found, _ = deposited(smime_desk, tmp_path)
    said = Candidate(b"", user("eve").der, opens_gcm=True)
    (one,) = readers_of([paul().der], [said], NOW)
    assert not one.opens_gcm
    assert packet(smime_desk, found, Candidate(b"", paul().der)).startswith(TRANSLATED)
