"""Events of an exported log, as auditors list and look at them."""

import csv
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from rmp_milter.access.events import Fields, Value, Wanted, events, fields_of
from rmp_milter.access.folder import ExportedLog, FolderError
from rmp_milter.cli.errors import refusing
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import moment, print_json, print_pairs, print_table
from rmp_milter.tlog import receipts
from rmp_milter.tlog.receipts import ReceiptError

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
HEADS = ("ENTRY", "AT", "ACTION", "OUTCOME", "RPPS", "SENDER", "DOSSIER", "DOCUMENTS")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _time(_ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Take a day or a time in ISO 8601, UTC unless it says otherwise.

    ``--until`` a day takes in all of that day.
    """
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r}: a day as 2026-11-24, or a time") from None
    if _DAY.fullmatch(value) and param.name == "until":
        time += timedelta(days=1)
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())


@click.command("list")
@click.argument("folder", type=FOLDER)
@click.option("--since", metavar="DAY", callback=_time, help="From this day or time on.")
@click.option("--until", metavar="DAY", callback=_time, help="Up to this day or time.")
@click.option("--doctor", metavar="RPPS", default="", help="Only what this doctor did.")
@click.option("--kind", metavar="ACTION", default="", help="Only this kind, such as dossier.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with all fields.")
@json_option
def list_(  # noqa: PLR0913 -- one argument an option
    folder: Path,
    *,
    since: int | None,
    until: int | None,
    doctor: str,
    kind: str,
    as_csv: bool,
    as_json: bool,
) -> None:
    """List the events of the exported log in FOLDER; verify it first.

    Times are when the mail came, in UTC. With neither --csv nor --json a table is printed.
    """
    if as_csv and as_json:
        raise click.UsageError("give either --csv or --json")
    latest = Wanted().until if until is None else until
    wanted = Wanted(since or 0, latest, doctor, kind)
    with refusing(FolderError):
        found = events(ExportedLog(folder), wanted)
        if as_json:
            print_json([{"entry": index, **fields} for index, fields in found])
        elif as_csv:
            _print_csv(found)
        else:
            print_table(HEADS, [_as_line(index, fields) for index, fields in found])


def _print_csv(found: Iterator[tuple[int, Fields]]) -> None:
    rows = list(found)
    names = sorted({name for _, fields in rows for name in fields})
    writer = csv.writer(sys.stdout)
    writer.writerow(["entry", *names])
    for index, fields in rows:
        writer.writerow([index, *(_cell(fields.get(name, "")) for name in names)])


def _cell(value: Value) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = _words(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text


def _words(value: Value) -> str:
    """Return a field's value for people: text as it is, several words apart."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_line(index: int, fields: Fields) -> tuple[str, ...]:
    documents = fields.get("documents", [])
    return (
        str(index),
        _moment(fields.get("at", 0)),
        *(
            _words(fields.get(name, ""))
            for name in ("action", "outcome", "rpps", "sender", "dossier")
        ),
        str(len(documents)) if isinstance(documents, list) and documents else "",
    )


def _moment(value: Value) -> str:
    return moment(value) if isinstance(value, int) else ""


@click.command("show")
@click.argument("folder", type=FOLDER)
@click.argument("number", metavar="N", type=click.IntRange(min=0))
@json_option
def show(folder: Path, number: int, *, as_json: bool) -> None:
    """Show entry N of the exported log in FOLDER, and whether its proof holds."""
    with refusing(FolderError, ReceiptError):
        receipt = ExportedLog(folder).receipt(number)
        head = receipts.check(receipt, None)
        proved = f"in the log {head.origin} of {head.size} entries"
        print_event(number, fields_of(number, receipt.entry), proved, as_json)


def print_event(index: int, fields: Fields, proved: str, as_json: bool) -> None:  # noqa: FBT001 -- the option itself
    """Print an event with what is proved of it."""
    if as_json:
        print_json({"entry": index, "proved": proved, "event": fields})
        return
    shown = {name: _shown(name, value) for name, value in fields.items()}
    print_pairs([("entry", str(index)), *shown.items(), ("proved", proved)])


def _shown(name: str, value: Value) -> str:
    if name in {"at", "logged"}:
        return _moment(value)
    return _words(value)
