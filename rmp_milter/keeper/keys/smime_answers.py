"""What an authority sends back: read from its files, and looked at before it is taken."""

import re
import warnings
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from rmp_milter.cms.errors import CmsError
from rmp_milter.keeper.cms.keys import public_key
from rmp_milter.keeper.keys.service_certificates import is_self_issued
from rmp_milter.keeper.keys.smime_folder import MAX_CHAIN, digest_of
from rmp_milter.x509 import (
    X509,
    KeyUse,
    PathVerdict,
    Purpose,
    World,
    X509Error,
    judge,
    read_several,
    read_x509,
)
from rmp_milter.x509.comparing import comparable
from rmp_milter.x509.pem import PemError, unarmored

MAX_ANSWER = 1 << 20
"""Octets of a file that is imported."""
_PKCS7 = re.compile(rb"-----BEGIN (?:PKCS7|CMS)-----")
_PEM_SIGNS = (b"BEGIN PKCS7-----", b"BEGIN CMS-----", b"CERTIFICATE-----", b"PRIVATE KEY-----")
_SEQUENCE = b"\x30"
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_AT_THE_FRONT = 32  # octets in which a PKCS#7 file names its type


class AnswerError(ValueError):
    """What cannot be taken for the service's certificate; one plain line for the host."""


class Issued(NamedTuple):
    """A certificate for one of our keys, and those above it, its issuer first, up to the root."""

    certificate: X509
    chain: tuple[X509, ...]


def read_answer(data: bytes) -> list[X509]:
    """Return all certificates of a file: PEM, DER, or PKCS#7 (.p7b) in either.

    Raises :class:`AnswerError`.
    """
    if len(data) > MAX_ANSWER:
        raise AnswerError("the file is too large for certificates")
    if not any(sign in data for sign in _PEM_SIGNS) and data[:1] != _SEQUENCE:
        raise AnswerError("holds no certificate, neither in PEM nor DER nor PKCS#7")
    try:
        packed = unarmored(data, _PKCS7, 1)
        if len(packed) > 1:
            raise AnswerError("the file holds several PKCS#7 blocks; give one")
        if _SIGNED_DATA in packed[0][:_AT_THE_FRONT]:
            return [read_x509(each) for each in _unpacked(packed[0])]
        return read_several(data, MAX_CHAIN)
    except (X509Error, PemError) as error:
        raise AnswerError(str(error)) from None


def _unpacked(data: bytes) -> list[bytes]:
    """Return the certificates of a PKCS#7 file in DER or BER, each in DER."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # BER is taken as it is
            found = pkcs7.load_der_pkcs7_certificates(data)
    except (ValueError, UnsupportedAlgorithm):
        raise AnswerError("the PKCS#7 file cannot be read") from None
    if len(found) > MAX_CHAIN:
        raise AnswerError(f"the file holds more than {MAX_CHAIN} certificates")
    return [each.public_bytes(Encoding.DER) for each in found]


def choose_answer(
    found: Sequence[X509], keys: Collection[bytes], addresses: Iterable[str], now: int
) -> Issued:
    """Return which of the certificates is the service's, with its chain.

    ``keys`` are the digests of the public halves of our keys (:func:`.digest_of`), ``addresses``
    the service's, ``now`` epoch seconds. One that begins later is judged for that time. Nobody
    of the chain need be trusted by anybody here: whom doctors trust is theirs to say. Raises
    :class:`AnswerError` with the first thing that is not right.
    """
    ours = _one_of_ours(found, keys)
    _check_itself(ours, addresses, now)
    return Issued(ours, _chain(ours, found, max(now, ours.not_before)))


def _one_of_ours(found: Sequence[X509], keys: Collection[bytes]) -> X509:
    ours = {each.der: each for each in found if _digest(each) in keys}
    if not ours:
        raise AnswerError("no certificate in these files is for a key of this service")
    if len(ours) > 1:
        raise AnswerError("several certificates in these files are for keys of this service")
    (one,) = ours.values()
    return one


def _digest(certificate: X509) -> bytes:
    try:
        return digest_of(public_key(certificate.der))
    except CmsError:
        return b""


def _check_itself(certificate: X509, addresses: Iterable[str], now: int) -> None:
    if now > certificate.not_after:
        raise AnswerError("the certificate has expired")
    if is_self_issued(certificate):
        raise AnswerError("nobody but its own key has issued the certificate")
    lacking = [each for each in addresses if each not in certificate.mail_addresses]
    if lacking:
        raise AnswerError(f"the certificate is not made out to {', '.join(lacking)}")


def _chain(certificate: X509, found: Sequence[X509], moment: int) -> tuple[X509, ...]:
    """Return those above a certificate; raise where it or they do not do for mail."""
    others = tuple(each for each in found if each.der != certificate.der)
    paths = [_path(certificate, others, moment, use) for use in KeyUse]
    return tuple(reversed(paths[0][:-1]))


def _path(
    certificate: X509, others: tuple[X509, ...], moment: int, use: KeyUse
) -> tuple[X509, ...]:
    """Return a path that holds for a use of the key, from the root down to the certificate."""
    roots = tuple(each for each in others if is_self_issued(each))
    between = tuple(each for each in others if not is_self_issued(each))
    world = World({Purpose.PUBLIC: roots})
    judged = judge(certificate, world, moment, Purpose.PUBLIC, use, strangers=between)
    if judged.verdict is PathVerdict.UNKNOWN_ISSUER:
        raise AnswerError(_missing(certificate, others))
    if judged.verdict is not PathVerdict.GOOD:
        raise AnswerError(f"the certificate does not do for mail: {judged.why}")
    return judged.path


def _missing(certificate: X509, others: Sequence[X509]) -> str:
    """Say whose certificate lacks between this one and a root."""
    top, seen = certificate, {certificate.der}
    while True:
        wanted = comparable(top.issuer_der)
        above = [each for each in others if comparable(each.subject_der) == wanted]
        if not above or above[0].der in seen:
            return f"its chain is not whole: the certificate of {top.issuer} is missing"
        top = above[0]
        seen.add(top.der)
