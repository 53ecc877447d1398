"""``rmp outbox``: answers that wait, were parked or came back; never their content."""

import time
from typing import NamedTuple

import click

from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.options import configured, json_option, wide_option
from rmp_milter.cli.output import Json, moment, print_json, print_table
from rmp_milter.cli.stores import open_outbox
from rmp_milter.config import Config
from rmp_milter.store.surface import OutboxRow, RowState

STUCK = frozenset({RowState.PARKED, RowState.BOUNCED})
HELD = "held"
"""The state of an answer that leaves at a set time, so that its time tells nothing."""
_LEAST = {"REASON": 12, "RECIPIENT": 14, "SINCE": 11, "NEXT TRY": 11}


class ShownTimes(NamedTuple):
    """Since when a row waits, and until when it is held back (0: it is not)."""

    since: int
    held_until: int


@click.group()
def outbox() -> None:
    """Answers that wait to be sent."""


@outbox.command("list")
@click.option("--sent", is_flag=True, help="Also what was sent lately.")
@wide_option
@json_option
@configured
def list_(config: Config, *, sent: bool, wide: bool, as_json: bool) -> None:
    """List the answers that wait, were parked, or came back."""
    with open_outbox(config) as opened:
        rows = opened.rows(sent=sent)
    now, hold = int(time.time()), config.rules.hold_seconds
    shown = [(row, shown_times(row, now, hold)) for row in rows]
    if as_json:
        print_json([_as_json(row, times) for row, times in shown])
        return
    print_table(
        ("ROW", "STATE", "TRIES", "SINCE", "NEXT TRY", "RECIPIENT", "REASON"),
        [_as_line(row, times) for row, times in shown],
        least=_LEAST,
        wide=wide,
    )


@outbox.command("retry")
@click.argument("row", type=click.IntRange(min=1), required=False)
@click.option("--all", "all_stuck", is_flag=True, help="Every parked one.")
@configured
def retry(config: Config, *, row: int | None, all_stuck: bool) -> None:
    """Have parked answers sent again: the one numbered ROW, or all.

    An answer that was sent and came back has left nothing to send: correct the address
    and have the doctor ask again.
    """
    if (row is None) is not all_stuck:
        raise click.UsageError("give either a row's number or --all")
    with open_outbox(config) as opened:
        chosen = [each.row for each in opened.rows() if _to_retry(each, row)]
        if row is not None and not chosen:
            raise CommandError(f"row {row} is not waiting", "rmp outbox list shows the rows")
        for number in chosen:
            opened.retry(number, int(time.time()))
    click.echo(f"{len(chosen)} to be sent again")


def _to_retry(row: OutboxRow, wanted: int | None) -> bool:
    """Whether a row is the one that is meant, or stuck; one that was sent is neither."""
    if row.sent_at:
        return False
    return row.state in STUCK if wanted is None else row.row == wanted


def shown_times(row: OutboxRow, now: int, hold: int) -> ShownTimes:
    """Return what is shown of a row's times; ``hold`` is ``rules.hold_seconds``.

    The store notes when sending is first wanted. That is later than now for an answer that is
    held back, and then the end of the hold that began when its mail was done.
    """
    if row.state is not RowState.WAITING or row.since <= now:
        return ShownTimes(row.since, 0)
    return ShownTimes(min(now, row.since - hold), row.since)


def _as_json(row: OutboxRow, times: ShownTimes) -> dict[str, Json]:
    return {
        "row": row.row,
        "state": row.state.value,
        "recipient": row.recipient,
        "message_id": row.message_id,
        "attempts": row.attempts,
        "since": moment(times.since),
        "held_until": moment(times.held_until),
        "next_try": moment(row.next_try),
        "sent_at": moment(row.sent_at),
        "reason": row.reason,
    }


def _as_line(row: OutboxRow, times: ShownTimes) -> tuple[str, ...]:
    return (
        str(row.row),
        HELD if times.held_until else row.state.value,
        str(row.attempts),
        moment(times.since),
        moment(row.next_try),
        row.recipient if row.recipient or row.state is RowState.DAMAGED else "(nobody)",
        row.reason,
    )
