"""gpg as a stand-in for key kinds that the keeper does not open: one session key out of it.

Through python-gnupg, so that the passphrase, the key and the message go in by pipes only.
The keyring lives in memory-backed storage where there is any, and is gone afterwards.
"""

import logging
import os
import re
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from types import FrameType
from typing import NoReturn

import gnupg

_MEMORY = Path("/dev/shm")  # noqa: S108 -- a tmpfs on Linux: never on disk
_OPTIONS = [
    *("--pinentry-mode", "loopback"),  # never ask anybody
    *("--disable-dirmngr", "--no-auto-key-retrieve"),  # never use the network
    *("--trust-model", "always"),
]
_SESSION_KEY = re.compile(
    r"^\[GNUPG:\] SESSION_KEY (\d{1,3}):([0-9A-F]{2,128})\s*$", re.MULTILINE
)
_ENCODING = "latin-1"  # every octet of a passphrase comes out as it went in
_FAILED = re.compile(r"^\[GNUPG:\] ERROR pkdecrypt_failed (\d{1,10})", re.MULTILINE)
_BAD_PASSPHRASE = 11  # libgpg-error's GPG_ERR_BAD_PASSPHRASE, its source in the high bits
_NO_PASSPHRASE = re.compile(r"^\[GNUPG:\] (?:NEED|MISSING)_PASSPHRASE", re.MULTILINE)
_PATIENCE = 2.0  # seconds in which the agent must have gone

# What it logs may quote keys; nothing of it is for the host.
logging.getLogger("gnupg").setLevel(logging.CRITICAL + 1)


class GpgError(Exception):
    """gpg is not there, or cannot use the key; one clear line."""


def session_key_by_gpg(
    key: bytes, passphrase: bytes, message: bytes
) -> tuple[int, bytes] | None:
    """Return the cipher's number and the session key that ``key`` opens in ``message``.

    None where the message is for other keys. Raises :class:`GpgError`.
    """
    try:
        with _private_home() as home:
            return _session_key(home, key, passphrase, message)
    except (OSError, ValueError):
        raise GpgError("gpg is needed for this kind of key and does not run") from None


def _session_key(
    home: Path, key: bytes, passphrase: bytes, message: bytes
) -> tuple[int, bytes] | None:
    gpg = gnupg.GPG(gnupghome=str(home), options=_OPTIONS, encoding=_ENCODING)
    if not gpg.import_keys(key).sec_read:
        raise GpgError("gpg finds no secret key that it can use")
    given = passphrase.decode(_ENCODING) or None
    arguments = ["--show-session-key"]
    result = gpg.decrypt_file(BytesIO(message), passphrase=given, extra_args=arguments)
    status_lines = str(result.stderr)
    found = _SESSION_KEY.search(status_lines)
    if found:
        return int(found[1]), bytes.fromhex(found[2])
    if _is_locked(status_lines):
        raise GpgError("wrong passphrase" if passphrase else "the key needs a passphrase")
    return None


def _is_locked(status_lines: str) -> bool:
    """Return whether gpg had the key and not its passphrase."""
    codes = (int(code) & 0xFFFF for code in _FAILED.findall(status_lines))
    return _BAD_PASSPHRASE in codes or _NO_PASSPHRASE.search(status_lines) is not None


@contextmanager
def _private_home() -> Iterator[Path]:
    """Give an empty gpg home of our own; whatever ends the block, it goes, with its agent."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    with _ending_by_exception():
        home = Path(tempfile.mkdtemp(prefix="rmp", dir=place))
        try:
            yield home
        finally:
            _end_agent(home / "S.gpg-agent")
            _remove(home)


@contextmanager
def _ending_by_exception() -> Iterator[None]:
    """Have SIGTERM and SIGHUP unwind the block instead of leaving a key behind."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, _end) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _end_agent(agent: Path) -> None:
    """Tell the agent to end (gpg-agent's Assuan protocol) and wait until its socket goes."""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PATIENCE)
        connection.connect(str(agent))
        connection.sendall(b"KILLAGENT\n")
        while connection.recv(1024):
            pass
    deadline = time.monotonic() + _PATIENCE
    while agent.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def _remove(home: Path) -> None:
    """Remove the home; once more where the ending agent took a file away meanwhile."""
    for _ in range(5):
        shutil.rmtree(home, ignore_errors=True)
        if not home.exists():
            return
        time.sleep(0.05)
    shutil.rmtree(home)
