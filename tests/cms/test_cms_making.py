"""Envelopes and signatures that are made here, opened and verified by a real openssl."""

import secrets

import pytest
from cms_case import body_of, envelope_of, for_others, key_of, opened
from cms_openssl import KINDS, LETTER, NOW, P256, OpenSsl, Person, person

from rmp_milter.cms import CmsKind, Mode, head
from rmp_milter.cms.tlv import framed, reading
from rmp_milter.keeper.cms.capabilities import capabilities
from rmp_milter.keeper.cms.encoding import integer, sequence
from rmp_milter.keeper.cms.making import enveloped, recipient_info
from rmp_milter.keeper.cms.signed import read_signed, verify
from rmp_milter.keeper.cms.signing import signed
from testbed.cms_tree import tree

FORMS = {"der": (), "ber": ("-stream",)}
NAMES = {"AES-256-CBC", "AES-192-CBC", "AES-128-CBC", "AES-256-GCM", "AES-128-GCM"}


def sent(
    *readers: Person, size: int = 32, mode: Mode = Mode.CBC, data: bytes = LETTER, **how: bool
) -> bytes:
    key = secrets.token_bytes(size)
    infos = [recipient_info(each.certificate, key, **how) for each in readers]
    body = enveloped([data[:7], data[7:]], key, secrets.token_bytes, mode)
    kind = CmsKind.ENVELOPED if mode is Mode.CBC else CmsKind.AUTHENTICATED
    return head(kind, infos, len(body)) + body


def signed_by(author: Person, data: bytes = LETTER, chain: tuple[bytes, ...] = ()) -> bytes:
    certificate = author.certificate
    return b"".join(
        signed([data], certificate, chain, author.private, NOW, capabilities(), certificate)
    )


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("size", [16, 24, 32])
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_opens_what_is_made(openssl: OpenSsl, kind: str, size: int, mode: Mode) -> None:
    reader = person("reader", kind)
    data = sent(reader, size=size, mode=mode)
    assert openssl.decrypt(reader, data) == LETTER
    assert opened(data, reader) == LETTER


def test_openssl_opens_what_is_made_with_oaep(openssl: OpenSsl) -> None:
    data = sent(person("reader"), oaep=True)
    assert openssl.decrypt(person("reader"), data) == LETTER
    assert opened(data, person("reader")) == LETTER


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 127, 128, 65535, 65536, 200_001])
@pytest.mark.parametrize("mode", Mode)
def test_every_length_comes_out_again(length: int, mode: Mode) -> None:
    data = secrets.token_bytes(length)
    assert (
        opened(sent(person("reader", P256), mode=mode, data=data), person("reader", P256))
        == data
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-256-cbc", "aes-128-gcm", "aes-256-gcm"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_reader_opens_the_same_body(
    openssl: OpenSsl, kind: str, cipher: str, form: str
) -> None:
    data = openssl.encrypt(person("service"), cipher=cipher, options=FORMS[form])
    key = key_of(data, person("service"))
    reader = person("reader", kind)
    again = for_others(data, [recipient_info(reader.certificate, key)])
    assert body_of(again) == body_of(data)
    assert openssl.decrypt(reader, again) == LETTER
    assert [each.names[0].serial for each in envelope_of(again).recipients] == [
        reader.key().serial
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_what_is_signed(openssl: OpenSsl, kind: str) -> None:
    author = person("author", kind)
    data = signed_by(author, chain=(person("authority").certificate,))
    assert openssl.verify(author, data) == LETTER
    shown = openssl.run("cms", "-cmsout", "-print", "-noout", "-inform", "DER", data=data)
    assert b"S/MIME Capabilities" in shown
    assert b"id-smime-aa-encrypKeyPref" in shown


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_signed_is_read_again(kind: str) -> None:
    author = person("author", kind)
    data = signed_by(author, chain=(person("authority").certificate,))
    found = read_signed(reading(data), 0, len(data))
    verify(found, author.certificate)
    assert (found.content, found.signing_time) == (LETTER, NOW)
    assert found.certificate == author.certificate
    assert found.others == (person("authority").certificate,)
    assert found.preference is not None
    assert author.key().is_meant_by(found.preference)
    assert found.capabilities[0] == "AES-256-CBC"
    assert set(found.capabilities) == NAMES


def test_a_time_beyond_2049_is_written_with_four_digits(openssl: OpenSsl) -> None:
    author, late = person("author"), 3_000_000_000
    certificate = author.certificate
    data = b"".join(
        signed([LETTER], certificate, (), author.private, late, capabilities(), certificate)
    )
    assert read_signed(reading(data), 0, len(data)).signing_time == late
    assert openssl.verify(author, data, "-no_check_time") == LETTER


@pytest.mark.parametrize(
    ("kind", "others", "number"),
    [
        (CmsKind.ENVELOPED, [], 0),
        (CmsKind.ENVELOPED, [recipient_info(person("other", P256).certificate, bytes(32))], 2),
        (CmsKind.ENVELOPED, [sequence(integer(2))], 2),  # by key identifier
        (CmsKind.ENVELOPED, [framed(0xA2, integer(4))], 2),  # a shared key
        (CmsKind.ENVELOPED, [framed(0xA3, integer(0))], 3),  # a password
        (CmsKind.AUTHENTICATED, [sequence(integer(2))], 0),
    ],
)
def test_the_version_is_what_the_recipients_make_it(
    kind: CmsKind, others: list[bytes], number: int
) -> None:
    infos = [recipient_info(person("reader").certificate, bytes(32)), *others]
    made = tree(head(kind, infos, 2) + b"\x30\0")
    assert made.at(1, 0, 0).octets() == integer(number)
    assert [each.octets() for each in made.at(1, 0, 1).inside] == sorted(infos)


def test_an_envelope_for_nobody_is_not_made() -> None:
    with pytest.raises(ValueError, match="nobody"):
        head(CmsKind.ENVELOPED, [], 1)
