"""The files of the package ``rmp-milter``, laid out as Debian has them.

The auditors' package is laid out in :mod:`deb.auditors`.
"""

import gzip
import shutil
from collections.abc import Sequence
from pathlib import Path

from click.shell_completion import BashComplete, ShellComplete, ZshComplete

from deb.changes import FILE as CHANGES
from deb.changes import changelog_for
from deb.lock import ROOT
from deb.releases import PackageTarget
from deb.wheels import unpack
from rmp_milter.cli.main import rmp

FILES = Path(__file__).parent / "files"
LIBRARY = "usr/lib/rmp-milter"
DOC = "usr/share/doc/rmp-milter"
UNITS = "usr/lib/systemd/system"
_EXECUTABLE = 0o755


def lay_out(target: PackageTarget, wheels: list[Path], sbom: str, root: Path) -> None:
    """Write all files of the package below ``root``; modes are those of the package."""
    _program(target, wheels, root)
    _units(root)
    _completions(root)
    _documents(target, sbom, root)
    for path in sorted(root.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path == root / "usr/bin/rmp"
            path.chmod(_EXECUTABLE if executable else 0o644)


def _program(target: PackageTarget, wheels: list[Path], root: Path) -> None:
    environment(target, wheels, root / LIBRARY)
    put(root / "usr/bin/rmp", (FILES / "rmp").read_text())


def environment(target: PackageTarget, wheels: Sequence[Path], library: Path) -> None:
    """Lay out a virtual environment of Debian's Python.

    Then a process that starts another by ``sys.executable`` finds the same modules; what comes
    from Debian itself (python3-milter) is found behind them.
    """
    python = target.release.python
    for wheel in wheels:
        unpack(wheel, library / f"lib/python{python}/site-packages")
    (library / "bin").mkdir()
    (library / "bin/python3").symlink_to(f"../../../bin/python{python}")
    put(
        library / "pyvenv.cfg",
        f"home = /usr/bin\ninclude-system-site-packages = true\nversion = {python}\n",
    )


def _units(root: Path) -> None:
    for unit in sorted((ROOT / "systemd").iterdir()):
        if unit.suffix in {".service", ".timer", ".target"}:
            put(root / UNITS / unit.name, unit.read_text())
        elif unit.name.startswith("postfix"):  # drop-ins for another package's units
            put(root / UNITS / unit.name / "rmp-milter.conf", (unit / "rmp.conf").read_text())
    for kind in ("sysusers.d", "tmpfiles.d"):
        text = (ROOT / "systemd" / kind / "rmp.conf").read_text()
        put(root / "usr/lib" / kind / "rmp-milter.conf", text)


def _completions(root: Path) -> None:
    """Write what click writes for each shell: it asks the command itself for the words."""
    share = root / "usr/share"
    for shell, place in (
        (BashComplete, share / "bash-completion/completions/rmp"),
        (ZshComplete, share / "zsh/vendor-completions/_rmp"),
    ):
        put(place, _completion(shell))


def _completion(shell: type[ShellComplete]) -> str:
    made = shell(rmp, {}, "rmp", "_RMP_COMPLETE")
    return made.source_template % made.source_vars() + "\n"


def _documents(target: PackageTarget, sbom: str, root: Path) -> None:
    doc = root / DOC
    for page in sorted((ROOT / "man").iterdir()):
        section = page.suffix[1:]
        put_compressed(root / f"usr/share/man/man{section}/{page.name}.gz", page.read_bytes())
    for name in ("README.md", "SECURITY.md", "rmp.toml.example"):
        put(doc / name, (ROOT / name).read_text())
    shutil.copytree(ROOT / "docs", doc / "docs")
    shutil.copytree(ROOT / "postfix", doc / "examples/postfix")
    put(doc / "sbom.cdx.json", sbom)
    put(doc / "copyright", (FILES / "copyright").read_text())
    put_compressed(doc / "changelog.gz", (ROOT / "CHANGELOG.md").read_bytes())
    changes = changelog_for(CHANGES.read_text(), target.release)
    put_compressed(doc / "changelog.Debian.gz", changes.encode())
    overrides = (FILES / "lintian-overrides").read_text()
    put(root / "usr/share/lintian/overrides/rmp-milter", overrides)


def put(place: Path, text: str) -> None:
    """Write a file, its folders too."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def put_compressed(place: Path, content: bytes) -> None:
    """Write a file, the same octets each time."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
