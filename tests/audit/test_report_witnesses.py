"""Who cosigned, in the month's report: real cosignatures, judged by a policy."""

from pathlib import Path

import pytest
from access_case import KEY, MadeLog
from report_case import NOVEMBER, READER_MISSING, exported, made_month, report, told

from rmp_milter.cli import main
from rmp_milter.tlog.notes import parse, with_signatures
from rmp_milter.witness.own_keys import make_keys

pytestmark = READER_MISSING
SIZE = 500


@pytest.fixture
def month(tmp_path: Path) -> Path:
    return exported(tmp_path / "export", made_month(3))


@pytest.fixture
def policy(tmp_path: Path, month: Path) -> Path:
    """Two witnesses cosign the log as it was at 500 entries; the policy wants both."""
    named, note = {}, parse(MadeLog(made_month(3)).checkpoint(SIZE))
    for number, name in enumerate(("ars", "ordre")):
        (tmp_path / name).mkdir()
        named[name] = make_keys(tmp_path / name, f"{name}.example/temoin")
        signed = named[name].cosign(note.text, NOVEMBER + 3600 * number)
        note = with_signatures(note, signed)
    (month / "witnessed").mkdir()
    (month / f"witnessed/{SIZE}.checkpoint").write_bytes(note.encode())
    lines = [f"witness {name} {keys.public[0]}" for name, keys in named.items()]
    file = tmp_path / "policy"
    file.write_text("\n".join([f"log {KEY}", *lines, "group q all ars ordre", "quorum q", ""]))
    return file


def test_witnesses_are_named_with_the_time_of_their_signature(
    month: Path, policy: Path, tmp_path: Path
) -> None:
    said = report(month, tmp_path / "seen.pdf", "--policy", policy)
    assert told(said, "Witnesses") == "2"
    flat = " ".join(said.split())
    assert "(UTC): ars (2026-11-01 00:00), ordre (2026-11-01 01:00)." in flat
    assert f"this history of {SIZE} entries extends all that they had signed before: 2." in flat
    assert f"note: entries {SIZE} to " in flat
    assert "No witness" not in flat
    assert "--policy POLICY" in flat
    assert "SHA-256 POLICY: " in flat


def test_without_a_policy_there_is_no_witness(
    month: Path, policy: Path, tmp_path: Path
) -> None:
    said = report(month, tmp_path / "unseen.pdf")
    assert told(said, "Witnesses") == "none"
    assert "No witness:" in said
    assert policy.exists()


def test_a_policy_that_is_not_met_is_a_finding_and_names_nobody(
    month: Path, policy: Path, tmp_path: Path
) -> None:
    (month / f"witnessed/{SIZE}.checkpoint").unlink()
    said = report(month, tmp_path / "lacking.pdf", "--policy", policy, status=1)
    assert "no checkpoint here is cosigned as the policy asks" in said
    assert "No witness:" in said


def test_a_history_that_witnesses_did_not_cosign_is_a_finding(
    month: Path, policy: Path, tmp_path: Path
) -> None:
    other = exported(tmp_path / "other", made_month(4))
    (month / "witnessed").rename(other / "witnessed")
    said = report(other, tmp_path / "forked.pdf", "--policy", policy, status=1)
    assert f"the first {SIZE} entries are not those that ars, ordre cosigned" in said
    assert told(said, "Witnesses") == "none"


def test_a_policy_that_cannot_be_read_is_one_line(
    month: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad").write_text("no policy")
    words = ["--month", "2026-11", "--pdf", str(tmp_path / "x.pdf"), "--policy"]
    assert main.run(["access", "report", str(month), *words, str(tmp_path / "bad")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "x.pdf").exists()
