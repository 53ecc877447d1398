from dataclasses import replace
from pathlib import Path

import pytest

from rmp_milter.postfix.rules import ABSENT, Expectations, Severity, findings
from rmp_milter.postfix.settings import PostfixError, read_settings
from rmp_milter.postfix.values import Milter, milters, number, seconds, tables

SOCKET = "/run/rmp/milter.sock"
GOOD = {
    "queue_directory": "/var/spool/postfix",
    "smtpd_milters": f"{{ unix:{SOCKET}, default_action=tempfail, connect_timeout=10s }}",
    "non_smtpd_milters": f"unix:{SOCKET}",
    "internal_mail_filter_classes": "bounce",
    "milter_default_action": "tempfail",
    "milter_mail_macros": "i {auth_type} {auth_authen}",
    "milter_rcpt_macros": "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
    "smtpd_milter_maps": "",
    "in_flow_delay": "0",
    "recipient_delimiter": "+",
    "message_size_limit": "1000",
    "queue_minfree": "1500",
    "smtpd_forbid_bare_newline": "normalize",
    "enable_long_queue_ids": "yes",
    "smtp/inet/command": "smtpd",
    "smtp/inet/chroot": "n",
    "cleanup/unix/command": "cleanup",
    "cleanup/unix/chroot": "n",
    "127.0.0.1:10026/inet/command": "smtpd -o smtpd_milters=",
    "127.0.0.1:10026/inet/chroot": "n",
    "127.0.0.1:10026/inet/smtpd_milters": "",
    "127.0.0.1:10026/inet/message_size_limit": "1200",
    "127.0.0.1:10026/inet/cleanup_service_name": "rmp-cleanup",
    "rmp-cleanup/unix/message_size_limit": "1200",
    "qmgr/unix/command": "qmgr",
}
EXPECTED = Expectations(
    milter_socket=Path(SOCKET),
    service_addresses=("rmp@rmp.test",),
    message_bytes=1000,
    reinject_port=10026,
    routes={"rmp@rmp.test": ABSENT},
)
ERROR, WARNING = Severity.ERROR, Severity.WARNING


def found(changes: dict[str, str], expected: Expectations = EXPECTED) -> list[tuple[str, str]]:
    return [(one.severity.value, one.line) for one in findings({**GOOD, **changes}, expected)]


def test_good_settings_give_nothing_to_change() -> None:
    assert found({}) == []


@pytest.mark.parametrize(
    ("setting", "value", "severity", "line"),
    [
        ("smtpd_milters", "", ERROR, "no smtpd asks the milter at"),
        ("smtpd_milters", "inet:localhost:8891", ERROR, "no smtpd asks the milter at"),
        ("smtpd_milters", "unix:rmp/milter.sock", ERROR, "no smtpd asks the milter at"),
        ("smtp/inet/chroot", "y", ERROR, "no smtpd asks the milter at"),
        ("smtp/inet/smtpd_milters", "", ERROR, "no smtpd asks the milter at"),
        (
            "smtp/inet/receive_override_options",
            "no_address_mappings,no_milters",
            ERROR,
            "no smtpd asks the milter at",
        ),
        (
            "smtpd_milters",
            f"{{ unix:{SOCKET}, default_action=accept }}",
            ERROR,
            "smtp/inet: when the milter is down, Postfix does 'accept'",
        ),
        ("milter_mail_macros", "i", ERROR, "smtp/inet: milter_mail_macros lacks"),
        ("milter_rcpt_macros", "i {rcpt_host}", ERROR, "smtp/inet: milter_rcpt_macros lacks"),
        (
            "smtpd_milter_maps",
            "inline:{1.2.3.4=DISABLE}",
            ERROR,
            "smtp/inet: smtpd_milter_maps",
        ),
        ("recipient_delimiter", "-", ERROR, "recipient_delimiter has no '+'"),
        ("127.0.0.1:10026/inet/command", "lmtpd", ERROR, "nothing takes the answers on port"),
        (
            "127.0.0.1:10026/inet/smtpd_milters",
            f"unix:{SOCKET}",
            ERROR,
            "127.0.0.1:10026/inet asks the milter about the service's own answers",
        ),
        ("non_smtpd_milters", "", WARNING, "bounces that this Postfix writes itself"),
        ("internal_mail_filter_classes", "", WARNING, "bounces that this Postfix writes"),
        ("in_flow_delay", "1s", WARNING, "in_flow_delay is 1s"),
        ("message_size_limit", "999", WARNING, "message_size_limit is 999"),
        ("message_size_limit", "0", WARNING, "message_size_limit is unlimited"),
        (
            "127.0.0.1:10026/inet/message_size_limit",
            "1000",
            ERROR,
            "127.0.0.1:10026/inet: message_size_limit is 1000: larger answers never leave",
        ),
        (
            "rmp-cleanup/unix/message_size_limit",
            "1199",
            ERROR,
            "rmp-cleanup/unix: message_size_limit is 1199: larger answers never leave",
        ),
        (
            "smtpd_client_message_rate_limit",
            "120",
            WARNING,
            "smtp/inet: smtpd_client_message_rate_limit is 120 a minute: it holds back",
        ),
        ("queue_minfree", "0", WARNING, "queue_minfree is 0"),
        ("smtpd_forbid_bare_newline", "no", WARNING, "smtp/inet: smtpd_forbid_bare_newline"),
        ("enable_long_queue_ids", "no", WARNING, "enable_long_queue_ids is off"),
    ],
)
def test_each_wrong_setting_is_told(
    setting: str, value: str, severity: Severity, line: str
) -> None:
    (one,) = found({setting: value})
    assert one[0] == severity.value
    assert one[1].startswith(line)


