"""Dkimpy verifies what is signed here; and its own signature covers the same octets."""

import base64
import hashlib
import re

import dkim
import pytest
from courier_case import DKIM_KEY
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.courier.delivery import UnsendableError, WholeMail
from rmp_milter.courier.dkim_key import dns_record
from rmp_milter.courier.dkim_signature import SIGNED_FIELDS, DkimSigner, canonical_body

HEADER = (
    b"From: RMP <rmp@rmp.test>\r\nTo: dr@x.test\r\nSubject: Votre\r\n demande  deux\r\n"
    b"Message-ID: <1@rmp.test>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
)
PEM = DKIM_KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
SIGNER = DkimSigner("rmp.test", "sel", DKIM_KEY)
MORE = [b" a", b"\tb  c", b" d\r\n e", b""]
BODIES = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b"b="]), max_size=12)


def published(_name: bytes, timeout: int = 5) -> bytes:
    del timeout
    return "".join(dns_record(DKIM_KEY, "rmp.test", "sel").split('"')[1::2]).encode()


def verifies(field: bytes, header: bytes, body: bytes) -> bool:
    return bool(dkim.verify(field + header + b"\r\n" + body, dnsfunc=published))


def tags(field: bytes) -> dict[bytes, bytes]:
    """Return the tags of a signature, without the blanks that mean nothing in them."""
    pairs = (tag.partition(b"=") for tag in field.partition(b":")[2].split(b";"))
    return {name.strip(): re.sub(rb"\s", b"", value) for name, _, value in pairs}


def by_dkimpy(header: bytes, body: bytes) -> bytes:
    signer = dkim.DKIM(header + b"\r\n" + body)
    field: bytes = signer.sign(
        b"sel",
        b"rmp.test",
        PEM,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=list(SIGNED_FIELDS),
    )
    return field


@given(BODIES)
def test_dkimpy_verifies_a_mail_with_any_body(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    assert verifies(SIGNER.signature(WholeMail(HEADER, body)), HEADER, body)


@pytest.mark.parametrize("body", [b"", b"Bonjour\r\n", b"a \t b\r\n\r\n", b"x\r\n" * 9999])
def test_dkimpy_says_the_same_in_its_own_signature(body: bytes) -> None:
    ours, its = tags(SIGNER.signature(WholeMail(HEADER, body))), tags(by_dkimpy(HEADER, body))
    for changing in (b"t", b"b"):
        assert len(ours.pop(changing)) == len(its.pop(changing))
    assert ours == its
    assert ours[b"a"] == b"rsa-sha256"


@given(BODIES)
def test_the_body_has_the_form_that_dkimpy_gives_it(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    digest = base64.b64encode(hashlib.sha256(canonical_body(body)).digest())
    assert digest == tags(by_dkimpy(HEADER, body))[b"bh"]


def test_a_body_that_is_in_that_form_is_not_copied() -> None:
    body = b"Content-Type: text/plain\r\n\r\n" + b"x" * 76 + b"\r\n"
    assert canonical_body(body) is body


@pytest.mark.parametrize("name", [b"From", b"To", b"Subject", b"Reply-To", b"Cc"])
def test_no_field_that_says_who_can_be_added(name: bytes) -> None:
    field = SIGNER.signature(WholeMail(HEADER, b"a\r\n"))
    assert verifies(field, HEADER, b"a\r\n")
    assert not verifies(field, name + b": thief@x.test\r\n" + HEADER, b"a\r\n")
    assert not verifies(field, HEADER + name + b": thief@x.test\r\n", b"a\r\n")


@pytest.mark.parametrize("part", [b"RMP", b"dr@x", b"demande", b"<1@", b"10:00", b"Bonjour"])
def test_nothing_that_is_signed_can_be_changed(part: bytes) -> None:
    body = b"Bonjour\r\n"
    field = SIGNER.signature(WholeMail(HEADER, body))
    assert not verifies(field, HEADER.replace(part, b"x"), body.replace(part, b"x"))


@given(
    st.lists(st.sampled_from([b"From", b"to", b"SUBJECT", b"Cc", b"X-Other"]), max_size=8),
    st.lists(st.sampled_from(MORE), min_size=8, max_size=8),
)
def test_fields_that_come_twice_or_in_any_case_verify_where_dkimpys_signature_does(
    names: list[bytes], values: list[bytes]
) -> None:
    pairs = zip(names, values, strict=False)
    header = HEADER + b"".join(name + b":" + value + b"\r\n" for name, value in pairs)
    ours, its = SIGNER.signature(WholeMail(header, b"a\r\n")), by_dkimpy(header, b"a\r\n")
    # Not with three From: to verify, dkimpy looks for one more than were signed.
    assert verifies(ours, header, b"a\r\n") is verifies(its, header, b"a\r\n")
    assert verifies(ours, header, b"a\r\n") or names.count(b"From") > 1


def test_its_lines_are_short_and_its_domain_is_written_in_ascii() -> None:
    signer = DkimSigner("santé-et-soins.rmp.test", "sélecteur", DKIM_KEY)
    field = signer.signature(WholeMail(HEADER, b""))
    assert max(map(len, field.split(b"\r\n"))) <= 90
    assert tags(field)[b"d"] == "santé-et-soins.rmp.test".encode("idna")


def test_a_header_that_is_none_is_refused_without_its_words() -> None:
    with pytest.raises(UnsendableError, match="cannot be signed: MessageFormatError"):
        SIGNER.signature(WholeMail(b"From: a\r\nsecret\r\n", b""))
