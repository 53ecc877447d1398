"""``rmp key rotate log``: in its order, killed at any point, and what auditors do then."""

import json
import shutil
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from rmp_case import Rmp, Said
from test_key_rotate_waiting import killed_at

from rmp_milter.audit.handovers import LogHandOver
from rmp_milter.calls.protocol.message import heartbeat_at
from rmp_milter.config import Config, load
from rmp_milter.host.key_checks import key_findings
from rmp_milter.host.key_proofs import look
from rmp_milter.host.log_rotation import begin, end, is_waiting, take_up
from rmp_milter.keeper.keys.checks import check_own
from rmp_milter.keeper.keys.former_keys import former_names
from rmp_milter.keeper.keys.key_files import KeyFileError, read_raw
from rmp_milter.keeper.keys.keys import LOG, LOG_NEXT, load_keys, load_log_key
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.log.lmdb_log import LmdbLog
from rmp_milter.mail.outgoing.checkpoint_mail import MailedCheckpoint, checkpoint_mail
from rmp_milter.mail.outgoing.encode import encode
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.milter.chores import checkpoints

NOW = int(time.time())
MOST_STEPS = 80


@pytest.fixture
def config(service: Path) -> Config:
    return load(service / "rmp.toml")


def write(config: Config, count: int = 3) -> None:
    with Journal(config.paths.keeper / "log") as log:
        for _ in range(count):
            log.append(heartbeat_at(NOW), NOW)


def started(config: Config) -> None:
    """Do what a keeper does that starts; raises where it would not start."""
    folder = config.paths.keeper
    if is_waiting(folder):
        take_up(folder, LmdbLog(folder / "log"), NOW)
    keys = load_keys(folder)
    with Journal(folder / "log") as log:
        check_own(keys, log.key_values())
        log.check_signer(keys.log)


def raw(config: Config) -> bytes:
    return load_log_key(config.paths.keeper).private_bytes_raw()


def former(config: Config) -> list[str]:
    return former_names(config.paths.keeper, LOG)


def handovers(config: Config) -> list[LogHandOver]:
    with Journal(config.paths.keeper / "log") as log:
        return log.handovers()


def checkpoint(rmp: Rmp, file: Path) -> Path:
    file.write_text(rmp("access", "checkpoint").out)
    return file


def key_of(rmp: Rmp, file: Path) -> Path:
    file.write_text(rmp("access", "key").out)
    return file


def verify(rmp: Rmp, path: Path, *options: str | Path) -> Said:
    """Verify as an auditor does: without any configuration."""
    return rmp.bare("access", "verify", *map(str, (path, *options)))


def test_the_key_waits_beside_until_the_keeper_starts(rmp: Rmp, config: Config) -> None:
    write(config)
    before, vkey = raw(config), rmp("access", "key").out.strip()
    said = rmp("key", "rotate", "log")
    again = rmp("key", "rotate", "log")
    assert (said.status, again) == (0, said)
    assert "back it up, then start the keeper anew" in said.out
    following = next(line.strip() for line in said.out.splitlines() if line.startswith("    "))
    assert rmp("access", "key").out.strip() == vkey != following
    assert rmp("access", "checkpoint").status == 0  # the present key signs on
    assert (raw(config), handovers(config)) == (before, [])
    (finding,) = [each for each in key_findings(config) if LOG_NEXT in each.line]
    assert (finding.severity, "start the keeper anew" in finding.hint) == ("warning", True)
    refused = rmp("key", "rotate", "log", "--end")
    assert (refused.status, "waits still" in refused.err) == (1, True)
    assert (config.paths.keeper / LOG_NEXT).stat().st_mode & 0o777 == 0o600
    rows = {each["file"]: each["use"] for each in json.loads(rmp("key", "list", "--json").out)}
    assert rows[f"keeper/{LOG_NEXT}"] == "waits"

    started(config)
    assert rmp("access", "key").out.strip() == following
    (name,) = former(config)
    assert (read_raw(config.paths.keeper / name), is_waiting(config.paths.keeper)) == (
        before,
        False,
    )
    (handover,) = handovers(config)
    assert [*map(str, handover.keys)] == [vkey, following]
    rows = {each["file"]: each["use"] for each in json.loads(rmp("key", "list", "--json").out)}
    assert (rows[f"keeper/{name}"], rows["keeper/log.key"]) == ("kept", "in use")
    found = look(config)
    assert (found.wrong, found.unproven) == ([], [])
    (finding,) = [each for each in key_findings(config) if name in each.line]
    assert "rmp key rotate log --end" in finding.hint

    done = rmp("key", "rotate", "log", "--end")
    assert (done.status, f"keeper/{name} is gone" in done.out, former(config)) == (0, True, [])
    assert "no former key of log.key" in rmp("key", "rotate", "log", "--end").err
    started(config)
    assert [*key_findings(config)] == []
    assert len(handovers(config)) == 1


