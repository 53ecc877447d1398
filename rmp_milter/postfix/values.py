"""The little languages of Postfix's settings: lists, milters, numbers, times."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_GROUP = re.compile(r"\{((?:[^{}]|\{[^{}]*\})*)\}|[^\s,{}]+")
_OPTION = re.compile(r"([a-z_]+)\s*=\s*([^\s,{}]*)")
_TIME = re.compile(r"([0-9]+)([smhdw]?)")
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True)
class Milter:
    """One entry of smtpd_milters, with what is set for it alone."""

    address: str
    options: Mapping[str, str]


def milters(value: str) -> list[Milter]:
    """Return the milters of a list, written plainly or as ``{ address, name=value }``."""
    found = []
    for match in _GROUP.finditer(value):
        inside = match[1] if match[1] is not None else match[0]
        options = dict(_OPTION.findall(inside))
        address = re.split(r"[\s,]+", inside.strip())[0]
        found.append(Milter(address, options))
    return found


def words(value: str) -> list[str]:
    """Return the members of a list that is separated by commas, blanks or both."""
    return value.replace(",", " ").split()


def tables(value: str) -> Iterator[str]:
    """Yield the ``type:name`` look-up tables of a list; inline and nested ones left out."""
    yield from (word for word in words(re.sub(r"\w+:\{[^}]*\}+", " ", value)) if ":" in word)


def number(value: str) -> int | None:
    """Return a whole number, or None for anything else."""
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None


def seconds(value: str) -> int | None:
    """Return a time such as ``1s`` or ``2h`` in seconds, or None for anything else."""
    match = _TIME.fullmatch(value)
    return int(match[1]) * _UNIT_SECONDS[match[2]] if match else None
