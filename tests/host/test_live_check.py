"""``rmp check --live``: a whole host, its parts stopped or closed one by one, its DNS wrong."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rmp_milter.config import Config, load
from rmp_milter.host.live import answering, smtp_try
from rmp_milter.host.live.dns_look import dns_findings, key_in, published, resolver_of
from rmp_milter.host.live.milter_call import MilterRefused, call_milter
from rmp_milter.status.diary import HostWork, last
from testbed.dns_server import DnsServer, Zone
from testbed.folders import own_folder
from testbed.host import ADDRESS, Host
from testbed.postfix import greets
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host() as started:
        yield started


@pytest.fixture(scope="module")
def dns(host: Host) -> Iterator[DnsServer]:
    with DnsServer(right_zone(config_of(host))) as server:
        yield server


def config_of(host: Host) -> Config:
    return load(host.service.config)


def right_zone(config: Config) -> Zone:
    name, text = published(config.paths.public / "dkim.txt")
    halves = f'"{text[:200]}" "{text[200:]}"'
    return {
        ("rmp.test", "MX"): ["10 mail.rmp.test."],
        ("mail.rmp.test", "A"): ["192.0.2.7"],
        (name, "TXT"): [halves],
    }


def looked(host: Host, dns: DnsServer) -> list[str]:
    """The errors of the live look, without the command's processes."""
    found = answering.live_findings(
        config_of(host), host.postfix.config_dir, with_postfix=True, resolver=dns.place
    )
    errors = [each for each in found if each.severity.value == "error"]
    assert all(each.hint for each in errors)
    return [each.line for each in errors]


def live_lines(host: Host, dns: DnsServer) -> list[str]:
    """The errors that the live look adds; the settings of this Postfix are another test's."""
    place = ("--postfix-config", str(host.postfix.config_dir), "--resolver", dns.place)
    looks = [
        json.loads(host.service.rmp("check", "--json", *more, *place, check=False).stdout)
        for more in (("--live",), ())
    ]
    live, still = ({each["line"]: each for each in look} for look in looks)
    added = [each for line, each in live.items() if line not in still]
    assert all(each["hint"] for each in added)
    return [each["line"] for each in added if each["severity"] == "error"]


def test_a_service_that_runs_has_no_error(host: Host, dns: DnsServer) -> None:
    assert live_lines(host, dns) == []
    noted = last(config_of(host).paths.store, HostWork.LIVE_CHECK)
    assert noted is not None
    assert noted.fine


@pytest.mark.parametrize("part", [Part.KEEPER, Part.MILTER])
def test_a_process_that_is_stopped_is_found(host: Host, dns: DnsServer, part: Part) -> None:
    host.service.stop(part)
    try:
        lines = live_lines(host, dns)
    finally:
        host.service.start(part)
        host.service.wait_ready()
    assert any(f"the {part} does not answer" in line for line in lines)


def test_a_socket_that_refuses_postfix_is_found_though_root_may(
    host: Host, dns: DnsServer
) -> None:
    host.service.milter_socket.chmod(0o600)
    try:
        lines = looked(host, dns)
    finally:
        host.service.milter_socket.chmod(0o660)
    assert any("is refused: 451" in line for line in lines)
    assert any("does not answer postfix: Permission denied" in line for line in lines)


@contextmanager
def with_settings(host: Host, **settings: str) -> Iterator[None]:
    """Have Postfix run by other settings; started anew after them, it is patient again."""
    before = {**host.postfix.plan.settings}
    host.postfix.use_milter(host.service.milter_socket, **settings)
    try:
        yield
    finally:
        host.postfix.plan = replace(host.postfix.plan, settings=before)
        host.postfix.write_configuration()
        host.postfix.stop()
        host.postfix.start()


def test_a_sasl_server_that_is_not_there_ends_a_session(
    host: Host, dns: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_try, "SECONDS", 2)  # nobody greets: it is waited for all of them
    server = {"smtpd_sasl_type": "dovecot", "smtpd_sasl_path": "private/auth"}
    with with_settings(host, **server):
        wait_until(lambda: not greets(host.postfix.smtp_port), 10, "the new settings")
        lines = looked(host, dns)
    assert any("the session ends" in line or "timed out" in line for line in lines)


