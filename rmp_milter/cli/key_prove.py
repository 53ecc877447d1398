"""``rmp key prove``: note by what the keeper knows its key files again."""

import click

from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.options import configured
from rmp_milter.config import Config
from rmp_milter.host.key_proofs import prove as note_proven
from rmp_milter.keeper.keys.checks import CHECKED
from rmp_milter.keeper.keys.former_keys import is_former
from rmp_milter.keeper.keys.kept_peppers import KEPT
from rmp_milter.keeper.keys.key_files import PUT_BACK, KeyFileError
from rmp_milter.keeper.log.journal import JournalError

ACCEPT = "where you know that a file is right (compare it with your copy): --accept FILE"


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in {*CHECKED, KEPT} and not is_former(name):
            raise click.BadParameter(f"{name}: not one of {', '.join(CHECKED)}")
    return names


@click.command("prove")
@click.option(
    "--accept",
    "accepted",
    multiple=True,
    callback=lambda _context, _option, names: _known(names),
    help="A file that is right by your own word.",
)
@configured
def prove(config: Config, accepted: tuple[str, ...]) -> None:
    """Note of the keeper's key files that they are this service's, where that shows.

    They show it by what they open: a dossier's slot, a card, a deposit that waits, the log's
    last checkpoint. From then on the keeper does not start with others. A new service has
    this from the beginning. Needs root.
    """
    with refusing(KeyFileError, JournalError):
        done, found = note_proven(config, accepted)
    for name in done:
        click.echo(f"{name}: is this service's")
    for name in found.unproven:
        click.echo(f"{name}: nothing shows it yet", err=True)
    if found.wrong:
        raise CommandError("; ".join(found.wrong), PUT_BACK)
    if found.unproven:
        raise CommandError(f"{len(found.unproven)} files are not known again yet", ACCEPT)
