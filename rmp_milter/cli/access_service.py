"""What the host does about emergencies and checkpoints: beside the running keeper and milter.

Reviews are the host's own acts (:mod:`~rmp_milter.cli.leaves`). A checkpoint is asked for as the
milter does: by root, or by the milter's user, who owns the store and may call the keeper.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from rmp_milter.calls.client import AnyKeeper, KeeperDown, KeeperFailed
from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.leaves import HostKeeper, operator
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import say
from rmp_milter.cli.output_folder import make_folder_for
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config
from rmp_milter.disk.new_files import write_new
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.emergency import REVIEW
from rmp_milter.dossier.model import Emergency, EmergencyState, PostalLetter
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.spoken import reference_typed
from rmp_milter.host.owners import name_of
from rmp_milter.mail.header.cutting_reason import MAX_REASON
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.mail.outgoing.wording import day
from rmp_milter.milter.chores.checkpoints import Audience, send_checkpoint
from rmp_milter.milter.chores.witness_news import news_by
from rmp_milter.milter.process import keepers_of
from rmp_milter.phrases.phrase import Phrase
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Store

_ENDS = {
    "under-review": EmergencyState.REVIEW,
    "closed": EmergencyState.CLOSED,
    "contested": EmergencyState.CONTESTED,
}


@contextmanager
def _keeper(config: Config) -> Iterator[AnyKeeper]:
    """Give the running keeper; what it cannot do is one line."""
    listening = ", ".join(map(str, config.keeper_sockets))
    hint = Phrase("is the keeper running? it listens at {socket}", socket=listening)
    with refusing(KeeperDown, KeeperFailed, hint=hint):
        yield keepers_of(config)


@click.command("review")
@click.argument("reference")
@click.option("--state", type=click.Choice([*_ENDS]), required=True, help="Its state from now.")
@click.option("--note", required=True, help="Why, in words: sealed for the auditors.")
@click.option("--reviewer", default="", help="Who reviewed, if not the user that runs this.")
@lang_option
@configured
def review(config: Config, reference: str, state: str, note: str, reviewer: str) -> None:
    """Note how far the review of the emergency REFERENCE is: an entry of the log.

    The entry names the reviewer and the state; the note is beside it, sealed.
    """
    who = reviewer or os.environ.get("SUDO_USER") or name_of(os.getuid())
    if not note.strip() or len(note) > MAX_REASON:
        raise click.UsageError(Phrase("a note of 1 to {most} characters", most=MAX_REASON))
    with operator(config) as keeper, open_store(config) as store:
        emergency = _found(store, reference_typed(reference), _ENDS[state])
        reviewed = revised(
            emergency,
            state=_ENDS[state],
            reviewed_at=int(time.time()),
            reviewer=who,
        )
        # The leaf comes before the store: no state is without one.
        event = _review_event(keeper, reviewed)
        reply = keeper.ask(Recorded, Record(event, words=note))
        with refusing(Conflict, hint="it changed meanwhile: look at it and review it again"):
            store.commit(Changes(emergencies=(reviewed,)), reviewed.reviewed_at)
    say(
        Phrase(
            "{reference}: {state} (entry {index})",
            reference=reviewed.reference,
            state=Phrase(reviewed.state.value),
            index=reply.number,
        )
    )


def _review_event(keeper: HostKeeper, reviewed: Emergency) -> Event:
    return msgspec.structs.replace(
        keeper.event(REVIEW, ""),
        at=reviewed.reviewed_at,
        sender=reviewed.reviewer,
        dossier_id=reviewed.dossier_id,
        outcome=reviewed.state.value,
        reference=reviewed.reference,
    )


def _found(store: Store, reference: str, state: EmergencyState) -> Emergency:
    with store.snapshot() as view:
        emergency = view.emergency(reference)
    if emergency is None:
        hint = "rmp access list --emergency EXPORT shows the references"
        line = Phrase("no emergency has the reference {reference}", reference=reference)
        raise CommandError(line, hint)
    if emergency.state is state:
        said = Phrase(state.value)
        line = Phrase("{reference} is {state} already", reference=reference, state=said)
        raise CommandError(line)
    return emergency


@click.command("letters")
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write each letter to a file of this folder, instead of printing.",
)
@click.option("--posted", is_flag=True, help="They are on their way: forget these letters.")
@lang_option
@configured
def letters(config: Config, folder: Path | None, *, posted: bool) -> None:
    """Print the letters to patients that the host has to post, one a page.

    They name patients and where they live: hand them to whoever posts them, and to nobody
    else. With --posted those that were printed now are gone from the store.
    """
    if folder is not None:
        make_folder_for(folder, config.paths.store)
    with open_store(config) as store:
        with store.snapshot() as view:
            found = view.postal()
        with refusing(OSError):
            for letter in found:
                _print(letter, folder, config.clock)
        if posted and found:
            gone = tuple(letter.letter_id for letter in found)
            with refusing(Conflict, hint="somebody else posted them meanwhile"):
                store.commit(Changes(posted=gone), int(time.time()))
    line = "{count} letters posted" if posted else "{count} letters to post"
    say(Phrase(line, count=len(found)), err=True)


def _print(letter: PostalLetter, folder: Path | None, clock: Clock) -> None:
    written = day(letter.at, clock), f"Référence : {letter.reference}"
    lines = [*letter.name, letter.address, "", *written, ""]
    page = "\n".join(lines) + f"\n{letter.text.rstrip()}\n"
    if folder is None:
        click.echo(page + "\f")
    else:
        name = f"{letter.reference}-{letter.letter_id.hex()[:8]}.txt"
        write_new(folder / name, page.encode(), 0o600)


def mail_checkpoint(config: Config) -> bytes:
    """Queue the log's checkpoint for all who keep them; return it.

    Raises :class:`CommandError`.
    """
    if not config.audit.addresses:
        raise CommandError("[audit] addresses: nobody is named there", "rmp.toml(5)")
    audience = Audience(
        addresses=config.audit.addresses,
        sender=ServiceAddress(config.service.addresses[0], config.service.name),
        new_token=lambda: secrets.token_hex(16),
        witnesses=news_by(config.audit.witness_policy, config.audit.witnessed),
    )
    with open_store(config) as store, _keeper(config) as keeper:
        return send_checkpoint(keeper, store, audience, int(time.time()))
