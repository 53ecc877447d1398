"""Card-reader software of a trial: attests that a patient's Vitale card was read.

No real card is involved: it signs whatever it is told, as only software that the host
trusts may. Its tokens are those that docs/formats.md describes.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm
from jwt.api_jws import PyJWS

from testbed.service import Service

Algorithm = Literal["EdDSA", "ES256"]
Claims = Mapping[str, str | int]
NO_CHANGES: Claims = {}
VALID_SECONDS = 3600


class CardSoftware:
    """Makes a key at once; its ``name`` is what it is registered under."""

    def __init__(self, name: str = "Lecteur d'essai", algorithm: Algorithm = "EdDSA") -> None:
        self.name = name
        self.algorithm: Algorithm = algorithm
        self.key = _make_key(algorithm)

    @property
    def pem(self) -> bytes:
        """The public key, as a maker of such software hands it to the host."""
        public = self.key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def kid(self) -> str:
        """The key's thumbprint (RFC 7638)."""
        if isinstance(self.key, Ed25519PrivateKey):
            members = OKPAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        else:
            members = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        required = {name: members[name] for name in ("crv", "kty", "x", "y") if name in members}
        canonical = json.dumps(required, sort_keys=True, separators=(",", ":")).encode()
        return (
            base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
        )

    def register(self, service: Service) -> None:
        """Have the host trust this software, by ``rmp trust add``."""
        file = service.root / f"{self.kid}.pem"
        file.write_bytes(self.pem)
        service.rmp("trust", "add", "vitale", "--name", self.name, "--key", str(file))

    def claims(
        self, nir: str, rpps: str, audience: str = "rmp@rmp.test", now: int | None = None
    ) -> dict[str, str | int]:
        """Return what a token says: this patient's card was shown to this doctor."""
        at = int(time.time()) if now is None else now
        return {
            "iss": self.name,
            "aud": audience,
            "nir": nir,
            "rpps": rpps,
            "iat": at,
            "exp": at + VALID_SECONDS,
            "jti": secrets.token_urlsafe(16),
        }

    def sign(self, claims: Claims, header: Claims = NO_CHANGES) -> str:
        """Return a compact JWS of the claims; ``header`` adds to its header or changes it."""
        payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"kid": self.kid, **header}
        return PyJWS().encode(payload, self.key, self.algorithm, headers)

    def token(
        self, nir: str, rpps: str, audience: str = "rmp@rmp.test", now: int | None = None
    ) -> str:
        """Return a good token, used once for each mail."""
        return self.sign(self.claims(nir, rpps, audience, now))


def header_line(token: str, *, wrapped: int = 0) -> str:
    """Return the routing header's line; ``wrapped`` is where a client breaks it, or never."""
    if not wrapped:
        return f"Vitale : {token}\n"
    pieces = [token[at : at + wrapped] for at in range(0, len(token), wrapped)]
    return "\n".join(["Vitale :", *pieces, ""])


def _make_key(algorithm: Algorithm) -> Ed25519PrivateKey | EllipticCurvePrivateKey:
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.generate()
    return generate_private_key(SECP256R1())
