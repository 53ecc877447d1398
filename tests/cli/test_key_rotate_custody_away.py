"""``rmp key rotate custody`` to a token and to a credential, and what other commands say then."""

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from rmp_case import PlayedKeeper, Rmp
from test_key_rotate_custody import NOW, fill, former, taken_up
from test_store_vouch import ANNE, DOSSIER, a_doctor, a_dossier

from rmp_milter.cli.run_keeper import _try_tokens, reach_of
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config, load
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Slots
from rmp_milter.host.key_checks import key_findings
from rmp_milter.host.key_proofs import KeyLook, look
from rmp_milter.keeper.keys.checks import check_own
from rmp_milter.keeper.keys.custody import (
    CustodyAway,
    CustodyKey,
    ElsewhereKey,
    open_slot,
    seal_slot,
)
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import Keys, load_keys
from rmp_milter.keeper.keys.reach import within_reach
from rmp_milter.keeper.keys.sealing import make_custody_slot
from rmp_milter.keeper.log.journal import Journal
from testbed.softhsm import MODULE, SoftToken

NAME = "rmp-custody"
needs_machines_secret = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("systemd-creds") is None,
    reason="only root seals credentials to a machine",
)


@pytest.fixture
def config(service: Path, soft_token: SoftToken) -> Config:
    """A service whose keeper may speak with the token."""
    file = service / "rmp.toml"
    text = file.read_text()
    text = text.replace('token_module = ""', f'token_module = "{MODULE}"')
    text = text.replace('token_pin = ""', f'token_pin = "{soft_token.pin_file}"')
    file.write_text(text)
    return load(file)


def keepers(config: Config) -> Keys:
    """Return the keys as a keeper has them that starts now."""
    keys = load_keys(config.paths.keeper)
    with Journal(config.paths.keeper / "log") as journal:
        assert check_own(keys, journal.key_values()) == ()
    return within_reach(keys, reach_of(config))


def is_away(key: CustodyKey) -> bool:
    return isinstance(key, ElsewhereKey)


def opens(keys: Keys, place: int = 0) -> bool:
    """Whether a slot that is sealed to one of the keys opens by it."""
    key = keys.all_custody[place]
    return open_slot(key, seal_slot(bytes(32), key.public_key(), b"x"), b"x") == bytes(32)


def test_a_token_takes_over_and_a_file_after_it(
    rmp: Rmp, config: Config, keeper: PlayedKeeper, soft_token: SoftToken
) -> None:
    fill(config)
    uri = soft_token.uri()
    said = rmp("key", "rotate", "custody", "--token", uri)
    (name,) = former(config)
    assert (said.status, said.err) == (0, "")
    assert f"keeper/{name} is the former key" in said.out
    assert uri in said.out
    assert soft_token.pin not in said.out
    keys = keepers(config)
    assert [is_away(each) for each in keys.all_custody] == [True, False]
    assert opens(keys)
    assert opens(keys, 1)
    taken_up(config)
    assert rmp("key", "rotate", "custody", "--end").status == 0
    assert former(config) == []
    listed = {each["file"]: each for each in json.loads(rmp("key", "list", "--json").out)}
    row = listed["keeper/custody.key"]
    assert (row["place"], row["known_again"], row["use"]) == (uri, True, "in use")
    shown = rmp("key", "list").out
    assert f"keeper/custody.key lies elsewhere: {uri}" in shown
    assert rmp("key", "rotate", "custody").status == 0  # and back
    (name,) = former(config)
    keys = keepers(config)
    assert [is_away(each) for each in keys.all_custody] == [False, True]
    assert opens(keys, 1)
    taken_up(config)
    ended = rmp("key", "rotate", "custody", "--end")
    assert f"the key itself is still there: {uri}" in ended.out
    assert keeper.requests


def with_slot(config: Config, slot: bytes) -> None:
    with open_store(config) as store:
        one = a_dossier(DOSSIER, slots=Slots(None, slot))
        store.commit(Changes(doctors=(a_doctor(ANNE, 1),), dossiers=(one,)), NOW)


def custody_lines(config: Config) -> list[str]:
    return [each.line for each in key_findings(config) if "custody" in each.line]


