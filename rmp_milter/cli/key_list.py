"""``rmp key list``: every key of the service, in 80 columns."""

import click

from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import Json, moment, print_json, print_table
from rmp_milter.config import Config
from rmp_milter.host.key_list import ServiceKey, all_keys
from rmp_milter.x509.paths import prepare

FILE_WIDTH, USE_WIDTH = 19, 12


@click.command("list")
@json_option
@configured
def list_(config: Config, *, as_json: bool) -> None:
    """List every key: its file, what it is for, since when, until when, in which use.

    Needs root, or the user that all parts belong to.
    """
    prepare()  # while the modules can be read
    found = all_keys(config)
    if as_json:
        print_json([_as_json(each) for each in found])
        return
    print_table(
        ("FILE", "FOR", "SINCE", "UNTIL", "USE"),
        [
            (
                _short(each.file, FILE_WIDTH),
                each.purpose,
                _day(each.made),
                _day(each.ends),
                _short(_use(each), USE_WIDTH),
            )
            for each in found
        ],
    )
    for each in found:
        if each.place:
            click.echo(f"{each.file} lies elsewhere: {each.place}")


def _as_json(one: ServiceKey) -> dict[str, Json]:
    return {
        "file": one.file,
        "for": one.purpose,
        "since": moment(one.made),
        "until": moment(one.ends),
        "use": one.use,
        "known_again": one.known,
        "place": one.place,
    }


def _use(one: ServiceKey) -> str:
    return one.use if one.known else "not proven"


def _day(seconds: int) -> str:
    return moment(seconds)[:10] or "-"


def _short(words: str, width: int) -> str:
    return words if len(words) <= width else f"{words[: width - 2]}.."
