"""What the privacy folder says of settings and commands is so."""

import re
from pathlib import Path

import click
import msgspec
import pytest
from test_documents import ROOT

from rmp_milter.cli.main import rmp
from rmp_milter.config import SECTIONS
from rmp_milter.store.write.outbox_rows import NOTE_SECONDS

FOLDER = ROOT / "docs" / "vie-privee"
PAGES = sorted(FOLDER.glob("*.md"))
DURATIONS = (FOLDER / "durees.md").read_text()
ROW = re.compile(r"^\|[^|]+\| `(\w+)\.(\w+)` \| (\d+) (\w+) \|", re.MULTILINE)
UNITS = {"ans": "years", "jours": "days", "heures": "hours"}
COMMAND = re.compile(r"`rmp ([a-z]+)(?: ([a-z]+))?")


@pytest.mark.parametrize(("section", "setting", "value", "unit"), ROW.findall(DURATIONS))
def test_a_duration_is_that_of_the_setting(
    section: str, setting: str, value: str, unit: str
) -> None:
    fields = {field.name: field for field in msgspec.structs.fields(SECTIONS[section])}
    assert fields[setting].default == int(value)
    assert setting.endswith(UNITS[unit])


def test_every_setting_that_bounds_what_is_kept_is_in_the_table() -> None:
    named = {setting for _, setting, *_ in ROW.findall(DURATIONS)}
    assert named >= {"retention_years", "waiting_days", "duplicate_days", "contest_days"}
    assert f"sans contenu) | {NOTE_SECONDS // 86_400} jours |" in DURATIONS


def test_the_folder_lists_its_documents() -> None:
    listed = set(re.findall(r"\]\(([a-z-]+\.md)\)", (FOLDER / "README.md").read_text()))
    assert listed == {page.name for page in PAGES} - {"README.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_that_a_page_names_are_there(page: Path) -> None:
    context = rmp.make_context("rmp", ["--help"], resilient_parsing=True)
    for group, command in COMMAND.findall(page.read_text().replace("\n", " ")):
        found = rmp.get_command(context, group)
        assert found is not None, group
        if command:
            assert isinstance(found, click.Group)
            assert found.get_command(context, command) is not None, command


def test_blanks_are_left_for_what_only_the_host_knows() -> None:
    text = "".join(page.read_text() for page in PAGES)
    assert text.count("[à compléter") > 20
    assert "HDS" in text
    assert "CNIL" in text
