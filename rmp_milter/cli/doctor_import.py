"""``rmp doctor import``: many doctors out of one CSV file, all of them or none."""

import csv
import io
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import click
import msgspec

from rmp_milter.cli.cards import show_committed, vouched
from rmp_milter.cli.cautions import of_key, warn
from rmp_milter.cli.credentials import Chosen, check_form, check_offered, chosen, read_file
from rmp_milter.cli.directory import FORMAT, commit, mail_of, rpps_of, words_of
from rmp_milter.cli.errors import CommandError, Status
from rmp_milter.cli.issuers import check_issuers, world_of
from rmp_milter.cli.leaves import operator
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import Json, print_error, print_json
from rmp_milter.cli.stores import open_store
from rmp_milter.cli.welcome import welcomes
from rmp_milter.config import Config
from rmp_milter.credentials import CertificateKind
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.credentials import names_of
from rmp_milter.dossier.model import Doctor, Receipts, ReplyForm
from rmp_milter.store.surface import Snapshot
from rmp_milter.x509 import World

REQUIRED = ("name", "rpps", "mail", "profession", "key")
OPTIONAL = ("account", "reply_form", "receipts", "hprim", "answers")
_MARK = "#"
_BETWEEN = ";"
"""Between the files of one doctor's certificates."""
_YES, _NO = frozenset({"yes", "oui"}), frozenset({"no", "non", ""})


class _Fault(msgspec.Struct, frozen=True):
    line: int
    words: str


class _CertificateLine(msgspec.Struct, frozen=True):
    """What of a line decides about its certificates, where it can be read."""

    rpps: str
    reply_form: str
    answers: str


class _Row(msgspec.Struct, frozen=True):
    line: int
    doctor: Doctor


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--dry-run", is_flag=True, help="Look at everything, enrol nobody.")
@json_option
@configured
def import_(config: Config, *, file: Path, dry_run: bool, as_json: bool) -> int:
    """Enrol all doctors of a CSV file, or nobody if a line is wrong.

    The first line names the columns: name, rpps, mail, profession, key (a file, as seen from
    the CSV file; of several certificates all, with ; between them), and if wanted account,
    reply_form, receipts, hprim (yes or no), answers (openpgp or smime). Before it may stand the
    format: # rmp directory 1.
    """
    now = int(time.time())
    rows, faults = _read(file, world_of(config), now)
    faults += _not_offered(rows, config)
    asked = nullcontext() if faults or dry_run else operator(config)
    with asked as keeper, open_store(config) as store:
        with store.snapshot() as snapshot:
            faults = sorted([*faults, *_twice(rows, snapshot)], key=lambda each: each.line)
        if keeper and not faults:
            doctors = tuple(
                vouched(keeper, row.doctor, keeper.event("inscription", row.doctor.rpps))
                for row in rows
            )
            outbox = welcomes(keeper, config, doctors, now)
            commit(store, Changes(doctors=doctors, outbox=outbox), now)
            show_committed(keeper, *doctors)
    return _tell(file, rows, faults, dry_run=dry_run, as_json=as_json)


def _read(file: Path, world: World, now: int) -> tuple[list[_Row], list[_Fault]]:
    """Read the file; return whom it holds and every fault, by line."""
    rows: list[_Row] = []
    faults: list[_Fault] = []
    for line, values in _lines(file):
        words: list[str] = []
        doctor = _doctor(values, file.parent, world, now, words)
        faults += [_Fault(line, each) for each in words]
        if doctor:
            rows.append(_Row(line, doctor))
    return rows, faults


