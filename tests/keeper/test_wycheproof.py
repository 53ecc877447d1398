"""Project Wycheproof's vectors, through what the keeper adds to the primitives."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jwt import PyJWK

from rmp_milter.calls.protocol.opening import AttestationFault
from rmp_milter.keeper.openpgp import keypackets
from rmp_milter.keeper.openpgp.keypackets import open_key_packet, unwrapped
from rmp_milter.keeper.openpgp.secretkeys import (
    CURVE25519_OID,
    ECDH,
    NIST_CURVES,
    RSA,
    X25519,
    DecryptionKey,
    Kdf,
)
from rmp_milter.keeper.openpgp.sessionkey import SessionKey, SessionKeyError
from rmp_milter.keeper.vitale import jws
from rmp_milter.keeper.vitale.attestation import AttestationError
from rmp_milter.keeper.vitale.trust import Trusted

FOLDER = Path(__file__).parents[1] / "fixtures" / "wycheproof"
KEY = SessionKey(9, bytes(range(32)))
ID, FINGERPRINT = b"8 octets", b"fingerprint of twenty"[:20]
FILES = {
    "ecdh_secp256r1_ecpoint": "2a8648ce3d030107",
    "ecdh_secp384r1_ecpoint": "2b81040022",
    "ecdh_secp521r1_ecpoint": "2b81040023",
}

Vector = dict[str, Any]


def vectors(name: str) -> list[Any]:
    """Return a parameter for each vector: its group and itself."""
    return [
        pytest.param(
            group, test, id=f"{test['tcId']}-{test['result']}-{'-'.join(test['flags'])}"
        )
        for group in json.loads((FOLDER / f"{name}.json").read_bytes())
        for test in group["tests"]
    ]


def mpi(octets: bytes) -> bytes:
    return (8 * len(octets)).to_bytes(2) + octets


def checksummed() -> bytes:
    return bytes((KEY.algorithm,)) + KEY.key + (sum(KEY.key) & 0xFFFF).to_bytes(2)


def ecdh_packet(ephemeral: bytes, shared: bytes, oid: bytes) -> bytes:
    """Return a key packet whose session key is wrapped with what ``shared`` gives."""
    parameters = bytes((len(oid),)) + oid + bytes((ECDH, 3, 1, 8, 9))
    parameters += b"Anonymous Sender    " + FINGERPRINT
    kek = hashlib.sha256(b"\0\0\0\1" + shared + parameters).digest()
    padded = checksummed() + bytes((5,)) * 5
    wrapped = keywrap.aes_key_wrap(kek, padded)
    return b"\3" + ID + bytes((ECDH,)) + mpi(ephemeral) + bytes((len(wrapped),)) + wrapped


def refused(packet: bytes, key: DecryptionKey) -> None:
    """Show that the packet gives nothing, and that nothing says why."""
    with pytest.raises(SessionKeyError) as error:
        open_key_packet(packet, key)
    assert error.value.args == ()
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def judged(packet: bytes, key: DecryptionKey, test: Vector) -> None:
    if test["result"] == "valid":
        assert open_key_packet(packet, key) == KEY
    elif test["result"] == "invalid" or not int(test["shared"], 16):
        refused(packet, key)
    else:  # acceptable: understood, or refused as the others are
        try:
            assert open_key_packet(packet, key) == KEY
        except SessionKeyError:
            refused(packet, key)


@pytest.mark.parametrize(
    ("oid", "group", "test"),
    [
        pytest.param(oid, *each.values, id=f"{name}-{each.id}")
        for name, oid in FILES.items()
        for each in vectors(name)
    ],
)
def test_ecdh_on_the_curves_of_nist(oid: str, group: Vector, test: Vector) -> None:
    assert group["tests"]
    curve = NIST_CURVES[bytes.fromhex(oid)]
    private = ec.derive_private_key(int(test["private"], 16), curve)
    kdf = Kdf(bytes.fromhex(oid), 8, 9, FINGERPRINT)
    shared = bytes.fromhex(test["shared"])
    packet = ecdh_packet(bytes.fromhex(test["public"]), shared, bytes.fromhex(oid))
    judged(packet, DecryptionKey(ID, ECDH, private, kdf), test)


def x25519_key(test: Vector) -> x25519.X25519PrivateKey:
    return x25519.X25519PrivateKey.from_private_bytes(bytes.fromhex(test["private"]))


@pytest.mark.parametrize(("_group", "test"), vectors("x25519"))
def test_ecdh_on_curve25519(_group: Vector, test: Vector) -> None:
    kdf = Kdf(CURVE25519_OID, 8, 9, FINGERPRINT)
    ephemeral = b"\x40" + bytes.fromhex(test["public"])
    packet = ecdh_packet(ephemeral, bytes.fromhex(test["shared"]), CURVE25519_OID)
    judged(packet, DecryptionKey(ID, ECDH, x25519_key(test), kdf), test)


@pytest.mark.parametrize(("_group", "test"), vectors("x25519"))
def test_x25519(_group: Vector, test: Vector) -> None:
    private, ephemeral = x25519_key(test), bytes.fromhex(test["public"])
    public = private.public_key().public_bytes_raw()
    shared = bytes.fromhex(test["shared"])
    derive = HKDF(hashes.SHA256(), 16, salt=None, info=b"OpenPGP X25519").derive
    wrapped = keywrap.aes_key_wrap(derive(ephemeral + public + shared), KEY.key)
    head = b"\3" + ID + bytes((X25519,)) + ephemeral
    packet = head + bytes((1 + len(wrapped), KEY.algorithm)) + wrapped
    judged(packet, DecryptionKey(ID, X25519, private), test)


@pytest.mark.parametrize(("_group", "test"), vectors("aes_wrap"))
def test_aes_key_wrap(_group: Vector, test: Vector) -> None:
    key, wrapped = bytes.fromhex(test["key"]), bytes.fromhex(test["ct"])
    if test["result"] == "valid":
        assert unwrapped(key, wrapped).hex() == test["msg"]
        return
    if test["result"] == "acceptable":  # a key of 8 octets: no session key is so short
        assert "ShortKey" in test["flags"]
    with pytest.raises(SessionKeyError) as error:
        unwrapped(key, wrapped)
    assert error.value.args == ()


@pytest.mark.parametrize(("group", "test"), vectors("rsa_pkcs1_2048"))
def test_rsa_with_pkcs1_tells_no_padding_from_another(
    group: Vector, test: Vector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of the messages is a session key: all are refused alike, well padded or not."""
    pkcs8 = bytes.fromhex(group["privateKeyPkcs8"])
    private = serialization.load_der_private_key(
        pkcs8, None, unsafe_skip_rsa_key_validation=True
    )
    assert isinstance(private, rsa.RSAPrivateKey)
    key = DecryptionKey(ID, RSA, private)
    packet = b"\3" + ID + bytes((RSA,)) + mpi(bytes.fromhex(test["ct"]))
    refused(packet, key)
    seen: list[str] = []

    def look(data: bytes) -> SessionKey:
        seen.append(data.hex())
        return KEY

    monkeypatch.setattr(keypackets, "from_checksummed", look)
    if test["result"] == "valid":
        assert open_key_packet(packet, key) == KEY
        assert seen == [test["msg"]]
    else:
        try:
            open_key_packet(packet, key)
        except SessionKeyError:
            assert seen == []
        assert test["msg"] not in seen or not test["msg"]


