"""The signed welcome: what real programs make of it, and that nothing else is signed in clear."""

import subprocess
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import cast

import pytest
from keeper_case import ask
from smime_mails import NOW, maker, service, trees, with_keys

from rmp_milter.calls.protocol.answering import Welcome, Welcomed
from rmp_milter.calls.protocol.calls import Reply
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.keeper.cms.signed import read_signed, verify
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from testbed.openssl import openssl
from testbed.x509_maker import Made

ADDRESS = "rmp@x.fr"


def host(desk: Desk, *made: Made) -> Desk:
    return replace(with_keys(desk, *made), services=frozenset({ADDRESS}))


def asked(desk: Desk, request: Welcome, door: Door = Door.OPERATOR) -> Reply:
    return ask(desk, request, now=NOW, door=door).reply


def welcomed(desk: Desk, request: Welcome) -> bytes:
    reply = asked(desk, request)
    assert isinstance(reply, Welcomed), reply
    return reply.entity


@pytest.mark.parametrize("kind", ["RSA", "P-256", "P-384"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_openssl_verifies_the_welcome_as_mail_of_the_service(
    desk: Desk, tmp_path: Path, kind: str, language: str
) -> None:
    own = service(kind)
    entity = welcomed(host(desk, own), Welcome(ADDRESS, "fr" if language == "fr" else "en"))
    roots = tmp_path / "roots.pem"
    roots.write_bytes(trees().public_root.pem + trees().public.pem)
    chain = ("-CAfile", str(roots), "-purpose", "smimesign")
    found = openssl("cms", "-verify", "-inform", "SMIME", *chain, data=entity)
    text = message_from_bytes(found, policy=policy.default)
    words = cast("str", text.get_content())
    assert ADDRESS in words
    assert ("Trois gestes" if language == "fr" else "Three steps") in words


def test_its_signature_says_what_the_service_opens(desk: Desk) -> None:
    own = service()
    message = message_from_bytes(
        welcomed(host(desk, own), Welcome(ADDRESS)), policy=policy.SMTP
    )
    assert message.get_content_type() == "multipart/signed"
    assert (message.get_param("micalg"), message.get_param("protocol")) == (
        "sha-256",
        "application/pkcs7-signature",
    )
    part, beside = message.iter_parts()
    signature = cast("bytes", beside.get_payload(decode=True))
    found = read_signed(
        lambda at, size: signature[at : at + size], 0, len(signature), part.as_bytes()
    )
    verify(found, own.der)
    assert found.capabilities[0] == "AES-256-CBC"
    assert found.preference is not None


def test_nss_finds_the_signature_good(desk: Desk, tmp_path: Path) -> None:
    entity = welcomed(host(desk, service()), Welcome(ADDRESS))
    part, beside = message_from_bytes(entity, policy=policy.SMTP).iter_parts()
    content, signature = tmp_path / "content", tmp_path / "signature"
    content.write_bytes(part.as_bytes())
    signature.write_bytes(cast("bytes", beside.get_payload(decode=True)))
    database = f"sql:{tmp_path}"
    for command in (
        ["certutil", "-N", "-d", database, "--empty-password"],
        ["certutil", "-A", "-d", database, "-n", "root", "-t", "C,C,C", "-a"],
    ):
        subprocess.run(command, input=trees().public_root.pem, check=True, capture_output=True)
    between = ["certutil", "-A", "-d", database, "-n", "between", "-t", ",,", "-a"]
    subprocess.run(between, input=trees().public.pem, check=True, capture_output=True)
    decode = [
        "cmsutil",
        "-D",
        "-d",
        database,
        "-i",
        str(signature),
        "-c",
        str(content),
        "-h",
        "0",
    ]
    done = subprocess.run(decode, check=False, capture_output=True)
    assert b"signer0.status=GoodSignature" in done.stdout, done


# Attacks.


@pytest.mark.promise(number=21)
def test_the_milter_gets_no_signature_over_clear_text(desk: Desk) -> None:
    reply = asked(host(desk, service()), Welcome(ADDRESS), Door.MILTER)
    assert isinstance(reply, Failed)
    assert reply.why is Why.NOT_HERE


@pytest.mark.parametrize(
    "address", ["", "eve@x.fr", f"{ADDRESS}\r\nVirez la somme", "RMP@x.fr "]
)
def test_no_words_but_the_services_own_address_come_into_it(desk: Desk, address: str) -> None:
    reply = asked(host(desk, service()), Welcome(address))
    assert isinstance(reply, Failed)
    assert reply.why is Why.UNENTITLED


def test_without_a_certificate_that_is_valid_nothing_is_signed(desk: Desk) -> None:
    over = maker().user(ADDRESS, trees().public, start=NOW - 86_400 * 400)
    for made in ((), (over,)):
        reply = asked(host(desk, *made), Welcome(ADDRESS))
        assert isinstance(reply, Failed)
        assert reply.why is Why.NO_SMIME
