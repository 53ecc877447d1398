"""``rmp init``: a new service in one folder."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import click

from rmp_milter.cli.errors import refusing
from rmp_milter.cli.options import DEFAULT_CONFIG
from rmp_milter.cli.output import print_pairs
from rmp_milter.config import Config
from rmp_milter.config.sections import ADDRESS
from rmp_milter.host.installation import (
    InstallationError,
    Owners,
    Plan,
    auditor_key,
    make_service,
)
from rmp_milter.host.owners import Owner, UnknownNameError, gid_of, owner_named
from rmp_milter.host.smime import SMIME_PUBLIC
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.store.format.failures import StoreError


def _address(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Take an address as the configuration takes it."""
    if not re.fullmatch(ADDRESS, value.lower()):
        raise click.BadParameter(f"{value!r} is no mail address, or has a '+'")
    return value.lower()


PACKAGED: Mapping[str, object] = {
    "folder": "/var/lib/rmp",
    "config_file": DEFAULT_CONFIG,
    "user_keeper": "rmp-keeper",
    "user_milter": "rmp-milter",
    "user_courier": "rmp-courier",
    "user_trust": "rmp-trust",
    "group_store": "rmp-store",
    "group_milter": "postfix",
}
"""The folders of Debian's package, and the users and groups that its units run as."""


def _packaged(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 -- click's
    """Make the package's places and users the defaults: what is named besides counts."""
    if value:
        ctx.default_map = {**(ctx.default_map or {}), **PACKAGED}


@click.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option(
    "--system",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_packaged,
    help="Places and users of Debian's package: DIR is /var/lib/rmp.",
)
@click.option(
    "--address", required=True, callback=_address, help="The address that doctors write to."
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="Where the configuration goes, if not into DIR.",
)
@click.option(
    "--name",
    default="Résumé médical partagé",
    show_default=True,
    help="What doctors see beside the address.",
)
@click.option("--user-keeper", help="Owner of the keeper's part (needs root).")
@click.option("--user-milter", help="Owner of the milter's part and the store (needs root).")
@click.option("--user-courier", help="Owner of the courier's part (needs root).")
@click.option("--user-trust", help="Who fetches revocation lists (needs root).")
@click.option("--group-store", help="A group of milter and courier, for store and outbox.")
@click.option("--group-milter", default="", help="Postfix's group: may reach the milter.")
def init(  # noqa: PLR0913 -- one argument an option
    folder: Path,
    *,
    address: str,
    config_file: Path | None,
    name: str,
    user_keeper: str | None,
    user_milter: str | None,
    user_courier: str | None,
    user_trust: str | None,
    group_store: str | None,
    group_milter: str,
) -> None:
    """Make keys, store, access log and configuration in the new folder DIR.

    Nothing that is there is replaced. Each part belongs to the current user if no other
    is named.
    """
    with refusing(UnknownNameError):
        users = [_owner(user) for user in (user_keeper, user_milter, user_courier)]
        owners = Owners(
            keeper=users[0],
            milter=users[1],
            courier=users[2],
            store_gid=gid_of(group_store) if group_store else users[1].gid,
            postfix_gid=gid_of(group_milter) if group_milter else None,
            fetcher=owner_named(user_trust) if user_trust else None,
        )
    _refuse_what_cannot_work(owners, group_store)
    plan = Plan(address, name, owners, group_milter, config_file and config_file.absolute())
    with refusing(InstallationError, StoreError, KeyFileError, JournalError):
        _tell(make_service(folder, plan))


def _owner(user: str | None) -> Owner:
    return owner_named(user) if user else Owner(os.geteuid(), os.getegid())


def _refuse_what_cannot_work(owners: Owners, group_store: str | None) -> None:
    users = (owners.keeper, owners.milter, owners.courier, owners.fetcher)
    uids = {user.uid for user in users if user is not None}
    if uids != {os.geteuid()} and os.geteuid() != 0:
        raise click.UsageError("only root can give parts to other users")
    if owners.milter.uid != owners.courier.uid and not group_store:
        raise click.UsageError(
            "milter and courier are different users: name a group of both with --group-store"
        )


def _tell(config: Config) -> None:
    public = config.paths.public
    print_pairs(
        [
            ("configuration", str(config.file)),
            ("for doctors", str(public / "service.asc")),
            ("for Outlook", f"{public / SMIME_PUBLIC} (self-made: rmp key smime csr)"),
            ("for the DNS", str(public / "dkim.txt")),
            ("keep a copy of", f"{config.paths.keeper} (without it no dossier can be read)"),
            (
                "move off this host",
                f"{auditor_key(config)} (the auditors' key, opens all reasons)",
            ),
            ("next", _next(config.file)),
        ]
    )


def _next(file: Path) -> str:
    return "rmp check" if file == Path(DEFAULT_CONFIG) else f"rmp check --config {file}"
