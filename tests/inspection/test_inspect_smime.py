"""What is told of S/MIME mail, from outside and with a key that is handed over."""

import base64
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_case import HEADER, LETTER, PDF, Inspect, Said

from rmp_milter.calls.protocol.message import Span
from rmp_milter.cms import RecipientId
from rmp_milter.cms.tlv import framed
from rmp_milter.inspection.envelopes import (
    EnvelopeSeen,
    OwnCertificates,
    envelope_seen,
    issuer_words,
)
from rmp_milter.inspection.key_file import KeyUnusable, read_key_file
from rmp_milter.keeper.desk.quick import within
from rmp_milter.keeper.keys.service_certificates import GRACE, InUse, public_certificate_of
from rmp_milter.x509 import read_x509
from testbed.doctor import Doctor
from testbed.examples import some
from testbed.folders import own_folder
from testbed.outlook import Outlook
from testbed.waiting import PATIENCE_SECONDS
from testbed.x509_maker import DAY, Authorities, Made, Maker, authorities

NOW = int(time.time())
TEXT = f"{HEADER}\n{LETTER}"
RPPS = "10001234567"


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker(NOW, "RSA")


@pytest.fixture(scope="module")
def trees(maker: Maker) -> Authorities:
    return authorities(maker)


@pytest.fixture(scope="module")
def service_key(maker: Maker, trees: Authorities) -> Made:
    return maker.user("rmp@rmp.test", trees.public)


@pytest.fixture(scope="module")
def own(maker: Maker, trees: Authorities) -> Made:
    return maker.user("remi@radio.test", trees.public)


@contextmanager
def program(
    own: Made, service: Made, trees: Authorities, encryption: Made
) -> Iterator[Outlook]:
    """Give somebody's Outlook, its keys in a folder that goes with it."""
    folder = own_folder("inspect-")
    yield Outlook(
        folder / "o",
        "Dr Rémi RAYON",
        "remi@radio.test",
        own,
        service=service.pem,
        trusted=trees.public_root.pem,
        chain=trees.public.pem,
        encryption=encryption,
    )
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def remi(own: Made, service_key: Made, trees: Authorities) -> Iterator[Outlook]:
    with program(own, service_key, trees, own) as made:
        yield made


@pytest.fixture(scope="module")
def card(maker: Maker, service_key: Made, trees: Authorities, own: Made) -> Iterator[Outlook]:
    """Who signs with a CPS card."""
    with program(maker.card(RPPS, trees.igc), service_key, trees, own) as made:
        yield made


def pem(made: Made) -> bytes:
    return made.key_pem + made.pem


def refusal(said: Said) -> tuple[int, object]:
    taken = said.at("verdict", "outcome") == "taken"
    return said.status, "" if taken else said.at("verdict", "text")


def rows(said: Said, *path: str | int) -> list[dict[str, str]]:
    return cast("list[dict[str, str]]", said.at(*path))


def readers(said: Said) -> list[dict[str, str]]:
    return rows(said, "encrypted", 0, "smime", "readers")


def test_an_envelope_is_told_by_cipher_readers_and_size(
    inspect: Inspect, remi: Outlook, service_key: Made, own: Made
) -> None:
    said = inspect.as_json(remi.write(TEXT, {"bilan.pdf": PDF}))
    assert (said.status, said.at("shape"), said.at("verdict", "outcome")) == (
        0,
        "smime",
        "taken",
    )
    assert said.at("encrypted", 0, "container") == "EnvelopedData"
    assert said.at("encrypted", 0, "key_ids") == []
    seen = said.at("encrypted", 0, "smime")
    assert isinstance(seen, dict)
    assert seen.pop("readers") == readers(said)
    assert seen.pop("content") > len(PDF)
    assert seen == {
        "cipher": "AES-256-CBC",
        "encoding": "DER",
        "originator": False,
        "authenticated": [],
        "unprotected": [],
    }
    assert {each["serial"] for each in readers(said)} == {
        f"{service_key.serial:x}",
        f"{own.serial:x}",
    }
    assert {each["issuer"] for each in readers(said)} == {"CN=AC mail d'essai, O=Essai, C=FR"}
    assert {each["ours"] for each in readers(said)} == {""}
    assert said.at("opened") is None


