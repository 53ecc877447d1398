"""What signs or writes the access log for auditors: run as the keeper's owner."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import click

from rmp_milter.audit.beside import reason_path
from rmp_milter.audit.cosigned import FOLDER as WITNESSED
from rmp_milter.audit.cosigned import kept_in, name_of, of_origin
from rmp_milter.audit.folder import FolderError
from rmp_milter.audit.writing import ExtraFile
from rmp_milter.audit.writing import export as write_export
from rmp_milter.calls.protocol.message import heartbeat_at
from rmp_milter.cli.access_service import mail_checkpoint
from rmp_milter.cli.errors import refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import Json, print_json, print_pairs, say, writing_shown
from rmp_milter.cli.output_folder import make_folder_for
from rmp_milter.config import Config
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import become_owner
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import LogKey, load_log_key
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import Journal, JournalError, LogFormatError, create
from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.checkpoints import TreeHead, read_checkpoint

_MOST_COSIGNED = 10
RIGHTS_HINT = "run it as root, or as the user that owns the keeper's folder"


@contextmanager
def open_log(config: Config) -> Iterator[tuple[Journal, LogKey]]:
    """Open the log beside a running keeper, and its key; root becomes their owner first."""
    become_owner(config.paths.keeper)
    with refusing(KeyFileError, JournalError, hint=RIGHTS_HINT), refusing(LogFormatError):
        key = load_log_key(config.paths.keeper)
        journal = Journal(log_of(config))
    with journal, refusing(JournalError):
        yield journal, key


@click.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@json_option
@lang_option
@configured
def export(config: Config, folder: Path, *, as_json: bool) -> None:
    """Sign the log and write it into DIR; into the same one again, only what is new.

    The sealed reasons of emergencies lie beside it, in DIR/reasons, in DIR/handovers where its key
    was handed over to another, and in DIR/witnessed what witnesses cosigned last.

    DIR is made if need be, as the keeper's user. It can be verified by any program that
    knows C2SP tlog-tiles. It names doctors, their addresses and times: hand it on sealed.
    """
    make_folder_for(folder, config.paths.keeper)
    with open_log(config) as (journal, key), refusing(FolderError):
        note = journal.checkpoint(key)
        size = read_checkpoint(note).size
        handovers = [
            (each.path, each.proof.encode())
            for each in journal.handovers()
            if each.head.size <= size
        ]
        cosigned = _cosigned(config, journal.origin, size)
        with journal.snapshot() as snapshot:
            reasons = ((reason_path(at), sealed) for at, sealed in snapshot.reasons(size))
            beside = chain(reasons, handovers, cosigned)
            written = write_export(snapshot, note, folder, beside, writing_shown)
        public = verifier_key(key, journal.origin)
    head = read_checkpoint(note, public)
    if as_json:
        print_json({"entries": head.size, "written": written, "vkey": str(public)})
    else:
        print_pairs(
            [
                ("entries", str(head.size)),
                ("files written", str(written)),
                ("next", f"rmp access verify {folder} --vkey '{public}'"),
            ]
        )


def _cosigned(config: Config, origin: str, size: int) -> list[ExtraFile]:
    """Return the newest checkpoints that witnesses cosigned, where the host has a policy."""
    if not config.audit.witness_policy:
        return []
    kept = of_origin([*kept_in(Path(config.audit.witnessed), _MOST_COSIGNED)], origin)
    return [
        (f"{WITNESSED}/{name_of(each.head.size)}", each.note.encode())
        for each in kept
        if each.head.size <= size
    ]


@click.command("checkpoint")
@click.option("--heartbeat", is_flag=True, help="First write an entry that says: still here.")
@click.option("--mail", is_flag=True, help="Send it now to all who keep them ([audit]).")
@json_option
@lang_option
@configured
def checkpoint(config: Config, *, heartbeat: bool, mail: bool, as_json: bool) -> None:
    """Sign the log as it is and print the checkpoint: what auditors keep.

    Hand it on byte for byte: another line end breaks its signature. With --mail the running
    keeper signs it, behind a heartbeat.
    """
    if mail:
        note = mail_checkpoint(config)
        _print_checkpoint(note, read_checkpoint(note), "", as_json=as_json)
        return
    with open_log(config) as (journal, key):
        if heartbeat:
            now = int(time.time())
            journal.append(heartbeat_at(now), now)
        note = journal.checkpoint(key)
        public = verifier_key(key, journal.origin)
    _print_checkpoint(note, read_checkpoint(note, public), str(public), as_json=as_json)


def _print_checkpoint(note: bytes, head: TreeHead, vkey: str, *, as_json: bool) -> None:
    if as_json:
        fields: dict[str, Json] = {
            "origin": head.origin,
            "entries": head.size,
            "root": head.root.hex(),
            "checkpoint": note.decode(),
        }
        print_json(fields | {"vkey": vkey} if vkey else fields)
    else:
        click.echo(note, nl=False)


@click.command("begin")
@click.argument("name")
@lang_option
@configured
def begin(config: Config, name: str) -> None:
    """Begin an empty log called NAME, where the old one is lost for good.

    The name must be a new one, such as chu.example/rmp-2: to auditors it is another log.
    Nothing is replaced: what is left of the old one must have been moved away.
    """
    become_owner(config.paths.keeper)
    folder = config.paths.keeper / "log"
    hint = Phrase("move {folder} and {folder}.state away, and keep them", folder=folder)
    with refusing(JournalError, hint=hint):
        create(log_of(config), name)
    line = "a new, empty log {name}; tell the auditors, and send them rmp access key"
    say(Phrase(line, name=name))
