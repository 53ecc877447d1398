"""What the signatures of an opened mail are worth (:class:`~..protocol.Trust`)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from openpgp.composed import DetachedSignature
from openpgp.packet import PublicKey
from openpgp.packet import Signature as Packet

from rmp_milter.certificates import CertificateError, read_certificate, signing_keys
from rmp_milter.keeper.packets import (
    MAX_SIGNATURE_BYTES,
    MAX_SIGNATURES,
    SIGNATURE,
    Stream,
    frame,
    read_body,
    read_header,
)
from rmp_milter.keeper.protocol import Signature, Trust

Content = Callable[[], bytes]
"""A form in which a content may have been signed, made only when it is looked at."""

STRONG_HASHES = frozenset({"sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-512"})
DATA_SIGNATURES = frozenset({"binary", "text"})
CLOCK_SKEW = 24 * 3600
"""A doctor's clock may be wrong by some hours; seconds."""

_BEST_FIRST = (Trust.GOOD, Trust.EXPIRED, Trust.BAD, Trust.UNKNOWN)
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Found(NamedTuple):
    """One signature's worth; ``fingerprint`` is the candidate's primary one."""

    trust: Trust
    fingerprint: str = ""


def verify(
    contents: Sequence[Content],
    packets: Iterable[bytes],
    candidates: Sequence[bytes],
    now: int,
) -> Signature:
    """Weigh the signature packets over a content against candidate certificates.

    ``contents`` are the forms in which the content may have been signed (as it is, or
    with other line ends). The best signature counts; with none, ``Trust.NONE``; one that
    cannot be read is ``Trust.UNKNOWN``. Hashes that can be forged (MD5, SHA-1) give ``Trust.BAD``.
    """
    given = list(packets)
    if not given:
        return Signature(Trust.NONE)
    parsed = [packet for raw in given if (packet := _parsed(raw))]
    if not parsed:
        return Signature(Trust.UNKNOWN)
    found = [_weigh(contents, packet, candidates, now) for packet in parsed]
    best = min(found, key=lambda one: _BEST_FIRST.index(one.trust))
    issuers = tuple(dict.fromkeys(i for packet in parsed for i in _issuers(packet)))
    return Signature(best.trust, best.fingerprint, issuers)


def _parsed(raw: bytes) -> Packet | None:
    """Return a signature over data; None for noise and for other kinds of signature."""
    try:
        packet = DetachedSignature.from_bytes(raw).signature
    except ValueError:
        return None
    return packet if packet.typ() in DATA_SIGNATURES else None


def _issuers(packet: Packet) -> list[str]:
    """Return the key ids that the signature names, in lower-case hex."""
    named = [key_id.lower() for key_id in packet.issuer_key_id()]
    return [*named, *(fingerprint.lower()[-16:] for fingerprint in packet.issuer_fingerprint())]


def _weigh(
    contents: Sequence[Content], packet: Packet, candidates: Sequence[bytes], now: int
) -> Found:
    found = [
        one
        for certificate in candidates
        for one in _by_certificate(contents, packet, certificate, now)
    ]
    order = _BEST_FIRST.index
    return min(found, key=lambda one: order(one.trust), default=Found(Trust.UNKNOWN))


def _by_certificate(
    contents: Sequence[Content], packet: Packet, certificate: bytes, now: int
) -> Iterable[Found]:
    """Yield the signature's worth for each key of the certificate that it names."""
    created = packet.created() or 0
    try:
        keys = signing_keys(certificate, _issuers(packet), created, now)
        fingerprint = read_certificate(certificate).fingerprint if keys else ""
    except CertificateError:
        return
    for key, reason in keys:
        fits = packet.hash_alg() in STRONG_HASHES and created <= now + CLOCK_SKEW
        if not fits or not any(_fits(packet, key, content()) for content in contents):
            yield Found(Trust.BAD, fingerprint)
        else:
            over = reason is not None or _is_over(packet, now)
            yield Found(Trust.EXPIRED if over else Trust.GOOD, fingerprint)


def _fits(packet: Packet, key: PublicKey, content: bytes) -> bool:
    try:
        packet.verify(key, content)
    except ValueError:
        return False
    return True


def _is_over(packet: Packet, now: int) -> bool:
    span = packet.signature_expiration_time()
    return bool(span) and (packet.created() or 0) + (span or 0) <= now


def as_signed(data: bytes, start: int, end: int) -> tuple[Content, ...]:
    """Return the forms in which a MIME part at ``data[start:end]`` may have been signed.

    As it stands, and with CRLF line ends (RFC 3156, 5).
    """
    return (
        lambda: data[start:end],
        lambda: _LINE_END.sub(b"\r\n", data[start:end]),
    )


def detached(data: bytes) -> tuple[bytes, ...]:
    """Return the signature packets of a detached signature, armored or binary.

    What cannot be read counts as one signature that nobody can read.
    """
    if len(data) > MAX_SIGNATURE_BYTES:
        return (b"",)
    try:
        found = list(_armored(data) if b"-----BEGIN PGP " in data else _binary(data))
    except ValueError:
        return (b"",)
    return tuple(found[:MAX_SIGNATURES])


def _armored(data: bytes) -> Iterator[bytes]:
    signatures, _ = DetachedSignature.from_armor_many(data.decode("ascii", "replace"))
    return (signature.to_bytes() for signature in signatures)


def _binary(data: bytes) -> Iterator[bytes]:
    stream = Stream([data])
    while header := read_header(stream):
        content = b"".join(read_body(stream, header))
        if header.tag == SIGNATURE:
            yield frame(SIGNATURE, content)
