"""S/MIME envelopes among other parts of a mail: which is the mail, which a file in it."""

import pytest
from mail_builders import (
    MESSAGE,
    armored,
    cms_enveloped,
    cms_signed,
    file_part,
    mail,
    multipart,
    pgp_mime,
    text_part,
)

from rmp_milter.mail.incoming.armor import OctetsKind, kind_of
from rmp_milter.mail.incoming.shapes import ShapeName, octets_of, recognise
from rmp_milter.mail.incoming.surplus import Surplus

ENVELOPE = cms_enveloped()
P7M = file_part("smime.p7m", ENVELOPE, "application/pkcs7-mime")
WORDS = "Cher confrère, voici en pièce jointe le compte rendu de notre patiente.\r\n".encode()


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "text",
    [text_part(armored(MESSAGE)), pgp_mime(armored(MESSAGE))],
    ids=["inline", "pgp/mime"],
)
def test_beside_an_encrypted_text_an_envelope_is_a_second_body_and_never_the_first(
    text: bytes, *, first: bool
) -> None:
    for envelope in (P7M, file_part("autre.p7m", ENVELOPE, "application/octet-stream")):
        parts = (envelope, text) if first else (text, envelope)
        raw = mail(multipart("mixed", *parts))
        shape = recognise(raw)
        assert shape.surplus is Surplus.BODY
        (wanted,) = shape.wanted
        assert b"".join(octets_of(raw, wanted)) == MESSAGE


def test_of_two_envelopes_the_first_is_the_mail() -> None:
    shape = recognise(mail(multipart("mixed", P7M, P7M)))
    assert (shape.name, shape.surplus) == (ShapeName.SMIME, Surplus.BODY)
    assert [piece.main for piece in shape.pieces] == [True, False]


def test_a_gateways_footer_beside_an_envelope_changes_nothing() -> None:
    footer = text_part(b"-- \r\nCHU de Test\r\n")
    shape = recognise(mail(multipart("mixed", P7M, footer)))
    assert (shape.name, shape.clear.is_refused) == (ShapeName.SMIME, False)


def test_a_text_in_clear_with_an_encrypted_file_is_a_text_in_clear() -> None:
    attached = file_part("compte-rendu.p7m", ENVELOPE, "application/octet-stream")
    shape = recognise(mail(multipart("mixed", text_part(WORDS), attached)))
    assert (shape.name, shape.clear.text) == (ShapeName.SMIME, True)
    alone = recognise(mail(multipart("mixed", text_part(b""), attached)))
    assert not alone.clear.is_refused


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (ENVELOPE, OctetsKind.CMS_ENCRYPTED),
        # Signed is what is called enveloped: no mail, and nothing that a key opens.
        (
            bytes.fromhex("302a06092a864886f70d010702a01d301b02010131003014")
            + bytes.fromhex("06092a864886f70d010703")
            + bytes(30),
            OctetsKind.CMS,
        ),
        (cms_signed(b"x"), OctetsKind.CMS),
    ],
)
def test_only_what_is_an_envelope_is_taken_for_one(octets: bytes, kind: OctetsKind) -> None:
    assert kind_of(octets)[0] is kind
