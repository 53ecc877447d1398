"""The CSV file of ``rmp doctor import``: its lines, and what each of them says."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from rmp_milter.cli.directory import FORMAT, mail_of, rpps_of, words_of
from rmp_milter.cli.errors import CommandError
from rmp_milter.credentials import CertificateKind
from rmp_milter.dossier.model import Receipts, ReplyForm

REQUIRED = ("name", "rpps", "mail", "profession", "key")
OPTIONAL = ("account", "reply_form", "receipts", "hprim", "answers")
_MARK = "#"
_BETWEEN = ";"
"""Between the files of one doctor's certificates."""
_YES, _NO = frozenset({"yes", "oui"}), frozenset({"no", "non"})


class DirectoryFault(msgspec.Struct, frozen=True):
    """What is wrong with a line of the file."""

    line: int
    words: str


class DirectoryLine(msgspec.Struct, frozen=True):
    """What a line says of a doctor; what it leaves empty it does not say."""

    line: int
    name: str
    rpps: str
    mail: str
    profession: str
    account: str
    reply_form: ReplyForm | None
    receipts: Receipts | None
    hprim: bool | None
    answers: CertificateKind | None
    files: tuple[Path, ...]


def read_directory(file: Path) -> tuple[list[DirectoryLine], list[DirectoryFault]]:
    """Return what the lines of a file say, and every fault of what cannot be read of them.

    Raises :class:`CommandError` for a file that is none of doctors.
    """
    said: list[DirectoryLine] = []
    faults: list[DirectoryFault] = []
    for number, values in _lines(file):
        words: list[str] = []
        line = _read_line(number, values, file.parent, words)
        faults += [DirectoryFault(number, each) for each in words]
        said.append(line)
    return said, faults


def _read_line(
    number: int, values: dict[str, str], folder: Path, faults: list[str]
) -> DirectoryLine:
    """Return what a line says, as far as it can be read; adds each fault to ``faults``."""

    def read(column: str, reader: Callable[[str], str]) -> str:
        try:
            return reader(values.get(column, ""))
        except ValueError as error:
            faults.append(f"{column}: {error}")
            return ""

    if "" in values:
        faults.append(f"more values than columns: {values['']!r}")
    name, profession = read("name", words_of), read("profession", words_of)
    rpps, mail = read("rpps", rpps_of), read("mail", mail_of)
    form = read("reply_form", lambda value: ReplyForm(value).value if value else "")
    receipts = read("receipts", lambda value: Receipts(value).value if value else "")
    hprim = read("hprim", _yes_or_no)
    answers = read("answers", lambda value: CertificateKind(value).value if value else "")
    return DirectoryLine(
        line=number,
        name=name,
        rpps=rpps,
        mail=mail,
        profession=profession,
        account=values.get("account", ""),
        reply_form=ReplyForm(form) if form else None,
        receipts=Receipts(receipts) if receipts else None,
        hprim=hprim == "yes" if hprim else None,
        answers=CertificateKind(answers) if answers else None,
        files=tuple(
            folder / each.strip() for each in values["key"].split(_BETWEEN) if each.strip()
        ),
    )


def _yes_or_no(value: str) -> str:
    folded = value.lower()
    if not folded:
        return ""
    if folded not in _YES | _NO:
        raise ValueError(f"{value!r} is neither yes nor no")
    return "yes" if folded in _YES else "no"


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
