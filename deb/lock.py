"""What of ``requirements.lock`` goes into a package: what the service runs by, nothing else."""

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deb.releases import PackageTarget

ROOT = Path(__file__).resolve().parents[1]

FROM_DEBIAN = {"pymilter": "python3-milter", "psycopg-binary": "libpq5"}
"""Compiled by Debian, against its own libraries, or such a library itself."""

LEFT_OUT = {
    # pyhanko-certvalidator fetches with it; `allow_fetching` is off and a test sees to it.
    "aiohttp": "never imported",
    # The authorities of browsers: whom the host trusts, he says himself.
    "certifi": "never imported",
}
"""Less that would have to be kept patched. What only they need goes with them."""

_PIN = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+) .*\\\n(?: {4}--hash=.*\n?)+", re.MULTILINE
)


@dataclass(frozen=True)
class Pin:
    """A package of the lock; ``text`` is its entry, with the digests."""

    name: str
    version: str
    text: str


def read_pins(text: str) -> dict[str, Pin]:
    """Return the lock's entries by name."""
    found = (Pin(each["name"], each["version"], each[0]) for each in _PIN.finditer(text))
    return {pin.name: pin for pin in found}


def packaged(target: PackageTarget, of: Collection[str] = ()) -> list[Pin]:
    """Return the pins of what the service needs at run time, by name; or of these alone.

    Who needs what is asked of the packages in this environment, which are the lock's.
    """
    pins = read_pins((ROOT / "requirements.lock").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = set[str]()
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["token"], *extras["postgresql"]]
    waiting = [name for name in _needed(wanted, target) if not of or name in of]
    while waiting:
        name = waiting.pop()
        if name in found or name in LEFT_OUT or name in FROM_DEBIAN:
            continue
        found.add(name)
        waiting += _needed(requires(name) or [], target)
    return [pins[name] for name in sorted(found)]


def _needed(requirements: list[str], target: PackageTarget) -> Iterator[str]:
    there = {
        "python_version": target.release.python,
        "python_full_version": f"{target.release.python}.0",
        "platform_machine": target.machine,
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "extra": "",
    }
    for line in requirements:
        each = Requirement(line)
        if each.marker is None or each.marker.evaluate(there):
            yield canonicalize_name(each.name)
