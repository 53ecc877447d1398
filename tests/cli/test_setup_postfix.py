"""``rmp setup postfix``: writes what rmp.toml means, shows it before, keeps what others wrote."""

import socket
from pathlib import Path

import pytest

from rmp_milter.cli import setup as command
from rmp_milter.cli.main import run
from rmp_milter.host.postfix_instance import (
    PlannedFile,
    files_of,
    sasl_here,
    starting,
    unit_of,
    write_file,
)
from rmp_milter.postfix.facts import Expectations
from rmp_milter.postfix.settings import check_postfix, read_settings
from rmp_milter.postfix.writing import InstancePlan, is_as_written
from testbed.postfix import settle

SERVICE = """\
[service]
addresses = ["rmp@rmp.test", "dossiers@chu.test"]
[limits]
message_bytes = 10_000_000
[courier]
port = 10099
"""


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "rmp.toml").write_text(SERVICE)
    (tmp_path / "etc").mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written is of a while ago at once: postconf waits for two seconds each time."""

    def written(file: PlannedFile) -> None:
        write_file(file)
        settle(file.path.parent)

    monkeypatch.setattr(command, "write_file", written)


def setup(top: Path, *options: str) -> int:
    place = ("--postfix-config", str(top / "etc"), "--config", str(top / "rmp.toml"))
    return run(["setup", "postfix", *place, *options])


LISTEN = ("--listen", "127.0.0.1")


def texts(top: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in (top / "etc").iterdir() if each.is_file()}


def test_it_writes_what_the_configuration_means(
    top: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup(top, *LISTEN) == 0
    settings = read_settings(top / "etc")
    assert settings["relay_domains"] == "rmp.test, chu.test"
    assert settings["message_size_limit"] == "10000000"
    assert settings["127.0.0.1:10099/inet/message_size_limit"] == "12000000"
    assert settings["inet_interfaces"] == "127.0.0.1"
    assert "smtpd_client_message_rate_limit" not in texts(top)["main.cf"]
    assert "submission/inet/command" not in settings
    said = capsys.readouterr().out
    assert "no SASL server is here" in said
    assert f"put key, certificate and chain into {top}/etc/tls.pem" in said
    assert said.splitlines()[-1].startswith(f"then: rmp check --config {top}/rmp.toml")
    expected = Expectations(
        milter_socket=top / "run/milter.sock",
        service_addresses=("rmp@rmp.test", "dossiers@chu.test"),
        message_bytes=10_000_000,
        reinject_port=10099,
        routes={},
    )
    (missing,) = check_postfix(top / "etc", expected)
    assert "tls.pem: No such file" in missing.line


def test_given_again_it_changes_nothing(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup(top, *LISTEN, "--hostname", "mail.rmp.test")
    before = texts(top)
    capsys.readouterr()
    assert setup(top) == 0  # what was said at first is taken from what is there
    assert texts(top) == before
    assert "myhostname = mail.rmp.test" in before["main.cf"]
    assert capsys.readouterr().out.count(": unchanged") == 4


def test_a_dry_run_shows_and_writes_nothing(
    top: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup(top, *LISTEN, "--dry-run") == 0
    assert texts(top) == {}
    setup(top, *LISTEN)
    before = texts(top)
    (top / "rmp.toml").write_text(SERVICE.replace("dossiers@chu.test", "autre@chu.test"))
    capsys.readouterr()
    assert setup(top, "--dry-run") == 0
    said = capsys.readouterr().out
    assert "  -dossiers@chu.test     rmp" in said
    assert "  +autre@chu.test     rmp" in said
    assert "main.cf: unchanged" in said
    assert texts(top) == before


def test_a_new_address_is_written_and_only_that(top: Path) -> None:
    setup(top, *LISTEN)
    before = texts(top)
    (top / "rmp.toml").write_text(SERVICE.replace("dossiers@chu.test", "autre@chu.test"))
    assert setup(top) == 0
    after = texts(top)
    assert {name for name in after if after[name] != before[name]} == {
        "recipients",
        "transport",
    }
    assert "autre@chu.test     rmp\n" in after["recipients"]


def test_what_an_admin_changed_is_left_alone_until_he_says_so(
    top: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup(top, *LISTEN)
    main = top / "etc" / "main.cf"
    changed = main.read_text() + "smtpd_client_restrictions = reject_rbl_client example.org\n"
    main.write_text(changed)
    assert not is_as_written(changed)
    capsys.readouterr()
    assert setup(top) == 1
    said = capsys.readouterr()
    assert "changed by hand, left alone" in said.out
    assert "-smtpd_client_restrictions = reject_rbl_client example.org" in said.out
    assert "1 files were changed by hand" in said.err
    assert main.read_text() == changed
    assert setup(top, "--replace") == 0
    assert main.with_name("main.cf.before-rmp").read_text() == changed
    assert is_as_written(main.read_text())


def test_a_main_cf_of_somebody_else_is_left_alone(top: Path) -> None:
    (top / "etc" / "main.cf").write_text("myhostname = mail.chu.test\n")
    assert setup(top, *LISTEN) == 1
    assert texts(top)["main.cf"] == "myhostname = mail.chu.test\n"


def test_sasl_is_written_where_a_server_is_there_and_on_demand(top: Path) -> None:
    setup(top, *LISTEN, "--sasl", "dovecot")
    assert read_settings(top / "etc")["smtpd_sasl_path"] == "private/auth"
    assert "submission/inet/command" in read_settings(top / "etc")
    setup(top)  # none is there
    assert "submission/inet/command" not in read_settings(top / "etc")
    (top / "etc/sasl").mkdir()
    (top / "etc/sasl/sasldb2").touch()
    setup(top)
    assert read_settings(top / "etc")["smtpd_sasl_type"] == "cyrus"
    assert f"sasldb_path: {top}/etc/sasl/sasldb2" in (top / "etc/sasl/smtpd.conf").read_text()


def test_without_an_address_of_its_own_it_refuses(
    top: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup(top) == 1
    assert "give --listen ADDRESS" in capsys.readouterr().err
    assert texts(top) == {}


def test_an_address_that_is_not_this_machines_is_refused(
    top: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup(top, "--listen", "192.0.2.7") == 1  # Postfix would not start
    assert "192.0.2.7 is no address of this machine" in capsys.readouterr().err
    assert texts(top) == {}


def test_the_shared_lines_need_a_socket_that_the_chroot_sees(
    top: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup(top, "--shared") == 1
    assert 'milter = "/var/spool/postfix/rmp/milter.sock"' in capsys.readouterr().err
    sockets = '[sockets]\nmilter = "/var/spool/postfix/rmp/milter.sock"\n'
    (top / "rmp.toml").write_text(SERVICE + sockets)
    assert setup(top, "--shared") == 0
    said = capsys.readouterr().out
    assert "unix:rmp/milter.sock" in said
    assert "dossiers@chu.test     lmtp:unix:private/rmp-service" in said
    assert texts(top) == {}


def test_postfix_starts_behind_the_milter_by_the_name_that_debian_has(tmp_path: Path) -> None:
    plan = InstancePlan(
        folder=tmp_path / "etc",
        queue=tmp_path / "queue",
        data=tmp_path / "data",
        addresses=("rmp@rmp.test",),
        message_bytes=1_000_000,
        socket=tmp_path / "milter.sock",
        reinject=("127.0.0.1", 10026),
    )
    (order,) = (each for each in files_of(plan, tmp_path) if each.path.suffix == ".conf")
    assert order.path == tmp_path / f"{unit_of('postfix-rmp')}.service.d" / "rmp.conf"
    assert "\nAfter=rmp-milter.service\n" in order.wanted


def test_a_dovecot_that_offers_its_socket_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "private").mkdir()
    assert sasl_here(tmp_path, tmp_path).value == "none"
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path / "private")  # the path of a test's folder may be too long
        server.bind("auth")
        assert sasl_here(tmp_path, tmp_path).value == "dovecot"


def test_systemds_name_of_the_instance_is_what_this_debian_has(tmp_path: Path) -> None:
    twelve, thirteen = tmp_path / "12", tmp_path / "13"
    twelve.write_text("ExecStart=/usr/sbin/postmulti -i %i -p start\n")
    thirteen.write_text("Environment=MAIL_CONFIG=/etc/postfix-%I\n")
    assert unit_of("postfix-rmp", twelve) == "postfix@postfix-rmp"
    assert unit_of("postfix-rmp", thirteen) == "postfix@rmp"
    assert unit_of("postfix-rmp", tmp_path / "none") == "postfix@postfix-rmp"
    assert "enable postfix@rmp && " in starting("postfix-rmp", thirteen)
    assert "enable" not in starting("postfix-rmp", twelve)
