"""The month's report again, elsewhere: the same octets; and what its file holds beside words."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from access_case import KEY, MadeLog, copied
from report_case import (
    READER_MISSING,
    exported,
    made_month,
    report,
    said_by,
)

from rmp_milter.cli import main

pytestmark = READER_MISSING


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(tmp_path_factory.mktemp("month") / "export", made_month(3))


ELSEWHERE = {
    "TZ": "Pacific/Kiritimati",
    "LANG": "fr_FR.UTF-8",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "12345",
    "SOURCE_DATE_EPOCH": "1",
    "HOME": "/nonexistent",
}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_same_export_gives_the_same_octets_elsewhere(
    month: Path, tmp_path: Path, language: str
) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(MadeLog(made_month(3)).checkpoint(100))
    options = ["--lang", language, "--vkey", str(KEY), "--checkpoint", str(kept)]
    options += ["--by", "Hélène Œuvrard"]
    here, there = tmp_path / "here.pdf", tmp_path / "there.pdf"
    said = report(month, here, *options)
    assert "Hélène Œuvrard" in said
    moved = copied(month, tmp_path / "moved")
    program = (
        "import sys; from rmp_milter.cli.audit_main import run; sys.exit(run(sys.argv[1:]))"
    )
    words = ["report", str(moved), "--month", "2026-11", "--pdf", str(there), *options]
    subprocess.run(
        [sys.executable, "-c", program, *words],
        check=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root()), **ELSEWHERE},
        capture_output=True,
    )
    assert here.read_bytes() == there.read_bytes()


def root() -> Path:
    return Path(main.__file__).parents[2]


def test_the_command_in_it_makes_it_again(month: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    said = report(month, first, "--by", "Mme Vidal", "--review-hours", "96")
    command = said.partition("rmp-audit report EXPORT")[2].partition("SHA-256")[0]
    issued, hours = re.findall(r"--issued (\S+)|--review-hours (\d+)", command)
    found = {"--issued": issued[0] or hours[0], "--review-hours": hours[1] or issued[1]}
    assert found["--review-hours"] == "96"
    report(
        month, second, "--by", "Mme Vidal", *(each for pair in found.items() for each in pair)
    )
    assert first.read_bytes() == second.read_bytes()


def test_its_fonts_are_embedded_it_is_tagged_and_has_title_and_language(
    month: Path, tmp_path: Path
) -> None:
    file = tmp_path / "fr.pdf"
    text = report(month, file, "--lang", "fr", "--by", "Zoë Œuvrard-Hÿss, Ǆ ẫ")
    assert "Zoë Œuvrard-Hÿss, Ǆ ẫ" in text
    assert "mensuel, novembre 2026" in text
    assert "\ufffd" not in text
    fonts = said_by("pdffonts", file).splitlines()[2:]
    assert len(fonts) == 2
    assert [line.split()[-5:-2] for line in fonts] == [["yes", "yes", "yes"]] * 2
    about = said_by("pdfinfo", file)
    assert "Title:           Journal des accès : rapport mensuel, novembre 2026" in about
    assert "Tagged:          yes" in about
    assert b"/Lang (fr)" in file.read_bytes()
    structure = said_by("pdfinfo", "-struct", file)
    assert [structure.count(kind) for kind in ("\n  H1", "\n  Figure")] == [1, 4]
    assert file.read_bytes().count(b"/Alt <feff") == 4
