"""gpgsm and NSS on the other side, as authors and as readers."""

import pytest
from cms_case import for_others, key_of, opened
from cms_openssl import LETTER, OpenSsl, person
from test_cms_making import sent, signed_by
from test_cms_signed import read

from rmp_milter.keeper.cms.making import recipient_info
from rmp_milter.keeper.cms.signed import verify
from testbed.smime_clients import Gpgsm, Nss

LONG = LETTER * 20_000
"""In several pieces, whoever writes it."""


@pytest.mark.parametrize("data", [LETTER, LONG], ids=["short", "long"])
@pytest.mark.parametrize("cipher", ["AES", "AES192", "AES256"])
def test_what_gpgsm_encrypts(gpgsm: Gpgsm, cipher: str, data: bytes) -> None:
    made = gpgsm.run("--cipher-algo", cipher, "--encrypt", "-r", "reader@x.fr", data=data)
    assert opened(made, person("reader")) == data


@pytest.mark.parametrize("data", [LETTER, LONG], ids=["short", "long"])
def test_what_gpgsm_signs(gpgsm: Gpgsm, data: bytes) -> None:
    found = read(
        gpgsm.run("--include-certs", "-1", "--sign", "--local-user", "reader@x.fr", data=data)
    )
    verify(found, person("reader").certificate)
    assert found.content == data
    assert found.certificate == person("reader").certificate
    detached = gpgsm.run("--detach-sign", "--local-user", "reader@x.fr", data=data)
    verify(read(detached, data), person("reader").certificate)


@pytest.mark.parametrize("size", [16, 24, 32])
def test_gpgsm_opens_and_verifies_what_is_made(gpgsm: Gpgsm, size: int) -> None:
    signed = signed_by(person("author"), LONG)
    made = sent(person("service"), person("reader"), size=size, data=signed)
    assert gpgsm.run("--decrypt", data=made) == signed
    assert gpgsm.run("--output", "-", "--verify", data=signed) == LONG


def test_gpgsm_opens_a_body_whose_readers_were_changed(gpgsm: Gpgsm, openssl: OpenSsl) -> None:
    data = openssl.encrypt(person("service"), data=LONG, options=("-stream",))
    info = recipient_info(person("reader").certificate, key_of(data, person("service")))
    assert gpgsm.run("--decrypt", data=for_others(data, [info])) == LONG


@pytest.mark.parametrize("data", [LETTER, LONG], ids=["short", "long"])
def test_what_nss_encrypts(nss: Nss, data: bytes) -> None:
    made = nss.run("-E", "-r", "reader@x.fr,author@x.fr", data=data)
    for reader in ("reader", "author"):
        assert opened(made, person(reader)) == data


@pytest.mark.parametrize("data", [LETTER, LONG], ids=["short", "long"])
def test_what_nss_signs(nss: Nss, data: bytes) -> None:
    author = person("author")
    found = read(nss.run("-S", "-N", "author", "-G", "-P", "-Y", "author", data=data))
    verify(found, author.certificate)
    assert found.content == data
    assert found.preference is not None
    assert author.key().is_meant_by(found.preference)
    assert found.capabilities
    detached = nss.run("-S", "-T", "-N", "author", "-G", data=data)
    verify(read(detached, data), author.certificate)


@pytest.mark.parametrize("size", [16, 24, 32])
def test_nss_opens_and_verifies_what_is_made(nss: Nss, size: int) -> None:
    signed = signed_by(person("author"), LONG)
    made = sent(person("service"), person("reader"), size=size, data=signed)
    assert nss.run("-D", data=made) == signed
    shown = nss.run("-D", "-h", "1", data=signed)
    assert b"signer0.status=GoodSignature" in shown
    assert nss.run("-D", data=signed) == LONG


def test_nss_opens_a_body_whose_readers_were_changed(nss: Nss, openssl: OpenSsl) -> None:
    data = openssl.encrypt(person("service"), data=LONG, options=("-stream",))
    info = recipient_info(person("reader").certificate, key_of(data, person("service")))
    assert nss.run("-D", data=for_others(data, [info])) == LONG
