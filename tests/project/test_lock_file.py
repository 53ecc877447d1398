import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PINS = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+) .*\\$", LOCK, re.MULTILINE))


def wanted() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [*project["dependencies"], *(each for extra in extras for each in extra)]


@pytest.mark.parametrize("requirement", wanted())
def test_what_the_project_needs_is_pinned_within_its_bounds(requirement: str) -> None:
    name, least = requirement.split(">=")
    assert numbers(PINS[name]) >= numbers(least)


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_every_pin_has_digests() -> None:
    entries = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(PINS)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_lock_names_no_index() -> None:
    pins = re.sub(r"^#.*", "", LOCK, flags=re.MULTILINE)
    assert re.search(r"index-url|find-links|https?:|file:", pins) is None


@pytest.mark.parametrize(
    "script", ["scripts/bootstrap", "scripts/wheel-test", "scripts/report-fonts"]
)
def test_a_script_is_posix_shell(script: str) -> None:
    subprocess.run(["sh", "-n", script], cwd=ROOT, check=True)
    assert (ROOT / script).read_text().startswith("#!/bin/sh\n")
