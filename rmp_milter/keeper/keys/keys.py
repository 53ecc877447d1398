"""The keeper's keys on disk: made once, never overwritten, read at start."""

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from openpgp.composed import (
    EncryptionCaps,
    KeyType,
    SecretKeyParamsBuilder,
    SignedSecretKey,
    SubkeyParamsBuilder,
)

from rmp_milter.audit.reasons import ReasonError, new_auditor_key, read_public
from rmp_milter.disk.new_files import write_new
from rmp_milter.keeper.cms.capabilities import capabilities
from rmp_milter.keeper.cms.signing import signed
from rmp_milter.keeper.keys.custody import CustodyKey
from rmp_milter.keeper.keys.custody_files import read_custody
from rmp_milter.keeper.keys.former_keys import (
    FormerCustody,
    FormerKey,
    raw_former,
    read_former,
    read_former_custody,
)
from rmp_milter.keeper.keys.former_service import FormerService, read_former_service
from rmp_milter.keeper.keys.kept_peppers import read_kept
from rmp_milter.keeper.keys.key_files import (
    MAX_FILE,
    OWNERS,
    PUT_BACK,
    RAW_KEY,
    KeyFileError,
    hint_for,
    raw_file,
    read_private,
    read_raw,
)
from rmp_milter.keeper.keys.peppers import FormerPepper, KeptPepper, Peppers
from rmp_milter.keeper.keys.sealing import translation_key
from rmp_milter.keeper.keys.service_certificates import ServiceCertificate
from rmp_milter.keeper.keys.service_subkeys import with_subkey
from rmp_milter.keeper.keys.smime_folder import SMIME, read_smime
from rmp_milter.keeper.openpgp.secretkeys import (
    DecryptionKey,
    SecretKeyError,
    SigningKey,
    decryption_keys,
    signing_key,
)

LogKey: TypeAlias = Ed25519PrivateKey
"""Signs the access log's checkpoints."""

SERVICE, CUSTODY, PEPPER, LOG = "service.key", "custody.key", "pepper.key", "log.key"
WAITING = "waiting.key"
LOG_NEXT = "log-next.key"
"""Waits to be the one that signs: the keeper hands the log over to it when it starts."""
AUDITORS = "auditor.pub"
ACTS = "acts.key"
"""By it a mail is known again. A service from before it does so by its pepper, and has none."""
_RAW = (CUSTODY, WAITING, PEPPER, ACTS, LOG)
RSA_BITS = 3072


