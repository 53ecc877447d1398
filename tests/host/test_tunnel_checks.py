"""What ``rmp check`` says of the tunnel, and the command that makes its certificates."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rmp_milter.config import Config, parse
from rmp_milter.host.owners import Owner
from rmp_milter.host.tunnel_checks import calling_findings, tunnel_findings
from rmp_milter.host.tunnel_folder import TunnelFolder
from rmp_milter.tunnel.certificates import (
    CERTIFICATE,
    KEY,
    CertificateFileError,
    context,
    make_own,
    moment,
)

NOW = datetime(2026, 12, 1, tzinfo=UTC)
TEXT = f"""[keeper]
users = ["{os.getuid()}"]
[service]
addresses = ["rmp@chu.example"]
[tunnel]
keepers = {{ a = "keeper-a.chu.example:7443" }}
listen = ["[::1]:7443"]
[milter]
keepers = ["run/tunnel/a.sock", "run/keeper.sock"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = parse(TEXT, tmp_path / "rmp.toml")
    folder = config.tunnel.folder
    for each in ("keepers", "milters"):
        (folder / each).mkdir(parents=True)
    put(folder, KEY, CERTIFICATE)
    put(folder / "keepers", "", "a.crt")
    put(folder / "milters", "", "m.crt")
    return config


def put(folder: Path, key: str, certificate: str, made: datetime = NOW) -> None:
    own = make_own("host.test", made)
    if key:
        (folder / key).write_bytes(own.key)
        (folder / key).chmod(0o600)
    (folder / certificate).write_bytes(own.certificate)


def lines(config: Config, now: datetime = NOW) -> list[str]:
    found = [*tunnel_findings(config, now), *calling_findings(config)]
    return [f"{each.severity.value}: {each.line}" for each in found]


def test_a_tunnel_that_is_whole_is_no_finding(config: Config) -> None:
    assert lines(config) == []


def test_a_host_without_one_is_not_looked_at(tmp_path: Path) -> None:
    plain = parse('[service]\naddresses = ["rmp@chu.example"]\n', tmp_path / "rmp.toml")
    assert lines(plain) == []


def test_what_ends_is_said_a_month_before(config: Config) -> None:
    assert lines(config, NOW + timedelta(days=690)) == []
    warned = lines(config, NOW + timedelta(days=710))
    assert [line.split(" ends ")[0] for line in warned] == [
        f"warning: tunnel: the certificate of {whose}"
        for whose in ("this host", "keeper a", "milter m")
    ]
    over = lines(config, NOW + timedelta(days=800))
    assert [line.startswith("error: ") for line in over] == [True] * 3


def test_of_two_certificates_the_later_counts(config: Config) -> None:
    file = config.tunnel.folder / "milters" / "m.crt"
    later = make_own("host.test", NOW + timedelta(days=700)).certificate
    file.write_bytes(file.read_bytes() + later)
    assert not [line for line in lines(config, NOW + timedelta(days=800)) if "milter" in line]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (KEY, "tunnel.key: No such file"),
        (CERTIFICATE, "tunnel.crt: No such file"),
        ("keepers/a.crt", "a.crt: No such file"),
        ("milters/m.crt", "no milter's host is trusted"),
    ],
)
def test_what_is_missing_is_named(config: Config, file: str, said: str) -> None:
    (config.tunnel.folder / file).unlink()
    (line,) = lines(config)
    assert line.startswith("error: ")
    assert said in line


def test_a_key_that_others_may_read_is_named(config: Config) -> None:
    (config.tunnel.folder / KEY).chmod(0o640)
    (line,) = lines(config)
    assert "others may reach it (mode 0640)" in line


def test_a_socket_that_nobody_stands_at_and_a_keeper_nobody_calls_are_named(
    config: Config,
) -> None:
    text = TEXT.replace("run/tunnel/a.sock", "run/tunnel/b.sock")
    there = parse(text, config.file)
    first, second = lines(there)
    assert "b.sock is neither" in first
    assert "no milter calls a" in second


@pytest.mark.parametrize(
    "setting",
    [
        'keepers = { A = "h:1" }',
        'keepers = { a = "h" }',
        'keepers = { a = "h:70000" }',
        'keepers = { a = "h:0" }',
        'keepers = { "../a" = "h:1" }',
        'keepers = ["h:1"]',
        'listen = ["h"]',
        f'sockets = "/{"x" * 105}"\nkeepers = {{ a = "h:1" }}',
    ],
)
def test_what_is_no_tunnel_is_refused(setting: str) -> None:
    with pytest.raises(Exception, match="tunnel"):
        parse(f'[service]\naddresses = ["a@b"]\n[tunnel]\n{setting}\n', Path("/etc/rmp.toml"))


def test_a_certificate_is_made_once_and_changed_when_it_is_said(tmp_path: Path) -> None:
    config = parse(TEXT, tmp_path / "rmp.toml")
    folder = TunnelFolder(config, Owner(os.geteuid(), os.getegid()))
    folder.make()
    first = folder.own("a.test", is_next=False)
    assert folder.own("a.test", is_next=False) == first
    assert folder.use_next() is None
    following = folder.own("a.test", is_next=True)
    assert following != first
    assert folder.own("a.test", is_next=False) == first
    assert folder.use_next() == following
    assert folder.own("a.test", is_next=False) == following
    assert context(config.tunnel.folder, [], server=True)
    assert {each.name for each in config.tunnel.folder.iterdir()} == {
        *(KEY, CERTIFICATE, "keepers", "milters")
    }
    assert (config.tunnel.folder / KEY).stat().st_mode & 0o777 == 0o600


def test_a_change_that_broke_off_is_not_started_with_and_given_again(tmp_path: Path) -> None:
    config = parse(TEXT, tmp_path / "rmp.toml")
    folder = TunnelFolder(config, Owner(os.geteuid(), os.getegid()))
    folder.make()
    folder.own("a.test", is_next=False)
    following = folder.own("a.test", is_next=True)
    place = config.tunnel.folder
    (place / KEY).write_bytes((place / "next.key").read_bytes())  # and killed
    with pytest.raises(CertificateFileError):
        context(place, [], server=True)
    assert folder.use_next() == following
    assert context(place, [], server=True)


def test_now_is_a_moment_with_its_zone() -> None:
    assert moment().tzinfo is UTC