@pytest.mark.parametrize(
    ("options", "key", "value"),
    [
        (("-stream",), "encoding", "BER"),
        (("-keyid",), "cipher", "AES-256-CBC"),
    ],
)
def test_other_ways_of_writing_are_told(
    inspect: Inspect, remi: Outlook, options: tuple[str, ...], key: str, value: str
) -> None:
    said = inspect.as_json(remi.write(TEXT, encrypting=options))
    assert said.at("encrypted", 0, "smime", key) == value
    by_key = [each["key_id"] != "" for each in readers(said)]
    assert by_key == [options == ("-keyid",)] * 2


def test_gcm_is_another_container(inspect: Inspect, remi: Outlook) -> None:
    said = inspect.as_json(remi.write(TEXT, cipher="aes-256-gcm"))
    assert said.at("encrypted", 0, "container") == "AuthEnvelopedData"
    assert said.at("encrypted", 0, "smime", "cipher") == "AES-256-GCM"


def test_an_old_cipher_is_named_and_refused_with_the_setting_to_change(
    inspect: Inspect, remi: Outlook
) -> None:
    mail = remi.write(TEXT, cipher="des3")
    said = inspect.as_json(mail)
    assert refusal(said) == (1, "old-cipher")
    assert said.at("encrypted", 0, "smime", "cipher") == "3DES"
    assert said.at("encrypted", 0, "trouble") == "encrypted with 3DES"
    shown = inspect.mail(mail)
    assert "AES (256 bits)" in shown.out
    assert "3DES" in shown.out


def test_with_the_key_the_signature_and_the_names_inside_are_told_and_no_content(
    inspect: Inspect, remi: Outlook, service_key: Made, own: Made
) -> None:
    said = inspect.with_key(remi.write(TEXT, {"bilan.pdf": PDF}), pem(service_key))
    assert said.status == 0, said.err
    ours = {each["serial"]: each["ours"] for each in readers(said)}
    assert ours == {f"{service_key.serial:x}": "answers", f"{own.serial:x}": ""}
    assert said.at("opened", "header") == HEADER.splitlines()
    assert [each["name"] for each in rows(said, "opened", "parts")] == ["", "bilan.pdf"]
    assert said.at("opened", "signature", "trust") == "unknown"
    signed = said.at("opened", "signature", "smime")
    assert isinstance(signed, dict)
    read = read_x509(own.der)
    assert signed["certificate"]["sha256"] == read.digest
    assert signed["certificate"]["subject"] == "C=FR,CN=remi"
    assert signed["certificate"]["serial"] == f"{own.serial:x}"
    assert signed["certificate"]["addresses"] == ["remi@radio.test"]
    assert signed["signed_at"][:10] == time.strftime("%Y-%m-%d", time.gmtime())
    assert "AES-256-CBC" in signed["capabilities"]
    assert LETTER not in said.out
    shown = inspect.mail(
        remi.write(TEXT), "--secret-key", inspect.file("key.pem", pem(service_key))
    )
    assert "by a certificate that nobody enrolled has" in shown.out
    assert "the service, its present certificate" in shown.out
    assert LETTER not in shown.out


def test_of_a_card_the_number_is_told(
    inspect: Inspect, card: Outlook, service_key: Made
) -> None:
    said = inspect.with_key(card.write(TEXT), pem(service_key))
    assert said.at("opened", "signature", "smime", "certificate", "rpps") == RPPS


@pytest.mark.parametrize("word", [b"", b"mot de passe"])
@pytest.mark.parametrize("kind", ["pem", "p12"])
def test_a_key_is_read_as_openssl_and_windows_write_it(
    inspect: Inspect, remi: Outlook, service_key: Made, kind: str, word: bytes
) -> None:
    how = BestAvailableEncryption(word) if word else NoEncryption()
    if kind == "pem":
        key = service_key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
        key += service_key.pem
    else:
        key = pkcs12.serialize_key_and_certificates(
            b"rmp", service_key.key, service_key.certificate, None, how
        )
    more = ("--passphrase-file", inspect.file("word", word + b"\n")) if word else ()
    said = inspect.with_key(remi.write(TEXT), key, *more)
    assert said.at("opened", "header") == HEADER.splitlines()
    if word:
        for wrong in ((), ("--passphrase-file", inspect.file("word", b"autre\n"))):
            refused = inspect.with_key(remi.write(TEXT), key, *wrong)
            assert (refused.status, refused.out) == (2, "")
            assert "passphrase" in refused.err