def test_an_address_that_postfix_does_not_know_is_found(host: Host, dns: DnsServer) -> None:
    unknown = {
        "virtual_mailbox_domains": "",
        "relay_domains": "rmp.test",
        "relay_recipient_maps": "inline:{x@rmp.test=x}",
    }
    with with_settings(host, **unknown):
        host.postfix.stop()
        host.postfix.start()
        lines = looked(host, dns)
    assert any(f"{ADDRESS} is refused: 550 5.1.1" in line for line in lines)


def test_a_postfix_that_is_stopped_is_found(host: Host, dns: DnsServer) -> None:
    host.postfix.stop()
    try:
        (line,) = looked(host, dns)
    finally:
        host.postfix.start()
    assert line.endswith("Connection refused")


def test_an_answer_that_is_due_for_long_is_found(
    host: Host, dns: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said() -> list[str]:
        return [line for line in looked(host, dns) if "the courier does not send" in line]

    doctor = host.doctor("Dr Anne MOREL", "a.morel@cabinet.test")
    host.service.stop(Part.COURIER)
    try:
        assert host.send(doctor, doctor.pgp_mime("Demande : aide\n")).accepted
        assert said() == []  # it is due since now
        monkeypatch.setattr(answering, "LATE_SECONDS", -1)
        assert len(said()) == 1
    finally:
        host.service.start(Part.COURIER)
    host.settle()
    assert said() == []


def dns_lines(host: Host, zone: Zone) -> list[str]:
    record = config_of(host).paths.public / "dkim.txt"
    with DnsServer(zone) as server:
        found = dns_findings(resolver_of(server.place), ["rmp.test"], record)
        return [each.line for each in found]


def changed(host: Host, **records: tuple[str, ...]) -> Zone:
    """The right zone with other records, by their type."""
    zone = {**right_zone(config_of(host))}
    for name, kind in [*zone]:
        if kind in records:
            zone[name, kind] = records[kind]
    return zone


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (lambda host: right_zone(config_of(host)), []),
        (
            lambda host: changed(host, TXT=('"v=DKIM1; k=rsa; p=MIIB"',)),
            ["DNS: the TXT record rmp._domainkey.rmp.test is not the one in"],
        ),
        (
            lambda host: changed(host, TXT=()),
            ["DNS: there is no TXT record rmp._domainkey.rmp.test"],
        ),
        (lambda host: changed(host, A=()), ["DNS: the MX mail.rmp.test. of rmp.test has no A"]),
        (lambda host: changed(host, MX=()), ["DNS: rmp.test has no MX, A or AAAA record"]),
        (lambda host: changed(host, MX=("0 .",)), ["DNS: rmp.test takes no mail (a null MX)"]),
    ],
)
def test_a_dns_that_is_wrong_is_told(
    host: Host, zone: Callable[[Host], Zone], said: list[str]
) -> None:
    lines = dns_lines(host, zone(host))
    assert [line[: len(words)] for line, words in zip(lines, said, strict=True)] == said


def test_a_dns_server_that_is_silent_is_a_warning(host: Host) -> None:
    record = config_of(host).paths.public / "dkim.txt"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        asked = resolver_of("{}:{}".format(*silent.getsockname()))
        asked.lifetime = 0.2
        found = [*dns_findings(asked, ["rmp.test"], record)]
    assert {each.severity.value for each in found} == {"warning"}
    assert len(found) == 2


def test_a_dkim_key_is_the_same_however_it_is_cut() -> None:
    assert key_in("v=DKIM1; k=rsa; p=AB CD") == key_in("p=ABCD;v=DKIM1") == "ABCD"
    assert published(Path("/nonexistent")) == ("", "")


def test_what_is_no_milter_is_told() -> None:
    folder = own_folder("m")
    place = folder / "sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()

        def greet() -> None:
            line, _ = server.accept()
            line.sendall(b"220 mail.test ESMTP\r\n")
            line.close()

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises((MilterRefused, EOFError, OSError)):
            call_milter(place, [ADDRESS])
        thread.join()
    place.unlink()
    folder.rmdir()
