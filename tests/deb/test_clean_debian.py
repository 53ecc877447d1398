"""rmp-audit by apt on a Debian that has Python and nothing else, no network and no compiler."""

import os
import platform
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deb.auditors import package
from deb.build import QUICK
from deb.releases import MACHINES, RELEASES, DebianRelease, PackageTarget
from deb.repository import KEYRING, publish
from testbed.command import run
from testbed.folders import own_folder
from testbed.machine import smallest_root

ROOT = Path(__file__).parents[2]
ROOTS = ROOT / "build" / "machines"
EXERCISE = ROOT / "docs" / "exercice-auditeur.zip"
NEEDED = ("mmdebstrap", "unshare", "chroot", "apt-ftparchive", "gpg")
ARCHITECTURE = next(name for name, m in MACHINES.items() if m == platform.machine())

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a root"),
    pytest.mark.skipif(
        not all(map(shutil.which, NEEDED)), reason=f"not all of {', '.join(NEEDED)} are there"
    ),
]


@pytest.fixture(params=RELEASES, ids=lambda release: f"debian-{release.number}")
def release(request: pytest.FixtureRequest) -> DebianRelease:
    assert isinstance(request.param, DebianRelease)
    return request.param


@pytest.fixture
def folder() -> Iterator[Path]:
    made = own_folder("clean-", on_disk=True)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def signer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    home = folder / "gpg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    who = "releaser@project.test"
    run(["gpg", "--batch", "--passphrase", "", "--quick-gen-key", who, "rsa3072", "sign"])
    yield who
    run(["gpgconf", "--kill", "all"])


class CleanDebian:
    """A root that commands are run in, by its own programs alone and without a network."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, line: str, status: int = 0) -> str:
        """Run a line of shell there and return what it says; it must end with ``status``."""
        alone = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
        done = subprocess.run(
            [*alone, "chroot", self.root, "/bin/sh", "-c", line],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture
def clean(release: DebianRelease, folder: Path, signer: str) -> CleanDebian:
    """A clean root beside which a signed repository lies, of this tree's rmp-audit."""
    root = folder / "root"
    root.mkdir()
    run(["tar", "-C", root, "-xf", smallest_root(release.codename, ROOTS)])
    made = package(PackageTarget(release, ARCHITECTURE), folder / "made", QUICK)
    served = root / "srv/repository"
    for line in publish([made], served, signer):
        assert line.endswith("signed")
    source = f"deb [signed-by=/srv/repository/{KEYRING}] file:///srv/repository"
    (root / "etc/apt/sources.list").write_text(f"{source} {release.codename} main\n")
    return CleanDebian(root)


def test_an_auditor_installs_by_apt_verifies_an_export_and_prints_the_month(
    clean: CleanDebian, capsys: pytest.CaptureFixture[str], release: DebianRelease
) -> None:
    assert clean.run("command -v cc gcc tcc clang pip", status=127) == ""
    began = time.perf_counter()
    clean.run("apt-get update && apt-get install -y rmp-audit")
    installed = time.perf_counter()
    with zipfile.ZipFile(EXERCISE) as archive:
        archive.extractall(clean.root / "root")
    verify = "cd /root && rmp-audit verify export --vkey cle.txt --policy temoins.txt --lang fr"
    said = clean.run(f"{verify} --checkpoint 30-septembre.txt")
    assert "le journal est ce que dit son point de contrôle" in said
    altered = clean.run(f"{verify} --checkpoint autre-histoire.txt", status=1)
    assert "ne sont pas celles de l'ancien point de contrôle" in altered
    verified = time.perf_counter()
    report = (
        "cd /root && rmp-audit report export --month 2026-10 --pdf octobre.pdf --vkey cle.txt"
    )
    clean.run(report)
    assert (clean.root / "root/octobre.pdf").read_bytes().startswith(b"%PDF-")
    printed = time.perf_counter()
    clean.run("apt-get purge -y rmp-audit && ! command -v rmp-audit")
    with capsys.disabled():
        print(  # noqa: T201 -- the figures that a soak run is for
            f"\nDebian {release.number}: installed in {installed - began:.1f} s, verified twice in"
            f" {verified - installed:.1f} s, the report in {printed - verified:.1f} s"
        )
