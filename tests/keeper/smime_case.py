"""An authority, and the service's keys that it vouches for."""

import secrets
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding

from rmp_milter.cms import read_envelope
from rmp_milter.cms.tlv import reading
from rmp_milter.keeper.cms.keys import CmsKey, PrivateKey
from rmp_milter.keeper.cms.opening import content_keys, decrypt
from rmp_milter.keeper.keys.smime_folder import add_certificate, add_key
from rmp_milter.keeper.keys.smime_making import (
    KeyKind,
    make_private,
    make_request,
    make_self_signed,
)
from rmp_milter.x509 import X509, read_x509
from testbed.openssl import openssl
from testbed.x509_issuing import issue
from testbed.x509_maker import DAY, Made, Maker

NOW = 1_900_000_000
ADDRESSES = ("rmp@chu.example", "dossiers@chu.example")
NAME = "Résumé médical partagé"
CBC = ("-aes-256-cbc",)


class Chain(NamedTuple):
    """A root and an authority below it."""

    root: Made
    authority: Made


@cache
def chain() -> Chain:
    maker = Maker(NOW)
    root = maker.authority("Racine d'essai")
    return Chain(root, maker.authority("AC mail d'essai", root))


@cache
def key_of(kind: KeyKind = KeyKind.P256, number: int = 0) -> PrivateKey:  # noqa: ARG001 -- by which it is another
    return make_private(kind)


@cache
def request_of(private: PrivateKey) -> bytes:
    return make_request(private, NAME, ADDRESSES)


def issued(private: PrivateKey, start: int = NOW - DAY, days: int = 365) -> X509:
    made = issue(request_of(private), chain().authority, start, days=days)
    return read_x509(made.public_bytes(Encoding.DER))


def above() -> tuple[X509, ...]:
    return tuple(read_x509(each.der) for each in (chain().authority, chain().root))


def self_signed(private: PrivateKey, now: int = NOW) -> X509:
    return read_x509(make_self_signed(private, NAME, ADDRESSES, now))


def put(
    folder: Path, private: PrivateKey, certificate: X509, upper: tuple[X509, ...] = ()
) -> None:
    add_key(folder, private)
    add_certificate(folder, certificate, upper)


def encrypted(certificate: bytes, letter: bytes, folder: Path) -> bytes:
    """Encrypt as a doctor's program does, by openssl."""
    reader = folder / "reader.pem"
    reader.write_bytes(openssl("x509", "-inform", "DER", data=certificate))
    options = ("-binary", "-outform", "DER", *CBC, str(reader))
    return openssl("cms", "-encrypt", *options, data=letter)


def opened(key: CmsKey, data: bytes) -> bytes:
    envelope = read_envelope(reading(data), 0, len(data))
    found = next(content_keys(envelope, [key], secrets.token_bytes))
    return decrypt(reading(data), *envelope.body, envelope.kind, found, 1 << 20)
