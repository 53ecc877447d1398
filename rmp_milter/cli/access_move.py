"""``rmp access tables`` and ``rmp access move``: the log in the engine that is configured."""

import pwd

import click

from rmp_milter.calls.listening import ServerError, remove_stale
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import progress_shown, say
from rmp_milter.config import Config
from rmp_milter.host import log_moves
from rmp_milter.host.owners import become_owner
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.phrases.phrase import Phrase

RIGHTS_HINT = "run it as root, or as the user that owns the keeper's folder"
STOP_HINT = "stop every keeper of this log"
NAME_IT = Phrase("host and database in [keeper] say where it is")


@click.command("tables")
@lang_option
@configured
def tables(config: Config) -> None:
    """Print what the server's administrator gives psql: the log's schema, tables and role.

    The role is called as the keeper's user is. Nobody else may read anything there, the milter's
    role neither; and of what was logged this one can change or remove nothing.
    """
    with refusing(OSError), refusing(JournalError):
        owner = pwd.getpwuid(config.paths.keeper.stat().st_uid).pw_name
        said = log_moves.groundwork(config, owner)
    if not said:
        raise CommandError(Phrase("rmp.toml names no server for the access log"), NAME_IT)
    click.echo(said, nl=False)


@click.command("move")
@lang_option
@configured
def move(config: Config) -> None:
    """Take the log over from the other engine; every keeper of it must be stopped.

    rmp.toml names the engine to move to. Every record is copied and compared, every entry hashed
    anew and all that was signed verified before the log is there; a call that was cut off is given
    again. Then the other engine's is no log any more: a file stays, under another name, until the
    host removes it.
    """
    with refusing(JournalError):
        log = log_moves.server_of(config)
    become_owner(config.paths.keeper)
    with (
        refusing(JournalError, KeyFileError, hint=RIGHTS_HINT),
        refusing(ServerError, hint=STOP_HINT),
    ):
        remove_stale(config.sockets.keeper)
        seen = log_moves.move(config, log, progress_shown)
    line = "moved to {engine}: {origin}, {size} entries, root {root}; start the keeper"
    engine = config.keeper.engine
    say(Phrase(line, engine=engine, origin=seen.origin, size=seen.size, root=seen.root))
