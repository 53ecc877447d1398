"""Faults that stop the service, planted in the Postfix that the command writes: each is found.

All of them once passed the check.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fragment_case import SERVICE, DedicatedPostfix, self_signed

from rmp_milter.postfix.facts import Expectations, Severity
from rmp_milter.postfix.settings import check_postfix
from testbed.postfix import settle

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def postfix() -> Iterator[DedicatedPostfix]:
    made = DedicatedPostfix()
    yield made
    made.close()


@pytest.fixture
def folder(postfix: DedicatedPostfix) -> Iterator[Path]:
    """The configuration, put back as it was at the end."""
    files = {
        each: each.read_bytes() for each in postfix.config_dir.rglob("*") if each.is_file()
    }
    yield postfix.config_dir
    for each in postfix.config_dir.rglob("*"):
        if each.is_file() and each not in files:
            each.unlink()
    for each, content in files.items():
        each.write_bytes(content)
    settle(postfix.config_dir)


def found(postfix: DedicatedPostfix) -> list[tuple[Severity, str, str]]:
    settle(postfix.config_dir)
    expected = Expectations(
        milter_socket=postfix.socket,
        service_addresses=(SERVICE,),
        message_bytes=52_428_800,
        reinject_port=postfix.reinject_port,
        routes={},
    )
    return [
        (each.severity, each.line, each.hint)
        for each in check_postfix(postfix.config_dir, expected)
    ]


def adding(name: str, lines: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        with (folder / name).open("a") as file:
            file.write(lines)

    return plant


def changing(name: str, before: str, after: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        text = (folder / name).read_text()
        assert before in text
        (folder / name).write_text(text.replace(before, after))

    return plant


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def filtering(setting: str, pattern: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        (folder / "filter").write_text(f"{pattern}\n")
        adding("main.cf", f"{setting} = regexp:{folder}/filter\n")(folder)

    return plant


def expired(folder: Path) -> None:
    (folder / "tls.pem").write_bytes(self_signed("rmp.test", days=0))


ERROR, WARNING = Severity.ERROR, Severity.WARNING
DOVECOT = "smtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n"
FAULTS: dict[str, tuple[Callable[[Path], None], Severity, str]] = {
    "SASL without a server": (adding("main.cf", DOVECOT), ERROR, "no SASL server is at"),
    "SASL without its settings": (without("sasl/smtpd.conf"), ERROR, "Cyrus SASL has no smtpd"),
    "an address missing": (
        changing("recipients", SERVICE, "other@rmp.test"),
        ERROR,
        f"relay_recipient_maps has no {SERVICE}: its mail is refused (550)",
    ),
    "the domain missing": (
        changing("main.cf", "relay_domains = rmp.test", "relay_domains ="),
        ERROR,
        "rmp.test is no domain of this Postfix",
    ),
    "the recipients missing": (without("recipients"), ERROR, "/recipients: No such file"),
    "the transports missing": (without("transport"), ERROR, "transport_maps: postmap: fatal"),
    "the re-injection's size": (
        changing(
            "master.cf", "-o message_size_limit=62914560", "-o message_size_limit=52428800"
        ),
        ERROR,
        "message_size_limit is 52428800: larger answers never leave",
    ),
    "tls.pem missing": (without("tls.pem"), ERROR, "tls.pem: No such file or directory"),
    "tls.pem expired": (expired, WARNING, "tls.pem has expired"),
    "header_checks": (
        filtering("header_checks", "/^Content-Type:.*encrypted/ REJECT no secrets here"),
        ERROR,
        "says REJECT to a mail in PGP/MIME",
    ),
    "mime_header_checks": (
        filtering("mime_header_checks", "/name=.*\\.(p7m|exe)/ REJECT"),
        ERROR,
        "says REJECT to a mail in S/MIME",
    ),
    "body_checks": (
        filtering("body_checks", "/^-----BEGIN PGP/ DISCARD"),
        ERROR,
        "says DISCARD to a mail in PGP/MIME",
    ),
    "a limit by the minute": (
        adding("main.cf", "smtpd_client_message_rate_limit = 120\n"),
        WARNING,
        "it holds back emergencies too",
    ),
}


def test_what_the_command_writes_has_no_fault(postfix: DedicatedPostfix) -> None:
    assert found(postfix) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(postfix: DedicatedPostfix, folder: Path, fault: str) -> None:
    plant, severity, words = FAULTS[fault]
    plant(folder)
    said = [each for each in found(postfix) if words in each[1]]
    assert said != []
    assert {each[0] for each in said} == {severity}
    assert all(each[2] for each in said)


def test_a_filter_that_leaves_the_services_mail_alone_is_none(
    postfix: DedicatedPostfix, folder: Path
) -> None:
    filtering("header_checks", "/^Subject:.*lottery/ REJECT")(folder)
    assert found(postfix) == []