def test_a_key_that_lies_elsewhere_is_not_called_wrong_for_what_no_command_can_try(
    rmp: Rmp, config: Config, soft_token: SoftToken
) -> None:
    rmp("key", "rotate", "custody", "--token", soft_token.uri())
    taken_up(config)
    public = keepers(config).custody.public_key()
    with_slot(config, make_custody_slot(public, DOSSIER, bytes(32)))
    soft_token.take_away()
    assert look(config) == KeyLook()
    assert rmp("key", "prove").status == 0
    assert not [line for line in custody_lines(config) if "opens none" in line]


def test_a_key_that_lies_elsewhere_is_called_wrong_where_slots_are_of_another_kind(
    rmp: Rmp, config: Config, soft_token: SoftToken
) -> None:
    rmp("key", "rotate", "custody", "--token", soft_token.uri())
    anybodys = X25519PrivateKey.generate().public_key()
    with_slot(config, make_custody_slot(anybodys, DOSSIER, bytes(32)))
    (line,) = [line for line in custody_lines(config) if "opens none" in line]
    assert "custody.key" in line


def test_a_keeper_starts_without_its_token_and_says_what_waits(
    rmp: Rmp, config: Config, soft_token: SoftToken, caplog: pytest.LogCaptureFixture
) -> None:
    rmp("key", "rotate", "custody", "--token", soft_token.uri())
    keys = keepers(config)
    caplog.set_level("INFO")
    _try_tokens(keys)
    assert f"the custody key answers on {soft_token.uri()}" in caplog.text
    caplog.clear()
    soft_token.take_away()
    _try_tokens(keepers(config))
    (line,) = [each for each in caplog.records if each.levelname == "CRITICAL"]
    assert "emergencies, locums, cards and new keys wait for it" in line.getMessage()


def test_a_pin_that_was_refused_at_the_start_is_not_tried_by_the_workers(
    rmp: Rmp, config: Config, soft_token: SoftToken, caplog: pytest.LogCaptureFixture
) -> None:
    rmp("key", "rotate", "custody", "--token", soft_token.uri())
    soft_token.write_pin("0000")
    keys = keepers(config)
    _try_tokens(keys)
    assert "it refuses the PIN" in caplog.text
    with pytest.raises(CustodyAway, match="it refused the PIN"):
        opens(keys)
    soft_token.write_pin(soft_token.pin)
    assert opens(keys)


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("pkcs11:token=garde", "names no token (token=) or no key (object=)"),
        ("pkcs11:object=dossiers", "names no token"),
        ("pkcs11:token=nobodys;object=x", "NoSuchToken"),
        ("pkcs11:token=garde;object=x;token=garde", "two"),
        ("pkcs11:token=garde;object=x;slot-id=1", "slot-id is not known here"),
        ("pkcs11:token=garde;object=x;type=public", "a private key is wanted"),
        ("pkcs11:token=garde;object=x?module-path=/lib.so", "token_module"),
        ("pkcs11:token=garde;object=%ff", "not UTF-8"),
        ("garde", "neither credential:NAME nor a pkcs11: URI"),
        ("credential:x", "not a pkcs11: URI"),
    ],
)
def test_what_names_no_key_on_a_token_changes_nothing(
    rmp: Rmp, config: Config, uri: str, says: str
) -> None:
    before = (config.paths.keeper / "custody.key").read_bytes()
    said = rmp("key", "rotate", "custody", "--token", uri)
    assert (said.status, says in said.err) == (1, True), said.err
    assert (config.paths.keeper / "custody.key").read_bytes() == before


def test_a_pin_in_the_uri_is_refused_and_not_repeated(rmp: Rmp, config: Config) -> None:
    uri = "pkcs11:token=garde;object=x?pin-value=4711"
    said = rmp("key", "rotate", "custody", "--token", uri)
    assert (said.status, "4711" in said.err + said.out) == (1, False)
    assert former(config) == []


def test_without_a_module_nothing_is_asked_of_a_token(
    rmp: Rmp, service: Path, soft_token: SoftToken
) -> None:
    said = rmp("key", "rotate", "custody", "--token", soft_token.uri())
    assert (said.status, "token_module" in said.err) == (1, True)
    assert not [*(service / "keeper").glob("custody-*")]