def test_a_key_without_its_certificate_is_a_wrong_call(
    inspect: Inspect, remi: Outlook, service_key: Made, own: Made
) -> None:
    for key in (service_key.key_pem, service_key.key_pem + own.pem):
        said = inspect.with_key(remi.write(TEXT), key)
        assert (said.status, said.out) == (2, "")
        assert "holds no certificate of the private key" in said.err


def test_an_openpgp_key_is_a_service_without_a_certificate(
    inspect: Inspect, remi: Outlook, secret_key: bytes
) -> None:
    assert refusal(inspect.with_key(remi.write(TEXT), secret_key)) == (1, "smime")


def test_an_smime_key_opens_no_openpgp(
    inspect: Inspect, anne: Doctor, service_key: Made
) -> None:
    said = inspect.with_key(anne.pgp_mime(TEXT), pem(service_key))
    assert refusal(said) == (1, "unreadable")


@pytest.mark.parametrize(
    ("cipher", "refused"), [("aes-256-cbc", "smime-unreadable"), ("aes-256-gcm", "")]
)
def test_what_nobody_signed_is_told_as_the_keeper_does(
    inspect: Inspect, remi: Outlook, service_key: Made, cipher: str, refused: str
) -> None:
    said = inspect.with_key(remi.write(TEXT, cipher=cipher, sign=False), pem(service_key))
    assert refusal(said)[1] == refused
    if not refused:
        assert said.at("opened", "signature", "smime", "certificate") is None


def test_somebody_elses_mail_and_a_mail_to_an_old_certificate_are_told_apart(
    inspect: Inspect, maker: Maker, trees: Authorities, own: Made, service_key: Made
) -> None:
    start = NOW - 400 * DAY
    old = maker.user("rmp@rmp.test", trees.public, start=start, days=300)
    assert start + 300 * DAY + GRACE < NOW
    with program(own, old, trees, own) as remi:
        mail = remi.write(TEXT)
    said = inspect.with_key(mail, pem(service_key) + pem(old))
    assert refusal(said) == (1, "old-certificate")
    assert {each["ours"] for each in readers(said)} == {"old", ""}
    other = inspect.with_key(mail, pem(service_key))
    assert refusal(other) == (1, "smime-unreadable")


def envelope(remi: Outlook, *options: str) -> bytes:
    return base64.b64decode(remi.write(TEXT, encrypting=options).partition(b"\r\n\r\n")[2])


def seen_of(data: bytes, service: Made) -> EnvelopeSeen:
    ours = OwnCertificates((public_certificate_of(read_x509(service.der)),), NOW)
    return envelope_seen(lambda at, size: data[at : at + size], Span(0, len(data)), ours)


@settings(max_examples=some(150), deadline=None)
@given(data=st.data())
def test_no_octets_in_an_envelope_raise(
    remi: Outlook, service_key: Made, data: st.DataObject
) -> None:
    whole = _KEPT.setdefault("envelope", envelope(remi))
    at = data.draw(st.integers(0, len(whole)))
    junk = data.draw(st.binary(max_size=12))
    cut = data.draw(st.booleans())
    damaged = whole[:at] + junk + (b"" if cut else whole[at + len(junk) :])
    found = seen_of(damaged, service_key)
    assert found.encoding in {"DER", "BER"}


_KEPT: dict[str, bytes] = {}


def test_an_issuers_name_cannot_steer_a_terminal_or_fill_it(inspect: Inspect) -> None:
    def rdn(value: bytes) -> bytes:
        return framed(0x31, framed(0x30, framed(6, b"\x55\x04\x03") + framed(0x0C, value)))

    words = issuer_words(framed(0x30, rdn(b"\x1b[31m" + b"x" * 5000) + rdn(b"\xff\xfe")))
    assert len(words) <= 200
    said = inspect.mail(_mail_for(framed(0x30, rdn(b"\x1b[31mrouge"))))
    assert "\x1b" not in said.out
    assert "rouge" in said.out