def test_auditors_verify_all_of_it_from_each_of_the_keys(
    rmp: Rmp, config: Config, tmp_path: Path
) -> None:
    keys, kept, out = [], [], tmp_path / "audit"
    for number in range(3):
        write(config)
        keys.append(key_of(rmp, tmp_path / f"key {number}"))
        kept.append(checkpoint(rmp, tmp_path / f"kept {number}"))
        rmp("access", "export", str(out))
        receipt = tmp_path / f"receipt {number}"
        assert rmp.bare("access", "prove", str(out), "1", "-o", str(receipt)).status == 0
        rmp("key", "rotate", "log")
        started(config)
        assert rmp("key", "rotate", "log", "--end").status == 0
    write(config)
    assert rmp("access", "export", str(out)).status == 0
    keys.append(key_of(rmp, tmp_path / "key 3"))
    assert sorted(each.name for each in (out / "handovers").iterdir()) == [
        "11.tlog-proof",
        "3.tlog-proof",
        "7.tlog-proof",
    ]
    for key in keys:
        for old in (*kept, out / "checkpoint"):
            said = verify(rmp, out, "--checkpoint", old, "--vkey", key)
            assert (said.status, said.out.count("key since")) == (0, 3), said.err
        for number in range(3):
            receipt = tmp_path / f"receipt {number}"
            said = verify(rmp, receipt, "--vkey", key, "--handover", out)
            assert said.status == 0, said.err
            alone = verify(rmp, receipt, "--vkey", key)
            assert alone.status == int(key != keys[number])
        one = out / "handovers" / "7.tlog-proof"
        assert verify(rmp, one, "--vkey", key, "--handover", out).status == 0
    said = verify(rmp, out, "--vkey", keys[0], "--json")
    found = json.loads(said.out)["handovers"]
    assert [each["entry"] for each in found] == [3, 7, 11]
    assert found[0]["former_vkey"] == keys[0].read_text().strip()
    assert found[-1]["vkey"] == keys[-1].read_text().strip()
    listed = json.loads(
        rmp.bare("access", "list", str(out), "--kind", "nouvelle clé du journal", "--json").out
    )
    assert [each["vkey"] for each in listed] == [each["vkey"] for each in found]
    assert found[0]["vkey"] in rmp.bare("access", "show", str(out), "3").out


def test_a_single_handover_leads_from_the_old_key_to_the_new(
    rmp: Rmp, config: Config, tmp_path: Path
) -> None:
    old = key_of(rmp, tmp_path / "old")
    rmp("key", "rotate", "log")
    started(config)
    rmp("access", "export", str(tmp_path / "audit"))
    file = tmp_path / "audit" / "handovers" / "0.tlog-proof"
    new = key_of(rmp, tmp_path / "new")
    for key in (old, new):
        said = verify(rmp, file, "--vkey", key)
        assert (said.status, new.read_text().strip() in said.out) == (0, True)
    lines = file.read_text().splitlines(keepends=True)
    for missing in (-1, -2):  # the signature of either key
        cut = [line for at, line in enumerate(lines) if at != len(lines) + missing]
        file.write_text("".join(cut))
        for key in (old, new):
            said = verify(rmp, file, "--vkey", key)
            assert (said.status, "not signed by the expected key" in said.err) == (1, True)


