"""``rmp trust``: whose attestations of a Vitale card count, and whose certificates."""

import time
from pathlib import Path

import click

from rmp_milter.cli.errors import refusing
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import moment, print_json, print_pairs, print_table
from rmp_milter.cli.trust_x509 import add_ca, add_crl, add_location, described, refresh_lists
from rmp_milter.config import Config
from rmp_milter.host.owners import become_owner
from rmp_milter.keeper.vitale.trust import FOLDER, Trusted, TrustError, add, listed, remove
from rmp_milter.trust import folder as x509_folder
from rmp_milter.trust.lists import drop


@click.group()
def trust() -> None:
    """Choose whose attestations of a Vitale card count, and whose certificates."""


@trust.group("add")
def add_any() -> None:
    """Trust somebody, or take in what is needed to judge certificates."""


add_any.add_command(add_ca)
add_any.add_command(add_crl)
add_any.add_command(add_location)
trust.add_command(refresh_lists)


@add_any.command("vitale")
@click.option("--name", required=True, help="What the software calls itself in its tokens.")
@click.option(
    "--key",
    "key_file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Its public key, Ed25519 or P-256, in PEM.",
)
@configured
def add_key(config: Config, *, name: str, key_file: Path) -> None:
    """Trust the card-reader software that holds the private half of a key.

    Its attestations open dossiers like a patient's code: register nobody unseen.
    """
    pem = key_file.read_bytes()
    folder = _folder(config)
    with refusing(TrustError):
        trusted = add(folder, name, pem, int(time.time()))
    print_pairs(
        [
            ("name (iss)", trusted.name),
            ("key id (kid)", trusted.kid),
            ("algorithm (alg)", trusted.algorithm),
            ("addresses (aud)", ", ".join(config.service.addresses)),
        ]
    )


@trust.command("list")
@json_option
@configured
def list_all(config: Config, *, as_json: bool) -> None:
    """List the keys, authorities, revocation lists and places of lists that are there."""
    folder = _folder(config)
    with refusing(TrustError, hint="rmp trust remove takes the key id too"):
        rows = [_described(key) for key in listed(folder)]
    rows += described(folder)
    if as_json:
        print_json(rows)
    else:
        heads = ("kind", "name", "what", "since", "until", "id")
        print_table(heads, [_columns(row) for row in rows])


def _described(key: Trusted) -> dict[str, str]:
    return {
        "kind": key.kind,
        "name": key.name,
        "kid": key.kid,
        "algorithm": key.algorithm,
        "added": moment(key.added_at),
    }


def _columns(row: dict[str, str]) -> tuple[str, ...]:
    """Return a row of whatever kind in the columns that all have in common."""
    return (
        row["kind"],
        row["name"],
        row.get("algorithm") or row.get("purpose") or row.get("entries", ""),
        row.get("added") or row.get("since", ""),
        row.get("until", ""),
        row.get("kid") or row.get("id", ""),
    )


@trust.command("remove")
@click.argument("name")
@configured
def remove_one(config: Config, *, name: str) -> None:
    """Trust somebody no longer; it counts from the next mail on.

    NAME is a Vitale key's name or id, the id of an authority (or how it begins) or of a list,
    or a place of lists.
    """
    folder = _folder(config)
    with refusing(x509_folder.AuthorityError, hint="rmp trust list shows them"):
        if x509_folder.remove(folder, name) or drop(folder, name):
            return
    with refusing(TrustError, hint="rmp trust list shows them"):
        remove(folder, name)


def _folder(config: Config) -> Path:
    """Return the folder of what is trusted; root becomes the keeper's owner first."""
    become_owner(config.paths.keeper)
    return config.paths.keeper / FOLDER
