import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rmp_case import OTHER_RPPS, RPPS, Rmp, Said, gpg

from rmp_milter import __version__
from rmp_milter.status.diary import HostWork, last


def test_version_is_the_packages(rmp: Rmp) -> None:
    assert rmp.bare("--version") == Said(0, f"rmp {__version__}\n", "")


def test_help_lists_every_command_of_the_contract(rmp: Rmp) -> None:
    said = rmp.bare("--help")
    listed = {line.split()[0] for line in said.out.splitlines() if line.startswith("  ")}
    parts = {"keeper", "milter", "courier", "serve"}
    assert listed >= {"init", "check", "key", "doctor", "store", "outbox", "inspect"} | parts


def test_config_may_stand_before_or_behind_the_command(rmp: Rmp, service: Path) -> None:
    before = rmp("key", "show", "--json")
    behind = rmp.bare("key", "show", "--json", "--config", str(service / "rmp.toml"))
    assert before.out == behind.out
    assert before.status == behind.status == 0


def test_config_may_come_from_the_environment(
    rmp: Rmp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RMP_CONFIG", str(rmp.config))
    assert rmp.bare("store", "stats").status == 0


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["doctor", "add"], ["init"], ["outbox", "retry"], ["doctor", "show"]],
)
def test_a_wrong_command_line_is_one_line_and_a_hint(rmp: Rmp, arguments: list[str]) -> None:
    said = rmp(*arguments)
    lines = said.err.splitlines()
    assert (said.status, len(lines)) == (2, 2)
    assert lines[0].startswith("rmp: ")
    assert lines[1].startswith("hint: ")


def test_a_wrong_configuration_is_status_2_with_all_lines(rmp: Rmp) -> None:
    rmp.config.write_text("[service]\nadresses = []\n[log]\nlevel = 1\n")
    said = rmp("store", "stats")
    assert said.status == 2
    assert "[service] adresses: unknown setting" in said.err
    assert "[service] addresses: is missing" in said.err
    assert "[log] level: must be" in said.err


def test_init_refuses_to_overwrite_anything(rmp: Rmp, service: Path) -> None:
    before = (service / "keeper" / "custody.key").read_bytes()
    said = rmp.bare("init", str(service), "--address", "rmp@chu.example")
    assert (said.status, said.out) == (1, "")
    assert "nothing was changed" in said.err
    assert (service / "keeper" / "custody.key").read_bytes() == before


def test_init_refuses_an_address_that_could_not_be_served(rmp: Rmp, tmp_path: Path) -> None:
    said = rmp.bare("init", str(tmp_path / "new"), "--address", "rmp+x@chu.example")
    assert said.status == 2
    assert not (tmp_path / "new").exists()


def test_key_show_and_export_agree_with_gpg(rmp: Rmp, tmp_path: Path, gpg_home: Path) -> None:
    shown = json.loads(rmp("key", "show", "--json").out)
    (tmp_path / "service.asc").write_text(rmp("key", "export").out)
    seen = gpg(gpg_home, "--with-colons", "--show-keys", str(tmp_path / "service.asc")).decode()
    assert shown["algorithm"] == "rsa3072"
    assert shown["user_ids"] == ["Résumé médical partagé <rmp@chu.example>"]
    assert f":{shown['fingerprint'].upper()}:" in seen


def test_key_show_groups_the_fingerprint_for_the_phone(rmp: Rmp) -> None:
    line = rmp("key", "show").out.splitlines()[0]
    groups = line.removeprefix("fingerprint").split()
    assert [len(group) for group in groups] == [4] * 10


def test_a_doctor_is_added_listed_shown_and_removed(rmp: Rmp, key: Path) -> None:
    added = rmp.add(key, "--account", "amorel", "--reply-form", "partitioned", "--json")
    (listed,) = json.loads(rmp("doctor", "list", "--json").out)
    shown = json.loads(rmp("doctor", "show", "A.Morel@cab.example", "--json").out)
    assert added.status == 0
    assert shown == {**listed, "dossiers": 0} == json.loads(added.out)
    assert (shown["account"], shown["reply_form"]) == ("amorel", "partitioned")
    assert rmp("doctor", "remove", shown["fingerprint"]).status == 0
    assert json.loads(rmp("doctor", "list", "--json").out) == []


def test_the_table_of_doctors_reads_as_a_table(rmp: Rmp, key: Path) -> None:
    rmp.add(key)
    heads, row = rmp("doctor", "list").out.splitlines()
    columns = ["NAME", "RPPS", "MAIL", "PROFESSION", "ACCOUNT", "FORM", "RECEIPTS"]
    assert heads.split() == columns
    assert row.index(RPPS) == heads.index("RPPS")


