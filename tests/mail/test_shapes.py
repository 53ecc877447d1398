import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_builders import (
    CERTIFICATE,
    COMPRESSED,
    CONTROL,
    MESSAGE,
    OTHER_MESSAGE,
    PDF,
    SIGNATURE,
    TNEF,
    armored,
    file_part,
    mail,
    multipart,
    part,
    pgp_mime,
    text_part,
)

from rmp_milter.mail.incoming.armor import ArmorError
from rmp_milter.mail.incoming.mimetree import MimeLimit
from rmp_milter.mail.incoming.shapes import Shape, ShapeName, octets_of, recognise


def taken(raw: bytes, shape: Shape) -> list[bytes]:
    return [b"".join(octets_of(raw, piece)) for piece in shape.pieces]


def test_pgp_mime_is_one_entity() -> None:
    raw = mail(pgp_mime(armored(MESSAGE)))
    shape = recognise(raw)
    assert (shape.name, len(shape.pieces)) == (ShapeName.PGP_MIME, 1)
    assert shape.pieces[0].entity
    assert shape.pieces[0].main
    assert shape.pieces[0].name == ""
    assert taken(raw, shape) == [MESSAGE]
    assert shape.clear_attachments == ()


def test_pgp_mime_below_a_list_that_adds_its_footer() -> None:
    footer = text_part(b"_______\r\nlist mailing list\r\n")
    raw = mail(multipart("mixed", pgp_mime(armored(MESSAGE)), footer))
    shape = recognise(raw)
    assert (shape.name, shape.clear_attachments) == (ShapeName.PGP_MIME, ())


@pytest.mark.parametrize(
    "payload",
    [
        MESSAGE,
        armored(MESSAGE),
        base64.encodebytes(MESSAGE),
        base64.encodebytes(armored(MESSAGE)),
    ],
)
def test_mixed_up_pgp_mime_binary_or_in_base64_twice(payload: bytes) -> None:
    control = file_part("PGPMIME Versions Identification", b"Version: 1\r\n")
    raw = mail(multipart("mixed", text_part(b""), control, file_part("encrypted.asc", payload)))
    shape = recognise(raw)
    assert shape.name is ShapeName.MIXED_UP
    assert [piece.entity for piece in shape.pieces] == [True]
    assert taken(raw, shape) == [MESSAGE]


def test_a_payload_whose_control_part_was_dropped_is_known_by_its_usual_name() -> None:
    raw = mail(
        multipart("mixed", text_part(b" "), file_part("encrypted.asc", armored(MESSAGE)))
    )
    shape = recognise(raw)
    assert (shape.name, shape.pieces[0].entity) == (ShapeName.MIXED_UP, True)


def test_inline_armor_says_its_charset() -> None:
    raw = mail(text_part(b"hello\n" + armored(MESSAGE, headers="Charset: windows-1252\n")))
    shape = recognise(raw)
    assert (shape.name, shape.pieces[0].charset) == (ShapeName.INLINE, "windows-1252")
    assert not shape.pieces[0].entity
    assert taken(raw, shape) == [MESSAGE]


def test_inline_armor_far_down_in_a_text_is_found() -> None:
    raw = mail(text_part(b"greeting\r\n" * 5000 + armored(MESSAGE)))
    shape = recognise(raw)
    assert shape.name is ShapeName.INLINE
    assert taken(raw, shape) == [MESSAGE]


def test_every_armored_message_of_a_text_is_a_piece() -> None:
    raw = mail(text_part(armored(MESSAGE) + b"and\n" + armored(OTHER_MESSAGE)))
    shape = recognise(raw)
    assert taken(raw, shape) == [MESSAGE, OTHER_MESSAGE]
    assert [piece.main for piece in shape.pieces] == [True, False]


def test_inline_armor_in_html() -> None:
    html = b"<html><body><div>" + armored(MESSAGE).replace(b"\n", b"</div><div>").replace(
        b"+", b"&#43;"
    )
    raw = mail(part("Content-Type: text/html", html))
    shape = recognise(raw)
    assert shape.name is ShapeName.INLINE_HTML
    assert taken(raw, shape) == [MESSAGE]


def test_the_html_alternative_of_an_armored_text_is_no_second_piece() -> None:
    html = part("Content-Type: text/html", b"<pre>" + armored(MESSAGE) + b"</pre>")
    raw = mail(multipart("alternative", text_part(armored(MESSAGE)), html))
    shape = recognise(raw)
    assert (shape.name, taken(raw, shape)) == (ShapeName.INLINE, [MESSAGE])
    assert shape.clear_attachments == ()


