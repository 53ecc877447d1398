"""``rmp-audit``: of the same tree what auditors run, as a wheel, a package and a single file.

Which modules it needs is asked of Python: those that its commands import. None of them is
compiled, and none is of milter, keeper or store; a test runs them where nothing else is installed.
"""

import json
import shutil
import stat
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

from click.shell_completion import BashComplete, ShellComplete, ZshComplete

from deb.build import TIGHT, describe, pack
from deb.changes import FILE as CHANGES
from deb.changes import last_change
from deb.lock import ROOT, packaged
from deb.releases import PackageTarget
from deb.sbom import bill
from deb.tree import FILES, environment, put, put_compressed
from deb.wheels import build_tree, download, unpack
from rmp_milter import __version__
from rmp_milter.cli.audit_main import NAME, rmp_audit

NEEDS = ("click", "cryptography", "msgspec")
"""Of the project's dependencies."""

_LOOKING = """
import importlib, json, sys
from rmp_milter.cli.audit_main import rmp_audit
for place in rmp_audit.places.values():
    importlib.import_module(place.module)
found = {n: m.__file__ for n, m in sys.modules.items() if n.partition(".")[0] == "rmp_milter"}
print(json.dumps(found))
"""
DATA = ("rmp_milter/pdf/fonts",)
"""What lies beside the modules."""
EXERCISE = ROOT / "docs/exercice-auditeur.zip"
"""What the guide is written on: an invented export, and what an auditor has beside it."""
_DATED = (1980, 1, 1, 0, 0, 0)


def modules() -> dict[str, Path]:
    """Return the modules of ours that the commands import, with their files."""
    command = [sys.executable, "-c", _LOOKING]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return {name: Path(file) for name, file in json.loads(done.stdout).items()}


def wheel(folder: Path) -> Path:
    """Make the wheel in ``folder`` and return it; raises :class:`deb.wheels.WheelError`."""
    found = modules()
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name, "tree")
        for file in found.values():
            place = tree / file.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
        for each in DATA:
            shutil.copytree(ROOT / each, tree / each)
        packages = sorted(each for each, file in found.items() if file.name == "__init__.py")
        (tree / "pyproject.toml").write_text(_project(packages))
        shutil.copy(ROOT / "LICENSE", tree / "LICENSE")
        shutil.copy(ROOT / "docs/guide-auditeur.md", tree / "README.md")
        build_tree(tree, folder)
    (made,) = folder.glob("rmp_audit-*.whl")
    return made


def _project(packages: Sequence[str]) -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [line for line in project["dependencies"] if line.startswith(NEEDS)]
    return (FILES / "rmp-audit.toml").read_text().format_map(
        {
            "python": project["requires-python"],
            "version": __version__,
            "dependencies": json.dumps(needed),
            "packages": json.dumps(packages),
        }
    )  # fmt: skip


def package(target: PackageTarget, folder: Path, packed: Sequence[str] = TIGHT) -> Path:
    """Make Debian's package as :func:`deb.build.build` does; raises what it does."""
    change = last_change(CHANGES.read_text())
    version = change.version_for(target.release)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{NAME}_{version}_{target.architecture}.deb"
    with tempfile.TemporaryDirectory() as name:
        wheels, root = Path(name, "wheels"), Path(name, "root")
        root.mkdir(mode=0o755)
        found = _gathered(target, wheels)
        _lay_out(target, found, bill(target, version, change.at, found, NAME), root)
        describe(target, change, root, control=f"{NAME}.control", scripts=())
        pack(root, file, change.at, packed)
    return file


def _gathered(target: PackageTarget, folder: Path) -> list[Path]:
    folder.mkdir()
    download(target, packaged(target, NEEDS), folder)
    wheel(folder)
    return sorted(folder.glob("*.whl"))


def _lay_out(target: PackageTarget, wheels: Sequence[Path], sbom: str, root: Path) -> None:
    environment(target, wheels, root / f"usr/lib/{NAME}")
    put(root / f"usr/bin/{NAME}", (FILES / NAME).read_text())
    share, doc = root / "usr/share", root / f"usr/share/doc/{NAME}"
    put(share / f"bash-completion/completions/{NAME}", _completion(BashComplete))
    put(share / f"zsh/vendor-completions/_{NAME}", _completion(ZshComplete))
    put_compressed(share / f"man/man1/{NAME}.1.gz", (FILES / f"{NAME}.1").read_bytes())
    put(doc / "guide-auditeur.md", (ROOT / "docs/guide-auditeur.md").read_text())
    shutil.copyfile(EXERCISE, doc / EXERCISE.name)
    put(doc / "formats.md", (ROOT / "docs/formats.md").read_text())
    put(doc / "sbom.cdx.json", sbom)
    put(doc / "copyright", (FILES / "copyright").read_text())
    for path in sorted(root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)


def _completion(shell: type[ShellComplete]) -> str:
    made = shell(rmp_audit, {}, NAME, "_RMP_AUDIT_COMPLETE")
    return made.source_template % made.source_vars() + "\n"


def single_file(target: PackageTarget, folder: Path) -> Path:
    """Make one file that runs by the Python of ``target`` alone: for a court's expert.

    Any Linux with that Python, machine and a glibc as old as Debian's will do. Raises
    :class:`deb.wheels.WheelError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    python = target.release.python
    file = folder / f"{NAME}-{__version__}-python{python}-{target.machine}.pyz"
    with tempfile.TemporaryDirectory() as name:
        site = Path(name, "site")
        for each in _gathered(target, Path(name, "wheels")):
            unpack(each, site)
        main = (FILES / "single-file").read_text()
        numbers = tuple(map(int, python.split(".")))
        main = main.replace("PYTHON = (0, 0)  # filled in", f"PYTHON = {numbers}")
        file.write_bytes(b"#!/usr/bin/env python3\n")
        _archive(site, main, file)
    file.chmod(file.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return file


def _archive(site: Path, main: str, file: Path) -> None:
    """Append the archive; the same tree gives the same octets, which zipapp would not see to."""
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py", _DATED), main)
        for path in sorted(each for each in site.rglob("*") if each.is_file()):
            info = zipfile.ZipInfo(str(Path("site", path.relative_to(site))), _DATED)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