def test_the_mail_of_checkpoints_brings_the_handover(rmp: Rmp, config: Config) -> None:
    rmp("key", "rotate", "log")
    started(config)
    write(config)
    with Journal(config.paths.keeper / "log") as log:
        note = log.checkpoint(load_log_key(config.paths.keeper))
        (handover,) = log.handovers()
    receipt = handover.proof.encode()
    sent = MailedCheckpoint(note, (checkpoints._new_key(receipt),))
    sender = ServiceAddress("rmp@chu.example", "RMP")
    made = checkpoint_mail(sent, sender, "dpo@ars.example", NOW, "token")
    octets = b"".join(chunk for piece in made.pieces for chunk in encode(piece))
    mail = message_from_bytes(octets, policy=policy.default)
    words, *files = mail.iter_parts()
    assert [each.get_filename() for each in files] == [
        "checkpoint-4.txt",
        "handover-0.tlog-proof",
    ]
    assert [each.get_content() for each in files] == [note, receipt]
    text = words.get_content()
    assert text.count(str(handover.keys.present)) == 2  # in French, then in English
    assert text.index("LA CLÉ DU JOURNAL A CHANGÉ") < text.index("THE LOG'S KEY HAS CHANGED")


def killed_everywhere(
    config: Config, act: Callable[[], object], look_at: Callable[[], object]
) -> int:
    """Kill ``act`` before each of its steps, look, and begin anew; return how many there are."""
    folder = config.paths.keeper
    before = folder.with_name("before")
    shutil.copytree(folder, before)
    for step in range(MOST_STEPS):
        was_killed = killed_at(config, act, step)
        look_at()
        if not was_killed:
            return step
        shutil.rmtree(folder)
        shutil.copytree(before, folder)
    pytest.fail("it has more steps than were tried")


def test_made_and_killed_at_any_point_there_is_one_or_none(config: Config) -> None:
    before = raw(config)

    def look_at() -> None:
        there = is_waiting(config.paths.keeper)
        vkey = begin(config)
        assert not there or vkey == begin(config)
        assert raw(config) == before
        started(config)
        assert [str(each.keys.present) for each in handovers(config)] == [vkey]

    assert killed_everywhere(config, lambda: begin(config), look_at) > 2


@pytest.mark.parametrize("audited", ["states", pytest.param("all", marks=pytest.mark.soak)])
def test_taken_up_and_killed_at_any_point_it_goes_on_and_hands_over_once(
    rmp: Rmp, config: Config, tmp_path: Path, audited: str
) -> None:
    """What it goes on from is always looked at; auditors have a look from each state once."""
    write(config)
    vkey = key_of(rmp, tmp_path / "vkey")
    kept = checkpoint(rmp, tmp_path / "kept")
    folder, before, following = config.paths.keeper, raw(config), begin(config)
    states = set()

    def look_at() -> None:
        state = len(handovers(config)), raw(config) == before, is_waiting(folder)
        is_known = state in states
        states.add(state)
        assert before in {read_raw(folder / name) for name in (LOG, *former(config))}
        interrupted = rmp("access", "checkpoint")  # by the former key, or by the new one
        assert interrupted.status == 0 or "handed over to another key" in interrupted.err
        if interrupted.status == 0:
            (tmp_path / "meanwhile").write_text(interrupted.out)
        started(config)
        (handover,) = handovers(config)
        assert str(handover.keys.present) == following == rmp("access", "key").out.strip()
        assert (len(former(config)), is_waiting(folder), look(config).wrong) == (1, False, [])
        with Journal(folder / "log") as log:
            assert len(log.key_values()[LOG]) == 1
        if is_known and audited == "states":
            return
        write(config, 1)
        shutil.rmtree(tmp_path / "audit", ignore_errors=True)
        assert rmp("access", "export", str(tmp_path / "audit")).status == 0
        for old in (kept, tmp_path / "meanwhile"):
            said = verify(rmp, tmp_path / "audit", "--vkey", vkey, "--checkpoint", old)
            assert said.status == 0, said.err

    (tmp_path / "meanwhile").write_bytes(kept.read_bytes())
    assert (
        killed_everywhere(
            config, lambda: take_up(folder, LmdbLog(folder / "log"), NOW), look_at
        )
        > 10
    )
    # Not begun; handed over, the key still beside; in its place; and that cleared away.
    assert {(0, True, True), (1, True, True), (1, False, True), (1, False, False)} <= states
    assert len(states) == 4