def partitioned(*more: bytes) -> bytes:
    return mail(
        multipart(
            "mixed",
            text_part(armored(MESSAGE)),
            file_part("=?utf-8?q?R=C3=A9sum=C3=A9?=.pdf.pgp", OTHER_MESSAGE),
            *more,
        )
    )


def test_partitioned_mail_gives_the_body_first_and_the_files_with_their_names() -> None:
    raw = partitioned(file_part("Attachment2.asc", armored(OTHER_MESSAGE)))
    shape = recognise(raw)
    assert shape.name is ShapeName.PARTITIONED
    assert [piece.name for piece in shape.pieces] == ["", "Résumé.pdf.pgp", "Attachment2.asc"]
    assert [piece.main for piece in shape.pieces] == [True, False, False]
    assert not any(piece.entity for piece in shape.pieces)
    assert taken(raw, shape) == [MESSAGE, OTHER_MESSAGE, OTHER_MESSAGE]


def test_the_body_is_the_main_piece_wherever_it_stands() -> None:
    raw = mail(
        multipart("mixed", file_part("a.pgp", OTHER_MESSAGE), text_part(armored(MESSAGE)))
    )
    assert taken(raw, recognise(raw)) == [MESSAGE, OTHER_MESSAGE]


def test_the_html_twin_of_pgp_desktop_is_dropped() -> None:
    raw = partitioned(file_part("PGPexch.htm.pgp", MESSAGE))
    shape = recognise(raw)
    assert [piece.name for piece in shape.pieces] == ["", "Résumé.pdf.pgp"]
    assert shape.clear_attachments == ()


@pytest.mark.parametrize(
    "harmless",
    [
        file_part("a.pdf.sig", SIGNATURE),
        file_part("a.pdf.asc", armored(SIGNATURE, "SIGNATURE")),
        file_part("key.asc", armored(CERTIFICATE, "PUBLIC KEY BLOCK"), "application/pgp-keys"),
        file_part("key.gpg", CERTIFICATE),
        text_part(b"Sent from my phone"),
        file_part("ATT00001.txt", b"list footer", "text/plain"),
        text_part(b""),
    ],
)
def test_signatures_keys_and_footers_are_no_clear_documents(harmless: bytes) -> None:
    shape = recognise(partitioned(harmless))
    assert shape.clear_attachments == ()
    assert len(shape.pieces) == 2


@pytest.mark.parametrize(
    ("clear", "name"),
    [
        (file_part("bilan.pdf", PDF, "application/pdf"), "bilan.pdf"),
        (file_part("bilan.pdf.pgp", PDF), "bilan.pdf.pgp"),
        (file_part("signature.asc", PDF, "application/pgp-signature"), "signature.asc"),
        (file_part("lettre.txt", b"short", "text/plain"), "lettre.txt"),
        (file_part("signed.gpg", COMPRESSED), "signed.gpg"),
        (file_part("winmail.dat", TNEF, "application/ms-tnef"), "winmail.dat"),
        (text_part(b"a whole letter\r\n" * 300), "text/plain"),
        (part("Content-Type: image/png", b"\x89PNG..."), "image/png"),
        (part("Content-Type: message/rfc822", mail(text_part(b"forwarded"))), "message/rfc822"),
    ],
)  # fmt: skip
def test_what_travels_in_clear_beside_the_body_is_named(clear: bytes, name: str) -> None:
    assert recognise(partitioned(clear)).clear_attachments == (name,)


def test_outlooks_winmail_is_never_searched_for_armor() -> None:
    # What else is packed into it would be lost without a word.
    alone = mail(multipart("mixed", text_part(b""), file_part("winmail.dat", TNEF)))
    shape = recognise(alone)
    assert (shape.name, shape.pieces, shape.winmail) == (ShapeName.CLEAR, (), True)
    beside = recognise(partitioned(file_part("ATT00001.dat", TNEF)))
    assert (beside.clear_attachments, beside.winmail) == (("ATT00001.dat",), True)
    assert not recognise(partitioned()).winmail


def test_a_clear_file_beside_pgp_mime_is_named() -> None:
    raw = mail(multipart("mixed", pgp_mime(armored(MESSAGE)), file_part("image.png", PDF)))
    assert recognise(raw).clear_attachments == ("image.png",)


