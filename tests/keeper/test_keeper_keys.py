"""The key files: made once, for their owner only, with one clear line for each fault."""

import base64
import subprocess
from pathlib import Path

import pytest
from keeper_case import ADDRESS, NAME
from keeper_gpg import Gpg

from rmp_milter.audit.reasons import new_auditor_key, read_private
from rmp_milter.certificates import read_certificate, usable
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import (
    ACTS,
    AUDITORS,
    load_keys,
    make_keys,
    service_certificate,
)

FILES = ("service.key", "custody.key", "waiting.key", "pepper.key", "log.key")
LATER = 2_000_000_000
ODD_NAME = "Résumé médical <partagé>"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys") / "keeper"
    make_keys(folder, ADDRESS, ODD_NAME)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    subprocess.run(["cp", "-a", str(made), str(tmp_path / "k")], check=True)
    return tmp_path / "k"


def test_the_files_are_for_their_owner_only(made: Path) -> None:
    modes = {file.name: file.stat().st_mode & 0o777 for file in made.iterdir()}
    assert modes == dict.fromkeys((*FILES, ACTS, AUDITORS), 0o600)
    assert made.stat().st_mode & 0o777 == 0o700
    assert len({(made / name).read_bytes() for name in modes}) == len(modes)


def test_nothing_is_overwritten(folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    (folder / "service.key").unlink()
    with pytest.raises(KeyFileError, match="not overwritten"):
        make_keys(folder, ADDRESS, NAME)
    del before["service.key"]
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_the_certificate_asks_every_sender_for_what_every_reader_reads(
    made: Path, gpg: Gpg
) -> None:
    certificate = service_certificate(made)
    read = read_certificate(certificate)
    assert read.algorithm == "rsa3072"
    assert read.user_ids == (f"{NAME} <{ADDRESS}>",)
    assert usable(certificate, LATER)
    packets = gpg.run("--list-packets", data=certificate).decode()
    assert "(features: 01)" in packets
    assert "(pref-sym-algos: 9 8 7)" in packets
    assert "algo 1," in packets


def test_loaded_keys_belong_together_and_show_nothing(made: Path) -> None:
    keys = load_keys(made)
    assert keys.certificate == service_certificate(made)
    assert keys.pepper == base64.b64decode((made / "pepper.key").read_bytes())
    assert repr(keys) == f"Keys({keys.service.fingerprint})"
    assert "DecryptionKey(" in repr(keys.decryption)
    assert str(keys.pepper) not in repr(keys)


def test_a_binary_service_key_is_read_too(folder: Path) -> None:
    binary = load_keys(folder).service.to_bytes()
    (folder / "service.key").write_bytes(binary)
    assert load_keys(folder).service.to_bytes() == binary


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("fault", ["missing", "open", "empty", "noise", "folder"])
def test_each_fault_is_one_line_that_names_the_file(
    folder: Path, name: str, fault: str
) -> None:
    path = folder / name
    secret = path.read_text().splitlines()[0] if name != "service.key" else "-----BEGIN"
    if fault == "open":
        path.chmod(0o640)
    elif fault == "empty":
        path.write_bytes(b"")
    elif fault == "noise":
        path.write_bytes(b"!" * 44)
    else:
        path.unlink()
    if fault == "folder":
        path.mkdir(mode=0o700)
    with pytest.raises(KeyFileError) as error:
        load_keys(folder)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert secret not in str(error.value)


@pytest.mark.parametrize("address", ["", "rmp", "a@b\nc", "<a@b>"])
def test_a_strange_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(KeyFileError):
        make_keys(tmp_path / "k", address, "RMP")
    assert not (tmp_path / "k").exists()


def test_the_auditors_private_key_is_handed_out_and_not_kept(tmp_path: Path) -> None:
    private = make_keys(tmp_path / "k", ADDRESS, ODD_NAME)
    secret = private.split()[1]
    assert secret not in b"".join(file.read_bytes() for file in (tmp_path / "k").iterdir())
    public = read_private(private).public_key().public_bytes_raw()
    assert load_keys(tmp_path / "k").auditors.public_bytes_raw() == public


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing: without the auditors' key .*rmp access key install"),
        (b"noise", "holds no auditors' key, wanted is rmp-auditor-public-key-1"),
        (new_auditor_key().private, "holds rmp-auditor-private-key-1, wanted is"),
    ],
    ids=["absent", "noise", "private"],
)
def test_the_keeper_does_not_start_without_the_auditors_public_key(
    folder: Path, content: bytes | None, said: str
) -> None:
    (folder / AUDITORS).unlink()
    if content is not None:
        (folder / AUDITORS).write_bytes(content)
    with pytest.raises(KeyFileError, match=said) as error:
        load_keys(folder)
    assert str(folder / AUDITORS) in str(error.value)
