"""``rmp-audit witness key``, ``watch``, ``serve``, ``mail``: being a witness, in a folder."""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path

import click

from rmp_milter.audit.folder import FolderError, read_bounded
from rmp_milter.cli.access_audit import read_vkey
from rmp_milter.cli.errors import CommandError, Status, refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.output import print_error, print_table, say
from rmp_milter.linux.ending import when_told_to_end
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.notes import NoteError
from rmp_milter.tlog.witnessing import WitnessReply
from rmp_milter.witness.mailing import MAX_MAIL, NoAnswerError, answer_mail
from rmp_milter.witness.own_keys import WitnessKeyError, make_keys, read_keys
from rmp_milter.witness.serving import AnswerTold, WitnessServer
from rmp_milter.witness.station import Station, StationError, WitnessAnswer, make_station

FILE = click.Path(path_type=Path, dir_okay=False)
STATION = click.Path(path_type=Path, exists=True, file_okay=False)
DEFAULT_PORT = 8047
_HEADS = ("LOG", "ENTRIES", "KEY")


@contextmanager
def _opened(folder: Path) -> Iterator[Station]:
    with refusing(StationError, WitnessKeyError), Station(folder) as station:
        yield station


@click.group("key")
@lang_option
def keys() -> None:
    """Make and show the keys of a witness of your own."""


@keys.command("new")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("name")
@lang_option
def new(folder: Path, name: str) -> None:
    """Make a witness called NAME in FOLDER, and print its verifier keys.

    NAME is a URL without https://, such as ars.example/temoin: it says who you are. Hand the keys
    to who asks for your cosignature, by a way that they trust. FOLDER stays on one machine: a copy
    of it at work is a second witness that knows nothing of the first.
    """
    with refusing(OSError, NoteError, WitnessKeyError):
        folder.mkdir(mode=0o755, exist_ok=True)
        made = make_keys(folder, name)
        make_station(folder)
    for key in made.public:
        click.echo(str(key))


@keys.command("show")
@click.argument("folder", type=STATION)
@lang_option
def show(folder: Path) -> None:
    """Print the verifier keys of the witness in FOLDER, one a line: Ed25519, then ML-DSA-44."""
    with refusing(WitnessKeyError):
        for key in read_keys(folder).public:
            click.echo(str(key))


@click.command("watch")
@click.argument("folder", type=STATION)
@click.argument("vkey", required=False)
@click.option("--checkpoint", type=FILE, help="The checkpoint to begin with, which you kept.")
@lang_option
def watch(folder: Path, vkey: str | None, checkpoint: Path | None) -> None:
    """Witness a log from now on, by its verifier key VKEY or a file that holds it.

    Of a log that is witnessed already it is a further key. Without VKEY: show which logs are
    witnessed, and up to which entry. A witness that lost what it knew begins with the last
    checkpoint that it, or anybody, kept.
    """
    if vkey is None and checkpoint is not None:
        raise click.UsageError("of which log is the checkpoint? name its key as well")
    with _opened(folder) as station:
        if vkey is not None:
            with refusing(FolderError, NoteError):
                begin = None if checkpoint is None else read_bounded(checkpoint)
                log = station.watch(read_vkey(vkey), begin)
            say(Phrase("{origin} is witnessed from now on", origin=log.origin))
            return
        rows = [
            (log.origin, str(log.watched.head.size if log.watched.head else 0), key.short)
            for log in station.all_watched()
            for key in log.keys
        ]
    print_table(_HEADS, rows)


@click.command("serve")
@click.argument("folder", type=STATION)
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="The port; 0 is any that is free.",
)
@lang_option
def serve(folder: Path, address: str, port: int) -> None:
    """Be a witness on HTTP until told to end (C2SP tlog-witness), with what is in FOLDER.

    POST /add-checkpoint takes a checkpoint, GET /SHA-256/checkpoint shows what was cosigned last.
    It listens to this machine alone unless told otherwise: put a web server with a certificate in
    front of it.
    """
    with _opened(folder) as station, _alone(folder), refusing(OSError):
        server = WitnessServer((address, port), station, _in_this_language())
        when_told_to_end(server.shutdown)
        at, bound, *_ = server.server_address
        say(Phrase("witness: listens on {address} port {port}", address=str(at), port=bound))
        sys.stdout.flush()
        with server:
            server.serve_forever()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """See that no other process serves this folder, as long as this one does."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            line = Phrase("{path}: another process serves it already", path=folder)
            raise CommandError(line) from None
        yield
    finally:
        os.close(fd)


def _in_this_language() -> AnswerTold:
    """Return what notes answers as this thread speaks: each is given in a thread of its own."""
    here = copy_context()
    return lambda answer: here.copy().run(_told, answer)


def _told(answer: WitnessAnswer) -> None:
    """Note each answer in a line: which log, how large, and whether it was cosigned."""
    ruling = answer.ruling
    status = str(int(ruling.reply))
    facts = {"status": status, "origin": answer.origin or "-", "why": ruling.why}
    line = Phrase("witness: {status} {origin}: {why}", **facts)
    if ruling.contradicts or ruling.reply is WitnessReply.INCONSISTENT:
        print_error(line)
    else:
        say(line)
        sys.stdout.flush()


@click.command("mail")
@click.argument("folder", type=STATION)
@click.option("--from", "sender", required=True, help="Your address, which the answer is from.")
@lang_option
def mail(folder: Path, sender: str) -> int:
    """Answer a mail, read from standard input, that asks for a cosignature; print the answer.

    For a mail server's pipe: rmp-audit witness mail FOLDER --from me@ars.example | sendmail -t.
    Status 1 and no answer where nothing was asked, or by nobody whose log is witnessed.
    """
    data = sys.stdin.buffer.read(MAX_MAIL + 1)
    with _opened(folder) as station:
        try:
            answer = answer_mail(data, station, sender, int(time.time()))
        except NoAnswerError as error:
            print_error(line_of(error))
            return Status.REFUSED
    click.echo(answer, nl=False)
    return Status.OK
