"""``rmp doctor reconcile``: who is another, or gone, in the national directory; a report only."""

import os
import sys
from collections import Counter
from pathlib import Path

import click

from rmp_milter.cli.errors import Status
from rmp_milter.cli.national_differences import differences
from rmp_milter.cli.national_file import read_entries
from rmp_milter.cli.options import configured, json_option, wide_option
from rmp_milter.cli.output import print_json, print_table
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config

_LEAST = {"THERE": 14, "HERE": 14}


@click.command("reconcile")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@wide_option
@json_option
@configured
def reconcile(config: Config, *, file: Path, wide: bool, as_json: bool) -> int:
    """Compare the directory with a file of the national one; nothing is changed.

    FILE is PS_LibreAcces_Personne_activite_*.txt of the Annuaire Santé's free extraction. Told
    is whose RPPS number is not in it, who has no place of work there, whose name, profession or
    mail address is another. Status 1 where anything is.
    """
    with file.open("rb") as opened:  # before the store: its owner need not be able to
        with open_store(config, read_only=True) as store, store.snapshot() as view:
            doctors = [each for each in view.doctors() if each.rpps]
        size = os.fstat(opened.fileno()).st_size
        with click.progressbar(length=size, label=file.name, file=sys.stderr) as bar:
            entries = read_entries(opened, {each.rpps for each in doctors}, bar)
    doctors.sort(key=lambda each: (each.name, each.rpps))
    found = list(differences(doctors, entries))
    if as_json:
        print_json(
            {
                "enrolled": len(doctors),
                "found": len(entries),
                "differences": [
                    {"rpps": one.rpps, "kind": one.kind, "here": one.here, "there": one.there}
                    for one in found
                ],
            }
        )
    elif found:
        rows = [(one.rpps, one.kind.value, one.here, one.there or "-") for one in found]
        print_table(("RPPS", "WHAT", "HERE", "THERE"), rows, least=_LEAST, wide=wide)
    counts = Counter(one.kind.value for one in found)
    said = ", ".join(f"{kind} {count}" for kind, count in counts.items()) or "all alike"
    if not as_json:
        click.echo(f"{len(doctors)} enrolled, {len(entries)} in the file: {said}")
    return Status.REFUSED if found else Status.OK
