"""``rmp access list``: the events of an exported log, or its emergencies."""

import csv
import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import click

from rmp_milter.audit.emergencies import NEW, STATES, EmergencyCase, cases, wanted_cases
from rmp_milter.audit.events import (
    Fields,
    NotFoundError,
    Value,
    Walked,
    Wanted,
    check_wanted,
    events,
)
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.cli.errors import Status, refusing
from rmp_milter.cli.language import lang_option, language
from rmp_milter.cli.options import json_option, wide_option
from rmp_milter.cli.output import moment, print_json, print_table, reading_shown, say
from rmp_milter.dossier.emergency import EMERGENCY
from rmp_milter.phrases.phrase import Phrase

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
STATE_WORDS = {state.replace(" ", "-"): state for state in STATES}
_HEADS = (
    "ENTRY",
    "AT",
    "ACTION",
    "OUTCOME",
    "RPPS",
    "SUBJECT",
    "SENDER",
    "PATIENT",
    "DOCUMENTS",
)
_LEAST = {"DOCUMENTS": 0, "SENDER": 8, "PATIENT": 6, "ACTION": 9, "OUTCOME": 5, "AT": 17}
_LEAST_OF_SUBJECTS = {**_LEAST, "PATIENT": 0}
_CASE_HEADS = ("ENTRY", "AT", "REFERENCE", "STATE", "RPPS", "SENDER", "JUSTIFIED", "REVIEWED")
_CASE_LEAST = {"SENDER": 8, "REVIEWED": 0, "JUSTIFIED": 0, "AT": 17, "STATE": 6}
_SHORT = 16
"""Characters of what stands for a patient, in a table; --csv and --json have it whole."""
_MOST_NOTED = 20
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMES = {"at", "logged", "justified_at", "reviewed_at"}
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""With one of these a cell begins that spreadsheets may take for a formula (OWASP)."""


class _Rows(NamedTuple):
    """What is listed: entries' numbers and fields, and a table's lines of them."""

    fields: Sequence[tuple[int, Fields]]
    heads: Sequence[str]
    lines: Sequence[tuple[str, ...]]
    least: dict[str, int]


def time_of(_ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Take a day or a time in ISO 8601, UTC unless it says otherwise.

    ``--until`` a day takes in all of that day.
    """
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        line = Phrase("{value!r}: a day as 2026-11-24, or a time", value=value)
        raise click.BadParameter(line) from None
    if _DAY.fullmatch(value) and param.name == "until":
        time += timedelta(days=1)
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())


@click.command("list")
@click.argument("folder", type=FOLDER)
@click.option("--since", metavar="DAY", callback=time_of, help="From this day or time on.")
@click.option("--until", metavar="DAY", callback=time_of, help="Up to this day or time.")
@click.option("--doctor", metavar="RPPS", default="", help="Only what concerns this doctor.")
@click.option("--kind", metavar="ACTION", default="", help="Only this kind, such as dossier.")
@click.option("--emergency", is_flag=True, help="Emergency accesses, each with its state.")
@click.option("--unjustified", is_flag=True, help="Those that wait for a justification.")
@click.option("--state", type=click.Choice([*STATE_WORDS]), help="Those in this state.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with all fields.")
@json_option
@wide_option
@lang_option
def list_(  # noqa: PLR0913 -- one argument an option
    folder: Path,
    *,
    since: int | None,
    until: int | None,
    doctor: str,
    kind: str,
    emergency: bool,
    unjustified: bool,
    state: str | None,
    as_csv: bool,
    as_json: bool,
    wide: bool,
) -> int:
    """List the events of the exported log in FOLDER; verify it first.

    Times are when the mail came, in UTC. With neither --csv nor --json a table is printed.
    --unjustified and --state imply --emergency: one line an access, not one an entry. Of a
    doctor is listed what he did, what was done to him, and what was done in his name.
    """
    emergency = emergency or unjustified or bool(state)
    _check_options(kind, unjustified and state, emergency=emergency, both=as_csv and as_json)
    latest = Wanted().until if until is None else until
    wanted = Wanted(since or 0, latest, doctor, kind)
    seen = Walked()
    with refusing(FolderError), refusing(NotFoundError):
        log = ExportedLog(folder)
        if emergency:
            states = [STATE_WORDS[state]] if state else [NEW] if unjustified else STATES
            rows = _emergencies(log, wanted, states, seen)
        else:
            rows = _events(log, wanted, seen)
        check_wanted(wanted, seen)
    if as_json:
        print_json([_numbered(index, fields) for index, fields in rows.fields])
    elif as_csv:
        print_csv([_numbered(index, fields) for index, fields in rows.fields], "entry")
    else:
        print_table(rows.heads, rows.lines, least=rows.least, wide=wide)
    _note(seen, count=len(rows.fields))
    return Status.OK


