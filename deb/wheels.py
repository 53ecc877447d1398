"""The wheels of a package: fetched by the lock's digests, or made here of pure Python."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from deb.lock import ROOT, Pin
from deb.releases import NEWEST_GLIBC, PackageTarget

SOURCE_ONLY = {"dkimpy"}
"""Published without a wheel; pure Python, so one made here fits every machine."""

OWN_FILES = ("rmp_milter", "pyproject.toml", "README.md", "LICENSE")
_UNWANTED = (".data/scripts/", ".data/data/", ".data/headers/")
_DATED = "315532800"
"""1980: the first day that a zip archive knows."""


class WheelError(Exception):
    """A wheel cannot be had, or is not what it must be; one clear line."""


def gather(target: PackageTarget, pins: Iterable[Pin], folder: Path) -> list[Path]:
    """Put the wheels of all ``pins``, and the project's own, into ``folder``; return them."""
    pins = list(pins)
    download(target, [pin for pin in pins if pin.name not in SOURCE_ONLY], folder)
    _build([pin for pin in pins if pin.name in SOURCE_ONLY], folder)
    _build_own(folder)
    found = sorted(folder.glob("*.whl"))
    if len(found) != len(pins) + 1:
        raise WheelError(f"{target}: {len(found)} wheels for {len(pins) + 1} packages")
    return found


def unpack(wheel: Path, site: Path) -> None:
    """Put a wheel's modules into ``site``; no scripts, whose interpreter would be another."""
    with zipfile.ZipFile(wheel) as archive:
        for name in _wanted(archive):
            place = site / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(name))


def _wanted(archive: zipfile.ZipFile) -> Iterator[str]:
    for each in archive.infolist():
        name = each.filename
        parts = Path(name).parts
        if each.is_dir() or any(unwanted in name for unwanted in _UNWANTED):
            continue
        if ".." in parts or Path(name).is_absolute() or ".data/" in name:
            raise WheelError(f"{archive.filename}: {name} has no place in a package")
        if parts[-1] != "RECORD":  # of what pip would have installed
            yield name


def download(target: PackageTarget, pins: list[Pin], folder: Path) -> None:
    """Fetch wheels that the lock has the digests of, for another machine than this one."""
    platforms = [
        f"manylinux_2_{minor}_{target.machine}" for minor in range(5, NEWEST_GLIBC + 1)
    ]
    _pip(
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={target.release.python}",
        *(f"--platform={each}" for each in (*platforms, f"manylinux2014_{target.machine}")),
        f"--dest={folder}",
        *_required(pins, folder),
    )


def _build(pins: list[Pin], folder: Path) -> None:
    _pip(
        "wheel",
        "--no-deps",
        "--no-binary=:all:",
        "--no-build-isolation",  # with the setuptools of the lock
        f"--wheel-dir={folder}",
        *_required(pins, folder),
    )
    _refuse_compiled(folder, pins)


def _required(pins: list[Pin], folder: Path) -> tuple[str, ...]:
    file = folder / "requirements.txt"
    file.write_text("".join(pin.text for pin in pins))
    return ("--require-hashes", f"--requirement={file}")


def _refuse_compiled(folder: Path, pins: list[Pin]) -> None:
    for pin in pins:
        (wheel,) = folder.glob(f"{pin.name.replace('-', '_')}-*.whl")
        if not wheel.name.endswith("-none-any.whl"):
            raise WheelError(f"{wheel.name}: is made for this machine alone")


def _build_own(folder: Path) -> None:
    """Build the project's wheel of a copy: what an earlier build left would be in it."""
    copy = folder / "own"
    copy.mkdir()
    for name in OWN_FILES:
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(place, copy)
    build_tree(copy, folder)
    shutil.rmtree(copy)


def build_tree(tree: Path, folder: Path) -> None:
    """Build the wheel of a tree, with the setuptools of the lock; raises :class:`WheelError`."""
    _pip("wheel", "--no-deps", "--no-build-isolation", f"--wheel-dir={folder}", str(tree))


def _pip(*arguments: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        *arguments,
    ]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": _DATED}
    done = subprocess.run(
        command, env=environment, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise WheelError(done.stderr.strip())
