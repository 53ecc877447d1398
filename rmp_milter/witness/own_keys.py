"""A witness's own keys: made on its machine, which they never leave.

One file of one line: a label, the witness's name, and the seeds in base64: 32 octets of Ed25519
(RFC 8032), behind them 32 of ML-DSA-44 (FIPS 204) where that key was made too.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from rmp_milter.audit.folder import FolderError, read_bounded
from rmp_milter.disk.new_files import write_new
from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.cosignatures import (
    ED25519_COSIGNER,
    ML_DSA_44_COSIGNER,
    CosignerKey,
    cosign,
)
from rmp_milter.tlog.notes import NoteSignature, check_name

KEY_FILE = "witness.key"
LABEL = "rmp-witness-private-key-1"
_SEED = 32
_LINE = re.compile(r"([a-z0-9-]+) (\S+) ([A-Za-z0-9+/]+={0,2})\s*")


class WitnessKeyError(Exception):
    """A key file that cannot be used; one clear line, without what is in it."""


@dataclass(frozen=True)
class WitnessKeys:
    """The keys of the witness called ``name``."""

    name: str
    ed25519: Ed25519PrivateKey = field(repr=False)
    ml_dsa_44: MLDSA44PrivateKey | None = field(repr=False, default=None)

    @property
    def public(self) -> tuple[CosignerKey, ...]:
        """What others verify its cosignatures by."""
        keys = [
            CosignerKey(
                self.name, ED25519_COSIGNER, self.ed25519.public_key().public_bytes_raw()
            )
        ]
        if self.ml_dsa_44 is not None:
            raw = self.ml_dsa_44.public_key().public_bytes_raw()
            keys.append(CosignerKey(self.name, ML_DSA_44_COSIGNER, raw))
        return (*keys,)

    def cosign(self, text: str, at: int) -> tuple[NoteSignature, ...]:
        """Return the signature lines for a checkpoint's text, one by each key."""
        signers = [self.ed25519.sign]
        if self.ml_dsa_44 is not None:
            signers.append(self.ml_dsa_44.sign)
        pairs = zip(self.public, signers, strict=True)
        return tuple(cosign(text, key, at, sign) for key, sign in pairs)


def make_keys(folder: Path, name: str) -> WitnessKeys:
    """Make a witness's keys in a folder; nothing is ever replaced.

    ML-DSA-44 is left out where the cryptography that is installed has none. Raises
    :class:`~rmp_milter.tlog.notes.NoteError` for a name that no key may have, ``OSError``.
    """
    check_name(name)
    seeds = token_bytes(2 * _SEED)
    try:
        MLDSA44PrivateKey.from_seed_bytes(seeds[_SEED:])
    except UnsupportedAlgorithm:
        seeds = seeds[:_SEED]
    line = f"{LABEL} {name} {base64.b64encode(seeds).decode()}\n"
    write_new(folder / KEY_FILE, line.encode(), 0o600)
    return read_keys(folder)


def read_keys(folder: Path) -> WitnessKeys:
    """Read a witness's keys; raise :class:`WitnessKeyError`."""
    path = folder / KEY_FILE
    try:
        content = read_bounded(path).decode("utf-8", "replace")
    except FolderError as error:
        raise WitnessKeyError(error.args[0]) from None
    found = _LINE.fullmatch(content)
    try:
        seeds = base64.b64decode(found[3], validate=True) if found else b""
    except binascii.Error:
        seeds = b""
    if not found or found[1] != LABEL or len(seeds) not in {_SEED, 2 * _SEED}:
        raise WitnessKeyError(Phrase("{path}: not the key of a witness", path=path))
    ed25519 = Ed25519PrivateKey.from_private_bytes(seeds[:_SEED])
    if len(seeds) == _SEED:
        return WitnessKeys(found[2], ed25519)
    try:
        return WitnessKeys(found[2], ed25519, MLDSA44PrivateKey.from_seed_bytes(seeds[_SEED:]))
    except UnsupportedAlgorithm:
        line = "{path}: has a key of ML-DSA-44, which this program's cryptography does not know"
        raise WitnessKeyError(Phrase(line, path=path)) from None