def _mail_for(issuer: bytes) -> bytes:
    """Return an envelope for a reader of that issuer, whose key opens nothing."""
    oid = {"enveloped": "2a864886f70d010703", "data": "2a864886f70d010701"}
    aes, rsa = bytes.fromhex("60864801650304012a"), bytes.fromhex("2a864886f70d010101")
    who = framed(0x30, issuer + framed(2, b"\x05"))
    how = framed(0x30, framed(6, rsa) + b"\x05\x00")
    reader = framed(0x30, framed(2, b"\0") + who + how + framed(4, bytes(256)))
    cipher = framed(0x30, framed(6, aes) + framed(4, bytes(16)))
    content = framed(
        0x30, framed(6, bytes.fromhex(oid["data"])) + cipher + framed(0x80, bytes(32))
    )
    inner = framed(0x30, framed(2, b"\0") + framed(0x31, reader) + content)
    der = framed(0x30, framed(6, bytes.fromhex(oid["enveloped"])) + framed(0xA0, inner))
    return b"Content-Type: application/pkcs7-mime\n\n" + der


def test_attributes_outside_are_named() -> None:
    oid = bytes.fromhex("2a864886f70d010905")
    attribute = framed(0x30, framed(6, oid) + framed(0x31, framed(5, b"")))
    mail = _mail_for(framed(0x30, b""))
    der = mail.partition(b"\n\n")[2]
    inner_at = der.index(b"\x02\x01\x00\x31")
    inner = framed(0x30, der[inner_at:] + framed(0xA1, attribute))
    whole = framed(0x30, framed(6, bytes.fromhex("2a864886f70d010703")) + framed(0xA0, inner))
    seen = envelope_seen(lambda at, size: whole[at : at + size], Span(0, len(whole)), None)
    assert seen.unprotected == ("1.2.840.113549.1.9.5",)
    assert seen.authenticated == ()
    assert seen.content == 32


def test_a_certificate_of_ours_is_known_whatever_it_is_good_for(
    maker: Maker, trees: Authorities
) -> None:
    present = maker.user("rmp@rmp.test", trees.public)
    start = NOW - 400 * DAY
    old = maker.user("rmp@rmp.test", trees.public, start=start, days=390)
    ours = OwnCertificates(
        tuple(public_certificate_of(read_x509(each.der)) for each in (present, old)), NOW
    )
    names = [
        RecipientId(read_x509(each.der).issuer_der, each.serial) for each in (present, old)
    ]
    uses = [ours.use_of(name) for name in names]
    assert uses == [InUse.ANSWERS, InUse.OPENS]
    assert ours.use_of(RecipientId(key_id=b"\x01" * 20)) is None


@settings(max_examples=some(100), deadline=None)
@given(junk=st.binary(max_size=40), at=st.integers(0, 4000), cut=st.booleans())
def test_any_smime_key_file_is_one_or_is_refused(
    service_key: Made, junk: bytes, at: int, *, cut: bool
) -> None:
    whole = pem(service_key)
    at %= len(whole)
    data = whole[:at] + junk + (b"" if cut else whole[at:])
    with suppress(KeyUnusable):
        found = read_key_file(data, b"")
        assert found.smime or found.keys or found.faults


def test_keys_without_an_end_are_refused_and_not_looked_at_for_ever() -> None:
    with within(PATIENCE_SECONDS), pytest.raises(KeyUnusable):
        read_key_file(b"-----BEGIN PRIVATE KEY-----\n" * 30_000, b"")


def test_nothing_is_left_of_a_key(
    tmp_path: Path, inspect: Inspect, remi: Outlook, service_key: Made
) -> None:
    before = set(tmp_path.iterdir())
    said = inspect.with_key(remi.write(TEXT), pem(service_key))
    assert said.status == 0
    assert {path.name for path in set(tmp_path.iterdir()) - before} == {"key.asc", "mail.eml"}
    assert repr(read_key_file(pem(service_key), b"")) == "KeyFile(1 keys)"
