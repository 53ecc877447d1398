"""What is said of the key and the policy that an auditor names, or does not."""

from pathlib import Path

import pytest
from access_case import KEY, made_entries
from forged_case import exported, said_by
from handed_case import FIRST, THIEF, HandedLog

from rmp_milter.audit.verify import verify
from rmp_milter.tlog.policies import parse_policy


@pytest.fixture
def handover(tmp_path: Path) -> Path:
    """By keys that anybody could have made."""
    log = HandedLog(made_entries(9), [(0, FIRST), (5, THIEF)])
    file = tmp_path / "handover-5.tlog-proof"
    file.write_bytes(log.proofs()[0].encode())
    return file


def test_a_handover_without_a_key_is_by_anybody(
    handover: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for more in ([], ["--handover", handover]):
        said = said_by(capsys, "receipt", handover, *more)
        assert "NOT verified: who signed it" in said
        assert "Signed by the log" not in said
        said = said_by(capsys, "verify", handover, *more)
        assert "who signed it is not verified without --vkey" in said


def test_a_receipt_tells_the_key_that_was_named_from_the_one_that_signed(
    handover: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = said_by(capsys, "receipt", handover, "--vkey", THIEF.public)
    assert f"the key that you named ({THIEF.public.short})" in said
    said = said_by(capsys, "receipt", handover, "--vkey", FIRST.public)
    assert f"with the key {THIEF.public.short}, to which hand-overs lead" in said
    assert f"from the one that you named ({FIRST.public.short})" in said


def test_a_keys_file_is_read_as_other_systems_write_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = exported(tmp_path, *made_entries(3))
    there = tmp_path / "c++"
    there.mkdir()
    file = there / "cle.txt"
    for written in (f"{KEY}\n", f"\ufeff{KEY}\r\n"):
        file.write_text(written, newline="")
        assert "the log is what" in said_by(capsys, "verify", folder, "--vkey", file)
    for wrong in (f"{KEY}x", "a+b", f"a+{'b' * 5000}"):
        assert "--vkey" in said_by(capsys, "verify", folder, "--vkey", wrong, status=2)


def test_a_policy_that_asks_for_nobody_is_noted(tmp_path: Path) -> None:
    folder = exported(tmp_path, *made_entries(3))
    line = "the policy asks for no witness"
    assert line in verify(folder, KEY, policy=parse_policy(b"quorum none\n")).notes
    assert line not in verify(folder, KEY).notes
