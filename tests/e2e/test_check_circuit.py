"""``rmp check --circuit``: a mail goes the whole way, and the directory is as it was."""

import json
from collections.abc import Iterator

import pytest

from rmp_milter.host.live.circuit import MAIL, RPPS
from rmp_milter.postfix.facts import CHECK_DOMAIN, CHECK_SOCKET, CHECK_TRANSPORT
from testbed.dns_server import DnsServer
from testbed.host import Host
from testbed.service import Part

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    made = Host(by_library=True)
    transport = made.postfix.config_dir / "transport"
    transport.write_text(f"{transport.read_text()}{CHECK_DOMAIN} {CHECK_TRANSPORT}\n")
    with made:
        yield made


def circuit(host: Host) -> list[str]:
    """Return what the circuit finds; the other looks have their own tests."""
    with DnsServer({}) as dns:
        place = ("--postfix-config", str(host.postfix.config_dir), "--resolver", dns.place)
        done = host.service.rmp("check", "--circuit", "--json", *place, check=False)
    assert f"RPPS {RPPS}" in done.stderr.decode()
    lines = [each["line"] for each in json.loads(done.stdout)]
    return [line for line in lines if line.startswith("circuit:") or CHECK_DOMAIN in line]


def leaves(host: Host, folder: str) -> list[str]:
    export = str(host.service.root / folder)
    host.service.rmp("access", "export", export)
    listed = host.service.rmp("access", "list", "--json", export, config=False).stdout
    return [each["action"] for each in json.loads(listed)]


def test_a_mail_goes_round_and_nothing_stays_but_its_leaves(host: Host) -> None:
    doctors = host.service.rmp("doctor", "list", "--json").stdout
    before, stored = leaves(host, "before"), host.stored()
    assert circuit(host) == []
    assert host.service.rmp("doctor", "list", "--json").stdout == doctors
    assert host.stored() == stored
    assert leaves(host, "after")[len(before) :] == ["inscription", "aide", "radiation"]
    host.settle()
    assert not (host.postfix.queue_dir / CHECK_SOCKET).exists()
    assert circuit(host) == []  # and again


def test_who_was_left_by_a_killed_check_is_removed(host: Host) -> None:
    doctor = host.doctor("Contrôle", MAIL)
    assert MAIL in host.service.rmp("doctor", "list", "--json").stdout.decode()
    assert circuit(host) == []
    assert MAIL not in host.service.rmp("doctor", "list", "--json").stdout.decode()
    assert not host.send(doctor, doctor.pgp_mime("Demande : aide\n")).accepted


def test_a_mail_that_is_not_taken_is_told_and_nobody_stays(host: Host) -> None:
    host.service.stop(Part.MILTER)
    try:
        (line,) = circuit(host)
    finally:
        host.service.start(Part.MILTER)
        host.service.wait_ready()
    assert line.startswith("circuit: the mail is refused: 451")
    assert MAIL not in host.service.rmp("doctor", "list", "--json").stdout.decode()


def test_without_the_keeper_nobody_is_enrolled(host: Host) -> None:
    host.service.stop(Part.KEEPER)
    try:
        (line,) = circuit(host)
    finally:
        host.service.start(Part.KEEPER)
        host.service.wait_ready()
    assert line.startswith("circuit: the keeper does not answer")


def test_without_a_way_back_nothing_is_sent(host: Host) -> None:
    transport = host.postfix.config_dir / "transport"
    with_way = transport.read_text()
    transport.write_text(with_way.replace(CHECK_DOMAIN, "other.invalid"))
    try:
        (line,) = circuit(host)
    finally:
        transport.write_text(with_way)
    assert line.startswith(f"transport_maps has no {CHECK_DOMAIN}")
