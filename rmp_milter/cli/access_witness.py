"""``rmp-audit witness``: being a witness of somebody's log, and asking those that others run."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import click

from rmp_milter.audit.cosigned import FOLDER as WITNESSED
from rmp_milter.audit.cosigned import CosignedCheckpoint, kept_in
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.parties import read_party
from rmp_milter.cli.access_list import FOLDER
from rmp_milter.cli.access_policy import FILE, policy_option
from rmp_milter.cli.access_witness_station import keys, mail, serve, watch
from rmp_milter.cli.errors import CommandError, Status, refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import Json, moment, print_error, print_json, print_table, say
from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.notes import NoteError
from rmp_milter.tlog.policies import WitnessPolicy
from rmp_milter.witness.asking import asker
from rmp_milter.witness.judging import findings, judged_by, last_times
from rmp_milter.witness.mailing import asking_mail
from rmp_milter.witness.pushing import AskedWitness, by_mail, mail_witnesses, read_asked, taken
from rmp_milter.witness.pushing import push as push_to_all
from rmp_milter.witness.submitting import said_by

_HEADS = ("WITNESS", "LAST COSIGNED", "SAID")


@click.group("witness")
@lang_option
def witness() -> None:
    """Witnesses cosign a log's checkpoints once they saw that it only grew."""


folder_argument = click.argument("folder", type=FOLDER)
to_option = click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the cosigned checkpoints are kept; without it, FOLDER/witnessed.",
)


@click.command("push")
@folder_argument
@policy_option
@to_option
@json_option
@lang_option
def push(folder: Path, policy: WitnessPolicy | None, to: Path | None, *, as_json: bool) -> int:
    """Have the checkpoint of the exported log in FOLDER cosigned by the policy's witnesses.

    Each one with a URL is asked over HTTP. Only the log's name, size, root and signature leave,
    and a proof. Status 1 if one refuses, is silent for a day, or the policy is not met.
    """
    if policy is None:
        raise click.UsageError("name the policy: --policy FILE")
    return pushed(folder, policy, to or folder / WITNESSED, as_json=as_json)


def pushed(folder: Path, policy: WitnessPolicy, to: Path, *, as_json: bool) -> int:
    """Ask the witnesses, show what they said, and return the exit status."""
    with refusing(FolderError, OSError):
        log = ExportedLog(folder)
        to.mkdir(mode=0o755, exist_ok=True)
        push_to_all(log, policy, to, asker(), int(time.time()))
    return witness_status(policy, to, as_json=as_json)


@click.command("status")
@folder_argument
@policy_option
@to_option
@json_option
@lang_option
def status(
    folder: Path, policy: WitnessPolicy | None, to: Path | None, *, as_json: bool
) -> int:
    """Show what the policy's witnesses said last; nobody is asked. Status as of push."""
    if policy is None:
        raise click.UsageError("name the policy: --policy FILE")
    return witness_status(policy, to or folder / WITNESSED, as_json=as_json)


def witness_status(policy: WitnessPolicy, to: Path, *, as_json: bool) -> int:
    """Show what is known of the policy's witnesses, and return the exit status."""
    now = int(time.time())
    with refusing(FolderError):
        asked = read_asked(to)
    judged = judged_by(policy, kept_in(to))
    found = list(findings(policy, judged, asked, now))
    times = last_times(judged, now)
    rows = [_Row(each.label, times.get(each.label, 0), asked) for each in policy.witnesses]
    if as_json:
        print_json(
            {
                "witnesses": [row.as_json() for row in rows],
                "findings": [
                    {"kind": each.kind, "witness": each.label, "line": str(each.line)}
                    for each in found
                ],
            }
        )
        return Status.REFUSED if found else Status.OK
    if rows:
        print_table(_HEADS, [(row.label, moment(row.at), row.said) for row in rows])
    for each in found:
        print_error(each.line)
    if not found:
        say(Phrase("the policy is met (quorum {quorum})", quorum=policy.quorum))
    return Status.REFUSED if found else Status.OK


class _Row(NamedTuple):
    """A witness: its name in the policy, when it cosigned last, what all said last."""

    label: str
    at: int
    asked: Mapping[str, AskedWitness]

    @property
    def said(self) -> str:
        last = self.asked.get(self.label)
        return said_by(last.status, last.size, last.known) if last else ""

    def as_json(self) -> Json:
        return {"name": self.label, "cosigned_at": self.at or None, "said": str(self.said)}


@click.command("take")
@folder_argument
@click.argument("file", type=FILE)
@policy_option
@to_option
@lang_option
def take(folder: Path, file: Path, policy: WitnessPolicy | None, to: Path | None) -> None:
    """Keep the cosignatures in FILE, a checkpoint or the mail that brought it.

    It must be the checkpoint of the exported log in FOLDER. For witnesses that are asked by mail.
    """
    if policy is None:
        raise click.UsageError("name the policy: --policy FILE")
    took(folder, file, policy, to or folder / WITNESSED)


def took(folder: Path, file: Path, policy: WitnessPolicy, to: Path) -> None:
    """Keep what a file brings, and say whose it is."""
    with refusing(FolderError, OSError, NoteError):
        log = ExportedLog(folder)
        brought = CosignedCheckpoint.parse(read_party(file).note)
        to.mkdir(mode=0o755, exist_ok=True)
        labels = taken(log, policy, to, brought, int(time.time()))
    if not labels:
        raise CommandError("no witness of the policy has cosigned it")
    say(Phrase("cosigned by {names}", names=", ".join(labels)))


@click.command("ask")
@folder_argument
@click.argument("witness_name", metavar="WITNESS")
@click.option("--from", "sender", required=True, help="The address that the answer goes to.")
@policy_option
@to_option
@lang_option
def ask(
    folder: Path, witness_name: str, sender: str, policy: WitnessPolicy | None, to: Path | None
) -> None:
    """Print the mail that asks WITNESS, whose URL in the policy is mailto:, for a cosignature.

    For a mail server: rmp-audit witness ask FOLDER ars --policy FILE --from me@chu.example |
    sendmail -t. What comes back is for take.
    """
    if policy is None:
        raise click.UsageError("name the policy: --policy FILE")
    asked_by_mail(folder, witness_name, sender, policy, to or folder / WITNESSED)


def asked_by_mail(
    folder: Path, label: str, sender: str, policy: WitnessPolicy, to: Path
) -> None:
    """Print the mail to a witness that has only mail."""
    found = [each for each in mail_witnesses(policy) if each.label == label]
    if not found:
        raise CommandError(Phrase("the policy has no witness {name} with mailto:", name=label))
    with refusing(FolderError, OSError):
        log = ExportedLog(folder)
        to.mkdir(mode=0o755, exist_ok=True)
        asked = by_mail(log, policy, to, found[0], int(time.time()))
    recipient = found[0].url.removeprefix("mailto:")
    click.echo(asking_mail(asked, sender, recipient, int(time.time())), nl=False)


for _each in (keys, watch, serve, mail, push, status, take, ask):
    witness.add_command(_each)
