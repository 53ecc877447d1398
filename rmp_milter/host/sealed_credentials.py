"""A secret sealed to this machine as a systemd credential (systemd-creds(1)).

The secret goes through pipes: it never stands on a disk, in an argument or in the environment.
"""

import os
import shutil
import subprocess
from pathlib import Path

from rmp_milter.disk.new_files import sync_folder

_PROGRAM = "systemd-creds"
_FOLDERS = "/usr/bin:/bin:/usr/local/bin"
_SECONDS = 60
_OWNERS = 0o600


class SealedCredentialError(Exception):
    """No credential could be made; one line for the host. Nothing was left behind."""


def seal_credential(file: Path, content: bytes) -> None:
    """Seal ``content`` into the new ``file``, whose name is the credential's; it opens again.

    By the machine's TPM where it has one, and its own secret: what systemd-creds takes by itself.
    Raises :class:`SealedCredentialError`.
    """
    if file.exists():
        raise SealedCredentialError(f"{file}: exists already, is not overwritten")
    try:
        _seal(file, content)
    except (SealedCredentialError, OSError) as error:
        file.unlink(missing_ok=True)
        raise SealedCredentialError(str(error)) from None


def _seal(file: Path, content: bytes) -> None:
    name = f"--name={file.name}"
    _run("encrypt", name, "-", str(file), stdin=content)
    file.chmod(_OWNERS)
    if _run("decrypt", name, str(file), "-") != content:
        raise SealedCredentialError(f"{file}: opens as something else")
    _make_durable(file)


def _make_durable(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())
    sync_folder(file.parent)


def _run(*arguments: str, stdin: bytes = b"") -> bytes:
    path = shutil.which(_PROGRAM, path=_FOLDERS)
    if path is None:
        raise SealedCredentialError(f"{_PROGRAM}: not found; it comes with systemd 250")
    try:
        done = subprocess.run(  # noqa: S603 -- an argument list of ours, no shell
            [path, *arguments],
            capture_output=True,
            check=False,
            env={"PATH": _FOLDERS, "LC_ALL": "C"},
            input=stdin,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise SealedCredentialError(f"{_PROGRAM}: no answer within {_SECONDS} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise SealedCredentialError(f"{_PROGRAM}: {(said or ['it failed without a word'])[-1]}")
    return done.stdout
