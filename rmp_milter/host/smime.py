"""The service's S/MIME certificate on this machine: made, asked for, taken in, laid out.

What writes into the keeper's folder runs as its owner; laying out is for who owns ``public``.
"""

from collections.abc import Sequence
from pathlib import Path

from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole
from rmp_milter.keeper.keys.smime_answers import choose_answer
from rmp_milter.keeper.keys.smime_folder import (
    SMIME,
    WaitingKey,
    add_certificate,
    add_key,
    read_smime,
)
from rmp_milter.keeper.keys.smime_making import (
    KeyKind,
    kind_of,
    make_private,
    make_request,
    make_self_signed,
)
from rmp_milter.x509 import X509, read_x509

SMIME_PUBLIC = "service-smime.cer"
"""Beside ``service.asc``: the certificate in DER, which Windows opens at a click."""


def make_smime(config: Config, kind: KeyKind, now: int) -> X509:
    """Make a key and a certificate of its own making, beside what is there; return the latter.

    Raises :class:`.KeyFileError` where the folder cannot be used, and ``OSError``.
    """
    folder, service = config.paths.keeper / SMIME, config.service
    read_smime(folder)  # nothing is added to what the keeper could not read
    private = make_private(kind)
    made = read_x509(make_self_signed(private, service.name, service.addresses, now))
    add_key(folder, private)
    add_certificate(folder, made)
    return made


def request_smime(config: Config, kind: KeyKind | None) -> tuple[bytes, Path]:
    """Return the request of the key that waits, and the key's file.

    If none waits (of ``kind``, if one is named), one is made first: RSA if none is named.
    Raises as :func:`make_smime`.
    """
    folder, service = config.paths.keeper / SMIME, config.service
    there = (
        each
        for each in read_smime(folder).waiting
        if kind is None or kind_of(each.private) is kind
    )
    waiting = next(there, None) or _new_waiting(folder, kind or KeyKind.RSA)
    return make_request(waiting.private, service.name, service.addresses), waiting.file


def _new_waiting(folder: Path, kind: KeyKind) -> WaitingKey:
    private = make_private(kind)
    return WaitingKey(add_key(folder, private), private)


def import_smime(config: Config, found: Sequence[X509], now: int) -> tuple[X509, bool]:
    """Take in what an authority issued; return the certificate, and whether it is new here.

    Raises :class:`.AnswerError` for what is not right, :class:`.KeyFileError` and ``OSError`` as
    :func:`make_smime`; then nothing was changed.
    """
    folder = config.paths.keeper / SMIME
    there = read_smime(folder)
    issued = choose_answer(found, there.keys.keys(), config.service.addresses, now)
    if issued.certificate.der in there.files:
        return issued.certificate, False
    add_certificate(folder, issued.certificate, issued.chain)
    return issued.certificate, True


def publish_smime(config: Config, certificate: bytes) -> None:
    """Lay out the certificate (DER) that doctors are to use. Raises ``OSError``."""
    if published_smime(config) != certificate:
        replace_whole(config.paths.public / SMIME_PUBLIC, certificate, 0o644)


def published_smime(config: Config) -> bytes:
    """Return the certificate that is laid out, or nothing."""
    try:
        return (config.paths.public / SMIME_PUBLIC).read_bytes()
    except FileNotFoundError:
        return b""