@dataclass(frozen=True, repr=False)
class Keys:
    """All that the keeper's processes hold; its repr shows nothing.

    ``signing`` is the part of ``service`` that signs, where OpenSSL can do it; ``auditors``
    is what reasons are sealed to, of which the keeper has the public half only. ``smime`` are
    the S/MIME certificates, those that answers should use first; which of them may be used
    at a moment, they say (:mod:`.service_certificates`). ``former`` are waiting keys of before,
    under which something may wait still, ``former_custody`` custody keys (:mod:`.former_keys`);
    a custody key may lie elsewhere (:mod:`.custody`);
    ``former_service`` open mail until a day (:mod:`.former_service`). ``former_peppers`` are the
    oldest first, as is what is ``kept`` of those whose cards count no more (:mod:`.peppers`).
    """

    service: SignedSecretKey
    signing: SigningKey | None
    certificate: bytes
    decryption: tuple[DecryptionKey, ...]
    custody: CustodyKey
    waiting: X25519PrivateKey
    pepper: bytes = field(repr=False)
    log: LogKey
    auditors: X25519PublicKey
    smime: tuple[ServiceCertificate, ...] = ()
    former: tuple[FormerKey, ...] = ()
    former_custody: tuple[FormerCustody, ...] = ()
    former_service: tuple[FormerService, ...] = ()
    acts: bytes = field(default=b"", repr=False)
    former_peppers: tuple[FormerPepper, ...] = ()
    kept: tuple[KeptPepper, ...] = ()

    @cached_property
    def peppers(self) -> Peppers:
        """The pepper with those before it, for what of theirs is in use still."""
        return Peppers(
            self.pepper, tuple(each.pepper for each in self.former_peppers), self.kept
        )

    @property
    def known_by(self) -> bytes:
        """By what a mail is known again: for ever the same, or it would be done twice."""
        return self.acts or self.pepper

    def decryption_at(self, now: int) -> tuple[DecryptionKey, ...]:
        """Return what opens mail: of the present key, then of former ones that are not over."""
        still = (each for each in self.former_service if now < each.until)
        return (*self.decryption, *(key for each in still for key in each.decryption))

    def fingerprints_at(self, now: int) -> frozenset[str]:
        """Return by what a mail may name the service: its key, former ones that still count."""
        still = (each.fingerprint for each in self.former_service if now < each.until)
        return frozenset({self.service.fingerprint, *still})

    def is_over(self, key_id: bytes, now: int) -> bool:
        """Return whether this names a former key of ours that opens no more."""
        over = (each for each in self.former_service if now >= each.until)
        return any(key.key_id == key_id for each in over for key in each.decryption)

    @property
    def all_custody(self) -> tuple[CustodyKey, ...]:
        """What opens dossiers' slots: the key that they are sealed to, then the former ones."""
        return (self.custody, *(each.private for each in self.former_custody))

    @property
    def all_waiting(self) -> tuple[X25519PrivateKey, ...]:
        """What opens deposits that wait: the key that is sealed to, then the former ones."""
        return (self.waiting, *(each.private for each in self.former))

    @cached_property
    def all_translation(self) -> tuple[X25519PrivateKey, ...]:
        """What opens a document for a reader whose program cannot, in the same order."""
        return tuple(map(translation_key, self.all_waiting))

    @property
    def translation(self) -> X25519PrivateKey:
        """What documents are sealed to for a reader whose program cannot open them."""
        return self.all_translation[0]

    @cached_property
    def of_ours(self) -> bytes:
        """A signature by the first of ``smime``: verified where a mail has none that could be."""
        return signature_by(self.smime[0])

    def __repr__(self) -> str:
        return f"Keys({self.service.fingerprint})"


def signature_by(own: ServiceCertificate) -> bytes:
    """Return a signature over nothing by one of the service's certificates."""
    certificate, private = own.certificate, own.key.private
    return b"".join(signed([], certificate, (), private, 0, capabilities(), certificate))


