"""Emergency accesses for auditors: what is overdue."""

import time
from pathlib import Path

import click

from rmp_milter.audit.emergencies import cases
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.cli.access_list import FOLDER, case_fields
from rmp_milter.cli.errors import Status, refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import moment, print_json, print_table, reading_shown
from rmp_milter.dossier.emergency import JUSTIFY_HOURS, REVIEW_HOURS
from rmp_milter.phrases.phrase import Phrase

_HOURS = click.IntRange(1, 24 * 365)
justify_option = click.option(
    "--justify-hours",
    type=_HOURS,
    default=JUSTIFY_HOURS,
    show_default=True,
    help="Within how many hours a justification is expected.",
)


review_option = click.option(
    "--review-hours",
    type=_HOURS,
    default=REVIEW_HOURS,
    show_default=True,
    help="Within how many hours the review should have come to its end.",
)


@click.command("overdue")
@click.argument("folder", type=FOLDER)
@justify_option
@review_option
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