def _numbered(index: int, fields: Fields) -> Fields:
    """Return fields behind the entry's number, whatever number it gives itself."""
    return {"entry": index} | {**fields, "entry": index}


def _check_options(kind: str, state: object, *, emergency: bool, both: bool) -> None:
    if state:
        raise click.UsageError("give either --unjustified or --state")
    if kind not in {"", EMERGENCY} and emergency:
        raise click.UsageError("give either --kind or emergencies")
    if both:
        raise click.UsageError("give either --csv or --json")


def _events(log: ExportedLog, wanted: Wanted, seen: Walked) -> _Rows:
    rows = [
        (
            index,
            {**fields, **({"earlier_by": by} if (by := seen.dates.earlier.get(index)) else {})},
        )
        for index, fields in events(log, wanted, seen, reading_shown)
    ]
    subjects = any(fields.get("subject") for _, fields in rows)
    heads = [head for head in _HEADS if subjects or head != "SUBJECT"]
    least = _LEAST_OF_SUBJECTS if subjects else _LEAST
    return _Rows(rows, heads, [_as_line(heads, *row) for row in rows], least)


def _emergencies(
    log: ExportedLog, wanted: Wanted, states: Sequence[str], seen: Walked
) -> _Rows:
    chosen = list(wanted_cases(cases(log, seen, reading_shown), wanted, states))
    fields = [(case.leaves[0], case_fields(case)) for case in chosen]
    return _Rows(fields, _CASE_HEADS, [_case_line(case) for case in chosen], _CASE_LEAST)


def _note(seen: Walked, count: int) -> None:
    """Say to people what a list does not show by itself; on stderr, so that it stays clean."""
    if not count:
        say(Phrase("note: nothing in this log is so"), err=True)
    for index, seconds in [*seen.dates.earlier.items()][:_MOST_NOTED]:
        line = "note: entry {index} is dated {seconds} seconds before its predecessor"
        say(Phrase(line, index=index, seconds=seconds), err=True)
    if len(seen.dates.earlier) > _MOST_NOTED:
        line = "note: {count} entries are dated before their predecessor"
        say(Phrase(line, count=len(seen.dates.earlier)), err=True)


def case_fields(case: EmergencyCase) -> Fields:
    """Return an emergency as programs read it."""
    return {
        "reference": case.reference,
        "at": case.at,
        "state": case.state,
        "rpps": case.rpps,
        "sender": case.sender,
        "patient": case.patient,
        "justified_at": case.justified_at,
        "reviewed_at": case.reviewed_at,
        "entries": list(case.leaves),
    }


def _case_line(case: EmergencyCase) -> tuple[str, ...]:
    return (
        str(case.leaves[0]),
        moment(case.at),
        case.reference,
        case.state,
        case.rpps,
        case.sender,
        moment(case.justified_at),
        moment(case.reviewed_at),
    )


def print_csv(rows: Sequence[Fields], first: str = "") -> None:
    """Print CSV (RFC 4180) as spreadsheets of the language open it without being told how.

    The column ``first`` comes first. All is quoted: so no program that takes another separator
    parts a value, and none takes an id for a number.
    """
    names = sorted({name for fields in rows for name in fields}, key=lambda n: (n != first, n))
    separator = ";" if language() == "fr" else ","
    writer = csv.writer(sys.stdout, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow([_harmless(name) for name in names] or [first])
    for fields in rows:
        writer.writerow([_cell(name, fields.get(name, "")) for name in names])


def _cell(name: str, value: Value) -> str:
    """Return a cell: a time in ISO 8601, and nothing that a spreadsheet takes for a formula."""
    return _harmless(_moment(value) if name in _TIMES else words(value))


def _harmless(text: str) -> str:
    return f"'{text}" if text.lstrip(" ")[:1] in _FORMULA else text


def words(value: Value) -> str:
    """Return a field's value for people: text as it is, several words apart."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_line(heads: Iterable[str], index: int, fields: Fields) -> tuple[str, ...]:
    documents = fields.get("documents", [])
    many = len(documents) if isinstance(documents, list) else 0
    special = {
        "ENTRY": str(index),
        "AT": _moment(fields.get("at", 0)),
        "PATIENT": words(fields.get("patient", ""))[:_SHORT],
        "DOCUMENTS": str(many or ""),
    }
    return tuple(
        special[head] if head in special else words(fields.get(head.lower(), ""))
        for head in heads
    )


def _moment(value: Value) -> str:
    return moment(value) if isinstance(value, int) else ""


def shown(name: str, value: Value) -> str:
    """Return a field for people."""
    return _moment(value) if name in _TIMES else words(value)
