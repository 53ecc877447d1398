"""The Debian package: what is in it, twice the same, and found by apt in the signed repository."""

import json
import os
import re
import shutil
import subprocess
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

from deb.build import QUICK, build, pack
from deb.changes import FILE as CHANGES
from deb.changes import changelog_for, last_change
from deb.lock import LEFT_OUT, packaged
from deb.openssl import bundled, compared
from deb.releases import RELEASES, TARGETS, PackageTarget
from rmp_milter import __version__

ROOT = Path(__file__).parents[2]
SITE = "usr/lib/rmp-milter/lib/python{}/site-packages"
TARGET = TARGETS[0]

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="this is no Debian")
built_here = [pytest.mark.integration, pytest.mark.slow]


def out_of(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return done.stdout


def test_the_changelog_is_of_this_version() -> None:
    change = last_change(CHANGES.read_text())
    assert change.version.rpartition("-")[0] == __version__


def test_a_package_for_the_next_debian_is_newer() -> None:
    newer, older = (last_change(CHANGES.read_text()).version_for(each) for each in RELEASES)
    subprocess.run(["dpkg", "--compare-versions", newer, "gt", older], check=True)
    assert changelog_for(CHANGES.read_text(), RELEASES[0]).startswith(f"rmp-milter ({newer})")


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_what_is_packaged_is_what_the_service_runs_by(target: PackageTarget) -> None:
    names = {pin.name for pin in packaged(target)}
    wanted = {"cryptography", "cffi", "rpgp-py", "lmdb", "click", "dnspython", "python-pkcs11"}
    assert wanted <= names
    assert names.isdisjoint({"pymilter", "pytest", "mypy", "setuptools", "yarl", *LEFT_OUT})
    assert all("--hash=sha256:" in pin.text for pin in packaged(target))


def test_an_older_openssl_is_said_and_the_same_is_not() -> None:
    assert compared("3.5.4", "3.5.10", "cryptography-51.0.0")[0]
    assert not compared("4.0.3", "4.0.3", "cryptography-50.0.2")[0]


class TestBuilt:
    """One package, for another Python than this one as often as not."""

    pytestmark = built_here

    def test_it_depends_on_one_python_and_runs_no_other(
        self, package: Path, root: Path
    ) -> None:
        needs = out_of("dpkg-deb", "--field", str(package), "Depends")
        assert "python3 (>= 3.13~), python3 (<< 3.14), python3-milter" in needs
        assert (root / "usr/bin/rmp").read_text().splitlines()[0] == (
            "#!/usr/lib/rmp-milter/bin/python3 -I"
        )
        link = root / "usr/lib/rmp-milter/bin/python3"
        assert str(link.readlink()) == "../../../bin/python3.13"
        assert (link.parent / link.readlink()).parent.resolve() == (root / "usr/bin").resolve()

    def test_what_it_unpacks_to_is_packed_to_the_same_octets(
        self, package: Path, root: Path, tmp_path: Path
    ) -> None:
        again = tmp_path / package.name
        pack(root, again, last_change(CHANGES.read_text()).at, QUICK)
        assert again.read_bytes() == package.read_bytes()

    @pytest.mark.soak
    def test_two_builds_give_the_same_octets(self, tmp_path: Path) -> None:
        first, again = (build(TARGET, tmp_path / name) for name in ("first", "second"))
        assert again.name == first.name
        assert again.read_bytes() == first.read_bytes()

    def test_libraries_are_for_that_machine_and_need_what_is_depended_on(
        self, root: Path
    ) -> None:
        libraries = list((root / SITE.format("3.13")).rglob("*.so"))
        assert len(libraries) > 4
        needed = set[str]()
        for library in libraries:
            assert library.read_bytes()[18:20] == b"\x3e\x00"  # e_machine: x86-64
            said = out_of("readelf", "--dynamic", str(library))
            needed |= set(re.findall(r"\(NEEDED\).*\[(\S+)\.so\.\d\]", said))
        glibc = {"libc", "libm", "librt", "libpthread", "libdl", "ld-linux-x86-64"}
        assert needed <= glibc | {"libgcc_s"}

    def test_nothing_but_the_command_can_be_run_or_is_another_users(
        self, package: Path
    ) -> None:
        lines = out_of("dpkg-deb", "--contents", str(package)).splitlines()
        files = [line.split() for line in lines if line.startswith("-")]
        assert {line[1] for line in files} == {"root/root"}
        assert [line[5] for line in files if "x" in line[0]] == ["./usr/bin/rmp"]
        assert [line[0] for line in files if "s" in line[0] or line[0][8] == "w"] == []

    def test_the_bill_of_materials_names_each_wheel_and_its_openssl(self, root: Path) -> None:
        bill = json.loads((root / "usr/share/doc/rmp-milter/sbom.cdx.json").read_text())
        named = {each["purl"].split("@")[0] for each in bill["components"]}
        wanted = {f"pkg:pypi/{pin.name}" for pin in packaged(TARGET)}
        assert wanted | {"pkg:pypi/rmp-milter"} == named
        (own,) = [each for each in bill["components"] if each["name"] == "cryptography"]
        openssl = "pkg:generic/openssl@"
        inside = [each for each in own["components"] if each["purl"].startswith(openssl)]
        said = {each["version"] for each in inside}
        library = root / SITE.format("3.13") / "cryptography/hazmat/bindings/_rust.abi3.so"
        assert {each.encode() in library.read_bytes() for each in said} == {True}
        assert len(said) == 1

    def test_completions_are_of_the_command(self, root: Path) -> None:
        share = root / "usr/share"
        text = (share / "bash-completion/completions/rmp").read_text()
        assert "_RMP_COMPLETE=bash_complete" in text
        assert (share / "zsh/vendor-completions/_rmp").read_text().startswith("#compdef rmp\n")

    def test_its_scripts_are_shell(self, root: Path) -> None:
        for script in ("postinst", "prerm", "postrm"):
            subprocess.run(["sh", "-n", str(root / "DEBIAN" / script)], check=True)
            assert os.access(root / "DEBIAN" / script, os.X_OK)
        assert '-V "$python"' in (root / "DEBIAN/postinst").read_text()

    @pytest.mark.soak
    @pytest.mark.skipif(shutil.which("lintian") is None, reason="lintian is not installed")
    def test_lintian_finds_nothing_that_has_no_reason(self, package: Path) -> None:
        command = ["lintian", "--allow-root", "--fail-on", "error,warning", str(package)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")
        overrides = (ROOT / "deb/files/lintian-overrides").read_text().splitlines()
        for before, line in pairwise(overrides):
            assert line.startswith("#") or before.startswith("#")  # the reason above each


def wheel_with(folder: Path, content: bytes) -> Path:
    place = folder / "thing-1-py3-none-any.whl"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("thing/lib.abi3.so", content)
        archive.writestr("thing/lib.py", b"OpenSSL 1.0.0 1 Jan 2010")
    return place


def test_the_openssl_of_a_wheel_is_what_its_library_says(tmp_path: Path) -> None:
    content = b"\x00OpenSSL 3.5.4 30 Sep 2025\x00OpenSSL 3's legacy provider\x00"
    assert bundled(wheel_with(tmp_path, content)) == {"3.5.4"}
