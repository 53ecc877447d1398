"""``rmp inspect --text``: how a decrypted text would be read, before anybody sends it."""

from itertools import groupby

import click

from rmp_milter.cli.inspection import problem_as_json, sentence_of
from rmp_milter.cli.output import Json, print_pairs, visible
from rmp_milter.inspection.said import SaidReport
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.mail.whose.words import SaidLine, Whose

_MOST = 500  # lines that are shown of a text
_HEADS = {
    Whose.OWN: "own words",
    Whose.DOUBTFUL: "in doubt (read for emergencies, and for a deposit of one patient)",
    Whose.FOREIGN: "passed over",
}


def print_said(report: SaidReport, language: Language) -> None:
    """Print for a person what is read of a text, what is passed over, what comes back."""
    for whose, lines in groupby(report.lines[:_MOST], key=_owner):
        click.echo(f"-- {_HEADS[whose]}")
        for line in lines:
            hidden = "" if line.shown else "  (not shown to its reader)"
            click.echo(f"  {visible(line.text)}{hidden}")
    if len(report.lines) > _MOST:
        click.echo(f"-- and {len(report.lines) - _MOST} more lines")
    click.echo()
    print_pairs(_summary(report))
    if report.header:
        for problem in report.header.problems:
            click.echo(f"  - {visible(sentence_of(problem, language))}")
    if report.asked_back:
        click.echo("\nWhat comes back:\n")
        click.echo(report.asked_back)


def _owner(line: SaidLine) -> Whose:
    return line.whose


def _summary(report: SaidReport) -> list[tuple[str, str]]:
    header = report.header
    if header is None:
        return [("cannot be read", report.refusal)]
    if report.nothing_asked:
        return [("request", "none: nothing is done")]
    pairs = [("request", header.verb.value if report.has_request else "none is understood")]
    pairs += [(name, value) for name, value in _traits(header).items() if value]
    pairs += [("code", "stated")] if report.code_stated else []
    pairs.append(("letter", "kept as it came" if report.letter_kept else "not kept"))
    pairs.append(("asked back", report.refusal or "no"))
    return pairs


def _traits(header: RoutingHeader) -> dict[str, str]:
    return {
        "birth name": header.birth_name,
        "first names": header.first_names,
        "birth date": header.birth_date,
        "used name": header.sheet.used_name,
        "numbers": " ".join(map(str, header.numbers)),
        "table": header.table,
        "letters": header.letters,
        "reference": header.reference,
    }


def said_as_json(report: SaidReport, language: Language) -> Json:
    """Return the report for a program; the keys are described in rmp(1)."""
    header = report.header or RoutingHeader()
    return {
        "verb": header.verb.value if report.has_request else "",
        "birth_name": header.birth_name,
        "first_names": header.first_names,
        "birth_date": header.birth_date,
        "used_name": header.sheet.used_name,
        "address": header.sheet.address,
        "nir": header.nir,
        "code_stated": report.code_stated,
        "consent": header.consent,
        "numbers": list(header.numbers),
        "table": header.table,
        "letters": header.letters,
        "reference": header.reference,
        "problems": [problem_as_json(problem, language) for problem in header.problems],
        "nothing_asked": report.nothing_asked,
        "letter_kept": report.letter_kept,
        "standing": report.standing.value,
        "refusal": report.refusal,
        "asked_back": report.asked_back,
        "lines": [
            {"text": line.text, "whose": line.whose.name.lower(), "shown": line.shown}
            for line in report.lines
        ],
    }