def test_a_change_that_no_keeper_took_up_is_not_made_twice(
    rmp: Rmp, config: Config, soft_token: SoftToken
) -> None:
    rmp("key", "rotate", "custody")
    said = rmp("key", "rotate", "custody", "--token", soft_token.uri())
    assert (said.status, "not taken up yet" in said.err) == (1, True)
    assert opens(keepers(config))


def credential(config: Config, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Give this process the credential, as systemd gives it a unit."""
    folder = config.paths.keeper.parent / "credentials"
    folder.mkdir(exist_ok=True)
    file = folder / NAME
    file.unlink(missing_ok=True)
    file.write_bytes(content)
    file.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))


@needs_machines_secret
def test_a_key_in_a_credential_never_stands_in_the_folder(
    rmp: Rmp, config: Config, monkeypatch: pytest.MonkeyPatch, keeper: PlayedKeeper
) -> None:
    fill(config)
    sealed = config.paths.keeper.parent / NAME
    said = rmp("key", "rotate", "custody", "--credential", str(sealed))
    assert (said.status, said.err) == (0, "")
    assert f"LoadCredentialEncrypted={NAME}:{sealed}" in said.out
    assert f"{sealed.stat().st_mode & 0o777:o}" == "600"
    command = ["systemd-creds", "decrypt", f"--name={NAME}", sealed, "-"]
    key = subprocess.run(command, capture_output=True, check=True).stdout
    for file in config.paths.keeper.parent.rglob("*"):
        assert not file.is_file() or key.strip() not in file.read_bytes()
    with pytest.raises(KeyFileError, match=f"the credential {NAME} is not here") as raised:
        keepers(config)
    assert "LoadCredentialEncrypted=" in raised.value.hint
    assert look(config).unproven == []
    credential(config, monkeypatch, key)
    keys = keepers(config)
    assert [is_away(each) for each in keys.all_custody] == [False, False]
    assert opens(keys)
    credential(config, monkeypatch, (config.paths.keeper / former(config)[0]).read_bytes())
    with pytest.raises(KeyFileError, match=r"is not the custody key that custody\.key speaks"):
        keepers(config)
    taken_up(config)
    assert rmp("key", "rotate", "custody", "--end").status == 0
    said_where = (config.paths.keeper / "custody.key").read_bytes()
    (config.paths.keeper / "custody.key").write_bytes(key)  # the copy, on another machine
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert opens(keepers(config))
    anybodys = base64.b64encode(bytes(32))
    (config.paths.keeper / "custody.key").write_bytes(anybodys)
    with pytest.raises(KeyFileError, match="is not the key that this service has had so far"):
        keepers(config)
    (config.paths.keeper / "custody.key").write_bytes(said_where)
    again = rmp("key", "rotate", "custody", "--credential", str(sealed))
    assert (again.status, "exists already" in again.err) == (1, True)
    assert sealed.exists()
    assert keeper.requests


@needs_machines_secret
def test_a_credential_that_is_not_used_is_taken_away_again(rmp: Rmp, config: Config) -> None:
    rmp("key", "rotate", "custody")
    sealed = config.paths.keeper.parent / NAME
    said = rmp("key", "rotate", "custody", "--credential", str(sealed))
    assert (said.status, "not taken up yet" in said.err) == (1, True)
    assert not sealed.exists()


def test_one_of_three_is_asked_for(rmp: Rmp, config: Config) -> None:
    assert config
    assert rmp("key", "rotate", "custody", "--end", "--token", "x").status == 2


def test_a_backup_says_that_it_has_no_copy_of_such_a_key(
    rmp: Rmp, config: Config, soft_token: SoftToken, tmp_path: Path
) -> None:
    rmp("key", "rotate", "custody", "--token", soft_token.uri())
    assert config
    said = rmp("backup", str(tmp_path / "b"), "--keys", str(tmp_path / "k"))
    assert re.search(rf"custody\.key.*{re.escape(soft_token.uri())}", said.out), said
