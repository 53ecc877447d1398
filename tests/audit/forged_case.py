"""Exports and receipts as an attacker may write them, and what commands say of them."""

from pathlib import Path

import msgspec
import pytest
from access_case import MadeLog

from rmp_milter.cli import audit_main
from rmp_milter.tlog.entry_proofs import entry_proof_of

NOVEMBER = 1_793_491_200  # 2026-11-01T00:00:00Z


def entry(**fields: object) -> bytes:
    said = {"action": "urgence", "at": NOVEMBER, "outcome": "granted", "rpps": "1", "v": 1}
    return msgspec.json.encode(said | fields, order="sorted")


def exported(folder: Path, *entries: bytes) -> Path:
    return MadeLog(entries).export(folder / "log")


def receipt(folder: Path, log: MadeLog, number: int) -> Path:
    file = folder / "a.tlog-proof"
    note = log.checkpoint(len(log.all))
    file.write_bytes(entry_proof_of(log.node, log.all[number], number, note).encode())
    return file


def said_by(capsys: pytest.CaptureFixture[str], *words: object, status: int = 0) -> str:
    assert audit_main.run([*map(str, words)]) == status
    captured = capsys.readouterr()
    return captured.out + captured.err
