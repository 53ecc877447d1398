"""The OpenSSL that wheels bring: which one it is, and whether there is a newer one to be had.

Debian's security updates of OpenSSL do not reach it. The rule: whenever ``make openssl`` says
that a newer one can be had, the lock is made anew and the package built and released again.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from deb.lock import Pin, packaged
from deb.releases import TARGETS, PackageTarget
from deb.wheels import download

_NAMED = re.compile(rb"OpenSSL (\d+\.\d+\.\d+[a-z]?) \d{1,2} [A-Z][a-z]{2} \d{4}")


def bundled(wheel: Path) -> set[str]:
    """Return the versions of OpenSSL that a wheel's libraries say they are."""
    with zipfile.ZipFile(wheel) as archive:
        libraries = [name for name in archive.namelist() if ".so" in Path(name).suffixes]
        return {
            found.decode() for each in libraries for found in _NAMED.findall(archive.read(each))
        }


def numbers(version: str) -> tuple[int, ...]:
    """Return a version of OpenSSL, or of a package, as it is compared."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def compared(locked: str, newest: str, package: str) -> tuple[bool, str]:
    """Return whether the lock is behind, and a line that says it."""
    if numbers(newest) > numbers(locked):
        return True, f"OpenSSL {locked} is bundled; {package} brings {newest}: renew the lock"
    return False, f"OpenSSL {locked} is bundled, as in the newest {package}"


def look(target: PackageTarget = TARGETS[0]) -> tuple[bool, str]:
    """Compare what the lock brings with the newest wheel of the same package.

    Asks the package index. Raises :class:`deb.wheels.WheelError` where it cannot.
    """
    (pin,) = [pin for pin in packaged(target) if pin.name == "cryptography"]
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = Path(name, "ours"), Path(name, "theirs")
        ours.mkdir()
        theirs.mkdir()
        download(target, [pin], ours)
        _newest(pin, theirs)
        (locked,), (newest,) = ours.glob("*.whl"), theirs.glob("*.whl")
        return compared(_version(locked), _version(newest), newest.name.partition("-cp")[0])


def _version(wheel: Path) -> str:
    (found,) = bundled(wheel)
    return found


def _newest(pin: Pin, folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "download",
    ]
    command += ["--no-deps", "--only-binary=:all:", f"--dest={folder}", pin.name]
    subprocess.run(command, check=True)
