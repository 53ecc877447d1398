"""What gpg and sqop make of a certificate: may it be encrypted to, does its signature hold?"""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from testbed.certificate_parts import DATA


class Verdict(NamedTuple):
    """Whether a signature over ``DATA`` holds, whether there is a key to encrypt to."""

    signs: bool
    encrypts: bool


class GnuPG:
    """gpg, one home for all certificates, each in a keyring of its own and no agent."""

    name = "gpg"

    def __init__(self, home: Path) -> None:
        self._home = home
        self._home.chmod(0o700)
        self._made = 0

    def judge(self, certificate: bytes, signature: bytes) -> Verdict:
        self._made += 1
        ring = self._home / f"{self._made}.gpg"
        signed = self._home / f"{self._made}.sig"
        signed.write_bytes(signature)
        said = self._run(ring, "--import", data=certificate).stdout.decode(errors="replace")
        lines = [line.split() for line in said.splitlines()]
        names = [words[3] for words in lines if words[1:2] == ["IMPORT_OK"]]
        seen = self._run(ring, "--verify", str(signed), "-", data=DATA)
        signs = seen.returncode == 0 and b"[GNUPG:] GOODSIG" in seen.stdout
        if not names:
            return Verdict(signs, encrypts=False)
        done = self._run(ring, "-r", names[0], "--encrypt", data=DATA)
        return Verdict(signs, encrypts=done.returncode == 0)

    def _run(
        self, ring: Path, *arguments: str, data: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        own = [
            "gpg",
            "--homedir",
            str(self._home),
            "--no-default-keyring",
            "--keyring",
            str(ring),
        ]
        own += ["--batch", "--no-tty", "--yes", "--status-fd", "1", "--no-autostart"]
        own += ["--trust-model", "always", "--no-auto-key-locate", "--disable-dirmngr"]
        return _run([*own, *arguments], data)


class Sequoia:
    """sqop, Sequoia behind the commands of the Stateless OpenPGP protocol."""

    name = "sqop"

    def __init__(self, home: Path) -> None:
        self._certificate, self._signature = home / "certificate", home / "signature"

    def judge(self, certificate: bytes, signature: bytes) -> Verdict:
        self._certificate.write_bytes(certificate)
        self._signature.write_bytes(signature)
        verify = ["sqop", "verify", str(self._signature), str(self._certificate)]
        encrypt = ["sqop", "encrypt", str(self._certificate)]
        return Verdict(
            signs=_run(verify, DATA).returncode == 0,
            encrypts=_run(encrypt, DATA).returncode == 0,
        )


def _run(command: Sequence[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)


Oracle = GnuPG | Sequoia


def installed(home: Path) -> list[Oracle]:
    """Return the oracles of this machine; gpg is always there, the project needs it."""
    found: list[Oracle] = [GnuPG(home)]
    if shutil.which("sqop"):
        found.append(Sequoia(home))
    return found
