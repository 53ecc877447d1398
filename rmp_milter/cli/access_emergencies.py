"""Emergency accesses for auditors: what is overdue, a month in figures."""

import time
from dataclasses import asdict
from pathlib import Path

import click

from rmp_milter.audit.emergencies import cases
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.month import Month, figures, month_of
from rmp_milter.audit.month import report as report_lines
from rmp_milter.cli.access_list import FOLDER, case_fields
from rmp_milter.cli.errors import Status, refusing
from rmp_milter.cli.language import lang_option, language
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import moment, print_json, print_table, reading_shown, visible
from rmp_milter.dossier.emergency import JUSTIFY_HOURS, REVIEW_HOURS
from rmp_milter.mail.outgoing.pdf import sheets
from rmp_milter.phrases.phrase import Phrase, line_of

_HOURS = click.IntRange(1, 24 * 365)
justify_option = click.option(
    "--justify-hours",
    type=_HOURS,
    default=JUSTIFY_HOURS,
    show_default=True,
    help="Within how many hours a justification is expected.",
)


@click.command("overdue")
@click.argument("folder", type=FOLDER)
@justify_option
@click.option(
    "--review-hours",
    type=_HOURS,
    default=REVIEW_HOURS,
    show_default=True,
    help="Within how many hours the review should have come to its end.",
)
@json_option
@lang_option
def overdue(folder: Path, *, justify_hours: int, review_hours: int, as_json: bool) -> int:
    """List the emergencies of the exported log in FOLDER whose time is over.

    Status 1 if there is one: neither justified nor closed or contested in time.
    """
    now = int(time.time())
    with refusing(FolderError):
        found = [
            (case, late)
            for case in cases(ExportedLog(folder), progress=reading_shown)
            if (late := case.awaits(now, justify_hours, review_hours))
        ]
    if as_json:
        print_json([{**case_fields(case), "overdue": late} for case, late in found])
    else:
        print_table(
            ("REFERENCE", "AT", "RPPS", "STATE", "OVERDUE"),
            [(c.reference, moment(c.at), c.rpps, c.state, Phrase(late)) for c, late in found],
        )
    return Status.REFUSED if found else Status.OK


def _month(_ctx: click.Context, _param: click.Parameter, value: str) -> Month:
    try:
        return month_of(value)
    except ValueError as error:
        raise click.BadParameter(line_of(error)) from None


@click.command("report")
@click.argument("folder", type=FOLDER)
@click.option("--month", metavar="YYYY-MM", required=True, callback=_month, help="The month.")
@click.option(
    "--pdf",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it to this file, to be printed.",
)
@justify_option
@json_option
@lang_option
def report(
    folder: Path, *, month: Month, file: Path | None, justify_hours: int, as_json: bool
) -> None:
    """Count the emergencies of a month (UTC) in FOLDER by state, doctor and service.

    A service is the domain of the sender's address: the log knows
    no more of it.
    """
    with refusing(FolderError, OSError):
        log = ExportedLog(folder)
        found = figures(
            cases(log, progress=reading_shown), month, int(time.time()), justify_hours
        )
        lines = report_lines(found, log.head.origin, log.head.size, language())
        if file is not None:
            file.write_bytes(sheets(lines))
    if as_json:
        print_json(asdict(found))
    elif file is None:
        click.echo("\n".join(map(visible, lines)))