@pytest.mark.parametrize(("group", "test"), vectors("json_web_signature"))
def test_signed_tokens(group: Vector, test: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they hold is no attestation, so a good signature shows by its claims being read."""
    read: list[bytes] = []

    class Claims:
        @staticmethod
        def decode(payload: bytes) -> None:
            read.append(payload)
            raise ValueError

    monkeypatch.setattr(jws, "_claims", Claims)
    key = PyJWK(group["public"], "ES256").key
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    trusted = Trusted("vitale", "Lecteur", "kid", pem.decode(), 0)
    with pytest.raises(AttestationError) as error:
        jws._signed_claims(test["jws"], trusted)
    if test["result"] == "valid":
        assert read == [b"foo"]
        assert error.value.reason is AttestationFault.MALFORMED
    else:
        assert read == []


@pytest.mark.parametrize(
    ("algorithm", "group", "test"),
    [
        pytest.param(algorithm, *each.values, id=f"{algorithm}-{each.id}")
        for algorithm, name in (
            ("ES256", "ecdsa_secp256r1_sha256_p1363"),
            ("EdDSA", "ed25519"),
        )
        for each in vectors(name)
    ],
)
def test_bare_signatures_by_the_keepers_algorithms(
    algorithm: str, group: Vector, test: Vector
) -> None:
    key = PyJWK(group["publicKeyJwk"], algorithm).key
    verify = jws._jws.get_algorithm_by_name(algorithm).verify
    holds = verify(bytes.fromhex(test["msg"]), key, bytes.fromhex(test["sig"]))
    assert holds is (test["result"] == "valid")
