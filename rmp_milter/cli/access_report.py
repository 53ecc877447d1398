"""A month of the access log: in figures, or as a document that a board can read."""

import hashlib
import time
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import click

from rmp_milter import __version__
from rmp_milter.audit.acts import Calendar
from rmp_milter.audit.emergencies import cases
from rmp_milter.audit.folder import CHECKPOINT, ExportedLog, FolderError, read_bounded
from rmp_milter.audit.month import Month, figures, month_of
from rmp_milter.audit.month import report as report_lines
from rmp_milter.audit.namesakes import read_namesakes
from rmp_milter.audit.report.facts import Terms, facts_of
from rmp_milter.audit.report.saying import MOST, iso
from rmp_milter.audit.report.writing import Making, document_of
from rmp_milter.audit.verify import verify
from rmp_milter.cli.access_audit import FILE, phrase_of, vkey_option
from rmp_milter.cli.access_emergencies import justify_option, review_option
from rmp_milter.cli.access_list import FOLDER, time_of
from rmp_milter.cli.access_policy import policy_file_option
from rmp_milter.cli.access_unusual import namesakes_option, zone_option
from rmp_milter.cli.errors import Status, refusing
from rmp_milter.cli.language import lang_option, language
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import print_error, print_json, reading_shown, say, visible
from rmp_milter.pdf.tagged import printed
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.notes import VerifierKey
from rmp_milter.tlog.policies import PolicyError
from rmp_milter.witness.looking import read_policy


def _month(_ctx: click.Context, _param: click.Parameter, value: str) -> Month:
    try:
        return month_of(value)
    except ValueError as error:
        raise click.BadParameter(line_of(error)) from None


def _name(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if not value.isprintable() or len(value) > MOST:
        line = Phrase("a name of one line, {most} characters at most", most=MOST)
        raise click.BadParameter(line)
    return value.strip()


@click.command("report")
@click.argument("folder", type=FOLDER)
@click.option("--month", metavar="YYYY-MM", required=True, callback=_month, help="The month.")
@click.option("--pdf", "file", type=FILE, help="Write it to this file, for a board to read.")
@click.option(
    "--by", "author", metavar="NAME", default="", callback=_name, help="Who issues it."
)
@click.option(
    "--issued",
    metavar="TIME",
    callback=time_of,
    help="The day or time that it is of; a PDF's else is that of the last entry.",
)
@click.option("--checkpoint", "old", type=FILE, help="A checkpoint that you kept.")
@vkey_option
@policy_file_option
@namesakes_option
@zone_option
@justify_option
@review_option
@json_option
@lang_option
def report(  # noqa: PLR0913 -- one argument an option
    folder: Path,
    *,
    month: Month,
    file: Path | None,
    author: str,
    issued: int | None,
    old: Path | None,
    vkey: VerifierKey | None,
    policy: Path | None,
    namesakes: Path | None,
    zone: ZoneInfo,
    justify_hours: int,
    review_hours: int,
    as_json: bool,
) -> int:
    """Count the emergencies of a month (UTC) in FOLDER by state, doctor and service.

    A service is the domain of the sender's address: the log knows no more of it. The PDF has much
    more of the month, and names no doctor: the export is verified, as by verify, and what is wrong
    is said in it, with status 1. The same export and options give the same PDF, octet by octet.
    """
    if file is None and any((author, old, vkey, policy, namesakes)):
        line = "--by, --checkpoint, --vkey, --policy, --namesakes: for --pdf only"
        raise click.UsageError(Phrase(line))
    terms = Terms(month, Calendar(zone), justify_hours, review_hours, issued)
    status = Status.OK
    with refusing(FolderError, PolicyError, OSError):
        if file is not None:
            given = _Given(author, zone.key, vkey, old, policy, namesakes)
            status = _write_pdf(file, folder, terms, given)
        if as_json or file is None:
            _print_figures(folder, terms, as_json=as_json)
    return status


def _print_figures(folder: Path, terms: Terms, *, as_json: bool) -> None:
    log = ExportedLog(folder)
    now = int(time.time()) if terms.issued is None else terms.issued
    found = figures(cases(log, progress=reading_shown), terms.month, now, terms.justify_hours)
    if as_json:
        print_json(asdict(found))
    else:
        lines = report_lines(found, log.head.origin, log.head.size, language())
        click.echo("\n".join(map(visible, lines)))


class _Given(NamedTuple):
    """What a PDF is made with, beside its terms."""

    author: str
    zone: str
    vkey: VerifierKey | None
    old: Path | None
    policy: Path | None
    namesakes: Path | None

    def options(self, terms: Terms) -> dict[str, str]:
        """Return the options that make the same again; files by what they hold, not where."""
        options = {
            "--by": self.author,
            "--checkpoint": "CHECKPOINT" if self.old else "",
            "--vkey": str(self.vkey or ""),
            "--policy": "POLICY" if self.policy else "",
            "--namesakes": "NAMESAKES" if self.namesakes else "",
            "--zone": self.zone,
            "--justify-hours": str(terms.justify_hours),
            "--review-hours": str(terms.review_hours),
        }
        return {option: value for option, value in options.items() if value}

    def files(self, folder: Path) -> dict[str, str]:
        """Return the SHA-256 of each file that is read."""
        named = {
            "EXPORT/checkpoint": folder / CHECKPOINT,
            "CHECKPOINT": self.old,
            "POLICY": self.policy,
            "NAMESAKES": self.namesakes,
        }
        return {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in named.items()
            if path
        }


def _write_pdf(file: Path, folder: Path, terms: Terms, given: _Given) -> Status:
    """Verify the log, count it, print it into the file; say so, and what is wrong."""
    kept = None if given.old is None else read_bounded(given.old)
    policy = None if given.policy is None else read_policy(given.policy)
    verified = verify(folder, given.vkey, kept, progress=reading_shown, policy=policy)
    for finding in verified.findings:
        print_error(Phrase("access log: {finding}", finding=phrase_of(finding.line)))
    if given.namesakes:
        origin = ExportedLog(folder).head.origin
        terms = terms._replace(namesakes=read_namesakes(given.namesakes, origin))
    facts = facts_of(folder, verified, terms, reading_shown)
    making = Making(
        f"rmp-audit {__version__}", given.author, given.options(terms), given.files(folder)
    )
    made = printed(document_of(facts, making, language()))
    file.write_bytes(made.octets)
    at = iso(facts.issued)
    say(Phrase("{file}: {pages} pages, as of {at}", file=file, pages=made.pages, at=at))
    return Status.REFUSED if verified.findings else Status.OK
