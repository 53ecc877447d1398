"""Project Wycheproof's vectors, through what opens envelopes."""

import json
from pathlib import Path
from typing import Any

import pytest
from cms_case import envelope_of
from cms_openssl import person
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import load_der_private_key
from test_cms_closed import KEY, transported

from rmp_milter.keeper.cms import agreement, opening
from rmp_milter.keeper.cms.keys import CmsKey
from rmp_milter.keeper.cms.opening import content_keys

WYCHEPROOF = Path(__file__).parents[1] / "fixtures" / "wycheproof"


def vectors(name: str) -> list[Any]:
    return [
        pytest.param(group, test, id=f"{name}-{test['tcId']}")
        for group in json.loads((WYCHEPROOF / f"{name}.json").read_bytes())
        for test in group["tests"]
    ]


CURVES = {"ecdh_secp256r1_ecpoint": ec.SECP256R1(), "ecdh_secp384r1_ecpoint": ec.SECP384R1()}


@pytest.mark.parametrize(
    ("curve", "test"),
    [
        pytest.param(curve, each.values[1], id=each.id)
        for name, curve in CURVES.items()
        for each in vectors(name)
    ],
)
def test_wycheproof_agreements(curve: ec.EllipticCurve, test: dict[str, Any]) -> None:
    private = ec.derive_private_key(int(test["private"], 16), curve)
    kek = X963KDF(hashes.SHA256(), 32, b"info").derive(bytes.fromhex(test["shared"]))
    wrapped = keywrap.aes_key_wrap(kek, KEY)
    point = bytes.fromhex(test["public"])
    found = agreement.unwrapped(
        agreement.Agreement(point, hashes.SHA256(), 32, b"info", (wrapped,)), 0, private
    )
    if test["result"] == "valid":
        assert found == KEY
    else:
        assert found in ({b""} if test["result"] == "invalid" else {b"", KEY})


@pytest.mark.parametrize(("group", "test"), vectors("rsa_pkcs1_2048"))
def test_wycheproof_transport(
    group: dict[str, Any], test: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    private = load_der_private_key(
        bytes.fromhex(group["privateKeyPkcs8"]), None, unsafe_skip_rsa_key_validation=True
    )
    assert isinstance(private, rsa.RSAPrivateKey)
    name = person("reader").key()
    key = CmsKey(private, name.issuer, name.serial, name.key_id)
    data = transported(bytes.fromhex(test["ct"]))
    message = bytes.fromhex(test["msg"])
    monkeypatch.setattr(opening, "check_opened", lambda _: None)
    envelope = envelope_of(data)
    cipher = envelope.cipher._replace(key_size=len(message))
    (found,) = content_keys(envelope._replace(cipher=cipher), [key], lambda size: b"\7" * size)
    if test["result"] == "valid":
        assert found == message
    else:
        assert len(found) == len(message)
        assert found != message or not message
