"""Check values: by what the keeper knows at its start whether its key files are its own.

A key that is put back from another service's copy, or under another's name, is a good key: nothing
fails until somebody needs what it does not open. So the keeper notes of each key a digest from
which nothing of it follows, in the access log's environment, and holds the files to it.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rmp_milter.keeper.keys.custody_files import also_known_by, known_by
from rmp_milter.keeper.keys.former_keys import is_former
from rmp_milter.keeper.keys.kept_peppers import KEPT, kept_file
from rmp_milter.keeper.keys.key_files import PUT_BACK, KeyFileError
from rmp_milter.keeper.keys.keys import (
    ACTS,
    AUDITORS,
    CUSTODY,
    LOG,
    PEPPER,
    SERVICE,
    WAITING,
    Keys,
)

CheckValues: TypeAlias = Mapping[str, tuple[bytes, ...]]
"""The name of a key file → the values that are right, more than one while it is renewed."""

CHECKED = (SERVICE, CUSTODY, WAITING, PEPPER, LOG, AUDITORS, ACTS)
"""The files that a new service has; one from before may lack the last."""
VALUE_SIZE = 16


class KeyStanding(NamedTuple):
    """What there is to say of key files.

    ``wrong`` are lines, one a file, empty where all is well; ``unproven`` are the names of
    files of which nothing is noted yet.
    """

    wrong: tuple[str, ...]
    unproven: tuple[str, ...]


def check_values(keys: Keys) -> dict[str, bytes]:
    """Return the check value of each key file."""
    return {name: _value(name, content) for name, content in contents(keys).items()}


def auditors_value(public: X25519PublicKey) -> bytes:
    """Return the check value of an auditors' key."""
    return _value(AUDITORS, public.public_bytes_raw())


def raw_value(name: str, raw: bytes) -> bytes:
    """Return the check value that the key file ``name`` has with these octets in it."""
    return _value(name, raw)


def all_noted(keys: Keys) -> CheckValues:
    """Return what is noted of a new service's keys: that these are right."""
    return {name: (value,) for name, value in check_values(keys).items()}


def standing(keys: Keys, noted: CheckValues) -> KeyStanding:
    """Hold the keys to what is ``noted``."""
    found = contents(keys)
    return KeyStanding(
        wrong=(*_wrong(found, noted), *_missing(found, noted)),
        unproven=tuple(name for name in found if not noted.get(name)),
    )


def check_own(keys: Keys, noted: CheckValues) -> tuple[str, ...]:
    """Return of which key files nothing is noted; raise :class:`KeyFileError` for a wrong one."""
    found = standing(keys, noted)
    if found.wrong:
        raise KeyFileError("; ".join(found.wrong), what_helps(found.wrong))
    return found.unproven


def what_helps(wrong: tuple[str, ...]) -> str:
    """Return in one line what to do about wrong files, by the lines on them.

    Auditors change their key, and the log, with what it notes, may be from a copy before that.
    """
    if all(line.startswith(AUDITORS) for line in wrong):
        return (
            f"{PUT_BACK}; if it is the auditors' present one: rmp access key install it again"
        )
    return PUT_BACK


def _wrong(found: Mapping[str, bytes], noted: CheckValues) -> Iterator[str]:
    for name, content in found.items():
        right = noted.get(name, ())
        if right and not {*_values(name, content)} & {*right}:
            yield f"{name} {_whose(content, noted)}"


def _values(name: str, content: bytes) -> Iterator[bytes]:
    """Yield the values of which one is noted where the key is this service's."""
    yield _value(name, content)
    if name == CUSTODY or is_former(name, CUSTODY):
        yield from (_value(name, each) for each in also_known_by(content))


def _missing(found: Mapping[str, bytes], noted: CheckValues) -> Iterator[str]:
    """Yield a line for each file that need not be there, and was: what is under it is lost."""
    for name, right in noted.items():
        if right and (is_former(name) or name in {ACTS, KEPT}) and name not in found:
            yield f"{name} is missing, and what is under it opens by nothing else"


def _whose(content: bytes, noted: CheckValues) -> str:
    for other, values in noted.items():
        if _value(other, content) in values:
            return f"holds what belongs in {other}"
    return "is not the key that this service has had so far"


def contents(keys: Keys) -> dict[str, bytes]:
    """Return what each key is known by: its octets, or of the service's its fingerprint.

    Of a custody key that lies elsewhere it is the public half. The fingerprint stays when the
    service's certificate is prolonged, or gains a subkey.
    """
    return {
        SERVICE: bytes.fromhex(keys.service.fingerprint),
        CUSTODY: known_by(keys.custody),
        WAITING: keys.waiting.private_bytes_raw(),
        PEPPER: keys.pepper,
        LOG: keys.log.private_bytes_raw(),
        AUDITORS: keys.auditors.public_bytes_raw(),
        **{each.name: known_by(each.private) for each in keys.former_custody},
        **{each.name: each.private.private_bytes_raw() for each in keys.former},
        **{each.name: bytes.fromhex(each.fingerprint) for each in keys.former_service},
        **{each.name: each.pepper for each in keys.former_peppers},
        **({ACTS: keys.acts} if keys.acts else {}),
        **({KEPT: kept_file(keys.kept)} if keys.kept else {}),
    }


def _value(name: str, content: bytes) -> bytes:
    info = b"rmp key check 1 " + name.encode()
    return HKDF(SHA256(), VALUE_SIZE, salt=None, info=info).derive(content)
