"""Kind and size of keys: what this service can work with, and what nobody can forge."""

from rmp_milter.certificates.reading import KeyPacket, Reason

MIN_BITS = 2048
"""Of RSA and DSA; since 2014 shorter ones are not to be used (NIST SP 800-131A)."""
KEY_VERSION = 4
_CURVES = frozenset({"p256", "p384", "p521"})
_SIGNING = frozenset({"eddsa-legacy", "ed25519", "ed448"})


def signing_fault(key: KeyPacket) -> Reason | None:
    """Say why nothing that the key signs, not even its own certificate, is believed."""
    params = key.public_params
    if params.kind in {"rsa", "dsa"}:
        return "weak" if (params.rsa_bits or params.dsa_bits or 0) < MIN_BITS else None
    if params.kind == "ecdsa":
        return None if params.curve in _CURVES else "unsupported"
    return None if params.kind in _SIGNING else "unsupported"


def encryption_fault(key: KeyPacket) -> Reason | None:
    """Say why nothing is encrypted to the key; version 6 pairs only with AEAD bodies."""
    params = key.public_params
    if key.version != KEY_VERSION:
        return "unsupported"
    if params.kind == "rsa":
        return "weak" if (params.rsa_bits or 0) < MIN_BITS else None
    if params.kind == "ecdh":
        return None if params.curve in {*_CURVES, "curve25519"} else "unsupported"
    return None if params.kind == "x25519" else "unsupported"