def _lines(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each line's number and values; raises :class:`CommandError` for wrong columns."""
    text = _decoded(file.read_bytes())
    head = next((line for line in text.splitlines() if not line.startswith(_MARK)), "")
    delimiter = max(";,\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [name.strip().lower().replace(" ", "_") for name in _heads(file, reader)]
    missing, unknown = set(REQUIRED) - set(columns), set(columns) - {*REQUIRED, *OPTIONAL}
    if missing or unknown or len(set(columns)) != len(columns):
        known = ", ".join((*REQUIRED, *OPTIONAL))
        raise CommandError(f"{file}: the first line does not name the columns", f"use {known}")
    for values in reader:
        if any(value.strip() for value in values):
            padded = [*values, *[""] * len(columns)]
            named = dict(zip(columns, (each.strip() for each in padded), strict=False))
            extra = [each for each in values[len(columns) :] if each.strip()]
            yield reader.line_num, {**named, **({"": extra[0]} if extra else {})}


def _heads(file: Path, rows: Iterator[list[str]]) -> list[str]:
    """Return the row that names the columns, behind the format's mark if there is one."""
    first = next(rows, [])
    if not (first and first[0].startswith(_MARK)):
        return first
    found = FORMAT.number_in(first[0].removeprefix(_MARK).strip().encode())
    if not found:
        hint = f"write {_MARK} {FORMAT.mark.decode()}, or leave it out"
        raise CommandError(f"{file}: the first line names no format", hint)
    if found != FORMAT.number:
        raise CommandError(f"{file}: {FORMAT.refusal(found)}")
    return next(rows, [])


def _decoded(data: bytes) -> str:
    """Return the text; spreadsheets of French hosts write UTF-8 or windows-1252."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _doctor(
    values: dict[str, str], folder: Path, world: World, now: int, faults: list[str]
) -> Doctor | None:
    """Return the line's doctor; adds each fault to ``faults`` and returns None then."""

    def read(column: str, reader: Callable[[str], str]) -> str:
        try:
            return reader(values.get(column, ""))
        except ValueError as error:
            faults.append(f"{column}: {error}")
            return ""

    if "" in values:
        faults.append(f"more values than columns: {values['']!r}")
    said = {column: read(column, words_of) for column in ("name", "profession")}
    rpps, mail = read("rpps", rpps_of), read("mail", mail_of)
    form = read("reply_form", lambda value: ReplyForm(value or ReplyForm.SEPARATE).value)
    receipts = read("receipts", lambda value: Receipts(value or Receipts.EACH).value)
    hprim = read("hprim", _yes_or_no)
    answers = read("answers", lambda value: CertificateKind(value).value if value else "")
    his = None
    try:
        files = [
            folder / each.strip() for each in values["key"].split(_BETWEEN) if each.strip()
        ]
        his = _certificates(
            files or [folder], _CertificateLine(rpps, form, answers), world, now
        )
    except CommandError as error:
        faults.append(f"key: {error.line}")
    if faults or his is None:
        return None
    return Doctor(
        doctor_id=secrets.token_bytes(16),
        name=said["name"],
        rpps=rpps,
        mail=mail,
        profession=said["profession"],
        certificate=his.first.binary,
        fingerprint=his.first.fingerprint,
        key_ids=his.key_ids,
        account=values.get("account", ""),
        reply_form=ReplyForm(form),
        added_at=now,
        receipts=Receipts(receipts),
        hprim=hprim == "yes",
        credentials=his.credentials,
    )


def _yes_or_no(value: str) -> str:
    folded = value.lower()
    if folded not in _YES | _NO:
        raise ValueError(f"{value!r} is neither yes nor no")
    return "yes" if folded in _YES else "no"


def _certificates(
    files: Sequence[Path], line: _CertificateLine, world: World, now: int
) -> Chosen:
    """Return the certificates of the files; raises :class:`CommandError`."""
    found = [read_file(file, now, alone=False) for file in files]
    his = chosen(found, line.answers or None, line.rpps, now)
    check_issuers(found, world, now)
    check_form(his.first.kind, ReplyForm(line.reply_form or ReplyForm.SEPARATE))
    return his


def _not_offered(rows: Sequence[_Row], config: Config) -> Iterator[_Fault]:
    """Yield the forms of answers that this host does not give."""
    for row in rows:
        try:
            check_offered(row.doctor.reply_form, config)
        except CommandError as error:
            yield _Fault(row.line, f"reply_form: {error.line}")


def _twice(rows: Sequence[_Row], snapshot: Snapshot) -> Iterator[_Fault]:
    """Yield what belongs to somebody who is enrolled, or to an earlier line."""
    holders = {
        value: f"of {doctor.name}, who is enrolled"
        for doctor in snapshot.doctors()
        for value in _own(doctor)
    }
    for row in rows:
        words = [
            f"{kind} is that {holders[kind, value]}"
            for kind, value in _own(row.doctor)
            if (kind, value) in holders
        ]
        yield from (_Fault(row.line, each) for each in dict.fromkeys(words))
        for value in _own(row.doctor):
            holders.setdefault(value, f"of line {row.line}")


def _own(doctor: Doctor) -> list[tuple[str, str]]:
    """Return what nobody else may have."""
    values = [
        ("rpps", doctor.rpps),
        ("mail", doctor.mail.casefold()),
        ("account", doctor.account),
    ]
    keys = [("key", each) for each in sorted(names_of(doctor))]
    return [(kind, value) for kind, value in (*values, *keys) if value]


def _tell(
    file: Path, rows: Sequence[_Row], faults: Sequence[_Fault], *, dry_run: bool, as_json: bool
) -> int:
    done = 0 if faults or dry_run else len(rows)
    now = int(time.time())
    warnings = [(row.line, said) for row in rows for said in of_key(row.doctor, now)]
    warn(f"{file}:{line}: {said}" for line, said in warnings)
    if as_json:
        listed: list[Json] = [{"line": each.line, "fault": each.words} for each in faults]
        noted: list[Json] = [{"line": line, "warning": said} for line, said in warnings]
        print_json(
            {
                "enrolled": done,
                "readable": len(rows),
                "faults": listed,
                "warnings": noted,
            }
        )
    elif faults:
        for each in faults:
            print_error(f"{file}:{each.line}: {each.words}")
        print_error(f"nobody was enrolled: {len(faults)} faults")
    else:
        word = "can be enrolled" if dry_run else "enrolled"
        click.echo(f"{len(rows)} doctors {word}")
    return Status.REFUSED if faults else Status.OK