def test_the_end_killed_at_any_point_goes_on(config: Config) -> None:
    for _ in range(2):
        begin(config)
        started(config)

    def look_at() -> None:
        started(config)
        if former(config):
            end(config)
        assert former(config) == []
        assert len(handovers(config)) == 2

    assert killed_everywhere(config, lambda: end(config), look_at) > 2


def test_no_third_former_key_before_the_end(rmp: Rmp, config: Config) -> None:
    for _ in range(2):
        rmp("key", "rotate", "log")
        started(config)
    said = rmp("key", "rotate", "log")
    assert (said.status, "2 former keys of log.key are there already" in said.err) == (1, True)
    assert "rmp key rotate log --end" in said.err
    assert rmp("key", "rotate", "log", "--end").status == 0
    assert rmp("key", "rotate", "log").status == 0


def test_a_former_key_put_back_signs_nothing(rmp: Rmp, config: Config) -> None:
    folder = config.paths.keeper
    rmp("key", "rotate", "log")
    started(config)
    write(config)
    (name,) = former(config)
    shutil.copy(folder / name, folder / LOG)
    with pytest.raises(KeyFileError, match=r"log.key is not the key that this service has had"):
        started(config)
    for command in (("access", "checkpoint"), ("access", "export", str(folder / "x"))):
        said = rmp(*command)
        assert (said.status, "handed over to another key than this one" in said.err) == (
            1,
            True,
        )
    found = [each for each in key_findings(config) if "handed over" in each.line]
    assert [each.severity for each in found] == ["error"]
    with pytest.raises(JournalError, match="handed over to another key"):
        end(config)


def test_a_log_from_before_goes_on_with_the_former_key_and_is_handed_over_again(
    rmp: Rmp, config: Config, tmp_path: Path
) -> None:
    """What docs/admin.md says where no later checkpoint has left: for this --end can wait."""
    write(config)
    vkey, folder = key_of(rmp, tmp_path / "vkey"), config.paths.keeper
    kept = checkpoint(rmp, tmp_path / "kept")
    shutil.copytree(folder / "log", tmp_path / "log")
    shutil.copy(folder / "log.state", tmp_path / "log.state")
    rmp("key", "rotate", "log")
    started(config)
    new, (name,) = raw(config), former(config)
    shutil.rmtree(folder / "log")
    shutil.copytree(tmp_path / "log", folder / "log")
    shutil.copy(tmp_path / "log.state", folder / "log.state")
    with pytest.raises(KeyFileError, match=r"log.key is not the key"):
        started(config)
    (folder / LOG).rename(folder / LOG_NEXT)
    shutil.copy(folder / name, folder / LOG)
    started(config)
    assert (raw(config), former(config), len(handovers(config))) == (new, [name], 1)
    rmp("access", "export", str(tmp_path / "audit"))
    assert verify(rmp, tmp_path / "audit", "--vkey", vkey, "--checkpoint", kept).status == 0


def test_what_is_noted_of_no_key_yet_is_noted_of_the_new_one(config: Config) -> None:
    with Journal(config.paths.keeper / "log") as log:
        log.note_key_values({LOG: ()})
    begin(config)
    started(config)
    assert look(config).unproven == []


def test_while_the_log_is_damaged_nothing_is_made(rmp: Rmp, config: Config) -> None:
    state = config.paths.keeper / "log.state"
    state.unlink()
    said = rmp("key", "rotate", "log")
    assert (said.status, "log.state is missing" in said.err) == (1, True)
    assert not is_waiting(config.paths.keeper)