def make_keys(folder: Path, address: str, name: str) -> bytes:
    """Make all key files in ``folder`` (made if need be), mode 0600, for ``address``.

    Returns the content of the auditors' private key file, which is not to stay with the
    keeper. Raises :class:`KeyFileError` where one of them exists: then nothing is written.
    """
    user_id = _user_id(address, name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in (SERVICE, *_RAW, AUDITORS):
        if (folder / file).exists():
            raise KeyFileError(f"{folder / file}: exists already, is not overwritten")
    write_new(folder / SERVICE, _make_service_key(user_id).to_armored().encode(), OWNERS)
    for file in _RAW:
        write_new(folder / file, raw_file(secrets.token_bytes(RAW_KEY)), OWNERS)
    auditors = new_auditor_key()
    write_new(folder / AUDITORS, auditors.public, OWNERS)
    return auditors.private


def _user_id(address: str, name: str) -> str:
    if "@" not in address or not set(address).isdisjoint("<> \t\r\n"):
        raise KeyFileError(f"{address!r}: not a mail address")
    plain = " ".join(name.translate(str.maketrans("<>", "  ")).split())
    return f"{plain} <{address}>".strip()


def _make_service_key(user_id: str) -> SignedSecretKey:
    """Make the key that doctors import.

    RSA, because the oldest plug-ins know nothing else; features say MDC only, so that
    every sender writes version 3 key packets and SEIPD version 1.
    """
    encryption = (
        SubkeyParamsBuilder()
        .version(4)
        .key_type(KeyType.rsa(RSA_BITS))
        .can_encrypt(EncryptionCaps.all())
        .build()
    )
    return (
        SecretKeyParamsBuilder()
        .version(4)
        .key_type(KeyType.rsa(RSA_BITS))
        .can_certify(value=True)
        .can_sign(value=True)
        .feature_seipd_v1(value=True)
        .feature_seipd_v2(value=False)
        .preferred_symmetric_algorithms(["aes256", "aes192", "aes128"])
        .preferred_hash_algorithms(["sha512", "sha384", "sha256"])
        .preferred_compression_algorithms(["zlib", "uncompressed"])
        .primary_user_id(user_id)
        .subkey(encryption)
        .generate()
    )


def add_service_subkey(folder: Path, now: int) -> bytes:
    """Return what the service key's file is to hold, with another encryption subkey.

    Nothing is written. Raises :class:`KeyFileError`.
    """
    service = _read_service(folder / SERVICE)
    made = _make_service_key(service.user_ids[0])  # for its subkey alone
    return with_subkey(service, made, now).to_armored().encode()


def new_service_key(folder: Path) -> tuple[bytes, bytes]:
    """Return what the service key's file is to hold, with another primary key; its fingerprint.

    Nothing is written. Raises :class:`KeyFileError`.
    """
    made = _make_service_key(_read_service(folder / SERVICE).user_ids[0])
    return made.to_armored().encode(), bytes.fromhex(made.fingerprint)


def load_keys(folder: Path) -> Keys:
    """Read all key files of ``folder``; raise :class:`KeyFileError` for the first fault."""
    service = _read_service(folder / SERVICE)
    try:
        decryption = decryption_keys(service.to_bytes())
    except SecretKeyError as error:
        raise KeyFileError(f"{folder / SERVICE}: {error}", PUT_BACK) from None
    former, kept = raw_former(folder, PEPPER), read_kept(folder)
    peppers = tuple(FormerPepper(*each) for each in reversed([*former]))
    return Keys(
        service=service,
        signing=signing_key(service, decryption),
        certificate=service.to_public_key().to_bytes(),
        decryption=decryption,
        custody=read_custody(folder / CUSTODY),
        waiting=X25519PrivateKey.from_private_bytes(read_raw(folder / WAITING)),
        pepper=read_raw(folder / PEPPER),
        log=load_log_key(folder),
        auditors=load_auditors_key(folder / AUDITORS),
        smime=read_smime(folder / SMIME).certificates,
        former=read_former(folder, WAITING),
        former_custody=read_former_custody(folder, CUSTODY),
        former_service=read_former_service(folder, _read_service),
        acts=_acts_key(folder, is_needed=bool(peppers or kept)),
        former_peppers=peppers,
        kept=kept,
    )


def _acts_key(folder: Path, *, is_needed: bool) -> bytes:
    """Read by what mails are known again, empty where the first pepper still does."""
    path = folder / ACTS
    return read_raw(path) if is_needed or path.exists() else b""


def load_auditors_key(path: Path) -> X25519PublicKey:
    """Read the public half of the auditors' key; raise :class:`KeyFileError`."""
    try:
        return read_public(path.read_bytes()[:MAX_FILE])
    except FileNotFoundError:
        line = "is missing: without the auditors' key no emergency could be explained to them"
        raise KeyFileError(f"{path}: {line}; rmp access key install puts it there") from None
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}", hint_for(error, path)) from None
    except ReasonError as error:
        raise KeyFileError(f"{path}: {error}", PUT_BACK) from None


def load_log_key(folder: Path) -> LogKey:
    """Read the key that signs the access log alone; raise :class:`KeyFileError`."""
    return LogKey.from_private_bytes(read_raw(folder / LOG))


def service_certificate(folder: Path) -> bytes:
    """Return the binary certificate of the service key in ``folder``."""
    return _read_service(folder / SERVICE).to_public_key().to_bytes()


def service_key_ids(folder: Path, now: int) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return the ids of the service's keys that open mails, and of former ones that do no more.

    Raises :class:`.KeyFileError` and ``OSError``.
    """
    own = decryption_keys(_read_service(folder / SERVICE).to_bytes())
    former = read_former_service(folder, _read_service)
    still = (key for each in former if now < each.until for key in each.decryption)
    over = (key.key_id for each in former if now >= each.until for key in each.decryption)
    return frozenset(key.key_id for key in (*own, *still)), frozenset(over)


def _read_service(path: Path) -> SignedSecretKey:
    content = read_private(path)
    try:
        if content.startswith(b"-----BEGIN PGP "):
            return SignedSecretKey.from_armor(content.decode("ascii"))[0]
        return SignedSecretKey.from_bytes(content)
    except ValueError:
        raise KeyFileError(f"{path}: not an OpenPGP secret key", PUT_BACK) from None
