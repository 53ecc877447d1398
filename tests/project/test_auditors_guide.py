"""The auditors' guide is typed, command by command, on its exercise: it shows what is said."""

import io
import re
import shlex
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import pytest

from rmp_milter.cli import audit_main
from rmp_milter.phrases.french import FRENCH

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "guide-auditeur.md").read_text()
PROMPT = "    $ "
READ_ON = 1_793_869_200  # 2026-11-05, some days after the exercise's last entry
ANYTHING = "..."


class Typed(NamedTuple):
    """A command of the guide, what it shows below, and the status that it says in words."""

    command: str
    shown: tuple[str, ...]


def typed() -> Iterator[Typed]:
    lines = GUIDE.replace("\\\n          ", "").splitlines()
    for at, line in enumerate(lines):
        if line.startswith(f"{PROMPT}rmp-audit "):
            below = takewhile(_is_shown, lines[at + 1 :])
            shown = "\n".join(each.removeprefix("    ").rstrip() for each in below)
            yield Typed(line.removeprefix(PROMPT), tuple(shown.rstrip().splitlines()))


def _is_shown(line: str) -> bool:
    return not line.startswith(PROMPT) and (line.startswith("    ") or not line.strip())


ALL = tuple(typed())


def run(command: str) -> tuple[int, list[str]]:
    """Run a line as a shell would, with what it reads or writes by ``<`` and ``>``."""
    words = shlex.split(command)[1:]
    said, given = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True), b""
    target = None
    for sign in ("<", ">"):
        if sign in words:
            at = words.index(sign)
            name = words[at + 1]
            del words[at : at + 2]
            if sign == "<":
                given = Path(name).read_bytes()
            else:
                target = Path(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with redirect_stdout(said), redirect_stderr(said):
            status = audit_main.run(words)
    raw = said.detach().getvalue()
    if target is not None:
        target.write_bytes(raw)
        return status, []
    return status, [line.rstrip() for line in raw.decode().splitlines()]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[int, list[str]]]:
    """All commands, one after the other: some read what others have written."""
    folder = tmp_path_factory.mktemp("exercise")
    with zipfile.ZipFile(DOCS / "exercice-auditeur.zip") as archive:
        archive.extractall(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("LC_ALL", "fr_FR.UTF-8")
        patch.setattr(time, "time", lambda: float(READ_ON))
        return {at: run(each.command) for at, each in enumerate(ALL)}


def fits(shown: tuple[str, ...], lines: list[str]) -> bool:
    """Whether the lines are those that are shown; ``...`` is anything, of a line or as one."""
    parts = []
    for line in shown:
        if line.strip() == ANYTHING:
            parts.append(r"(?:.*\n)*")
        else:
            parts.append(re.escape(line).replace(re.escape(ANYTHING), ".*") + r"\n")
    return bool(re.fullmatch("".join(parts), "".join(f"{line}\n" for line in lines)))


@pytest.mark.parametrize(
    "at", range(len(ALL)), ids=[each.command.removeprefix("rmp-audit ")[:50] for each in ALL]
)
def test_the_guide_shows_what_is_said(at: int, said: dict[int, tuple[int, list[str]]]) -> None:
    _, lines = said[at]
    assert fits(ALL[at].shown, lines), "\n".join(lines)


def test_every_status_is_one_that_the_guide_explains(
    said: dict[int, tuple[int, list[str]]],
) -> None:
    assert {status for status, _ in said.values()} == {0, 1, 2}


def test_the_guide_has_every_command() -> None:
    words = {each.command.split()[1] for each in ALL}
    assert words >= {name for name in audit_main.rmp_audit.places if name != "figures"}
    assert len(ALL) >= 30
    assert "rmp access" not in GUIDE.partition("## Pour l'expert")[0]


BY_MAIL = re.compile(r"`(rmp-audit witness mail temoin [^`]+)`")
CHARACTERS = re.compile(r"\d+|\.\.\.")


def test_a_witness_answers_by_mail_as_the_guide_says(tmp_path: Path) -> None:
    with zipfile.ZipFile(DOCS / "exercice-auditeur.zip") as archive:
        archive.extractall(tmp_path)
    (by_mail,) = BY_MAIL.findall(GUIDE)
    new, watch = (
        each.command
        for each in ALL
        if each.command.split()[1:3] in (["witness", "key"], ["witness", "watch"])
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        _, (vkey, *_) = run(new)
        assert run(watch)[0] == 0
        log = Path("cle.txt").read_text().strip()
        place = "mailto:vous@association.example"
        Path("policy").write_text(f"log {log}\nwitness w {vkey} {place}\nquorum w\n")
        asked = "rmp-audit witness ask export w --policy policy --from rmp@chu.example"
        assert run(f"{asked} > demande.eml")[0] == 0
        assert run(by_mail)[0] == 0
        taken = "rmp-audit witness take export reponse.eml --policy policy"
        assert run(taken)[0] == 0


def findings() -> list[str]:
    """Return what the guide says of the findings of ``verify``, as each is written there."""
    _, _, table = GUIDE.partition("| constat | ce qui s'est passé |\n")
    rows = table.partition("\n\n")[0].splitlines()[1:]
    return [each for row in rows for each in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


@pytest.mark.parametrize("finding", findings())
def test_a_finding_in_the_guide_is_one_that_is_said(finding: str) -> None:
    parts = [part.strip() for part in CHARACTERS.split(finding) if part.strip()]
    assert any(all(part in line for part in parts) for line in FRENCH.values())
