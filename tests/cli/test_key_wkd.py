"""The Web Key Directory as GnuPG computes and reads it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rmp_case import Rmp, gpg

from rmp_milter.certificates.wkd import web_key_hash
from testbed.folders import own_folder

WKS_CLIENT = "/usr/lib/gnupg/gpg-wks-client"
ADDRESS = "rmp@chu.example"
ADVANCED = Path("openpgpkey.chu.example/.well-known/openpgpkey/chu.example")
DIRECT = Path("chu.example/.well-known/openpgpkey")


@pytest.fixture
def home() -> Iterator[Path]:
    folder = own_folder("w")
    yield folder
    subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=True)
    shutil.rmtree(folder, ignore_errors=True)


def test_the_drafts_own_example() -> None:
    assert web_key_hash("Joe.Doe@Example.ORG") == "iy9q119eutrkn8s1mk4r39qejnbu3n5q"


@pytest.mark.parametrize("address", [ADDRESS, "RMP@chu.example", "é.Ü=b-c_1@chu.example"])
def test_a_name_is_the_one_that_gnupg_computes(address: str) -> None:
    command = [WKS_CLIENT, "--print-wkd-hash", address]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert said.split()[0] == web_key_hash(address)


def test_gnupg_takes_what_is_served_and_names_it_alike(
    rmp: Rmp, tmp_path: Path, home: Path
) -> None:
    served = tmp_path / "wkd"
    before = os.umask(0o077)
    try:
        listed = json.loads(rmp("key", "wkd", str(served), "--json").out)
    finally:
        os.umask(before)
    name = web_key_hash(ADDRESS)
    assert [each["url"] for each in listed] == [
        f"https://{folder}/hu/{name}" for folder in (ADVANCED, DIRECT)
    ]
    for folder in (ADVANCED, DIRECT):
        file = served / folder / "hu" / name
        assert (served / folder / "policy").read_bytes() == b""
        assert file.stat().st_mode & 0o777 == 0o644
        assert all(each.stat().st_mode & 0o005 == 0o005 for each in [*file.parents][:3])
        gpg(home, "--import", str(file))
    shown = gpg(home, "--with-wkd-hash", "--list-keys", f"<{ADDRESS}>").decode()
    assert f"{name}@chu.example" in shown


def test_given_again_it_writes_the_key_of_the_day_and_names_what_is_not_ours(
    rmp: Rmp, tmp_path: Path
) -> None:
    served = tmp_path / "wkd"
    rmp("key", "wkd", str(served))
    file = served / DIRECT / "hu" / web_key_hash(ADDRESS)
    whole = file.read_bytes()
    file.write_bytes(b"of yesterday")
    (file.parent / "other").write_bytes(b"")
    said = rmp("key", "wkd", str(served))
    assert file.read_bytes() == whole
    assert "hu/other is no address of the service" in said.err


def test_an_address_that_the_key_does_not_name_is_left_out(rmp: Rmp, tmp_path: Path) -> None:
    text = rmp.config.read_text()
    rmp.config.write_text(text.replace(f'["{ADDRESS}"]', f'["{ADDRESS}", "new@chu.example"]'))
    said = rmp("key", "wkd", str(tmp_path / "wkd"))
    assert "new@chu.example is left out" in said.err
    assert web_key_hash("new@chu.example") not in said.out
    rmp.config.write_text(text.replace(ADDRESS, "new@chu.example"))
    assert rmp("key", "wkd", str(tmp_path / "other")).status == 1
