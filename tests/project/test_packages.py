"""The wheel holds every package: the list in pyproject.toml is written by hand."""

import sys
import tomllib
from pathlib import Path

import rmp_milter

ROOT = Path(__file__).parents[2]
PACKAGE = Path(rmp_milter.__file__).parent


def test_the_package_is_the_one_beside_the_tests_or_else_the_installed_one() -> None:
    beside = ROOT / "rmp_milter"
    assert (beside if beside.is_dir() else Path(sys.prefix)) in (PACKAGE, *PACKAGE.parents)


def test_every_package_goes_into_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = {
        ".".join(path.parent.relative_to(PACKAGE.parent).parts)
        for path in PACKAGE.rglob("__init__.py")
    }
    assert set(project["tool"]["setuptools"]["packages"]) == found
