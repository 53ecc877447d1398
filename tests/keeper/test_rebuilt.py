"""An entity put together anew: the same letter and files, without keys and signatures."""

import base64
import quopri
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from itertools import count
from typing import cast

import pytest
from keeper_case import PDF
from keeper_gpg import Gpg

from rmp_milter.keeper.desk.rebuilt import rebuilt
from rmp_milter.mail.incoming.mimetree import scan
from testbed import tnef

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
WORDS = "Échocardiographie : œdème, 5 € – \u201cstable\u201d."


def boundaries() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"=-rmp-{next(numbers):032x}"


def again(entity: bytes) -> EmailMessage:
    """Return the entity as it comes out, read by Python's own parser."""
    made = b"".join(rebuilt(entity, scan(entity), boundaries()))
    return cast("EmailMessage", message_from_bytes(made, policy=policy.default))


def shape(message: EmailMessage | MIMEPart) -> object:
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        return message.get_content_subtype(), *(shape(each) for each in message.iter_parts())
    return message.get_content_type()


def content(message: EmailMessage | MIMEPart) -> bytes:
    return cast("bytes", message.get_payload(decode=True))


def by_type(message: EmailMessage, kind: str) -> bytes:
    return next(content(each) for each in message.walk() if each.get_content_type() == kind)


def part(kind: str, body: bytes, *fields: str) -> bytes:
    return "".join(f"{each}\r\n" for each in (f"Content-Type: {kind}", *fields)).encode() + (
        b"\r\n" + body
    )


def multipart(kind: str, *parts: bytes, boundary: str = "b") -> bytes:
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + each + b"\r\n" for each in parts) + mark + b"--\r\n"
    return part(f'multipart/{kind}; boundary="{boundary}"', body)


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "iso-8859-15", "utf-7"])
def test_a_text_of_any_charset_is_the_same_text(charset: str, encoding: str) -> None:
    words = WORDS
    if charset == "iso-8859-15":
        words = words.translate(dict.fromkeys(map(ord, "–“”")))
    octets = words.encode(charset)
    if encoding == "base64":
        octets = base64.encodebytes(octets)
    elif encoding == "quoted-printable":
        octets = quopri.encodestring(octets)
    said = f"Content-Transfer-Encoding: {encoding}"
    found = again(part(f"text/plain; charset={charset}", octets, said))
    assert cast("str", found.get_content()) == words


def test_alternatives_with_images_and_files_keep_their_shape_and_octets() -> None:
    mail = EmailMessage(policy=policy.SMTP)
    mail.set_content(WORDS)
    mail.add_alternative(f'<p>{WORDS}<img src="cid:i@x"></p>', subtype="html")
    html = cast("list[EmailMessage]", mail.get_payload())[1]
    html.add_related(PNG, "image", "png", cid="<i@x>")
    mail.add_attachment(PDF, "application", "pdf", filename="écho d'Été.pdf")
    mail.add_attachment(PDF[::-1], "application", "pdf", filename="second.pdf")
    found = again(mail.as_bytes())
    related = ("related", "text/html", "image/png")
    alternative = ("alternative", "text/plain", related)
    assert shape(found) == ("mixed", alternative, "application/pdf", "application/pdf")
    image = next(each for each in found.walk() if each.get_content_type() == "image/png")
    assert (content(image), image["Content-ID"]) == (PNG, "<i@x>")
    files = {each.get_filename(): content(each) for each in found.iter_attachments()}
    assert files == {"écho d'Été.pdf": PDF, "second.pdf": PDF[::-1]}


def test_a_related_says_still_where_it_starts() -> None:
    entity = multipart('related; start="<2@x>"; type="text/html"', part("image/png", PNG))
    found = again(entity)
    assert found.get_param("start") == "<2@x>"
    assert found.get_param("type") == "text/html"


def test_multiparts_as_deep_as_they_are_read_come_out() -> None:
    entity = part("text/plain", b"au fond")
    for depth in range(19):
        entity = multipart("mixed", entity, boundary=f"b{depth}")
    assert by_type(again(entity), "text/plain") == b"au fond"


