"""Another DKIM key: two selectors side by side, and no answer between them unsigned."""

from pathlib import Path

import dkim
import pytest
from rmp_case import Rmp

from rmp_milter.config import load
from rmp_milter.courier.delivery import WholeMail
from rmp_milter.courier.dkim_key import DKIM_KEY, DKIM_NEXT, read_dkim_key, selector_of
from rmp_milter.courier.dkim_signature import DkimSigner
from rmp_milter.host.key_checks import dkim_findings
from rmp_milter.host.key_list import all_keys

MAIL = WholeMail(
    b"From: rmp@chu.example\r\nTo: a@b.example\r\nSubject: x\r\n\r\n", b"Bonjour\r\n"
)


def verified(service: Path) -> str:
    """Return the selector of an answer that is signed now, verified by public/dkim.txt alone."""
    config = load(service / "rmp.toml")
    file = config.paths.courier / DKIM_KEY
    selector = selector_of(file, config.dkim.selector)
    signer = DkimSigner(config.dkim.domain, selector, read_dkim_key(file))
    lines = (service / "public/dkim.txt").read_text().splitlines()
    records = {line.split()[0]: "".join(line.split('"')[1::2]) for line in lines}

    def txt(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 -- dkimpy names it
        return records[name.decode()].encode()

    whole = signer.signature(MAIL) + MAIL.header + MAIL.body
    assert dkim.verify(whole, dnsfunc=txt)
    return selector


def test_each_step_leaves_answers_that_are_verified(rmp: Rmp, service: Path) -> None:
    assert verified(service) == "rmp"
    begun = rmp("key", "rotate", "dkim")
    assert (begun.status, len(begun.out.splitlines())) == (0, 1)
    record = service / "public" / "dkim.txt"
    assert begun.out in record.read_text()
    assert verified(service) == "rmp"  # the courier goes on as before
    (waits,) = dkim_findings(load(service / "rmp.toml"))
    assert (waits.severity, "--activate" in waits.hint) == ("warning", True)
    assert rmp("key", "rotate", "dkim").out == begun.out  # given again, nothing more is made
    assert rmp("key", "rotate", "dkim", "--activate").status == 0
    selector = verified(service)
    assert selector.startswith("rmp-")
    assert begun.out.startswith(f"{selector}._domainkey.chu.example.")
    assert len(record.read_text().splitlines()) == 2  # what is under way is verified still
    assert [*dkim_findings(load(service / "rmp.toml"))] == []
    assert rmp("key", "rotate", "dkim", "--end").status == 0
    assert record.read_text() == begun.out
    assert verified(service) == selector
    assert rmp("key", "dkim").out == begun.out
    assert [*dkim_findings(load(service / "rmp.toml"))] == []


def test_without_a_new_key_nothing_is_activated(rmp: Rmp, service: Path) -> None:
    before = (service / "courier" / DKIM_KEY).read_bytes()
    said = rmp("key", "rotate", "dkim", "--activate")
    assert (said.status, "no new DKIM key waits" in said.err) == (1, True)
    assert (service / "courier" / DKIM_KEY).read_bytes() == before


@pytest.mark.parametrize("left", [b"", b"-----BEGIN RSA"])
def test_one_that_was_killed_goes_on(rmp: Rmp, service: Path, left: bytes) -> None:
    (service / "courier" / f"{DKIM_NEXT}.part").write_bytes(left)
    (service / "public" / "dkim.txt.new").write_bytes(left)
    assert rmp("key", "rotate", "dkim").status == 0
    assert rmp("key", "rotate", "dkim", "--activate").status == 0
    assert verified(service).startswith("rmp-")


def test_the_key_that_waits_is_listed(rmp: Rmp, service: Path) -> None:
    rmp("key", "rotate", "dkim")
    files = [each.file for each in all_keys(load(service / "rmp.toml"))]
    assert f"courier/{DKIM_NEXT}" in files
