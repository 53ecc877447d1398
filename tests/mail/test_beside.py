"""What gateways and careless clients put beside the ciphertext: dropped and said, or refused."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_builders import (
    MESSAGE,
    OTHER_MESSAGE,
    PDF,
    SIGNATURE,
    armored,
    cms_enveloped,
    cms_signed,
    file_part,
    mail,
    multipart,
    part,
    pgp_mime,
    text_part,
)

from rmp_milter.cms import CmsError, signed_content
from rmp_milter.mail.incoming.beside import Beside
from rmp_milter.mail.incoming.shapes import Shape, ShapeName, octets_of, recognise
from testbed.examples import some

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
DISCLAIMER = "Ce message est confidentiel et destiné à son seul destinataire.\r\n".encode()


def taken(raw: bytes, shape: Shape) -> list[bytes]:
    return [b"".join(octets_of(raw, piece)) for piece in shape.pieces]


def html(text: bytes) -> bytes:
    return part("Content-Type: text/html; charset=utf-8", text)


def image(cid: str, data: bytes = PNG, disposition: str = "inline") -> bytes:
    return part(
        f"Content-Type: image/png; name=logo.png\nContent-ID: <{cid}>\n"
        f"Content-Disposition: {disposition}\nContent-Transfer-Encoding: base64",
        base64.encodebytes(data),
    )


LOGO_FOOTER = multipart(
    "related",
    html(b"<style>p{color:red}</style><p>CHU de Test</p><img src='cid:Logo@chu'>"),
    image("logo@chu"),
    boundary="footer",
)
REPORT = part("Content-Type: message/delivery-status", b"Reporting-MTA: dns; x.test\r\n")
INVITATION = part("Content-Type: text/calendar; method=REQUEST", b"BEGIN:VCALENDAR\r\n")


@pytest.mark.parametrize(
    ("beside", "dropped"),
    [
        (text_part(DISCLAIMER), Beside.FOOTER),
        (html(b"<style>" + b"a" * 9000 + b"</style><p>CHU</p>"), Beside.FOOTER),
        (LOGO_FOOTER, Beside.LOGO),
        (text_part(b"This mail was scanned by AV: no virus found."), Beside.FOOTER),
        (file_part("antivirus-report.txt", b"no virus", "text/plain"), Beside.FOOTER),
        (file_part("message-footer.txt", b"list", "text/plain"), Beside.FOOTER),
        (INVITATION, Beside.CALENDAR),
        (file_part("dr.vcf", b"BEGIN:VCARD\r\n", "text/vcard"), Beside.CARD),
        (REPORT, Beside.REPORT),
        (file_part("smime.p7s", cms_signed(None), "application/pkcs7-signature"), Beside.SIGNATURE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["pgp-mime", "inline", "partitioned"])
def test_what_a_gateway_adds_is_dropped_and_said(
    kind: str, beside: bytes, dropped: Beside
) -> None:
    bodies = {
        "pgp-mime": [pgp_mime(armored(MESSAGE))],
        "inline": [text_part(armored(MESSAGE))],
        "partitioned": [text_part(armored(MESSAGE)), file_part("a.pgp", OTHER_MESSAGE)],
    }
    for parts in ([*bodies[kind], beside], [beside, *bodies[kind]]):
        raw = mail(multipart("mixed", *parts))
        shape = recognise(raw)
        assert shape.name == kind
        assert taken(raw, shape)[0] == MESSAGE
        assert (shape.clear_attachments, shape.clear.text) == ((), False)
        assert dropped in shape.clear.dropped


@pytest.mark.parametrize(
    ("clear", "kind"),
    [
        (file_part("DUPONT Jean.pdf", PDF, "application/pdf"), "PDF"),
        (file_part("lettre.docx", b"PK\x03\x04" + PDF), "DOCX"),
        (file_part("photos.zip", b"PK\x03\x04" + PDF), "ZIP"),
        (file_part("radio.jpg", b"\xff\xd8\xff" + PDF, "image/jpeg"), "JPG"),
        (part("Content-Type: image/png", PNG), "image/png"),
        (image("nobody@links.it"), "PNG"),
        (file_part("notes.txt", b"bilan", "text/plain"), "TXT"),
        (file_part("VirusWarning.txt", b"a file was removed", "text/plain"), "TXT"),
        (file_part("bilan.p7m", cms_signed(PDF), "application/pkcs7-mime"), "P7M"),
        (part('Content-Type: x/\u202ey"\nContent-Disposition: attachment', PDF), "?"),
    ],
)
def test_what_may_be_a_document_refuses_and_is_named_by_kind(clear: bytes, kind: str) -> None:
    shape = recognise(mail(multipart("mixed", pgp_mime(armored(MESSAGE)), clear)))
    assert [file.kind for file in shape.clear.files] == [kind]


@pytest.mark.parametrize("data", [PDF, b"\xff\xd8\xff" + bytes(200_000)])
def test_a_scan_that_a_footer_links_is_no_logo(data: bytes) -> None:
    footer = html(b"<p>Voici</p><img src=cid:a@b>")
    raw = mail(multipart("mixed", pgp_mime(armored(MESSAGE)), footer, image("a@b", data)))
    assert recognise(raw).clear_attachments == ("logo.png",)


def test_words_around_an_inline_armor_are_said_to_be_dropped() -> None:
    for text in (b"Bonjour,\n" + armored(MESSAGE), armored(MESSAGE) + b"\n-- \nCHU de Test\n"):
        assert recognise(mail(text_part(text))).clear.dropped == (Beside.FOOTER,)
        page = b"<style>p{}</style><pre>" + text + b"</pre>"
        assert recognise(mail(html(page))).clear.dropped == (Beside.FOOTER,)
    assert recognise(mail(text_part(b"\n" + armored(MESSAGE) + b"\n \n"))).clear.dropped == ()
    plain = b"<style>p{margin:0}</style><title>x y</title><pre>" + armored(MESSAGE) + b"</pre>"
    assert recognise(mail(html(plain))).clear.dropped == ()


WORDS = "Chère consœur,\r\nvoici le scanner de Mme Durand : virus de l'hépatite.\r\n".encode()
PHONE = "Envoyé de mon iPhone".encode()


@pytest.mark.parametrize(
    ("body", "in_clear"),
    [
        (text_part(WORDS), True),
        (text_part(WORDS + b"\r\n" + DISCLAIMER), True),
        (text_part(WORDS * 200), True),
        (html(b"<p>" + WORDS + b"</p>"), True),
        (text_part(b"Patient : DUPONT Jean\r\n"), True),
        (text_part(b""), False),
        (text_part(b" \r\n\r\n"), False),
        (html(b"<html><body><p>&nbsp;</p></body></html>"), False),
        (text_part(DISCLAIMER), False),
        (text_part(b"-- \r\nDr Martin\r\n"), False),
        (text_part(PHONE), False),
        (text_part(b"\r\n" + PHONE + b"\r\n\r\n" + DISCLAIMER), False),
    ],
)
def test_a_clear_body_beside_encrypted_files_is_told_from_a_footer(
    body: bytes, *, in_clear: bool
) -> None:
    files = [file_part("lettre.txt.pgp", MESSAGE), file_part("b.pdf.pgp", OTHER_MESSAGE)]
    shape = recognise(mail(multipart("mixed", body, *files)))
    assert shape.clear.text is in_clear
    armored_body = recognise(
        mail(multipart("mixed", text_part(armored(MESSAGE)), body, *files))
    )
    assert not armored_body.clear.text


def test_the_words_of_an_attached_message_are_not_the_mails_own() -> None:
    attached = part("Content-Type: message/rfc822", mail(text_part(WORDS)))
    raw = mail(multipart("mixed", attached, file_part("a.pgp", MESSAGE)))
    assert not recognise(raw).clear.text


def smime_signed(content: bytes) -> bytes:
    signature = file_part("smime.p7s", cms_signed(None), "application/pkcs7-signature")
    protocol = '; protocol="application/pkcs7-signature"; micalg=sha-256'
    return mail(multipart("signed", content, signature, boundary="smime", extra=protocol))


def opaque(content: bytes, *, ber: bool = False, kind: str = "application/pkcs7-mime") -> bytes:
    return mail(file_part("smime.p7m", cms_signed(content, ber=ber), kind))


INSIDE = {
    "pgp-mime": pgp_mime(armored(MESSAGE)),
    "inline": text_part(armored(MESSAGE)),
    "partitioned": multipart(
        "mixed", text_part(armored(MESSAGE)), file_part("a.pdf.pgp", OTHER_MESSAGE)
    ),
}


@pytest.mark.parametrize("kind", INSIDE)
def test_an_smime_signature_around_the_encrypted_part_is_dropped(kind: str) -> None:
    raws = [
        smime_signed(INSIDE[kind]),
        opaque(INSIDE[kind]),
        opaque(INSIDE[kind], ber=True),
        opaque(INSIDE[kind], kind="application/octet-stream"),
        mail(multipart("mixed", opaque(INSIDE[kind])[len(mail(b"")) :], text_part(DISCLAIMER))),
        opaque(opaque(INSIDE[kind])[len(mail(b"")) :]),
    ]
    for raw in raws:
        shape = recognise(raw)
        assert (shape.name, shape.signed_outside) == (kind, True)
        assert taken(raw, shape) == [MESSAGE, OTHER_MESSAGE][: len(shape.pieces)]
        assert shape.clear_attachments == ()
        assert Beside.SIGNATURE in shape.clear.dropped


def test_what_stands_in_clear_inside_an_smime_signature_is_judged_alike() -> None:
    inside = multipart("mixed", pgp_mime(armored(MESSAGE)), file_part("a.pdf", PDF))
    for raw in (smime_signed(inside), opaque(inside)):
        assert recognise(raw).clear_attachments == ("a.pdf",)
    for raw in (opaque(text_part(WORDS)), smime_signed(text_part(WORDS))):
        shape = recognise(raw)
        assert (shape.name, shape.signed_outside) == (ShapeName.CLEAR, True)
    enveloped = file_part("smime.p7m", cms_enveloped(), "application/pkcs7-mime")
    assert recognise(opaque(enveloped)).name is ShapeName.SMIME


def test_a_tower_of_smime_signatures_is_bounded() -> None:
    content = pgp_mime(armored(MESSAGE))
    for _ in range(8):
        content = file_part("smime.p7m", cms_signed(content), "application/pkcs7-mime")
    assert recognise(mail(content)).pieces == ()


def test_an_openpgp_signature_around_is_no_news() -> None:
    signature = part("Content-Type: application/pgp-signature", armored(SIGNATURE, "SIGNATURE"))
    raw = mail(multipart("signed", pgp_mime(armored(MESSAGE)), signature))
    assert recognise(raw).clear.dropped == ()


def test_content_comes_out_of_signed_data_however_it_is_written() -> None:
    for content in (b"", b"x", bytes(range(256)) * 300):
        assert signed_content(cms_signed(content)) == content
        assert signed_content(cms_signed(content, ber=True)) == content
    assert signed_content(cms_signed(None)) is None


@pytest.mark.parametrize("cut", range(2, 60, 3))
def test_signed_data_that_are_cut_short_are_an_error(cut: int) -> None:
    with pytest.raises(CmsError):
        signed_content(cms_signed(b"content" * 20)[:cut])


@settings(derandomize=True, max_examples=some(300), deadline=None)
@given(st.binary(max_size=300), st.integers(0, 80), st.booleans())
def test_no_octets_break_the_reader_of_signed_data(noise: bytes, at: int, ber: bool) -> None:  # noqa: FBT001 -- drawn
    made = cms_signed(b"content" * 9, ber=ber)
    for data in (noise, made[:at] + noise + made[at:], made[:at] + noise):
        try:
            found = signed_content(data)
        except CmsError:
            continue
        assert found is None or len(found) <= len(data)


def test_pieces_without_end_are_bounded() -> None:
    front = cms_signed(b"x", ber=True)
    pieces = front.index(b"\x24\x80") + 2
    with pytest.raises(CmsError):
        signed_content(front[:pieces] + b"\x04\x00" * 200_000)
    with pytest.raises(CmsError):
        signed_content(front[:pieces] + b"\x24\x80" * 5000)


@pytest.mark.promise(number=11)
def test_no_more_than_some_texts_are_looked_at_as_footers() -> None:
    raw = mail(
        multipart("mixed", pgp_mime(armored(MESSAGE)), *[text_part(b"-- \nfooter")] * 25)
    )
    assert recognise(raw).clear_attachments == ("text/plain",) * 5
    busy = html(b"<b></b>" * 3000)
    assert recognise(mail(multipart("mixed", pgp_mime(armored(MESSAGE)), busy))).clear.files
