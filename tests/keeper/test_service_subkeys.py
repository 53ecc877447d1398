"""A subkey that is bound later: other programs take it, encrypt to it, and keep the old one."""

from pathlib import Path

import pytest
from keeper_case import ADDRESS, NAME
from keeper_gpg import Gpg

from rmp_milter.certificates import bound_key_ids, encryption_keys, read_certificate
from rmp_milter.keeper.keys import keys
from rmp_milter.keeper.keys.keys import SERVICE, add_service_subkey, load_keys, make_keys

NOW = 1_900_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_keys(tmp_path / "k", ADDRESS, NAME)
    return tmp_path / "k"


def rotated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fresh = keys._make_service_key("another <x@y.z>")  # test runs make one key a user id
    monkeypatch.setattr(keys, "_make_service_key", lambda _user_id: fresh)
    content = add_service_subkey(folder, NOW)
    (folder / SERVICE).write_bytes(content)
    return folder


def test_the_fingerprint_stays_and_both_subkeys_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_keys(folder)
    after = load_keys(rotated(folder, monkeypatch))
    assert after.service.fingerprint == before.service.fingerprint
    assert after.service.user_ids == before.service.user_ids
    ids = [key.key_id for key in after.decryption]
    assert set(ids) > {key.key_id for key in before.decryption}
    assert len(ids) == len(before.decryption) + 1
    assert len(bound_key_ids(after.certificate)) == len(bound_key_ids(before.certificate)) + 1
    assert len(encryption_keys(after.certificate, NOW)) == 2
    assert read_certificate(after.certificate).key_ids == (
        read_certificate(before.certificate).key_ids
    )


def test_gpg_takes_it_and_encrypts_to_it(
    folder: Path, gpg: Gpg, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {key.key_id for key in load_keys(folder).decryption}
    after = load_keys(rotated(folder, monkeypatch))
    (new,) = {key.key_id for key in after.decryption} - old
    gpg.run("--import", data=after.certificate)
    listed = gpg.run("--list-keys", "--with-colons", after.service.fingerprint).decode()
    assert new.hex().upper() in listed
    sealed = gpg.run(
        *("--faked-system-time", f"{NOW + 60}!", "--trust-model", "always", "--encrypt"),
        *("-r", f"{new.hex()}!"),
        data=b"Bonjour",
    )
    shown = gpg.run("--list-packets", "--list-only", data=sealed).decode()
    assert f"keyid {new.hex().upper()}" in shown
