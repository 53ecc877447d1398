"""The service's signature: written here for RSA, by the library for other kinds of key."""

from itertools import count

import pytest
from keeper_case import NOW, keys_of
from keeper_gpg import Gpg, packets_of
from openpgp.composed import DetachedSignature, SignedSecretKey

from rmp_milter.keeper.desk.signing import signed_message
from rmp_milter.keeper.keys.keys import Keys

PLAIN = "Bonjour,\r\nvotre dépôt est rangé.\r\n".encode()


def signed(keys: Keys, now: int = NOW, plain: bytes = PLAIN) -> bytes:
    return b"".join(signed_message([plain], keys, now))


def signature_of(message: bytes) -> bytes:
    *_, (tag, packet) = packets_of(message)
    assert tag == 2
    return packet


@pytest.mark.parametrize("plain", [b"", PLAIN, bytes(300_000)])
def test_gpg_takes_a_message_signed_with_rsa(
    gpg: Gpg, service: SignedSecretKey, plain: bytes
) -> None:
    keys = keys_of(service)
    assert keys.signing
    clear, status = gpg.verdict(signed(keys, plain=plain))
    assert clear == plain
    assert f"VALIDSIG {service.fingerprint.upper()}" in status
    assert f" {NOW} 0 4 0 1 8 00 " in status  # when, for ever, version, RSA, SHA-256, binary


def test_the_library_takes_the_signature_too(service: SignedSecretKey) -> None:
    packet = signature_of(signed(keys_of(service)))
    DetachedSignature.from_bytes(packet).verify(service.to_public_key(), PLAIN)
    with pytest.raises(ValueError, match="signature"):
        DetachedSignature.from_bytes(packet).verify(service.to_public_key(), PLAIN + b"x")


def test_a_signature_that_begins_with_zeros_is_shortened(
    gpg: Gpg, service: SignedSecretKey
) -> None:
    """Every 256th begins so; a number with leading zeros would be refused."""
    keys = keys_of(service)
    usual = len(signature_of(signed(keys)))
    short = next(
        message for now in count(NOW) if len(signature_of(message := signed(keys, now))) < usual
    )
    assert "GOODSIG" in gpg.verdict(short)[1]


def test_a_service_key_that_is_not_rsa_signs_as_well(gpg: Gpg) -> None:
    keys = keys_of(SignedSecretKey.from_bytes(gpg.secret("eve@x.fr")))
    assert keys.signing is None
    clear, status = gpg.verdict(signed(keys))
    assert clear == PLAIN
    assert "GOODSIG" in status


def test_the_signing_key_is_not_shown(service: SignedSecretKey) -> None:
    assert repr(keys_of(service).signing) == f"SigningKey({service.fingerprint.lower()})"
