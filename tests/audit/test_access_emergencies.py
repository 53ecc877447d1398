"""Emergencies as an exported log tells them, and the sealed reasons beside it."""

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from access_case import KEY, MadeLog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey

from rmp_milter.audit.beside import reason_path
from rmp_milter.audit.emergencies import EmergencyCase, cases
from rmp_milter.audit.folder import ExportedLog
from rmp_milter.audit.month import figures, month_of, report
from rmp_milter.audit.reasons import (
    ReasonError,
    new_auditor_key,
    open_reason,
    read_private,
    read_public,
    seal_reason,
)
from rmp_milter.audit.verify import verify
from rmp_milter.audit.writing import export
from rmp_milter.dossier.emergency import reference_of

NOVEMBER = 1_793_491_200  # 2026-11-01T00:00:00Z
HOUR = 3600
AUDITORS = X25519PrivateKey.from_private_bytes(bytes(range(32)))


def leaf(action: str, at: int, reference: str = "", **more: str) -> bytes:
    fields = {
        "action": action,
        "at": at,
        "outcome": "granted",
        "patient": "ab" * 32,
        "reference": reference,
        "request": "01" * 32,
        "rpps": "10003456786",
        "sender": "dr@chu.example",
    }
    return msgspec.json.encode(fields | more, order="sorted")


def exported(folder: Path, *leaves: bytes) -> ExportedLog:
    return ExportedLog(MadeLog(leaves).export(folder))


def only(folder: Path, *leaves: bytes) -> EmergencyCase:
    (case,) = cases(exported(folder, *leaves))
    return case


ACT = leaf("urgence", NOVEMBER, "U-A")
JUSTIFIED = leaf("justification", NOVEMBER + HOUR, "U-A")


def review(state: str, at: int = NOVEMBER + 2 * HOUR) -> bytes:
    return leaf("controle", at, "U-A", outcome=state, rpps="", sender="auditrice")


@pytest.mark.parametrize(
    ("leaves", "state"),
    [
        ([], "new"),
        ([leaf("justification", 1, "U-A", outcome="refused")], "new"),
        ([leaf("justification", 1, "U-B")], "new"),
        ([JUSTIFIED], "justified"),
        ([JUSTIFIED, review("under review")], "under review"),
        ([review("under review"), JUSTIFIED], "under review"),
        ([JUSTIFIED, review("closed")], "closed"),
        ([JUSTIFIED, review("closed"), review("under review")], "under review"),
        ([review("contested")], "contested"),
        ([JUSTIFIED, review("no such state")], "justified"),
        ([leaf("dossier", 1, "U-A"), leaf("heartbeat", 1)], "new"),
    ],
)
def test_a_state_follows_from_the_leaves_of_one_reference(
    tmp_path: Path, leaves: list[bytes], state: str
) -> None:
    case = only(tmp_path, leaf("dossier", 1), ACT, *leaves)
    assert (case.state, case.reference, case.leaves[0]) == (state, "U-A", 1)
    assert bool(case.justified_at) is (JUSTIFIED in leaves)


@pytest.mark.parametrize(
    "entry",
    [
        leaf("urgence", 1),
        leaf("urgence", 1, "U-A", outcome="refused"),
        JUSTIFIED,
        review("closed"),
    ],
)
def test_what_opened_nothing_is_no_emergency(tmp_path: Path, entry: bytes) -> None:
    assert cases(exported(tmp_path, entry)) == ()


def test_two_leaves_of_one_act_are_one_emergency(tmp_path: Path) -> None:
    assert only(tmp_path, ACT, ACT, JUSTIFIED).leaves == (0, 1, 2)


@pytest.mark.parametrize(
    ("leaves", "hours", "late"),
    [
        ([], 23, ""),
        ([], 25, "justification"),
        ([], 73, "justification, review"),
        ([JUSTIFIED], 71, ""),
        ([JUSTIFIED], 73, "review"),
        ([review("under review")], 73, "justification, review"),
        ([JUSTIFIED, review("closed")], 999, ""),
        ([review("contested")], 999, ""),
    ],
)
def test_what_is_overdue_is_named(
    tmp_path: Path, leaves: list[bytes], hours: int, late: str
) -> None:
    case = only(tmp_path, ACT, *leaves)
    assert case.awaits(NOVEMBER + hours * HOUR, 24, 72) == late


