"""A month of a log for its report, read from the folder's own octets by code that is not ours."""

import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from access_case import MadeLog

HOUR, DAY = 3600, 86_400
NOVEMBER = 1_793_491_200  # 2026-11-01T00:00:00Z
DECEMBER = NOVEMBER + 30 * DAY
DOCTORS = [f"1000000{number:04}" for number in range(12)]
ACTIONS = (
    *("depot", "dossier", "liste", "creation", "droits"),
    *("urgence", "cle", "inscription", "radiation"),
)


def leaf(action: str, at: int, **more: object) -> bytes:
    fields = {
        "action": action,
        "at": at,
        "logged": at,
        "outcome": "granted",
        "patient": "ab" * 32,
        "request": "01" * 32,
        "v": 1,
    }
    return json.dumps(fields | more, sort_keys=True, ensure_ascii=False).encode()


def made_month(seed: int, count: int = 700) -> list[bytes]:
    """Return entries of October to December: emergencies that wait, end, are late or refused."""
    chance = Random(seed)  # noqa: S311 -- a simulation
    said: list[tuple[int, bytes]] = []
    for number in range(count):
        at = NOVEMBER + chance.randrange(-10 * DAY, 34 * DAY)
        doctor = chance.choice(DOCTORS)
        action = chance.choice(ACTIONS)
        who = {"rpps": doctor, "sender": f"dr{doctor}@service-{doctor[-1]}.example"}
        if action == "urgence":
            said += _emergency(chance, f"U-{number:04}", at, who)
        else:
            outcome = "refused" if chance.random() < 0.2 else "granted"
            said.append((at, leaf(action, at, outcome=outcome, **who)))
    days = [NOVEMBER + day * DAY + 6 * HOUR for day in range(-9, 34) if day != 17]
    said += [(at, leaf("heartbeat", at)) for at in days]
    return [entry for _, entry in sorted(said, key=lambda pair: pair[0])]


def _emergency(
    chance: Random, reference: str, at: int, who: dict[str, str]
) -> Iterator[tuple[int, bytes]]:
    yield at, leaf("urgence", at, reference=reference, **who)
    if chance.random() < 0.8:
        then = at + chance.randrange(40 * HOUR)
        yield then, leaf("justification", then, reference=reference, **who)
    if chance.random() < 0.8:
        then = at + chance.randrange(100 * HOUR)
        state = chance.choice(["closed", "closed", "contested", "under review"])
        yield then, leaf("controle", then, reference=reference, outcome=state)


def exported(folder: Path, entries: list[bytes]) -> Path:
    return MadeLog(entries).export(folder)


def raw_entries(folder: Path) -> list[dict[str, Any]]:
    """Read every bundle of an export as the format says, and nothing by our code."""
    found = []
    bundles = [path for path in (folder / "tile/entries").rglob("*") if path.is_file()]
    for path in sorted(bundles, key=lambda each: each.relative_to(folder).parts):
        data, at = path.read_bytes(), 0
        while at < len(data):
            (length,) = struct.unpack_from(">H", data, at)
            found.append(json.loads(data[at + 2 : at + 2 + length]))
            at += 2 + length
    return found


def in_november(entry: dict[str, Any]) -> bool:
    return datetime.fromtimestamp(entry["at"], UTC).strftime("%Y-%m") == "2026-11"


def day_of(entry: dict[str, Any]) -> int:
    return datetime.fromtimestamp(entry["at"], UTC).day
