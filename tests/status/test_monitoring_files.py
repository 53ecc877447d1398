"""What docs/monitoring shows and alerts of is what ``rmp status --openmetrics`` writes."""

import json
import re
from pathlib import Path

import pytest
from state_case import a_log, a_state, some_witnesses

from rmp_milter.status.metrics import exposition

FOLDER = Path(__file__).parents[2] / "docs" / "monitoring"
NAME = re.compile(r"\brmp_[a-z_]+\b")
TEXT = exposition(a_state(log=a_log(), witnesses=some_witnesses()))
WRITTEN = {line.split()[2] for line in TEXT.splitlines() if line.startswith("# TYPE ")}


@pytest.mark.parametrize("file", ["README.md", "alerts.yml", "dashboard.json"])
def test_each_metric_that_is_named_is_written(file: str) -> None:
    named = {*NAME.findall((FOLDER / file).read_text())}
    assert len(named) > 8
    assert named <= WRITTEN


def test_the_page_names_each_metric_that_counts() -> None:
    said = (FOLDER / "README.md").read_text()
    kept = {name for name in WRITTEN if "_last_" not in name} - {
        "rmp_build_info",
        "rmp_store_readable",
    }
    assert {name for name in kept if name not in said} == set()


def test_labels_in_expressions_are_those_that_are_written() -> None:
    said = re.findall(
        r'(rmp_[a-z_]+)\{([a-z]+)="([a-z-]+)"\}', (FOLDER / "alerts.yml").read_text()
    )
    assert said
    assert all(f'{name}{{{label}="{value}"}}' in TEXT for name, label, value in said)


def test_no_two_panels_lie_over_each_other() -> None:
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    places = {(each["gridPos"]["x"], each["gridPos"]["y"]) for each in panels}
    assert len(places) == len(panels) == len({each["id"] for each in panels})