def test_a_month_is_counted_by_state_doctor_and_service(tmp_path: Path) -> None:
    log = exported(
        tmp_path / "log",
        leaf("urgence", NOVEMBER - 1, "U-OCTOBRE"),
        ACT,
        JUSTIFIED,
        leaf("urgence", NOVEMBER + 5, "U-B", rpps="10101234564", sender="x@clinique.example"),
        leaf("urgence", NOVEMBER + 9, "U-C"),
        review("closed"),
        leaf("urgence", NOVEMBER + 30 * 24 * HOUR, "U-DECEMBRE"),
    )
    found = figures(cases(log), month_of("2026-11"), NOVEMBER + 25 * HOUR, 24)
    assert (found.count, found.late, found.median_hours) == (3, 2, 1.0)
    assert found.states == {
        "new": 2,
        "justified": 0,
        "under review": 0,
        "closed": 1,
        "contested": 0,
    }
    assert found.doctors == {"10003456786": 2, "10101234564": 1}
    assert found.services == {"chu.example": 2, "clinique.example": 1}
    lines = report(found, log.head.origin, log.head.size, "fr")
    assert "     3  accès en urgence" in lines
    assert "     2  sans justification" in lines


@pytest.mark.parametrize("name", ["2026-13", "2026", "0000-01", "2026-1", ""])
def test_a_month_is_a_month(name: str) -> None:
    with pytest.raises(ValueError, match="a month as"):
        month_of(name)
    assert month_of("2026-12").end - month_of("2026-12").first == 31 * 24 * HOUR


def with_reasons(folder: Path) -> Path:
    """Export a log of 300 entries, two of which have a reason."""
    sealed = {at: seal_reason(f"mots {at}", AUDITORS.public_key(), b"r") for at in (7, 290)}
    leaves = [
        leaf("urgence", at, f"U-{at}", reason=sha256(sealed[at]).hexdigest())
        if at in sealed
        else leaf("dossier", at)
        for at in range(300)
    ]
    log = MadeLog(leaves)
    beside = [(reason_path(at), data) for at, data in sealed.items()]
    export(log, log.checkpoint(300), folder, beside)
    return folder


def test_sealed_reasons_are_verified_and_other_readers_are_not_disturbed(
    tmp_path: Path,
) -> None:
    folder = with_reasons(tmp_path)
    assert verify(folder, KEY).findings == []
    read = TilesReader(LocalBackend(folder))
    checkpoint = read.get_checkpoint()
    checkpoint.verify(Vkey.from_string(str(KEY)))
    assert read.calculate_root_hash() == checkpoint.root_hash


def altered(folder: Path) -> None:
    file = folder / "reasons/290"
    file.write_bytes(file.read_bytes()[:-1] + b"x")


def swapped(folder: Path) -> None:
    one, other = folder / "reasons/7", folder / "reasons/290"
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def added(folder: Path) -> None:
    (folder / "reasons/8").write_bytes(b"more")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (altered, ["the sealed reason of entry 290 is altered: reasons/290"]),
        (
            lambda folder: (folder / "reasons/7").unlink(),
            ["the sealed reason of entry 7 is missing: reasons/7"],
        ),
        (
            lambda folder: shutil.rmtree(folder / "reasons"),
            [f"the sealed reason of entry {at} is missing: reasons/{at}" for at in (7, 290)],
        ),
        (
            swapped,
            [f"the sealed reason of entry {at} is altered: reasons/{at}" for at in (7, 290)],
        ),
        (added, ["reasons/8: no entry has such a reason"]),
    ],
)
@pytest.mark.promise(number=18)
def test_a_reason_that_is_missing_altered_or_too_many_is_named(
    tmp_path: Path, damage: Callable[[Path], object], said: list[str]
) -> None:
    folder = with_reasons(tmp_path)
    damage(folder)
    assert [finding.line for finding in verify(folder, KEY).findings] == said


@pytest.mark.promise(number=18)
def test_a_reason_opens_with_the_auditors_key_for_its_own_request_only() -> None:
    made = new_auditor_key()
    sealed = seal_reason("coma, mots", read_public(made.public), b"request")
    assert b"coma" not in sealed
    assert open_reason(sealed, read_private(made.private), b"request") == "coma, mots"
    for key, request in (
        (read_private(made.private), b"other"),
        (read_private(new_auditor_key().private), b"request"),
    ):
        with pytest.raises(ReasonError):
            open_reason(sealed, key, request)
    with pytest.raises(ReasonError):
        open_reason(b"", read_private(made.private), b"request")


def test_one_half_of_the_key_is_not_taken_for_the_other() -> None:
    made = new_auditor_key()
    with pytest.raises(ReasonError, match="holds rmp-auditor-private-key-1"):
        read_public(made.private)
    with pytest.raises(ReasonError, match="holds rmp-auditor-public-key-1"):
        read_private(made.public)


def test_a_reference_is_the_mails_own_and_says_nothing() -> None:
    made = {reference_of(bytes([at]) * 32) for at in range(200)}
    assert len(made) == 200
    assert reference_of(bytes(32)) == reference_of(bytes(32))
    assert all(len(each) == 16 and each.startswith("U-") for each in made)
    assert not set("".join(made)) & set("0O1IL")
