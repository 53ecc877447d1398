"""``rmp access witness``: the same on the host, by the policy and the folder of ``[audit]``."""

from pathlib import Path

import click

from rmp_milter.audit.folder import FolderError
from rmp_milter.cli.access_list import FOLDER
from rmp_milter.cli.access_policy import FILE
from rmp_milter.cli.access_witness import asked_by_mail, pushed, took, witness_status
from rmp_milter.cli.access_witness_station import keys, mail, serve, watch
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.options import configured, json_option
from rmp_milter.config import Config
from rmp_milter.tlog.policies import PolicyError, WitnessPolicy
from rmp_milter.witness.looking import read_policy


@click.group("witness")
@lang_option
def witness() -> None:
    """Witnesses cosign a log's checkpoints once they saw that it only grew."""


def _of(config: Config) -> tuple[WitnessPolicy, Path]:
    """Return the host's policy, and where cosigned checkpoints are kept."""
    if not config.audit.witness_policy:
        raise CommandError("[audit] witness_policy: no policy is named there", "rmp.toml(5)")
    with refusing(PolicyError, FolderError):
        return read_policy(Path(config.audit.witness_policy)), Path(config.audit.witnessed)


@click.command("push")
@click.argument("folder", type=FOLDER)
@json_option
@lang_option
@configured
def push(config: Config, folder: Path, *, as_json: bool) -> int:
    """Have the checkpoint of the exported log in FOLDER cosigned by the policy's witnesses.

    Each one with a URL is asked over HTTP. Only the log's name, size, root and signature leave,
    and a proof. Status 1 if one refuses, is silent for a day, or the policy is not met.
    """
    policy, to = _of(config)
    return pushed(folder, policy, to, as_json=as_json)


@click.command("status")
@json_option
@lang_option
@configured
def status(config: Config, *, as_json: bool) -> int:
    """Show what the policy's witnesses said last; nobody is asked. Status as of push."""
    policy, to = _of(config)
    return witness_status(policy, to, as_json=as_json)


@click.command("take")
@click.argument("folder", type=FOLDER)
@click.argument("file", type=FILE)
@lang_option
@configured
def take(config: Config, folder: Path, file: Path) -> None:
    """Keep the cosignatures in FILE, a checkpoint or the mail that brought it.

    It must be the checkpoint of the exported log in FOLDER. For witnesses that are asked by mail.
    """
    policy, to = _of(config)
    took(folder, file, policy, to)


@click.command("ask")
@click.argument("folder", type=FOLDER)
@click.argument("witness_name", metavar="WITNESS")
@click.option("--from", "sender", required=True, help="The address that the answer goes to.")
@lang_option
@configured
def ask(config: Config, folder: Path, witness_name: str, sender: str) -> None:
    """Print the mail that asks WITNESS, whose URL in the policy is mailto:, for a cosignature.

    For a mail server: rmp access witness ask FOLDER ars --from me@chu.example | sendmail -t. What
    comes back is for take.
    """
    policy, to = _of(config)
    asked_by_mail(folder, witness_name, sender, policy, to)


for _each in (keys, watch, serve, mail, push, status, take, ask):
    witness.add_command(_each)