def test_an_encrypted_file_beside_pgp_mime_is_a_piece() -> None:
    raw = mail(
        multipart("mixed", pgp_mime(armored(MESSAGE)), file_part("a.pgp", OTHER_MESSAGE))
    )
    shape = recognise(raw)
    assert (shape.name, [piece.entity for piece in shape.pieces]) == ("pgp-mime", [True, False])


def test_a_signature_around_the_body_is_noted() -> None:
    signature = part("Content-Type: application/pgp-signature", armored(SIGNATURE, "SIGNATURE"))
    raw = mail(multipart("signed", pgp_mime(armored(MESSAGE)), signature))
    shape = recognise(raw)
    assert shape.signed_outside
    assert shape.clear_attachments == ()
    assert not recognise(mail(pgp_mime(armored(MESSAGE)))).signed_outside


@pytest.mark.parametrize("kind", ["application/pkcs7-mime", "application/octet-stream"])
def test_smime_is_named_by_its_content(kind: str) -> None:
    enveloped = bytes.fromhex("308006092a864886f70d010703a080") + bytes(60)
    shape = recognise(mail(file_part("smime.p7m", enveloped, kind)))
    assert (shape.name, taken(mail(file_part("smime.p7m", enveloped, kind)), shape)) == (
        ShapeName.SMIME,
        [enveloped],
    )


@pytest.mark.parametrize(
    "content",
    [
        text_part(b"Patient : DUPONT"),
        text_part(armored(COMPRESSED)),
        text_part(b"-----BEGIN PGP SIGNED MESSAGE-----\n\nx"),
        multipart("encrypted", CONTROL),
        multipart("mixed", text_part(b"x"), file_part("a.pdf", PDF)),
        multipart(
            "mixed", text_part(b"x"), file_part("n.txt", b"notes\n" * 999 + armored(MESSAGE))
        ),
        b"",
    ],
)
def test_clear_mail_is_named(content: bytes) -> None:
    assert recognise(mail(content)).name is ShapeName.CLEAR


def test_damaged_armor_is_still_a_piece_that_gives_an_error() -> None:
    raw = mail(text_part(b"-----BEGIN PGP MESSAGE-----\n\n-----END PGP MESSAGE-----\n"))
    shape = recognise(raw)
    assert shape.name is ShapeName.INLINE
    with pytest.raises(ArmorError):
        taken(raw, shape)


def test_a_large_armored_body_comes_out_in_chunks() -> None:
    data = MESSAGE + bytes(6 << 20)
    raw = mail(pgp_mime(armored(MESSAGE)[:-90] + base64.encodebytes(bytes(8 << 20))))
    shape = recognise(raw)
    sizes = [len(chunk) for chunk in octets_of(memoryview(raw), shape.pieces[0])]
    assert sum(sizes) > len(data)
    assert max(sizes) <= 1 << 20


_PARTS = [
    text_part(b"x"),
    text_part(armored(MESSAGE)),
    CONTROL,
    file_part("a.pgp", MESSAGE),
    file_part("msg.asc", armored(MESSAGE)),
    file_part("a.pdf", PDF),
    part("Content-Type: text/html", b"<p>" + armored(MESSAGE)),
    part("Content-Type: message/rfc822", mail(pgp_mime(armored(MESSAGE)))),
    pgp_mime(armored(OTHER_MESSAGE)),
    multipart("alternative", text_part(armored(MESSAGE)), boundary="alt"),
]


@given(st.lists(st.sampled_from(_PARTS), max_size=6))
def test_any_mixture_of_parts_has_one_main_piece_or_none(parts: list[bytes]) -> None:
    raw = mail(multipart("mixed", *parts))
    shape = recognise(raw)
    assert [piece.main for piece in shape.pieces] == [True, *[False] * (len(shape.pieces) - 1)][
        : len(shape.pieces)
    ]
    assert set(taken(raw, shape)) <= {MESSAGE, OTHER_MESSAGE}


@given(st.binary(max_size=400))
def test_any_octets_have_a_shape(raw: bytes) -> None:
    for framed in (raw, mail(text_part(raw)), mail(pgp_mime(raw))):
        assert recognise(framed).name in set(ShapeName)


def test_a_thousand_small_parts_take_linear_time() -> None:
    raw = mail(multipart("mixed", *[file_part("msg.asc", armored(MESSAGE))] * 900))
    try:
        count = len(recognise(raw).pieces)
    except MimeLimit:
        count = 900
    assert count == 900
