"""``rmp access key``: the log's verifier key, and the auditors' key for reasons."""

import time
from pathlib import Path

import click

from rmp_milter.audit.folder import FolderError, read_bounded
from rmp_milter.audit.reasons import ReasonError, fingerprint, read_public
from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli.access_keeper import open_log
from rmp_milter.cli.access_new_key import FILE, new
from rmp_milter.cli.errors import refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.options import configured, outermost_config
from rmp_milter.cli.output import say, spaced_fingerprint
from rmp_milter.config import Config, load
from rmp_milter.disk.new_files import replace_whole
from rmp_milter.keeper.keys.checks import auditors_value
from rmp_milter.keeper.keys.keys import AUDITORS
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.phrases.phrase import Phrase

NEW_KEY = "auditor key"
"""The action of the leaf that says to which key reasons are sealed from then on."""


@click.group("key", invoke_without_command=True)
@click.option("--config", "config_file", type=FILE, help="The configuration file.")
@lang_option
@click.pass_context
def key(context: click.Context, config_file: Path | None) -> None:
    """Print the log's verifier key; auditors get it once, by a way that they trust."""
    if context.invoked_subcommand is None:
        print_key(load(config_file or outermost_config()))


def print_key(config: Config) -> None:
    """Print the verifier key."""
    with open_log(config) as (journal, private):
        click.echo(str(verifier_key(private, journal.origin)))


key.add_command(new)


@key.command("install")
@click.argument("public", type=FILE)
@lang_option
@configured
def install(config: Config, public: Path) -> None:
    """Have reasons sealed to the auditors' key in the file PUBLIC from the next start on.

    An entry of the log says so. What was sealed before opens with the old key only.
    """
    with refusing(FolderError, ReasonError):
        content = read_bounded(public)
        public_key = read_public(content)
    made, now = fingerprint(public_key), int(time.time())
    with open_log(config) as (journal, _):
        journal.append(Event(now, NEW_KEY, b"", "", made, ""), now)
        before, value = journal.key_values().get(AUDITORS, ()), auditors_value(public_key)
        # Whatever is killed between these: either file is known again at the next start.
        journal.note_key_values({AUDITORS: (*before, value)})
        with refusing(OSError):
            replace_whole(config.paths.keeper / AUDITORS, content, 0o600)
        journal.note_key_values({AUDITORS: (value,)})
    line = "installed: {fingerprint}; start the keeper anew"
    say(Phrase(line, fingerprint=spaced_fingerprint(made)))
