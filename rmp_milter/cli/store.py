"""``rmp store``: is all of it sound, how much is it, and of which format."""

import os
import stat
import sys
import time
from pathlib import Path

import click
import msgspec

from rmp_milter.cli.both_sides import Comparison, said_of_both
from rmp_milter.cli.errors import CommandError, Status, refusing
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_error, print_json, print_pairs
from rmp_milter.cli.output_folder import make_folder_for
from rmp_milter.cli.store_migrate import migrate
from rmp_milter.cli.store_move import init, move
from rmp_milter.cli.store_relearn import relearn
from rmp_milter.cli.store_vouch import vouch_
from rmp_milter.cli.stores import (
    RIGHTS_HINT,
    engine_of,
    open_store,
    reachable,
    refuse_keys_in_between,
    store_keys,
)
from rmp_milter.config import Config
from rmp_milter.host import filed
from rmp_milter.host.owners import become_owner
from rmp_milter.status import diary
from rmp_milter.store.engines import StoreReport


@click.group()
def store() -> None:
    """Verify and measure the store."""


store.add_command(init)
store.add_command(migrate)
store.add_command(move)
store.add_command(relearn)
store.add_command(vouch_)


@store.command("check")
@json_option
@configured
def check(config: Config, *, as_json: bool) -> int:
    """Verify every record and index of the store; status 1 if anything is wrong.

    Run as root, it also holds every entry to the leaf of its deposit in the access log, and
    every card to what the running keeper knows.
    """
    held, both = filed.compare(config), said_of_both(config)
    become_owner(config.paths.store)
    refuse_keys_in_between(config)
    report = _with(_checked(config), held, both)
    found = len(report.findings)
    _note(config, fine=not found, said=f"{found} findings" if found else "")
    if as_json:
        print_json(
            {
                "sound": not report.findings,
                "findings": report.findings,
                "notes": report.notes,
                "counts": report.counts,
            }
        )
    else:
        _print_report(report)
    return Status.REFUSED if report.findings else Status.OK


def _checked(config: Config) -> StoreReport:
    try:
        with reachable():
            return engine_of(config).check(store_keys(config), _progress)
    except CommandError:
        _note(config, fine=False, said="cannot be read")
        raise


def _with(report: StoreReport, held: filed.Held, both: Comparison) -> StoreReport:
    return msgspec.structs.replace(
        report,
        findings=(*report.findings, *held.findings, *map(str, both.findings)),
        notes=(*report.notes, *held.notes, *both.notes),
    )


def _note(config: Config, *, fine: bool, said: str) -> None:
    """Note in the host's diary that the store was looked at; a check is none the worse without."""
    done = diary.WorkDone(int(time.time()), fine, said)
    try:
        diary.note(config.paths.store, diary.HostWork.STORE_CHECK, done)
    except OSError as error:
        print_error(f"the check cannot be noted: {error.strerror}")


def _print_report(report: StoreReport) -> None:
    for finding in report.findings:
        print_error(f"store: {finding}")
    print_pairs([(table, str(count)) for table, count in report.counts.items()] or [("", "")])
    for note in report.notes:
        click.echo(f"note: {note}")
    verdict = f"{len(report.findings)} findings" if report.findings else "the store is sound"
    click.echo(verdict)


def _progress(done: int, total: int) -> None:
    """Show how far it is, to a person at a terminal only."""
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        click.echo(f"\r{done} of {total} records{end}", err=True, nl=False)


@store.command("compact")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@configured
def compact(config: Config, *, folder: Path) -> None:
    """Write the store without its freed pages into DIR; milter and courier must be stopped.

    After dossiers were erased: the old file still holds what was in them.
    """
    with refusing(OSError, hint=RIGHTS_HINT):
        _make_like(folder, config.paths.store)
        become_owner(config.paths.store)
    with refusing(OSError, hint=RIGHTS_HINT), reachable():
        lines = engine_of(config).compact(store_keys(config), folder)
    click.echo(f"written to {folder}. Put it in place, check it, then destroy the old one:")
    for line in lines:
        click.echo(f"    {line}")


def _make_like(folder: Path, store: Path) -> None:
    """Make the folder as the store's is: what is written there gets the store's group."""
    make_folder_for(folder, store)
    if os.geteuid() == 0:
        folder.chmod(stat.S_IMODE(store.stat().st_mode))


@store.command("stats")
@json_option
@configured
def stats(config: Config, *, as_json: bool) -> None:
    """Count what the store holds, and its bytes; tells nothing about anybody."""
    with open_store(config, read_only=True) as opened:
        figures, estimated = opened.stats(), opened.estimated
    if as_json:
        print_json({**figures, **({"estimated": sorted(estimated)} if estimated else {})})
    else:
        print_pairs(
            (name, f"about {value}" if name in estimated else str(value))
            for name, value in figures.items()
        )
