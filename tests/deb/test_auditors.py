"""rmp-audit by itself: as a wheel, a package, a single file, where nothing of the service is."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deb import auditors
from deb.auditors import NEEDS, _archive, modules, package, single_file, wheel
from deb.build import QUICK
from deb.lock import packaged
from deb.releases import TARGETS, PackageTarget
from deb.tree import put
from rmp_milter.audit.writing import export
from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli import main
from rmp_milter.cli.audit_main import rmp_audit
from rmp_milter.keeper.keys.keys import LogKey
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import Journal

HERE = [
    target
    for target in TARGETS
    if target.machine == platform.machine()
    and target.release.python == f"{sys.version_info.major}.{sys.version_info.minor}"
]
NOT_OURS = (
    "lmdb",
    "Milter",
    "openpgp",
    "dkim",
    "tnefparse",
    "pyhanko_certvalidator",
    "psycopg",
)
ORIGIN = "chu.example/rmp"


def test_it_needs_nothing_of_milter_keeper_or_store() -> None:
    rooms = {name.split(".")[1] for name in modules() if "." in name}
    assert rooms == {
        *(
            "audit",
            "cli",
            "config",
            "disk",
            "dossier",
            "host",
            "linux",
            "pdf",
            "phrases",
        ),
        *("tlog", "witness"),
    }
    program = "import sys, rmp_milter.cli.audit_main as m, importlib\n" + "\n".join(
        f"importlib.import_module({place.module!r})" for place in rmp_audit.places.values()
    )
    program += "\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()).isdisjoint(NOT_OURS)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_what_it_brings_along_are_few_wheels(target: PackageTarget) -> None:
    names = {pin.name for pin in packaged(target, NEEDS)}
    assert set(NEEDS) <= names <= {*NEEDS, "cffi", "pycparser", "typing-extensions"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rmp-audit")


@pytest.fixture(scope="module")
def built(made: Path) -> Iterator[Path]:
    """The wheel, made once: package and single file are of copies."""
    file = wheel(made / "wheel")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auditors, "wheel", lambda folder: shutil.copy(file, folder))
        yield file


@pytest.fixture(scope="module")
def exported(made: Path) -> tuple[Path, str]:
    """A log of thirty entries, as it is given to auditors, and its key."""
    key = LogKey.generate()
    journal.create(made / "log", ORIGIN)
    with Journal(made / "log") as log:
        for number in range(30):
            doctor = f"1000000000{number % 10}"
            kind = ("depot", "dossier", "urgence")[number % 3]
            event = Event(number + 1, kind, number.to_bytes(32), doctor, "ab", "d@chu.example")
            log.append(event, number + 1)
        note = log.checkpoint(key)
        with log.snapshot() as snapshot:
            export(snapshot, note, made / "export")
    return made / "export", str(verifier_key(key, ORIGIN))


def commands_work(
    program: list[str], exported: tuple[Path, str], place: Path, *, some: bool = False
) -> None:
    """See that the commands work; ``some`` are one that reads, one with fonts, and a refusal."""
    folder, vkey = exported
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "LANG": "fr_FR.UTF-8"}

    def run(*arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [*program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            cwd=place,
        )
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    assert "le journal est ce que dit" in run("verify", str(folder), "--vkey", vkey)
    run("report", str(folder), "--month", "1970-01", "--pdf", "month.pdf")
    own = place / "own.pdf"
    report = ["report", str(folder), "--month", "1970-01", "--lang", "fr", "--pdf", str(own)]
    assert main.run(["access", *report]) == 0
    assert (place / "month.pdf").read_bytes() == own.read_bytes()
    assert "commande inconnue" in run("export", str(folder), status=2)
    if some:
        return
    assert len(json.loads(run("list", str(folder), "--json"))) == 30
    assert "prouvé" in run("show", str(folder), "3")
    run("prove", str(folder), "3", "-o", "three.tlog-proof")
    run("verify", "three.tlog-proof", "--vkey", vkey)
    assert "d'une même histoire" in run("compare", str(folder), "three.tlog-proof")
    assert "CLÉ" in run("keys", str(folder), "--vkey", vkey)
    run("figures", str(folder))
    run("overdue", str(folder))
    run("unusual", str(folder))
    run("new-key", "reasons.key")


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.skipif(not HERE, reason="no Debian has this Python")
def test_the_wheel_runs_where_nothing_else_is(
    built: Path, made: Path, exported: tuple[Path, str]
) -> None:
    with zipfile.ZipFile(built) as archive:
        assert not [name for name in archive.namelist() if "/keeper/" in name]
    venv = made / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    needed = made / "needed.txt"
    own = f"{built} --hash=sha256:{hashlib.sha256(built.read_bytes()).hexdigest()}\n"
    needed.write_text("".join(pin.text for pin in packaged(HERE[0], NEEDS)) + own)
    pip = [sys.executable, "-m", "pip", "--python", venv, "--quiet"]
    pip += ["--disable-pip-version-check"]
    install = [*pip, "install", "--no-compile", "--require-hashes", "-r", needed]
    subprocess.run(install, check=True)
    subprocess.run([*pip, "check"], check=True)
    looking = "import sys, importlib.util as i; print([*filter(i.find_spec, sys.argv[1:])])"
    without = [venv / "bin/python", "-c", looking, "click", *NOT_OURS]
    found = subprocess.run(without, capture_output=True, text=True, check=True).stdout
    assert found == "['click']\n"
    commands_work([str(venv / "bin/rmp-audit")], exported, made)


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.skipif(not HERE, reason="no Debian has this Python")
@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(  # all of them are tried of the wheel, which is what is in it
    "commands", ["some", pytest.param("all", marks=pytest.mark.soak)]
)
def test_the_single_file_runs_by_python_alone(
    made: Path, exported: tuple[Path, str], commands: str
) -> None:
    file = single_file(HERE[0], made / commands)
    home = made / f"home for {commands}"
    home.mkdir()
    program = [sys.executable, "-I", str(file)]
    commands_work(program, exported, home, some=commands == "some")
    (unpacked,) = (home / ".cache/rmp-audit").iterdir()
    assert unpacked.stat().st_mode & 0o077 == 0


@pytest.mark.soak
@pytest.mark.skipif(not HERE, reason="no Debian has this Python")
def test_two_single_files_are_of_the_same_octets(tmp_path: Path) -> None:
    first, again = (single_file(HERE[0], tmp_path / name) for name in ("first", "again"))
    assert first.read_bytes() == again.read_bytes()


def test_an_archive_of_the_same_files_is_of_the_same_octets(tmp_path: Path) -> None:
    names = ("b.py", "a.py", "inner/c.py")
    for folder, order in (("first", names), ("again", names[::-1])):
        for at, name in enumerate(order):
            put(tmp_path / folder / name, name)
            os.utime(tmp_path / folder / name, (at, at))
        _archive(tmp_path / folder, "main", tmp_path / f"{folder}.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="this is no Debian")
@pytest.mark.usefixtures("built")
def test_the_package_holds_the_command_and_its_guide(made: Path) -> None:
    file = package(TARGETS[0], made / "deb", QUICK)
    listed = subprocess.run(
        ["dpkg-deb", "-c", file], capture_output=True, text=True, check=True
    )
    for name in (
        "./usr/bin/rmp-audit",
        "./usr/share/doc/rmp-audit/guide-auditeur.md",
        "./usr/share/doc/rmp-audit/exercice-auditeur.zip",
        "./usr/share/man/man1/rmp-audit.1.gz",
        "./usr/share/bash-completion/completions/rmp-audit",
    ):
        assert name in listed.stdout
    assert "systemd" not in listed.stdout
    assert "/usr/bin/rmp\n" not in listed.stdout
    told = ["dpkg-deb", "-f", file, "Package", "Depends"]
    control = subprocess.run(told, capture_output=True, text=True, check=True).stdout
    assert "Package: rmp-audit" in control
    assert "postfix" not in control
