"""One event of an exported log, with its proof, as auditors look at it."""

import json
import re
from hashlib import sha256
from pathlib import Path

import click

from rmp_milter.audit.beside import read_reason
from rmp_milter.audit.events import Fields, Walked, fields_of
from rmp_milter.audit.folder import ExportedLog, FolderError, read_bounded
from rmp_milter.audit.reasons import ReasonError, open_reason, read_private
from rmp_milter.cli.access_list import FOLDER, shown
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.language import in_words, lang_option
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import print_json, print_pairs
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog import entry_proofs
from rmp_milter.tlog.entry_proofs import EntryProofError

_OWN = ("entry", "words", "proved")
"""What we say of an entry, among the fields that it says of itself."""
_NAME = re.compile("[a-z_]{1,64}")


@click.command("show")
@click.argument("folder", type=FOLDER)
@click.argument("number", metavar="N", type=click.IntRange(min=0))
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The auditors' private key: show the reason in words.",
)
@json_option
@lang_option
def show(folder: Path, number: int, *, key: Path | None, as_json: bool) -> None:
    """Show entry N of the exported log in FOLDER, and whether its proof holds.

    Without --key a sealed reason is no more than its digest. The export's signature is not looked
    at: verify does that.
    """
    with refusing(FolderError, EntryProofError):
        log = ExportedLog(folder)
        proof = log.entry_proof(number)
        head = entry_proofs.check(proof, None)
        line = "{proved}; who signed it is for verify to say"
        proved = Phrase(line, proved=proved_in(head.origin, head.size))
        fields = fields_of(number, proof.entry)
        words = None if key is None else _reason(folder, number, fields, key)
        earlier = _earlier_by(log, number, fields)
    print_event(number, {**fields, **earlier}, proved, as_json, words)


def proved_in(origin: str, size: int) -> Phrase:
    """Return the line that says in which log an entry is."""
    return Phrase("in the log {origin} of {size} entries", origin=origin, size=size)


def _earlier_by(log: ExportedLog, number: int, fields: Fields) -> Fields:
    """Return by how many seconds an entry is dated before its predecessor, if it is."""
    seen = Walked()
    if number:
        seen.add(number - 1, fields_of(number - 1, log.entry(number - 1)))
    seen.add(number, fields)
    return {"earlier_by": seen.dates.earlier[number]} if number in seen.dates.earlier else {}


def _reason(folder: Path, number: int, fields: Fields, key: Path) -> str:
    """Return the reason of an entry in words, if it is the one that the entry's digest names."""
    digest, request = fields.get("reason"), fields.get("request")
    if not isinstance(digest, str) or not isinstance(request, str):
        raise CommandError(Phrase("entry {index} has no reason", index=number))
    sealed = read_reason(folder, number)
    if sha256(sealed).hexdigest() != digest:
        line = Phrase("the sealed reason of entry {index} is altered", index=number)
        raise CommandError(line)
    try:
        return open_reason(sealed, read_private(read_bounded(key)), bytes.fromhex(request))
    except (ReasonError, ValueError) as error:
        line = Phrase("{path}: {error}", path=key, error=line_of(error))
        raise CommandError(line) from None


def print_event(
    index: int,
    fields: Fields,
    proved: Phrase,
    as_json: bool,  # noqa: FBT001 -- the option itself
    words: str | None = None,
) -> None:
    """Print an event with what is proved of it, and its reason in ``words`` if it is open."""
    if as_json:
        opened = {} if words is None else {"words": words}
        print_json({"entry": index, "proved": proved, "event": fields, **opened})
        return
    lines = [(_named(name), shown(name, value)) for name, value in fields.items()]
    said = [("words" * (not at), line) for at, line in enumerate((words or "").splitlines())]
    print_pairs([("entry", str(index)), *lines, *said, ("proved", proved)])


def _named(name: str) -> str:
    """Return a field's name, in quotes where it could pass for a line of our own."""
    ours = {*_OWN, *map(in_words, _OWN)}
    return name if _NAME.fullmatch(name) and name not in ours else json.dumps(name)
