"""Figures of emergencies that would show a thief, and which of them stand out."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from rmp_milter.audit.acts import Calendar, EmergencyYears, gather, of_doctors
from rmp_milter.audit.events import Fields
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.namesakes import read_namesakes
from rmp_milter.audit.standouts import entries_of, why
from rmp_milter.audit.thief import PartOf, ThiefFigures, summed, thief_figures
from rmp_milter.audit.unusual import THRESHOLD, WHOLE, Standout
from rmp_milter.audit.unusual import unusual as standing_out
from rmp_milter.cli.access_emergencies import justify_option
from rmp_milter.cli.access_list import FOLDER, print_csv
from rmp_milter.cli.errors import Status, refusing
from rmp_milter.cli.language import in_words, lang_option
from rmp_milter.cli.options import json_option, wide_option
from rmp_milter.cli.output import Json, print_json, print_table, reading_shown, say
from rmp_milter.phrases.phrase import Phrase

_ZONE = "Europe/Paris"
_HEADS = ("MONTH", "TOTAL", "UNKNOWN", "NIGHT", "UNJUST.", "NAME", "PATIENT")
_INDENT = 12
_MOST_ENTRIES = 5


class _Question(NamedTuple):
    """What is read, and how it is counted."""

    gathered: EmergencyYears
    now: int
    justify_hours: int


def _zone(_ctx: click.Context, _param: click.Parameter, value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter(Phrase("{zone!r}: no time zone", zone=value)) from None


namesakes_option = click.option(
    "--namesakes",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The host's file of emergencies for patients of one name.",
)
zone_option = click.option(
    "--zone",
    default=_ZONE,
    show_default=True,
    callback=_zone,
    help="The time zone of the host, for its nights and months.",
)


def _asking(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give ``function`` what the log says first, and the command the options for that."""

    @click.argument("folder", type=FOLDER)
    @namesakes_option
    @zone_option
    @justify_option
    @lang_option
    @wraps(function)
    def wrapper(
        folder: Path,
        *,
        namesakes: Path | None,
        zone: ZoneInfo,
        justify_hours: int,
        **options: object,
    ) -> int | None:
        with refusing(FolderError):
            log = ExportedLog(folder)
            gathered = gather(log, Calendar(zone), reading_shown)
            if namesakes:
                gathered.name_by(read_namesakes(namesakes, log.head.origin))
        return function(_Question(gathered, int(time.time()), justify_hours), **options)

    return wrapper


@click.command("unusual")
@click.option(
    "--threshold",
    type=click.FloatRange(1, 50),
    default=THRESHOLD,
    show_default=True,
    help="From which score on: 6 is one chance in a million.",
)
@json_option
@_asking
def unusual(question: _Question, *, threshold: float, as_json: bool) -> int:
    """Name the doctors whose emergencies in FOLDER stand out, and why; status 1 if any does.

    Each month and all of them together are held against what nine in ten colleagues of the
    service stay below: how many emergencies, how many for patients whom the doctor had not known,
    at night, without a justification, for patients of one name or one patient. The score is the
    power of ten that the chance is one in. It is a question to ask, and proves nothing.
    """
    gathered, hours = question.gathered, question.justify_hours
    found = standing_out(gathered, question.now, hours, threshold)
    if as_json:
        print_json([_as_json(each) for each in found])
    else:
        _print(found)
    return Status.REFUSED if found else Status.OK


def _as_json(found: Standout) -> Json:
    fields = {name: value for name, value in asdict(found).items() if name != "value"}
    value = found.value
    shown: Json = [value.part, value.whole] if isinstance(value, PartOf) else value
    return {**fields, "value": shown, "usual": found.usual, "score": found.score}


def _print(found: list[Standout]) -> None:
    by_doctor: dict[str, list[Standout]] = {}
    for each in found:
        by_doctor.setdefault(each.rpps, []).append(each)
    for rpps, standouts in by_doctor.items():
        say(f"{rpps}  {standouts[0].service}".rstrip())
        for each in standouts:
            _print_one(each)
    if not found:
        say(Phrase("nothing stands out"))


def _print_one(found: Standout) -> None:
    period = in_words(Phrase("all months") if found.period == WHOLE else found.period)
    line = f"{in_words(why(found))}. {in_words(entries_of(found.entries, _MOST_ENTRIES))}"
    wrapped = click.wrap_text(
        line,
        initial_indent=f"  {period.ljust(_INDENT)}{found.score:4.1f}  ",
        subsequent_indent=" " * (_INDENT + 8),
    )
    click.echo(wrapped)


@click.command("figures")
@click.option(
    "--by",
    type=click.Choice(["doctor", "service"]),
    default="doctor",
    show_default=True,
    help="A line a doctor, or a service: the domain of the address.",
)
@click.option("--month", metavar="YYYY-MM", default="", help="Only this month.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with all fields.")
@json_option
@wide_option
@_asking
def figures_(  # noqa: PLR0913 -- one argument an option
    question: _Question, *, by: str, month: str, as_csv: bool, as_json: bool, wide: bool
) -> None:
    """Count the emergencies in FOLDER by doctor or service, and by month.

    How many; of these for patients whom the doctor had not known before, between 22 and 6 o'clock,
    still without a justification that is due; on how many days other patients of one name
    came, or one and the same.
    """
    if as_csv and as_json:
        raise click.UsageError("give either --csv or --json")
    rows = [
        (who, period, figures)
        for who, period, figures in _counted(question, by=by)
        if month in {"", period}
    ]
    fields: list[Fields] = [
        {by if by == "service" else "rpps": who, "month": period, **figures.as_fields()}
        for who, period, figures in rows
    ]
    if as_json:
        print_json(fields)
    elif as_csv:
        print_csv(fields, by if by == "service" else "rpps")
    else:
        head = "SERVICE" if by == "service" else "RPPS"
        print_table((head, *_HEADS), map(_line, rows), least={head: 11}, wide=wide)


def _counted(question: _Question, *, by: str) -> Iterator[tuple[str, str, ThiefFigures]]:
    """Yield who, which month, and the figures; who has the most emergencies comes first."""
    gathered, found = question.gathered, dict[tuple[str, str], list[ThiefFigures]]()
    for rpps, acts in of_doctors(gathered.acts):
        who = gathered.services.get(rpps, "?") if by == "service" else rpps
        for month in {act.month for act in acts}:
            of_month = [act for act in acts if act.month == month]
            figures = thief_figures(of_month, question.now, question.justify_hours)
            found.setdefault((who, month), []).append(figures)
    together = {place: summed(figures) for place, figures in found.items()}
    yield from (
        (who, month, together[who, month])
        for who, month in sorted(together, key=lambda place: _order(place, together))
    )


def _order(
    place: tuple[str, str], together: Mapping[tuple[str, str], ThiefFigures]
) -> tuple[str, int, str]:
    return place[1], -together[place].emergencies, place[0]


def _line(row: tuple[str, str, ThiefFigures]) -> tuple[str, ...]:
    who, month, figures = row
    shares = figures.shares.values()
    most = (figures.one_name, figures.one_patient)
    return (
        *(who, month, str(figures.emergencies)),
        *(str(share.part or "") for share in shares),
        *(str(count) if count > 1 else "" for count in most),
    )
