"""``rmp tunnel certificate``: this host's own key and certificate, made, shown, changed."""

import os
import pwd
import socket

import click

from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.options import configured
from rmp_milter.config import Config
from rmp_milter.host.owners import Owner, UnknownNameError, owner_named
from rmp_milter.host.tunnel_folder import TunnelFolder
from rmp_milter.tunnel.certificates import CertificateFileError, fingerprint

USER = "rmp-tunnel"
"""Debian's package has this user for it."""


@click.command()
@click.option("--host", default="", help="The host's name in it, if not its own.")
@click.option("--user", default="", help="Owner of the folder; the package's by default.")
@click.option("--next", "wants_next", is_flag=True, help="Make and print the one to come.")
@click.option("--use-next", is_flag=True, help="Put the one to come in the place of this one.")
@configured
def certificate(
    config: Config, *, host: str, user: str, wants_next: bool, use_next: bool
) -> None:
    """Print this host's certificate, for the hosts at the other ends; make it if there is none.

    With --next it is the one to come after it, for hosts that shall know both; once they do, with
    --use-next the one to come is in force when the tunnel is started anew.
    """
    if wants_next and use_next:
        raise click.UsageError("--next first; --use-next once the other hosts have it")
    name = host or socket.getfqdn()
    with refusing(UnknownNameError, CertificateFileError):
        folder = TunnelFolder(config, _owner(user))
        folder.make()
        shown = folder.use_next() if use_next else folder.own(name, is_next=wants_next)
    if shown is None:
        raise CommandError("there is none to come", "rmp tunnel certificate --next makes it")
    click.echo(shown.pem.decode(), nl=False)
    click.echo(f"SHA-256 {fingerprint(shown.der)}", err=True)


def _owner(user: str) -> Owner:
    """Return whose the folder is to be: root gives it away."""
    if user:
        return owner_named(user)
    if os.geteuid() == 0 and any(each.pw_name == USER for each in pwd.getpwall()):
        return owner_named(USER)
    return Owner(os.geteuid(), os.getegid())
