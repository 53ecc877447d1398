"""``rmp status``: how the service stands, on one screen, for programs, for monitoring."""

from pathlib import Path

import click
import msgspec

from rmp_milter.cli.errors import Status
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_json, print_pairs, visible
from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole
from rmp_milter.host.gathering import gather
from rmp_milter.status.judging import Need, needs_of
from rmp_milter.status.metrics import exposition
from rmp_milter.status.shown import lines_of, pairs_of
from rmp_milter.status.state import State

_FILE_MODE = 0o644


@click.command()
@json_option
@click.option("--openmetrics", is_flag=True, help="Print metrics for Prometheus.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to FILE, whole or not at all: for a node exporter's textfile collector.",
    metavar="FILE",
)
@configured
def status(config: Config, *, as_json: bool, openmetrics: bool, output: Path | None) -> int:
    """Show how the service stands, and what needs somebody.

    Nothing is changed. Status 1 if something is wrong that doctors notice; with
    --openmetrics 0, whatever the metrics say. Run it as root: then each part is asked as its own
    user.
    """
    if as_json and openmetrics:
        raise click.UsageError("give either --json or --openmetrics")
    if output is not None and not openmetrics:
        raise click.UsageError("--output goes with --openmetrics")
    state = gather(config)
    if openmetrics:
        _tell(exposition(state), output)
        return Status.OK
    needs = needs_of(state)
    _show(state, needs, as_json=as_json)
    wrong = any(need.severity == "error" for need in needs)
    return Status.REFUSED if wrong else Status.OK


def _tell(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        replace_whole(output, text.encode(), _FILE_MODE)


def _show(state: State, needs: list[Need], *, as_json: bool) -> None:
    if as_json:
        print_json({**msgspec.to_builtins(state), "needs": msgspec.to_builtins(needs)})
        return
    print_pairs(pairs_of(state))
    click.echo()
    for line in lines_of(needs):
        click.echo(visible(line))
