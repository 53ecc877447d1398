"""Vitale attestations as compact JWS (RFC 7515), signed by software that the host trusts.

The key is found by its id and brings its algorithm: what a token says of algorithms, or of
keys of its own (``jwk``, ``jku``, ``x5c``), counts for nothing. The claims are read strictly.
"""

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from jwt import InvalidAlgorithmError, InvalidSignatureError, PyJWTError
from jwt.api_jws import PyJWS
from msgspec import Meta

from rmp_milter.calls.protocol.opening import AttestationFault, Attested
from rmp_milter.errors import is_shortage
from rmp_milter.keeper.vitale.attestation import AttestationError, is_number
from rmp_milter.keeper.vitale.trust import Trusted, TrustError, find

log = logging.getLogger("rmp.keeper")

MAX_TOKEN = 4096  # characters; real ones have about 500
CLOCK_SKEW = 300
"""Seconds by which the issuer's clock may be ahead of ours."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_MAX_TIME = 1 << 40

_Time = Annotated[int, Meta(ge=0, le=_MAX_TIME)]
_Name = Annotated[str, Meta(min_length=1, max_length=200)]


class _Claims(msgspec.Struct, frozen=True):
    """What a token says; claims that are not known here are left alone (RFC 7519, 4)."""

    iss: _Name
    aud: _Name
    nir: Annotated[str, Meta(min_length=15, max_length=15)]
    rpps: Annotated[str, Meta(pattern=r"^[0-9]{11}\Z")]
    jti: Annotated[str, Meta(pattern=r"^[!-~]{1,100}\Z")]
    iat: _Time
    exp: _Time
    nbf: _Time = 0


_claims = msgspec.json.Decoder(_Claims)
_jws = PyJWS(algorithms=["EdDSA", "ES256"])


@dataclass(frozen=True)
class JwsVerifier:
    """Checks tokens against the keys in ``folder``, made out to one of ``addresses``.

    ``longest`` is how many seconds a token may be valid in all.
    """

    folder: Path
    addresses: frozenset[str]
    longest: int

    def verify(self, token: str, now: int) -> Attested:
        """Return what the token attests at ``now``; raise :class:`AttestationError`."""
        trusted = self._trusted(token)
        claims = _signed_claims(token, trusted)
        if claims.iss != trusted.name:
            raise AttestationError(AttestationFault.UNKNOWN_ISSUER)
        if claims.aud.lower() not in self.addresses:
            raise AttestationError(AttestationFault.OTHER_SERVICE)
        self._check_times(claims, now)
        return Attested(
            issuer=claims.iss,
            nir=claims.nir,
            rpps=claims.rpps,
            token_id=claims.jti,
            expires=claims.exp,
        )

    def _trusted(self, token: str) -> Trusted:
        """Return the registered key that the token names; nothing of the token is believed."""
        if len(token) > MAX_TOKEN or not _TOKEN.fullmatch(token):
            raise AttestationError(AttestationFault.MALFORMED)
        try:
            kid = _jws.get_unverified_header(token).get("kid")
            trusted = find(self.folder, kid)
        except (TrustError, OSError) as error:
            if is_shortage(error):
                raise
            log.error("a registered key cannot be used: %s", error)  # noqa: TRY400 -- one line says it
            trusted = None
        except (PyJWTError, ValueError, RecursionError):
            raise AttestationError(AttestationFault.MALFORMED) from None
        if trusted is None:
            raise AttestationError(AttestationFault.UNKNOWN_ISSUER)
        return trusted

    def _check_times(self, claims: _Claims, now: int) -> None:
        if claims.exp <= claims.iat:
            raise AttestationError(AttestationFault.MALFORMED)
        if claims.exp - claims.iat > self.longest:
            raise AttestationError(AttestationFault.TOO_LONG)
        if not max(claims.iat, claims.nbf) - CLOCK_SKEW <= now < claims.exp:
            raise AttestationError(AttestationFault.EXPIRED)


def _signed_claims(token: str, trusted: Trusted) -> _Claims:
    try:
        payload = _jws.decode_complete(token, trusted.key, [trusted.algorithm])["payload"]
        claims = _claims.decode(payload)
    except (InvalidAlgorithmError, InvalidSignatureError):
        raise AttestationError(AttestationFault.BAD_SIGNATURE) from None
    except (PyJWTError, ValueError, RecursionError):
        raise AttestationError(AttestationFault.MALFORMED) from None
    if not is_number(claims.nir):
        raise AttestationError(AttestationFault.MALFORMED)
    return claims
