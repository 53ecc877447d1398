"""What the signatures of an opened mail are worth (:class:`.Trust`)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from openpgp.composed import DetachedSignature
from openpgp.packet import PublicKey
from openpgp.packet import Signature as Packet

from rmp_milter.calls.protocol.opening import Signature, Trust
from rmp_milter.certificates import (
    CertificateError,
    read_certificate,
    says_more,
    signing_keys,
)
from rmp_milter.keeper.openpgp.packets import (
    MAX_SIGNATURE_BYTES,
    MAX_SIGNATURES,
    SIGNATURE,
    Stream,
    frame,
    read_body,
    read_header,
)
from rmp_milter.keeper.openpgp.work import Work

Content = Callable[[], bytes]
"""A form in which a content may have been signed, made only when it is looked at."""

STRONG_HASHES = frozenset({"sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-512"})
DATA_SIGNATURES = frozenset({"binary", "text"})
CLOCK_SKEW = 24 * 3600
"""A doctor's clock may be ahead by some hours, or ours behind; seconds."""

_LINE_END = re.compile(rb"\r{0,2}\n|\r")
_MOST_NAMED = 4
"""Issuers of one signature, by id and by fingerprint, that are looked up; there is one."""

_BEST_FIRST = (
    *(Trust.GOOD, Trust.WEAK, Trust.FUTURE),
    *(Trust.EXPIRED, Trust.BAD, Trust.UNKNOWN),
)


class _Claim(NamedTuple):
    """A signature that names a candidate's key; ``fingerprint`` is the primary one.

    ``forgeable`` says that it counts as bad whatever it fits, ``over`` that it or its key
    is not valid now, ``weak`` that its key is too weak for all but emergencies, ``early``
    that it was made well after now.
    """

    packet: Packet
    key: PublicKey
    fingerprint: str
    forgeable: bool
    over: bool
    weak: bool
    early: bool


def verify(
    contents: Sequence[Content],
    packets: Iterable[bytes],
    candidates: Sequence[bytes],
    now: int,
    work: Work | None = None,
) -> Signature:
    """Weigh the signature packets over a content against candidate certificates.

    ``contents`` are the forms in which the content may have been signed (as it is, or
    with other line ends). The best signature counts, of equals the newest; with none,
    ``Trust.NONE``; one that cannot be read is ``Trust.UNKNOWN``. Hashes that can be forged
    (MD5, SHA-1) give ``Trust.BAD``. Made more than :data:`CLOCK_SKEW` after now it is
    ``Trust.FUTURE``, by a key that is too weak ``Trust.WEAK``. Raises :class:`PacketError`
    where more would have to be hashed than ``work`` has left.
    """
    given = list(packets)
    if not given:
        return Signature(Trust.NONE)
    parsed = [packet for raw in given if (packet := _parsed(raw))]
    if not parsed:
        return Signature(Trust.UNKNOWN)
    claims = [
        claim
        for packet in parsed
        for certificate in candidates
        for claim in _claims(packet, certificate, now)
    ]
    trust, fingerprint, created = _best(claims, _fitting(claims, contents, work or Work()))
    issuers = tuple(dict.fromkeys(i for packet in parsed for i in _issuers(packet)))
    return Signature(trust, fingerprint, issuers, created)


def _parsed(raw: bytes) -> Packet | None:
    """Return a signature over data; None for noise and for other kinds of signature."""
    try:
        packet = DetachedSignature.from_bytes(raw).signature
    except ValueError:
        return None
    return packet if packet.typ() in DATA_SIGNATURES else None


def _issuers(packet: Packet) -> list[str]:
    """Return the key ids that the signature names, in lower-case hex."""
    named = [key_id.lower() for key_id in packet.issuer_key_id()[:_MOST_NAMED]]
    prints = packet.issuer_fingerprint()[:_MOST_NAMED]
    return [*named, *(fingerprint.lower()[-16:] for fingerprint in prints)]


