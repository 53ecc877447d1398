"""Emergencies that somebody with the keeper's key forges: none hides, and none stops a list."""

from pathlib import Path

import pytest
from forged_case import entry, exported, said_by

from rmp_milter.audit.emergencies import cases
from rmp_milter.audit.folder import ExportedLog


def test_an_emergency_hides_behind_no_other_ones_reference(tmp_path: Path) -> None:
    folder = exported(
        tmp_path,
        entry(reference="U-A", patient="aa"),
        entry(reference="U-A", action="controle", outcome="closed"),
        entry(reference="U-A", patient="bb"),
        entry(reference="U-A", patient="aa", rpps="2"),
        entry(reference="U-A", patient="aa"),
    )
    found = [(each.leaves, each.state) for each in cases(ExportedLog(folder))]
    assert found == [((0, 1, 4), "closed"), ((2,), "new"), ((3,), "new")]


@pytest.mark.parametrize("action", [[], ["urgence"], {"a": 1}, None, 1])
def test_an_action_that_is_no_word_stops_no_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], action: object
) -> None:
    folder = exported(tmp_path, entry(reference="U-A"), entry(reference="U-B", action=action))
    assert "U-A" in said_by(capsys, "list", folder, "--emergency")
    assert "U-A" in said_by(capsys, "overdue", folder, status=1)
    for words in (["unusual"], ["figures"], ["report", "--month", "2026-11"]):
        said_by(capsys, words[0], folder, *words[1:])
