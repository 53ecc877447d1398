"""A month of a log for its report, read from the folder's own octets by code that is not ours."""

import json
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from access_case import MadeLog

from rmp_milter.cli import main

READER_MISSING = pytest.mark.skipif(not shutil.which("pdftotext"), reason="no poppler-utils")
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


def said_by(command: str, *arguments: str | Path) -> str:
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.replace("\u00a0", " ")


def text_of(file: Path) -> str:
    """Return the text with its lines as they are read, and figures without their gaps."""
    return re.sub(r"(?<=\d) (?=\d{3}\b)", "", said_by("pdftotext", "-layout", file, "-"))


def report(folder: Path, file: Path, *options: str | Path, status: int = 0) -> str:
    words = ["access", "report", folder, "--month", "2026-11", "--pdf", file, *options]
    if "--lang" not in options:
        words += ["--lang", "en"]
    assert main.run([*map(str, words)]) == status
    return text_of(file) if file.exists() else ""


def told(text: str, label: str) -> str:
    """Return what stands behind a label in a line of its own."""
    (found,) = re.findall(rf"^ *{re.escape(label)}  +(\S.*?) *$", text, re.MULTILINE)[:1]
    return str(found)


def bars_of(file: Path, title: str) -> dict[int, int]:
    """Return the number over each day, by where words stand on the page (pdftotext -bbox)."""
    boxes = re.findall(
        r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)</word>|(<page)',
        said_by("pdftotext", "-bbox", file, "-"),
    )
    words, page = [], 0
    for left, top, right, _, word, begins in boxes:
        page += bool(begins)
        if word:
            words.append((page, float(top), (float(left) + float(right)) / 2, word))
    first = title.split()
    at = next(
        number
        for number in range(len(words))
        if [word for *_, word in words[number : number + len(first)]] == first
    )
    on, top = words[at][:2]
    under = next(
        high
        for page, high, _, word in words[at:]
        if page == on and high > top and word == "Day"
    )
    inside = [
        (high, middle, int(word))
        for page, high, middle, word in words
        if page == on and top + 5 < high < under - 2 and word.isdigit()
    ]
    lowest = max(high for high, *_ in inside)
    days = {middle: day for high, middle, day in inside if high > lowest - 1}
    assert sorted(days.values()) == list(range(1, 31))
    left = min(days) - 8  # the axis' own numbers stand before the first day
    return {
        day: number
        for middle, day in days.items()
        for high, at_middle, number in inside
        if high < lowest - 1 and at_middle > left and abs(at_middle - middle) < 2
    }