def _claims(packet: Packet, certificate: bytes, now: int) -> Iterator[_Claim]:
    """Yield the signature with each key of the certificate that it names."""
    created = packet.created() or 0
    # One clock is wrong where it was made after now, and the key may be as young.
    moment = max(created, now)
    try:
        keys = signing_keys(certificate, _issuers(packet), created, moment)
        fingerprint = read_certificate(certificate).fingerprint if keys else ""
    except CertificateError:
        return
    forgeable = packet.hash_alg() not in STRONG_HASHES or says_more(packet)
    early = created > now + CLOCK_SKEW
    for key, reason in keys:
        over = reason not in {None, "weak"} or _is_over(packet, moment)
        yield _Claim(packet, key, fingerprint, forgeable, over, reason == "weak", early)


def _fitting(claims: Sequence[_Claim], contents: Sequence[Content], work: Work) -> set[int]:
    """Return the places of the claims that fit one of the contents.

    Each form is made once, however many signatures there are, and one is held at a time.
    """
    fitting: set[int] = set()
    for content in contents:
        left = [
            at for at, claim in enumerate(claims) if at not in fitting and not claim.forgeable
        ]
        if not left:
            break
        fitting |= _fitting_one(claims, left, content(), work)
    return fitting


def _fitting_one(
    claims: Sequence[_Claim], places: Sequence[int], data: bytes, work: Work
) -> set[int]:
    fitting: set[int] = set()
    for at in places:
        work.take_hashed(len(data))
        if _fits(claims[at].packet, claims[at].key, data):
            fitting.add(at)
    return fitting


def _best(claims: Sequence[_Claim], fitting: set[int]) -> tuple[Trust, str, int]:
    """Return the worth, the signer and the time of the best claim, the newest of equals."""
    found = [
        (_worth(claim, fits=at in fitting), claim.fingerprint, claim.packet.created() or 0)
        for at, claim in enumerate(claims)
    ]
    order = _BEST_FIRST.index
    nobody = (Trust.UNKNOWN, "", 0)
    return min(found, key=lambda one: (order(one[0]), -one[2]), default=nobody)


def _worth(claim: _Claim, *, fits: bool) -> Trust:
    if not fits:
        return Trust.BAD
    if claim.over:
        return Trust.EXPIRED
    if claim.weak:
        return Trust.WEAK
    return Trust.FUTURE if claim.early else Trust.GOOD


def _fits(packet: Packet, key: PublicKey, content: bytes) -> bool:
    try:
        packet.verify(key, content)
    except ValueError:
        return False
    return True


def _is_over(packet: Packet, now: int) -> bool:
    span = packet.signature_expiration_time()
    return bool(span) and (packet.created() or 0) + (span or 0) <= now


def as_signed(data: bytes) -> tuple[Content, ...]:
    """Return the forms in which a MIME part may have been signed.

    As it stands, and with CRLF line ends (RFC 3156, 5). A CR without its LF ends a line for some
    and not for others: where one stands, only the octets themselves count.
    """
    if data.count(b"\r") != data.count(b"\r\n"):
        return (lambda: data,)
    return (lambda: data, lambda: _in_crlf(data))


def _in_crlf(data: bytes) -> bytes:
    """Return the data with CRLF for each LF, and no other octet changed.

    This is the one definition of a line end (RFC 9580, 5.2.4), and rPGP's for signatures over
    text. A regular expression is 30 times slower.
    """
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def kinds(packets: Iterable[bytes]) -> frozenset[str]:
    """Return of which kinds the signatures over data are: ``binary``, ``text``."""
    parsed = (packet for raw in packets if (packet := _parsed(raw)))
    return frozenset(kind for packet in parsed if (kind := packet.typ()))


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
    tidy = b"\n".join(map(_without_blanks, _LINE_END.split(data)))
    signatures, _ = DetachedSignature.from_armor_many(tidy.decode("ascii", "replace"))
    return (signature.to_bytes() for signature in signatures)


def _without_blanks(line: bytes) -> bytes:
    """Return a line of armor without the blanks that gateways leave, as gpg reads it."""
    is_data = b":" not in line and b"-----" not in line
    return line.translate(None, b" \t") if is_data else line.rstrip(b" \t")


def _binary(data: bytes) -> Iterator[bytes]:
    stream = Stream([data])
    while header := read_header(stream):
        content = b"".join(read_body(stream, header))
        if header.tag == SIGNATURE:
            yield frame(SIGNATURE, content)
