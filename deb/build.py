"""A package from the tree: laid out, described, and packed by ``dpkg-deb``.

debhelper would compile for the machine that it runs on, and dh-virtualenv writes a dependency
on Python without an upper bound: an upgrade of Debian leaves its environment without modules.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deb.changes import FILE as CHANGES
from deb.changes import LastChange, last_change
from deb.lock import packaged
from deb.releases import PackageTarget
from deb.sbom import bill
from deb.tree import FILES, lay_out
from deb.wheels import gather

SCRIPTS = ("postinst", "prerm", "postrm")


TIGHT, QUICK = ("-Zxz", "-z6"), ("-Zgzip", "-z1")
"""How dpkg-deb compresses: as is usual, for what is published; or in a hundredth of the time."""


def build(target: PackageTarget, folder: Path, packed: Sequence[str] = TIGHT) -> Path:
    """Make the package for ``target`` in ``folder`` and return its file.

    The same tree gives the same octets. Needs the package index, or pip's cache of it. Raises
    :class:`deb.wheels.WheelError`, or ``subprocess.CalledProcessError`` of dpkg-deb.
    """
    change = last_change(CHANGES.read_text())
    version = change.version_for(target.release)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"rmp-milter_{version}_{target.architecture}.deb"
    with tempfile.TemporaryDirectory() as name:
        wheels, root = Path(name, "wheels"), Path(name, "root")
        wheels.mkdir()
        root.mkdir(mode=0o755)
        found = gather(target, packaged(target), wheels)
        lay_out(target, found, bill(target, version, change.at, found), root)
        describe(target, change, root)
        pack(root, file, change.at, packed)
    return file


def describe(
    target: PackageTarget,
    change: LastChange,
    root: Path,
    *,
    control: str = "control",
    scripts: Sequence[str] = SCRIPTS,
) -> None:
    """Write dpkg's part: control file, digests, scripts."""
    files = sorted(each for each in root.rglob("*") if each.is_file() and not each.is_symlink())
    digests = "".join(
        f"{hashlib.md5(each.read_bytes(), usedforsecurity=False).hexdigest()}"
        f"  {each.relative_to(root)}\n"
        for each in files
    )
    kilobytes = sum(-(-each.stat().st_size // 1024) for each in files)
    part = root / "DEBIAN"
    part.mkdir(mode=0o755)
    values = {
        "version": change.version_for(target.release),
        "architecture": target.architecture,
        "who": change.who,
        "size": str(kilobytes),
        "python": target.release.python,
        "next_python": target.release.next_python,
    }
    (part / "control").write_text((FILES / control).read_text().format_map(values))
    (part / "md5sums").write_text(digests)
    for script in scripts:
        text = (FILES / script).read_text().replace("@PYTHON@", target.release.python)
        (part / script).write_text(text)
        (part / script).chmod(0o755)


def pack(root: Path, file: Path, at: int, packed: Sequence[str] = TIGHT) -> None:
    """Pack what lies below ``root``, all of it as of one moment."""
    for path in (root, *root.rglob("*")):
        os.utime(path, (at, at), follow_symlinks=False)
    made = file.with_suffix(".part")
    command = ["dpkg-deb", "--root-owner-group", *packed, "--threads-max=1"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(at)}
    subprocess.run(
        [*command, "--build", str(root), str(made)],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.move(made, file)
