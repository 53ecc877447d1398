"""Faults around the service that once passed the check: what is handed out, room, clock, socket."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmp_milter.config import Config, load
from rmp_milter.host.checks import check_service
from rmp_milter.host.hints import for_file
from rmp_milter.host.installation import Owners, Plan, make_service
from rmp_milter.host.owners import Owner
from rmp_milter.host.room_checks import diary_findings, fill_findings, room_findings
from rmp_milter.host.socket_checks import socket_findings
from rmp_milter.keeper.keys.keys import make_keys
from rmp_milter.postfix.facts import PostfixFinding, Severity
from rmp_milter.status.diary import HostWork, WorkDone, note
from testbed.folders import own_folder

pytestmark = pytest.mark.slow

MB = 1_000_000
DAY = 86_400
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to other users")


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    top = own_folder("rmp-")
    me = Owner(os.geteuid(), os.getegid())
    owners = Owners(me, me, me, me.gid, None)
    config = make_service(
        top / "rmp", Plan("rmp@chu.example", "Résumé médical partagé", owners)
    )
    yield config.file.parent
    shutil.rmtree(top)


@pytest.fixture
def service(made: Path, tmp_path: Path) -> Config:
    return load(Path(shutil.copytree(made, tmp_path / "rmp")) / "rmp.toml")


def found(config: Config, words: str) -> PostfixFinding:
    (one,) = (each for each in check_service(config) if words in each.line)
    assert one.hint
    return one


def test_a_service_key_that_is_not_of_what_doctors_have(
    service: Config, tmp_path: Path
) -> None:
    make_keys(tmp_path / "other", "rmp@chu.example", "Another service")
    shutil.copy(tmp_path / "other/service.key", service.paths.keeper / "service.key")
    one = found(service, "what doctors send cannot be opened")
    assert one.severity is Severity.ERROR
    assert one.line.startswith(f"{service.paths.public}/service.asc: is not of")
    assert "from one backup" in one.hint


def test_a_dkim_record_that_is_not_of_the_couriers_key(service: Config) -> None:
    file = service.paths.public / "dkim.txt"
    right = file.read_text()
    file.write_text(right.replace("p=MII", "p=MIJ"))
    one = found(service, "dkim.txt: is not the record of")
    assert one.severity is Severity.ERROR
    assert "rmp key dkim --publish" in one.hint


def test_a_dkim_record_of_another_domain(service: Config) -> None:
    file = service.paths.public / "dkim.txt"
    right = file.read_text()
    file.write_text(right.replace("_domainkey.chu.", "_domainkey.other."))
    one = found(service, "dkim.txt: is not the record of")
    assert one.severity is Severity.ERROR
    assert right.strip() in one.hint


def test_a_lost_dkim_key_may_be_replaced(service: Config) -> None:
    (service.paths.courier / "dkim.key").unlink()
    assert "Another DKIM key" in found(service, "cannot read the DKIM key").hint


def test_a_disk_without_room_is_found(tmp_path: Path) -> None:
    def said(left: int) -> list[Severity]:
        places = (tmp_path, tmp_path, tmp_path / "none")
        return [each.severity for each in room_findings(places, 50 * MB, lambda _place: left)]

    assert said(2000 * MB) == []
    assert said(500 * MB) == [Severity.WARNING]
    assert said(50 * MB) == [Severity.ERROR]
    assert list(room_findings([tmp_path], 1)) == []  # as this machine's own disk is


def test_a_store_that_nears_its_bound_is_found(service: Config) -> None:
    def said(used: int) -> list[Severity]:
        return [each.severity for each in fill_findings(used, 100)]

    assert (said(84), said(85), said(97)) == ([], [Severity.WARNING], [Severity.ERROR])
    assert not [each for each in check_service(service) if "may ever hold" in each.line]


def test_a_clock_behind_what_was_written_is_found(service: Config) -> None:
    later = time.time() + 7200
    for each in service.paths.store.iterdir():
        os.utime(each, (later, later))
    one = found(service, "store was written 7")
    assert "set this machine's clock" in one.hint


def test_works_that_were_not_done_for_a_week_are_found(tmp_path: Path) -> None:
    now = 1_900_000_000

    def said(since: int = now - 30 * DAY) -> list[str]:
        return [each.line for each in diary_findings(tmp_path, since, now)]

    assert said(now - 7 * DAY) == []
    assert said() == ["the last backup: never noted", "the last rmp store check: never noted"]
    note(tmp_path, HostWork.BACKUP, WorkDone(now - 9 * DAY, fine=True))
    note(tmp_path, HostWork.STORE_CHECK, WorkDone(now - DAY, fine=False, said="2 findings"))
    assert said() == [
        "the last backup: 9 days ago",
        "the last rmp store check was not well: 2 findings",
    ]
    note(tmp_path, HostWork.BACKUP, WorkDone(now - DAY, fine=True))
    note(tmp_path, HostWork.STORE_CHECK, WorkDone(now - DAY, fine=True))
    assert said() == []


@pytest.fixture
def socket_file() -> Iterator[Path]:
    """A socket's place that everybody can get to, the last folder apart."""
    top = own_folder("rmp-socket-")
    top.chmod(0o755)
    folder = top / "milter"
    folder.mkdir()
    shutil.chown(folder, group="postfix")
    folder.chmod(0o2750)
    file = folder / "milter.sock"
    file.touch()
    shutil.chown(file, group="postfix")
    file.chmod(0o660)
    yield file
    shutil.rmtree(top)


@needs_root
def test_the_way_to_the_milters_socket_is_looked_at_as_postfix(socket_file: Path) -> None:
    if not os.access(socket_file.parents[2], os.X_OK) or _closed_above(socket_file.parents[1]):
        pytest.skip("the tests' own folder is closed to others")
    assert list(socket_findings(socket_file, "postfix")) == []
    socket_file.parent.chmod(0o700)
    (one,) = socket_findings(socket_file, "postfix")
    assert "postfix may not go through it" in one.line
    assert one.hint == f"chgrp postfix {socket_file.parent}; chmod 2750 {socket_file.parent}"
    socket_file.parent.chmod(0o750)
    shutil.chown(socket_file.parent, group="daemon")
    assert [each.severity for each in socket_findings(socket_file, "postfix")] == [
        Severity.ERROR
    ]
    shutil.chown(socket_file.parent, group="postfix")
    socket_file.chmod(0o600)
    (one,) = socket_findings(socket_file, "postfix")
    assert 'milter_group = "postfix"' in one.hint


def _closed_above(folder: Path) -> bool:
    return any(not each.stat().st_mode & 0o001 for each in folder.parents)


@needs_root
def test_a_wrong_owner_or_mode_is_set_right_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "pepper.key"
    file.touch(0o600)
    shutil.chown(file, "daemon")
    assert for_file(file) == f"chown root {file}"
    shutil.chown(file, "root")
    file.chmod(0o640)
    assert for_file(file) == f"chmod 0600 {file}"
    file.chmod(0o600)
    assert for_file(file).startswith("put it back from your backup")
