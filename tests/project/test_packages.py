"""The wheel holds every package: the list in pyproject.toml is written by hand."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_package_goes_into_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "rmp_milter").rglob("__init__.py")
    }
    assert set(project["tool"]["setuptools"]["packages"]) == found
