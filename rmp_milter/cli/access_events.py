"""Events of an exported log, as auditors list and look at them."""

import csv
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import click

from rmp_milter.audit.beside import read_reason
from rmp_milter.audit.emergencies import NEW, STATES, EmergencyCase, cases, wanted_cases
from rmp_milter.audit.events import Fields, Value, Wanted, events, fields_of
from rmp_milter.audit.folder import ExportedLog, FolderError, read_bounded
from rmp_milter.audit.reasons import ReasonError, open_reason, read_private
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import moment, print_json, print_pairs, print_table
from rmp_milter.tlog import entry_proofs
from rmp_milter.tlog.entry_proofs import EntryProofError

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
HEADS = ("ENTRY", "AT", "ACTION", "OUTCOME", "RPPS", "SENDER", "PATIENT", "DOCUMENTS")
CASE_HEADS = ("ENTRY", "AT", "REFERENCE", "STATE", "RPPS", "SENDER", "JUSTIFIED", "REVIEWED")
STATE_WORDS = {state.replace(" ", "-"): state for state in STATES}
_SHORT = 16
"""Characters of what stands for a patient, in a table; --csv and --json have it whole."""
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
@click.option("--emergency", is_flag=True, help="Emergency accesses, each with its state.")
@click.option("--unjustified", is_flag=True, help="Those that wait for a justification.")
@click.option("--state", type=click.Choice([*STATE_WORDS]), help="Those in this state.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with all fields.")
@json_option
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
) -> None:
    """List the events of the exported log in FOLDER; verify it first.

    Times are when the mail came, in UTC. With neither --csv nor --json a table is printed.
    --unjustified and --state imply --emergency: one line an access, not one an entry.
    """
    if unjustified and state:
        raise click.UsageError("give either --unjustified or --state")
    if as_csv and as_json:
        raise click.UsageError("give either --csv or --json")
    latest = Wanted().until if until is None else until
    wanted = Wanted(since or 0, latest, doctor, kind)
    with refusing(FolderError):
        log = ExportedLog(folder)
        if emergency or unjustified or state:
            states = [STATE_WORDS[state]] if state else [NEW] if unjustified else STATES
            chosen = list(wanted_cases(cases(log), wanted, states))
            rows = iter([(case.leaves[0], case_fields(case)) for case in chosen])
            heads, lines = CASE_HEADS, (_case_line(case) for case in chosen)
        else:
            rows = events(log, wanted)
            heads, lines = HEADS, (_as_line(index, fields) for index, fields in rows)
        if as_json:
            print_json([{"entry": index, **fields} for index, fields in rows])
        elif as_csv:
            _print_csv(rows)
        else:
            print_table(heads, list(lines))


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
        *(_words(fields.get(name, "")) for name in ("action", "outcome", "rpps", "sender")),
        _words(fields.get("patient", ""))[:_SHORT],
        str(len(documents)) if isinstance(documents, list) and documents else "",
    )


def _moment(value: Value) -> str:
    return moment(value) if isinstance(value, int) else ""


@click.command("show")
@click.argument("folder", type=FOLDER)
@click.argument("number", metavar="N", type=click.IntRange(min=0))
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The auditors' private key: show the reason in words.",
)
@json_option
def show(folder: Path, number: int, *, key: Path | None, as_json: bool) -> None:
    """Show entry N of the exported log in FOLDER, and whether its proof holds.

    Without --key a sealed reason is no more than its digest.
    """
    with refusing(FolderError, EntryProofError):
        proof = ExportedLog(folder).entry_proof(number)
        head = entry_proofs.check(proof, None)
        proved = f"in the log {head.origin} of {head.size} entries"
        fields = fields_of(number, proof.entry)
        words = None if key is None else _reason(folder, number, fields, key)
        print_event(number, fields, proved, as_json, words)


def _reason(folder: Path, number: int, fields: Fields, key: Path) -> str:
    """Return the reason of an entry in words, if it is the one that the entry's digest names."""
    digest, request = fields.get("reason"), fields.get("request")
    if not isinstance(digest, str) or not isinstance(request, str):
        raise CommandError(f"entry {number} has no reason")
    sealed = read_reason(folder, number)
    if sha256(sealed).hexdigest() != digest:
        raise CommandError(f"the sealed reason of entry {number} is altered")
    try:
        return open_reason(sealed, read_private(read_bounded(key)), bytes.fromhex(request))
    except (ReasonError, ValueError) as error:
        raise CommandError(f"{key}: {error}") from None


def print_event(
    index: int,
    fields: Fields,
    proved: str,
    as_json: bool,  # noqa: FBT001 -- the option itself
    words: str | None = None,
) -> None:
    """Print an event with what is proved of it, and its reason in ``words`` if it is open."""
    if as_json:
        opened = {} if words is None else {"words": words}
        print_json({"entry": index, "proved": proved, "event": fields, **opened})
        return
    shown = {name: _shown(name, value) for name, value in fields.items()}
    said = [("words" * (not at), line) for at, line in enumerate((words or "").splitlines())]
    print_pairs([("entry", str(index)), *shown.items(), *said, ("proved", proved)])


def _shown(name: str, value: Value) -> str:
    if name in {"at", "logged"}:
        return _moment(value)
    return _words(value)
