"""What signs or writes the access log for auditors: run as the keeper's owner."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from rmp_milter.access.folder import FolderError
from rmp_milter.access.writing import export as write_export
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_json, print_pairs
from rmp_milter.config import Config
from rmp_milter.keeper.journal import Journal, JournalError, create
from rmp_milter.keeper.keys import KeyFileError, LogKey, load_log_key
from rmp_milter.keeper.log_head import verifier_key
from rmp_milter.keeper.protocol import HEARTBEAT, Event
from rmp_milter.owners import become_owner, name_of
from rmp_milter.tlog.checkpoints import read_checkpoint

RIGHTS_HINT = "run it as root, or as the user that owns the keeper's folder"


@contextmanager
def _open_log(config: Config) -> Iterator[tuple[Journal, LogKey]]:
    """Open the log beside a running keeper, and its key; root becomes their owner first."""
    become_owner(config.paths.keeper)
    with refusing(KeyFileError, JournalError, hint=RIGHTS_HINT):
        key = load_log_key(config.paths.keeper)
        journal = Journal(config.paths.keeper / "log")
    with journal, refusing(JournalError):
        yield journal, key


@click.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@json_option
@configured
def export(config: Config, folder: Path, *, as_json: bool) -> None:
    """Sign the log and write it into DIR; into the same one again, only what is new.

    DIR is made if need be, as the keeper's user. It can be verified by any program that
    knows C2SP tlog-tiles. It names doctors, their addresses and times: hand it on sealed.
    """
    _make_folder(folder, config.paths.keeper)
    with _open_log(config) as (journal, key), refusing(FolderError):
        note = journal.checkpoint(key)
        with journal.snapshot() as snapshot:
            written = write_export(snapshot, note, folder)
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


def _make_folder(folder: Path, keeper: Path) -> None:
    """Make the folder, the keeper's owner's alone, and see that he can write into it."""
    owner = keeper.stat()
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, owner.st_uid, owner.st_gid, follow_symlinks=False)
    elif os.geteuid() == 0 and folder.stat().st_uid != owner.st_uid:
        user = name_of(owner.st_uid)
        raise CommandError(f"{folder}: does not belong to {user}", "name one that is not there")


@click.command("checkpoint")
@click.option("--heartbeat", is_flag=True, help="First write an entry that says: still here.")
@json_option
@configured
def checkpoint(config: Config, *, heartbeat: bool, as_json: bool) -> None:
    """Sign the log as it is and print the checkpoint: what auditors keep.

    Hand it on byte for byte: another line end breaks its signature.
    """
    with _open_log(config) as (journal, key):
        if heartbeat:
            now = int(time.time())
            journal.append(Event(now, HEARTBEAT, b"", "", "", ""), now)
        note = journal.checkpoint(key)
        public = verifier_key(key, journal.origin)
    head = read_checkpoint(note, public)
    if as_json:
        print_json(
            {
                "origin": head.origin,
                "entries": head.size,
                "root": head.root.hex(),
                "checkpoint": note.decode(),
                "vkey": str(public),
            }
        )
    else:
        click.echo(note, nl=False)


@click.command("begin")
@click.argument("name")
@configured
def begin(config: Config, name: str) -> None:
    """Begin an empty log called NAME, where the old one is lost for good.

    The name must be a new one, such as chu.example/rmp-2: to auditors it is another log.
    Nothing is replaced: what is left of the old one must have been moved away.
    """
    become_owner(config.paths.keeper)
    folder = config.paths.keeper / "log"
    with refusing(JournalError, hint=f"move {folder} and {folder}.state away, and keep them"):
        create(folder, name)
    click.echo(f"a new, empty log {name}; tell the auditors, and send them rmp access key")


@click.command("key")
@configured
def key(config: Config) -> None:
    """Print the log's verifier key; auditors get it once, by a way that they trust."""
    with _open_log(config) as (journal, private):
        click.echo(str(verifier_key(private, journal.origin)))
