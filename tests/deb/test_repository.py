"""The repository, signed by a throw-away key, read by an apt that knows of nothing else."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deb.repository import KEYRING, RepositoryError, publish
from testbed.folders import own_folder

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(map(shutil.which, ("apt-get", "apt-ftparchive", "gpg", "dpkg-deb"))),
        reason="apt-get, apt-ftparchive (apt-utils) or gpg is not installed",
    ),
]


@pytest.fixture(scope="module")
def signer() -> Iterator[str]:
    home = own_folder("gpg-")
    home.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNUPGHOME", str(home))
        who = "Releaser <releaser@project.test>"
        plain = ["--batch", "--passphrase", "", "--quick-gen-key", who, "ed25519", "sign"]
        subprocess.run(["gpg", "--quiet", *plain], check=True, capture_output=True)
        yield "releaser@project.test"
        subprocess.run(["gpgconf", "--kill", "all"], check=True)
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def served(package: Path, folder: Path, signer: str) -> Path:
    lines = list(publish([package], folder / "repository", signer))
    assert lines == ["trixie: 1 packages, signed", "bookworm: 0 packages, signed"]
    return folder / "repository"


def apt(root: Path, served: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run apt-get with folders of its own: root's configuration is neither read nor touched."""
    for name in ("lists/partial", "cache/archives/partial", "etc/parts"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "status").touch()
    signed = f"arch=amd64 signed-by={served / KEYRING}"
    (root / "etc/sources.list").write_text(f"deb [{signed}] file://{served} trixie main\n")
    (root / "apt.conf").write_text(
        f'Dir "/";\nDir::State "{root}";\nDir::State::status "{root}/status";\n'
        f'Dir::Cache "{root}/cache";\nDir::Etc "{root}/etc";\n'
        'Dir::Etc::Parts "parts";\nDir::Etc::SourceParts "parts";\n'
        'APT::Architecture "amd64";\nAPT::Architectures { "amd64"; };\nAPT::Sandbox::User "";\n'
    )
    return subprocess.run(
        ["apt-get", *command],
        env={**os.environ, "APT_CONFIG": str(root / "apt.conf"), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
    )


def test_apt_takes_the_package_from_it(served: Path, package: Path, tmp_path: Path) -> None:
    updated = apt(tmp_path, served, "update")
    assert (updated.returncode, "W:" in updated.stderr) == (0, False), updated.stderr
    taken = apt(tmp_path, served, "download", "rmp-milter")
    assert taken.returncode == 0, taken.stderr
    (file,) = tmp_path.glob("*.deb")
    assert file.read_bytes() == package.read_bytes()


def test_apt_refuses_it_once_a_line_is_changed(served: Path, tmp_path: Path) -> None:
    shutil.copytree(served, tmp_path / "changed")
    release = tmp_path / "changed/dists/trixie/InRelease"
    release.write_text(release.read_text().replace("Origin: rmp", "Origin: xmp"))
    (release.parent / "Release.gpg").unlink()
    (release.parent / "Release").unlink()
    refused = apt(tmp_path, tmp_path / "changed", "update")
    assert refused.returncode != 0 or "BADSIG" in refused.stderr
    assert "rmp-milter" not in apt(tmp_path, served, "--print-uris", "download").stdout


def test_a_version_is_published_once(
    served: Path, package: Path, signer: str, tmp_path: Path
) -> None:
    other = tmp_path / package.name
    other.write_bytes(package.read_bytes() + b"!")
    with pytest.raises(RepositoryError, match="with other octets"):
        list(publish([other], served, signer))