def test_signatures_and_keys_are_left_out(gpg: Gpg) -> None:
    key = gpg.run("--armor", "--export", "alice@x.fr")
    attached = "Content-Disposition: attachment; filename={}"
    signed = multipart(
        'signed; protocol="application/pgp-signature"',
        multipart(
            "mixed",
            part("text/plain", b"la lettre"),
            part("application/pgp-keys", key, attached.format("cle.asc")),
            part("application/octet-stream", key, attached.format("0x1234.asc")),
            part("application/pkcs7-signature", b"x", attached.format("smime.p7s")),
            part("application/pdf", PDF, attached.format("a.pdf")),
            boundary="inner",
        ),
        part("application/pgp-signature", b"-----BEGIN PGP SIGNATURE-----\r\n"),
        boundary="outer",
    )
    found = again(signed)
    assert shape(found) == ("mixed", "text/plain", "application/pdf")
    assert by_type(found, "application/pdf") == PDF


def test_an_asc_file_that_is_no_key_stays() -> None:
    attached = "Content-Disposition: attachment; filename=notes.asc"
    entity = multipart(
        "mixed", part("text/plain", b"a"), part("text/plain", b"notes", attached)
    )
    assert len(list(again(entity).iter_parts())) == 2


def test_a_multipart_of_keys_alone_is_an_empty_text() -> None:
    found = again(multipart("mixed", part("application/pgp-keys", b"x")))
    assert (shape(found), content(found)) == ("text/plain", b"")


def test_an_author_who_writes_boundaries_ends_nothing() -> None:
    ours = "--=-rmp-00000000000000000000000000000001"
    text = f"{ours}--\r\n{ours}\r\nContent-Type: text/html\r\n\r\n<b>faux</b>"
    real = iter(["=-rmp-drawn"])
    entity = multipart("mixed", part("text/plain", text.encode()), part("application/pdf", PDF))
    made = b"".join(rebuilt(entity, scan(entity), lambda: next(real)))
    found = cast("EmailMessage", message_from_bytes(made, policy=policy.default))
    assert shape(found) == ("mixed", "text/plain", "application/pdf")
    assert by_type(found, "text/plain") == text.encode()


@pytest.mark.parametrize(
    "field",
    [
        "Subject: faux",
        "From: Dr Alice <alice@x.fr>",
        "Bcc: eve@x.fr",
        "Received: from x",
        "Content-Evil: 1",
        "Autocrypt: addr=a@x.fr; keydata=AAAA",
    ],
)
def test_no_other_field_of_the_authors_comes_along(field: str) -> None:
    found = again(f"{field}\r\n".encode() + part("text/plain", b"a"))
    assert found.keys() == ["Content-Type"]


def test_of_equal_fields_the_one_that_was_read_comes_along() -> None:
    entity = b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n<b>a</b>"
    found = again(entity)
    assert found.get_all("Content-Type") == ["text/plain"]


@pytest.mark.parametrize(
    "name",
    [
        b'"a.pdf\r\nX-Evil: 1"',
        b'"a.pdf\rX-Evil: 1"',
        b'"a.pdf\n\nX-Evil: 1"',
        b'"a.pdf"\r\nno field at all\r\n X-Evil: 1',
        b'"a.pdf"\r\n \r\n\tX-Evil: 1',
    ],
)
def test_a_files_name_is_no_field(name: bytes) -> None:
    disposition = b"Content-Disposition: attachment; filename=" + name
    entity = b"Content-Type: application/pdf\r\n" + disposition + b"\r\n\r\n" + PDF
    found = again(entity)
    assert set(found.keys()) <= {"Content-Type", "Content-Disposition"}


def test_an_attached_message_is_one_file_octet_by_octet() -> None:
    message = b"Subject: autre\r\n" + multipart(
        "mixed", part("text/plain", b"dedans"), boundary="c"
    )
    entity = multipart("mixed", part("text/plain", b"a"), part("message/rfc822", message))
    made = b"".join(rebuilt(entity, scan(entity), boundaries()))
    assert message in made


def test_what_outlook_packed_stays_as_it_is() -> None:
    packed = tnef.tnef(tnef.message("Bonjour"), tnef.attachment("a.pdf", PDF))
    kind = "application/ms-tnef; name=winmail.dat"
    entity = multipart(
        "mixed",
        part("text/plain", b"a"),
        part(kind, packed, "Content-Transfer-Encoding: binary"),
    )
    made = b"".join(rebuilt(entity, scan(entity), boundaries()))
    assert packed in made


def test_a_multipart_whose_name_is_odd_is_written_in_harmless_signs() -> None:
    entity = multipart('x\x01"y', part("text/plain", b"a"))
    made = b"".join(rebuilt(entity, scan(entity), boundaries()))
    assert b'"y' not in made.split(b"\r\n")[0]
    assert b"\x01" not in made
