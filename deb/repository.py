"""A signed apt repository of the packages: a folder for any web server.

``dists/CODENAME`` for each Debian, signed by the key that the releaser names; the packages
lie in ``pool``. Whoever has the folder and the key's public half can install by apt alone.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from deb.releases import MACHINES, RELEASES, DebianRelease

KEYRING = "rmp-milter.gpg"
_MADE_FOR = re.compile(r"~deb(\d+)_(\w+)\.deb$")


class RepositoryError(Exception):
    """The repository cannot be made; one clear line."""


def publish(packages: list[Path], folder: Path, key: str) -> Iterator[str]:
    """Add ``packages`` and sign anew; yield a line for each Debian.

    What is in the pool stays: the versions of before are the way back. Raises
    :class:`RepositoryError` where a package is for no Debian that is served, has other octets
    than one of its name in the pool, or a tool fails.
    """
    folder = folder.absolute()
    if not packages:
        raise RepositoryError("there is no package to publish: make deb")
    for package in packages:
        _add(package, folder)
    (folder / KEYRING).write_bytes(_run(["gpg", "--batch", "--export", key], folder))
    if not (folder / KEYRING).stat().st_size:
        raise RepositoryError(f"gpg knows no key {key}")
    for release in RELEASES:
        count = _index(release, folder)
        _sign(folder / "dists" / release.codename, key)
        yield f"{release.codename}: {count} packages, signed"


def _add(package: Path, folder: Path) -> None:
    found = _MADE_FOR.search(package.name)
    codenames = {release.number: release.codename for release in RELEASES}
    if found is None or found[1] not in codenames:
        raise RepositoryError(f"{package.name}: is for no Debian that is served")
    place = folder / "pool" / codenames[found[1]] / package.name
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists() and place.read_bytes() != package.read_bytes():
        raise RepositoryError(f"{package.name}: was published with other octets")
    shutil.copyfile(package, place)


def _index(release: DebianRelease, folder: Path) -> int:
    """Write Packages for each machine, and Release over them; return how many there are."""
    dist = folder / "dists" / release.codename
    count = 0
    for architecture in MACHINES:
        place = dist / "main" / f"binary-{architecture}"
        place.mkdir(parents=True, exist_ok=True)
        pool = f"pool/{release.codename}"
        command = ["apt-ftparchive", "--arch", architecture, "packages", pool]
        text = _run(command, folder) if (folder / pool).is_dir() else b""
        (place / "Packages").write_bytes(text)
        count += text.count(b"\nFilename: ") + text.startswith(b"Filename: ")
    for stale in ("Release", "InRelease", "Release.gpg"):
        (dist / stale).unlink(missing_ok=True)
    (dist / "Release").write_bytes(_run([*_ftparchive(release), "release", str(dist)], folder))
    return count


def _ftparchive(release: DebianRelease) -> list[str]:
    said = {
        "Origin": "rmp-milter",
        "Label": "rmp-milter",
        "Suite": release.codename,
        "Codename": release.codename,
        "Architectures": " ".join(MACHINES),
        "Components": "main",
    }
    options = [f"APT::FTPArchive::Release::{name}={value}" for name, value in said.items()]
    return ["apt-ftparchive", *(word for option in options for word in ("-o", option))]


def _sign(dist: Path, key: str) -> None:
    gpg = ["gpg", "--batch", "--yes", "--local-user", key, "--digest-algo", "SHA512"]
    _run([*gpg, "--clearsign", "--output", "InRelease", "Release"], dist)
    _run([*gpg, "--armor", "--detach-sign", "--output", "Release.gpg", "Release"], dist)


def _run(command: list[str], folder: Path) -> bytes:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            check=True,
        )
    except FileNotFoundError as error:
        raise RepositoryError(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise RepositoryError(f"{command[0]}: {said}") from error
    return done.stdout
