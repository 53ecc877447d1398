"""``rmp chores``: do once what the milter does every few minutes."""

import sys
import time
from datetime import UTC, datetime

import click
import msgspec

from rmp_milter.cli.errors import Status
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_json, print_pairs
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config
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
@json_option
@configured
def chores(config: Config, *, at: datetime | None, as_json: bool) -> int:
    """Adopt what fits a dossier by now, end waits, tell whose key ends, remind, alert; once.

    The keeper must be running. Status 1 if something had to be put off.
    """
    now = int(time.time())
    due = int(at.replace(tzinfo=UTC).timestamp()) if at else now
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
