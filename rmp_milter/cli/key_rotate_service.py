"""``rmp key rotate service``: another encryption subkey of the same service key."""

import click

from rmp_milter.certificates import CertificateError
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.options import configured
from rmp_milter.config import Config
from rmp_milter.host import service_rotation
from rmp_milter.host.primary_rotation import begin_primary
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.log.journal import JournalError


@click.command("service")
@click.option("--publish", is_flag=True, help="The keeper has it: hand it out, tell doctors.")
@click.option("--primary", is_flag=True, help="After a leak: another key, not another subkey.")
@click.option(
    "--days",
    type=click.IntRange(0, 366),
    default=30,
    show_default=True,
    help="With --primary: for how long mail to the former key is opened.",
)
@configured
def service(config: Config, *, publish: bool, primary: bool, days: int) -> None:
    """Give the service's key another encryption subkey; its fingerprint stays.

    First without an option: keeper/service.key gains the subkey. Back that file up, start the
    keeper anew. Then --publish: public/service.asc has it, and the milter's chores send the
    certificate to everybody who writes by OpenPGP. Mail to older subkeys is opened as before. Each
    may be given again.

    With --primary the whole key is another one, with another fingerprint; then --publish as well.
    The former one opens mail for some days, and signs nothing from the keeper's next start on.
    """
    if publish and primary:
        raise click.UsageError("first --primary, then --publish")
    with refusing(KeyFileError, CertificateError, JournalError):
        if publish:
            _published(service_rotation.publish(config))
        elif primary:
            _another(begin_primary(config, days))
        else:
            key_id = service_rotation.begin(config).upper()
            click.echo(f"subkey {key_id}: back up keeper/service.key, start the keeper anew,")
            click.echo("then: rmp key rotate service --publish")


def _another(former: str) -> None:
    click.echo(f"another key is in keeper/service.key, the former in keeper/{former}:")
    click.echo("back both up, start the keeper anew, then: rmp key rotate service --publish")


def _published(key_id: str) -> None:
    if not key_id:
        raise CommandError("no new subkey waits", "rmp key rotate service makes one")
    click.echo(f"subkey {key_id.upper()} is handed out (public/service.asc)")
