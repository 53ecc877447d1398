"""``rmp pending``: deposits that wait for a dossier; never for whom, never what."""

import time
from itertools import islice

import click

from rmp_milter.calls.keeper import GroundMoved
from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.options import configured, json_option, wide_option
from rmp_milter.cli.output import Json, moment, print_json, print_table
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config
from rmp_milter.dossier.model import Waiting
from rmp_milter.errors import MailError
from rmp_milter.milter.chores.round import expiry
from rmp_milter.milter.process import household
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot, Store

SHORTEST = 8
"""Characters of a reference that may be enough: it begins with the time."""
_LEAST = {"REFERENCE": SHORTEST + 1, "SINCE": 11, "UNTIL": 11}


@click.group()
def pending() -> None:
    """Deposits that wait for their patient's dossier."""


@pending.command("list")
@wide_option
@json_option
@configured
def list_(config: Config, *, wide: bool, as_json: bool) -> None:
    """List the waiting deposits, the longest waiting first."""
    with open_store(config, read_only=True) as store, store.snapshot() as snapshot:
        found = sorted(snapshot.waiting(), key=lambda each: each.received_at)
        rows = [_as_json(each, snapshot) for each in found]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("REFERENCE", "SINCE", "UNTIL", "DEPOSITOR", "DOCUMENTS", "BYTES"),
        [tuple(str(value) for value in row.values()) for row in rows],
        least=_LEAST,
        wide=wide,
    )


def _as_json(waiting: Waiting, snapshot: Snapshot) -> dict[str, Json]:
    author = snapshot.doctor(waiting.entry.author)
    return {
        "reference": waiting.waiting_id.hex(),
        "since": moment(waiting.received_at),
        "until": moment(waiting.expires_at),
        "depositor": author.rpps if author else "",
        "documents": len(waiting.entry.documents),
        "bytes": sum(document.size for document in waiting.entry.documents),
    }


@pending.command("drop")
@click.argument("reference", metavar="REFERENCE")
@configured
def drop(config: Config, *, reference: str) -> None:
    """End the wait of one deposit, as if its time were over: its sender is told.

    REFERENCE is as ``rmp pending list`` shows it. The keeper must be running.
    """
    now = int(time.time())
    with open_store(config) as store:
        waiting = _find(store, reference)
        try:
            store.commit(expiry(household(config, store), waiting, now), now)
        except MailError as error:
            raise CommandError(
                f"the letter to the sender cannot be written: {error.detail or error.text}",
                "is the keeper running?",
            ) from error
        except Conflict as conflict:
            raise CommandError("it does not wait any more") from conflict
        except GroundMoved as moved:
            raise CommandError("its sender was changed meanwhile", "give it again") from moved
    click.echo(f"dropped {waiting.waiting_id.hex()}, its sender is told")


def _find(store: Store, reference: str) -> Waiting:
    found = list[Waiting]()
    if len(reference) >= SHORTEST:
        with store.snapshot() as snapshot:
            found += islice(snapshot.waiting_beginning(reference), 2)
    if len(found) != 1:
        raise CommandError(
            f"{reference!r} is not the reference of one waiting deposit",
            "rmp pending list shows them",
        )
    return found[0]
