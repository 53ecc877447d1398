"""``rmp store vouch``: the keeper takes over what stands in a store from before it decided."""

from collections.abc import Sequence
from contextlib import nullcontext

import click
import msgspec

from rmp_milter.calls.protocol.cards import Vouch, Vouched
from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli.errors import CommandError, Status
from rmp_milter.cli.leaves import HostKeeper, operator
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_error, print_json, print_pairs, progress_shown
from rmp_milter.cli.standing import cards_in, compared, learn
from rmp_milter.cli.stores import open_store
from rmp_milter.cli.vouching import Blessed, ToVouch, Uncarded, vouch
from rmp_milter.config import Config
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Store

ACTION = "reprise"
"""What the access log calls it: the host takes as right what stands in the store."""
SENDER = "rmp store"
_WORDS = {
    "professionals": "professionals",
    "patients": "patients' keys",
    "locums": "locums",
    "dossiers": "dossiers",
    "oppositions": "oppositions",
    "masks": "masks",
    "closed": "closed dossiers",
    "waiting": "waiting deposits",
}


@click.command("vouch")
@click.option("--dry-run", is_flag=True, help="Say what would be taken as right, ask nothing.")
@json_option
@configured
def vouch_(config: Config, *, dry_run: bool, as_json: bool) -> int:
    """Have the keeper vouch for all that has no card yet; once, after an upgrade.

    What stands in the store now is taken as right: who treats whom, by which key, with which
    code. So compare it with the access log before (rmp store check, as root). Each record has
    its leaf. It may be interrupted and given again.
    """
    asking = nullcontext() if dry_run else operator(config)
    with asking as keeper, open_store(config, read_only=dry_run) as store:
        with store.snapshot() as view:
            records = Uncarded(view)
        refused = [] if keeper is None else _take_over(keeper, store, records)
    _tell(records.blessed, refused, as_json=as_json, dry_run=dry_run)
    return Status.REFUSED if refused else Status.OK


def _take_over(keeper: HostKeeper, store: Store, records: Uncarded) -> list[str]:
    """Have all vouched for and known as in force; return what was not, a line each."""
    refused = _vouch_all(keeper, store, records)
    counts, done = store.stats(), 0
    total = counts["doctors"] + counts["dossiers"]
    with store.snapshot() as view:
        for stood in compared(keeper, cards_in(view)):
            learn(keeper, stood, _leaf(keeper))
            refused += [each.line for each in stood.faults]
            done += stood.looked_at
            progress_shown("in force", done, max(done + 1, total))
    progress_shown("in force", done, done)
    return refused


def _leaf(keeper: HostKeeper) -> Event:
    return msgspec.structs.replace(keeper.event(ACTION, ""), sender=SENDER)


def _vouch_all(keeper: HostKeeper, store: Store, records: Uncarded) -> list[str]:
    def ask(wanted: ToVouch) -> bytes:
        event = msgspec.structs.replace(
            _leaf(keeper),
            subject=wanted.subject,
            dossier_id=wanted.dossier_id,
            documents=wanted.documents,
        )
        return keeper.ask(Vouched, Vouch(wanted.said, event)).card

    refused: list[str] = []
    done = 0
    try:
        for count, lines in vouch(store, records, ask):
            refused += lines
            done += count
            progress_shown("cards", done, len(records))
    except Conflict as conflict:
        line = "the store changes faster than the keeper answers"
        raise CommandError(line, "give the command again") from conflict
    return refused


def _tell(told: Blessed, refused: Sequence[str], *, as_json: bool, dry_run: bool) -> None:
    counts = msgspec.structs.asdict(told)
    if as_json:
        print_json({**counts, "refused": refused, "dry_run": dry_run})
    else:
        print_pairs([(_WORDS[name], str(count)) for name, count in counts.items()])
        done = "would be" if dry_run else "are"
        click.echo(f"these {done} taken as right: compare them with the access log")
    for line in refused:
        print_error(line)
