"""HPKE with P-256, opened by our own lines: RFC 9180's vector, and what cryptography seals."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rmp_milter.keeper.keys.dhkem import POINT_SIZE, Aead, Exchange, open_base

# RFC 9180, A.3.1: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode.
INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
PRIVATE = int("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2", 16)
PUBLIC = bytes.fromhex(
    "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a82"
    "6a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0"
)
ENC = bytes.fromhex(
    "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
    "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4"
)
SEALED = bytes.fromhex(
    "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434"
)
AAD, PLAIN = b"Count-0", b"Beauty is truth, truth beauty"
AES_128_GCM = Aead(1, 16)


def exchange_of(private: ec.EllipticCurvePrivateKey) -> Exchange:
    def exchange(point: bytes) -> bytes:
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return private.exchange(ec.ECDH(), peer)

    return exchange


def point_of(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_the_vector_of_the_rfc_opens() -> None:
    private = ec.derive_private_key(PRIVATE, ec.SECP256R1())
    assert point_of(private) == PUBLIC
    exchange = exchange_of(private)
    found = open_base(ENC, SEALED, INFO, PUBLIC, exchange, aad=AAD, aead=AES_128_GCM)
    assert found == PLAIN
    with pytest.raises(InvalidTag):
        open_base(ENC, SEALED, INFO, PUBLIC, exchange, aad=b"", aead=AES_128_GCM)


@pytest.mark.parametrize("size", [0, 32, 1000])
def test_what_cryptography_seals_opens_by_our_lines_with_aes_256(size: int) -> None:
    suite = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    private = ec.generate_private_key(ec.SECP256R1())
    sealed = suite.encrypt(bytes(size), private.public_key(), info=b"for this")
    enc, rest = sealed[:POINT_SIZE], sealed[POINT_SIZE:]
    public, exchange = point_of(private), exchange_of(private)
    assert open_base(enc, rest, b"for this", public, exchange) == bytes(size)
    with pytest.raises(InvalidTag):
        open_base(enc, rest, b"for that", public, exchange)
    other = point_of(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(InvalidTag):
        open_base(enc, rest, b"for this", other, exchange)