def test_how_a_doctor_is_receipted_is_set_and_shown(rmp: Rmp, key: Path) -> None:
    assert json.loads(rmp.add(key, "--receipts", "daily", "--json").out)["receipts"] == "daily"
    changed = json.loads(rmp("doctor", "set", RPPS, "--receipts", "none", "--json").out)
    assert changed["receipts"] == "none"
    assert json.loads(rmp("doctor", "show", RPPS, "--json").out)["receipts"] == "none"
    assert "each" in rmp("doctor", "set", RPPS, "--receipts", "each").out
    assert rmp("doctor", "set", RPPS).status == 2
    assert rmp("doctor", "set", RPPS, "--receipts", "often").status == 2


def test_where_nothing_waits_pending_and_chores_say_so(rmp: Rmp) -> None:
    assert json.loads(rmp("pending", "list", "--json").out) == []
    assert rmp("pending", "list").out.split()[0] == "REFERENCE"
    done = json.loads(rmp("chores", "--json").out)
    assert done.keys() >= {"adopted", "expired", "digests", "failed", "reminders", "alerts"}
    assert not any(done.values())
    said = rmp("pending", "drop", "0" * 32)
    assert said.status == 1
    assert "is not the reference of one waiting deposit" in said.err


def test_two_doctors_never_share_an_address(rmp: Rmp, key: Path) -> None:
    rmp.add(key)
    said = rmp.add(key, rpps=OTHER_RPPS)
    assert said.status == 1
    assert "another doctor has this" in said.err


def test_a_wrong_rpps_number_is_refused(rmp: Rmp, key: Path) -> None:
    said = rmp.add(key, rpps="10003456787")
    assert said.status == 2
    assert "no RPPS number" in said.err


def test_a_key_that_cannot_be_encrypted_to_is_refused_with_the_reason(
    rmp: Rmp, signing_key: Path
) -> None:
    said = rmp.add(signing_key)
    assert said.status == 1
    assert "no key for encryption" in said.err
    assert json.loads(rmp("doctor", "list", "--json").out) == []


def test_a_secret_key_offered_by_mistake_is_refused(
    rmp: Rmp, gpg_home: Path, key: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.asc"
    secret.write_bytes(gpg(gpg_home, "--armor", "--export-secret-keys", f"={key.stem}"))
    said = rmp.add(secret)
    assert said.status == 1
    assert "this is a secret key" in said.err


def test_an_unknown_doctor_is_said_so(rmp: Rmp) -> None:
    said = rmp("doctor", "remove", RPPS)
    assert said.status == 1
    assert "no enrolled doctor" in said.err


def test_a_new_store_is_sound_and_empty(rmp: Rmp) -> None:
    checked = json.loads(rmp("store", "check", "--json").out)
    assert checked["sound"] is True
    assert json.loads(rmp("store", "stats", "--json").out)["dossiers"] == 0


def test_a_check_of_the_store_is_noted_with_what_it_found(rmp: Rmp, service: Path) -> None:
    store = service / "store"
    assert last(store, HostWork.STORE_CHECK) is None
    assert rmp("store", "check").status == 0
    noted = last(store, HostWork.STORE_CHECK)
    assert noted is not None
    assert (noted.fine, noted.said) == (True, "")


def test_a_damaged_store_is_a_finding(rmp: Rmp, service: Path, key: Path) -> None:
    rmp.add(key)
    data = bytearray((service / "store" / "data.mdb").read_bytes())
    data[-4096 * 3 :] = b"\xff" * (4096 * 3)
    (service / "store" / "data.mdb").write_bytes(data)
    said = rmp("store", "check")
    assert said.status == 1
    assert "Traceback" not in said.err
    noted = last(service / "store", HostWork.STORE_CHECK)
    assert noted is not None
    assert not noted.fine


def test_a_missing_store_is_one_line_and_a_hint(rmp: Rmp, service: Path) -> None:
    shutil.rmtree(service / "store")
    said = rmp("store", "stats")
    assert said.status == 1
    assert len(said.err.splitlines()) <= 2


def test_a_missing_key_is_one_line_and_a_hint(rmp: Rmp, service: Path) -> None:
    (service / "milter" / "index.key").unlink()
    said = rmp("doctor", "list")
    assert (said.status, len(said.err.splitlines())) == (1, 2)
    assert "index.key" in said.err


def test_an_empty_outbox_is_listed_and_retried(rmp: Rmp) -> None:
    assert json.loads(rmp("outbox", "list", "--json").out) == []
    assert rmp("outbox", "retry", "--all").out == "0 to be sent again\n"
    assert rmp("outbox", "retry", "7").status == 1


def test_a_closed_pipe_is_no_traceback(rmp: Rmp) -> None:
    command = f"{sys.executable} -m rmp_milter.cli --config {rmp.config} key export | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )
    assert done.stdout == "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
    assert done.stderr == ""
