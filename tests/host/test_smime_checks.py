"""What the host is warned of, of the certificate that doctors with Outlook use."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from rmp_milter.config import Config, parse
from rmp_milter.config.template import EXAMPLE, render
from rmp_milter.host.smime import (
    SMIME_PUBLIC,
    import_smime,
    make_smime,
    publish_smime,
    request_smime,
)
from rmp_milter.host.smime_checks import SOON, smime_findings
from rmp_milter.keeper.keys.smime_folder import SMIME, read_smime
from rmp_milter.keeper.keys.smime_making import KeyKind
from rmp_milter.postfix.rules import Severity
from rmp_milter.x509 import read_x509
from testbed.x509_issuing import issue
from testbed.x509_maker import DAY, Made, Maker
from testbed.x509_parts import at

NOW = 1_900_000_000
YEAR = 365 * DAY


@pytest.fixture
def config(tmp_path: Path) -> Config:
    for name in ("keeper", "public"):
        (tmp_path / name).mkdir()
    addresses = ("rmp@chu.example", "resume@chu.example")
    return parse(render({**EXAMPLE, "addresses": addresses}), tmp_path / "rmp.toml")


@pytest.fixture(scope="module")
def root() -> Made:
    return Maker(NOW).authority("Racine d'essai")


def certified(
    config: Config, root: Made, leave_out: tuple[type[x509.ExtensionType], ...] = ()
) -> None:
    request, _ = request_smime(config, KeyKind.P256)
    made = issue(request, root, NOW - DAY, leave_out=leave_out)
    found = [made.public_bytes(Encoding.DER), root.der]
    certificate, _ = import_smime(config, [read_x509(each) for each in found], NOW)
    publish_smime(config, certificate.der)


def said(config: Config, now: int = NOW) -> list[tuple[Severity, str]]:
    there = read_smime(config.paths.keeper / SMIME).certificates
    return [(each.severity, each.line) for each in smime_findings(there, config, now)]


def test_a_service_without_any_hears_nothing(config: Config) -> None:
    assert said(config) == []


def test_an_authoritys_certificate_is_in_order(config: Config, root: Made) -> None:
    certified(config, root)
    assert said(config) == []


def test_a_self_made_one_is_warned_of(config: Config) -> None:
    publish_smime(config, make_smime(config, KeyKind.P256, NOW).der)
    ((severity, line),) = said(config)
    assert severity is Severity.WARNING
    assert "is self-made" in line


def test_the_end_is_announced_a_month_before_and_then_an_error(
    config: Config, root: Made
) -> None:
    certified(config, root)
    end = NOW - DAY + YEAR
    assert said(config, end - SOON) == []
    ((severity, line),) = said(config, end - SOON + 1)
    assert (severity, f"expires on {at(end):%Y-%m-%d}" in line) == (Severity.WARNING, True)
    ((severity, line),) = said(config, end + 1)
    assert (severity, "no certificate of the service is valid" in line) == (
        Severity.ERROR,
        True,
    )


def _another_address(config: Config) -> Config:
    text = render({**EXAMPLE, "addresses": ("rmp@chu.example", "x@chu.example")})
    return parse(text, config.file)


def _another_laid_out(config: Config) -> Config:
    (config.paths.public / SMIME_PUBLIC).write_bytes(b"another")
    return config


def _none_laid_out(config: Config) -> Config:
    (config.paths.public / SMIME_PUBLIC).unlink()
    return config


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (_another_address, "is not made out to x@chu.example"),
        (_another_laid_out, "is not the certificate that answers are signed with"),
        (_none_laid_out, "is not the certificate that answers are signed with"),
    ],
)
def test_what_does_not_fit_is_warned_of(
    config: Config, root: Made, changed: Callable[[Config], Config], words: str
) -> None:
    certified(config, root)
    ((severity, line),) = said(changed(config))
    assert severity is Severity.WARNING
    assert words in line


def test_one_that_does_not_say_what_we_open_is_warned_of(config: Config, root: Made) -> None:
    certified(config, root, leave_out=(x509.UnrecognizedExtension,))
    ((severity, line),) = said(config)
    assert severity is Severity.WARNING
    assert "SMIMECapabilities" in line
