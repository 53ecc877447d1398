"""``rmp chores``: do once what the milter does every few minutes."""

import sys
import time
from datetime import UTC, datetime

import click
import msgspec

from rmp_milter.cli.errors import Status
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_json, print_pairs, print_table
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config
from rmp_milter.milter.chores.forecast import foreseen
from rmp_milter.milter.chores.key_watch import DirectoryTour, watch_keys
from rmp_milter.milter.chores.round import as_dict, do_round
from rmp_milter.milter.chores.service_news import FILE
from rmp_milter.milter.chores.watch import keep_watch
from rmp_milter.milter.process import household, watch_of


@click.command()
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]),
    help="Do what will be due then (UTC); the default is now.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; do and send nothing.")
@json_option
@configured
def chores(config: Config, *, at: datetime | None, dry_run: bool, as_json: bool) -> int:
    """Adopt what fits a dossier by now, end waits, tell whose key ends, remind, alert; once.

    With --at the letters are really sent, as if it were that day: look with --dry-run before.
    The keeper must be running, but for a dry run. Status 1 if something had to be put off.
    """
    now = int(time.time())
    due = int(at.replace(tzinfo=UTC).timestamp()) if at else now
    if dry_run:
        return _foresee(config, due, now, as_json=as_json)
    with open_store(config) as store:
        house = household(config, store, at_once=sys.maxsize)  # all: nobody waits for it
        count = do_round(house, due, now)
        watch = watch_of(config)
        watched = keep_watch(house, watch, due, now)
        tour = DirectoryTour(config.paths.public / FILE, sys.maxsize)
        keys = watch_keys(house, watch, tour, due, now)
    figures = as_dict(count) | msgspec.structs.asdict(watched) | msgspec.structs.asdict(keys)
    if as_json:
        print_json(figures)
    else:
        print_pairs([(name, str(number)) for name, number in figures.items()])
    return Status.REFUSED if count.failed else Status.OK


def _foresee(config: Config, due: int, now: int, *, as_json: bool) -> int:
    with open_store(config, read_only=True) as store, store.snapshot() as view:
        found = list(foreseen(view, watch_of(config), config.clock, due, now))
    if as_json:
        print_json(
            [{"kind": one.kind, "about": one.about, "mails_to": one.mails_to} for one in found]
        )
    elif not found:
        click.echo("nothing would be done")
    else:
        lines = [(one.kind, one.about, " ".join(one.mails_to) or "-") for one in found]
        print_table(("WOULD DO", "ABOUT", "MAIL TO"), lines)
    return Status.OK