def test_an_instance_that_takes_localhost_from_the_machines_own_is_told() -> None:
    instance = {"multi_instance_name": "postfix-rmp"}
    assert found({**instance, "inet_interfaces": "192.0.2.7"}) == []
    assert found({"inet_interfaces": "all"}) == []
    for taken in ("192.0.2.7, localhost", "all", "loopback-only"):
        (one,) = found({**instance, "inet_interfaces": taken})
        assert "takes that port of localhost" in one[1]


def test_one_listener_past_the_milter_is_a_warning() -> None:
    changes = {"submission/inet/command": "smtpd", "submission/inet/smtpd_milters": ""}
    assert found(changes) == [
        ("warning", "the listener submission/inet does not ask the milter")
    ]


def test_smtpd_behind_postscreen_counts_as_a_listener() -> None:
    changes = {"smtp/inet/command": "postscreen", "smtpd/pass/command": "smtpd"}
    assert found(changes) == []


@pytest.mark.parametrize("milter", ["unix:/rmp/m.sock", "unix:rmp/m.sock", "local:rmp/m.sock"])
def test_in_a_chroot_the_sockets_path_starts_at_the_queue(milter: str) -> None:
    expected = replace(EXPECTED, milter_socket=Path("/var/spool/postfix/rmp/m.sock"))
    changes = {
        "smtp/inet/chroot": "y",
        "cleanup/unix/chroot": "y",
        "smtpd_milters": f"inet:127.0.0.1:8891, {milter}",
        "non_smtpd_milters": milter,
    }
    assert found(changes, expected) == []


def test_var_run_is_the_same_as_run() -> None:
    assert found({"smtpd_milters": "unix:/var/run/rmp/milter.sock"}) == []


@pytest.mark.parametrize("route", ["", "smtp:[mx.chu.test]", "local:", "error:5.1.1 no"])
def test_an_address_that_leads_elsewhere_is_an_error(route: str) -> None:
    lines = found({}, replace(EXPECTED, routes={"rmp@rmp.test": route}))
    assert lines[0][0] == "error"
    assert lines[0][1].startswith("mail for rmp@rmp.test that misses the milter goes to")


def test_a_retry_transport_needs_unlisted_recipients_to_be_let_in() -> None:
    expected = replace(EXPECTED, routes={"rmp@rmp.test": "retry:4.3.0 not available"})
    (one,) = found({}, expected)
    assert one == ("error", "smtp/inet refuses rmp@rmp.test at RCPT because of its transport")
    assert found({"smtpd_reject_unlisted_recipient": "no"}, expected) == []


def test_an_alias_of_the_services_address_is_an_error() -> None:
    expected = replace(EXPECTED, aliases={"rmp@rmp.test": "secretary@chu.test"})
    assert found({}, expected) == [
        ("error", "virtual_alias_maps sends rmp@rmp.test to secretary@chu.test")
    ]


def test_an_entry_that_turns_milters_off_is_an_error() -> None:
    expected = replace(EXPECTED, milter_exceptions=("192.0.2.0/24 DISABLE",))
    assert found({}, expected) == [
        ("error", "smtpd_milter_maps has the entry '192.0.2.0/24 DISABLE'")
    ]


def test_a_reinjection_that_the_network_reaches_is_a_warning() -> None:
    changes = {
        "127.0.0.1:10026/inet/command": "none",
        "10026/inet/command": "smtpd",
        "10026/inet/smtpd_milters": "",
        "10026/inet/message_size_limit": "0",
        "10026/inet/cleanup_service_name": "rmp-cleanup",
    }
    assert found(changes) == [("warning", "10026/inet may be reached from the network")]


def test_errors_come_first_and_every_finding_has_a_hint() -> None:
    all_found = findings({"smtp/inet/command": "smtpd"}, EXPECTED)
    severities = [one.severity for one in all_found]
    assert severities == sorted(severities, key=lambda one: one is not ERROR)
    assert all(one.hint for one in all_found)


def test_milters_are_read_in_both_notations() -> None:
    value = "unix:/a, { unix:/b, default_action = accept, { connect_timeout = 5s } } inet:h:1"
    assert milters(value) == [
        Milter("unix:/a", {}),
        Milter("unix:/b", {"default_action": "accept", "connect_timeout": "5s"}),
        Milter("inet:h:1", {}),
    ]


def test_small_values() -> None:
    assert [seconds(one) for one in ("0", "1s", "2h", "x")] == [0, 1, 7200, None]
    assert [number(one) for one in ("0", "12", "-1", "1k")] == [0, 12, None, None]
    value = "hash:/a, inline:{x=y} proxy:mysql:/b $c"
    assert list(tables(value)) == ["hash:/a", "proxy:mysql:/b"]


def test_an_absent_configuration_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PostfixError, match=r"^postconf: .*main\.cf") as caught:
        read_settings(tmp_path / "nothing")
    assert "\n" not in str(caught.value)


def test_an_absent_postfix_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmp_milter.postfix.asking._FOLDERS", "/nonexistent")
    with pytest.raises(PostfixError, match="postconf: not found; is Postfix installed"):
        read_settings(None)


def test_the_tables_that_turn_milters_off_are_read(tmp_path: Path) -> None:
    from rmp_milter.postfix.settings import _disabling_entries  # noqa: PLC0415 -- white box

    table = tmp_path / "milters.cidr"
    table.write_text("# 10.0.0.1 DISABLE\n192.0.2.0/24 DISABLE\n10.0.0.0/8 unix:/x\n")
    settings = {"smtp/inet/smtpd_milter_maps": f"cidr:{table}"}
    assert list(_disabling_entries(settings)) == ["192.0.2.0/24 DISABLE"]
    with pytest.raises(PostfixError, match="cannot be read"):
        list(_disabling_entries({"smtpd_milter_maps": "cidr:/nonexistent/table"}))
