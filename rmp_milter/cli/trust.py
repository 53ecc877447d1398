"""``rmp trust``: whose attestations of a Vitale card count."""

import time
from pathlib import Path

import click

from rmp_milter.cli.errors import refusing
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import moment, print_json, print_pairs, print_table
from rmp_milter.config import Config
from rmp_milter.host.owners import become_owner
from rmp_milter.keeper.vitale.trust import FOLDER, Trusted, TrustError, add, listed, remove


@click.group()
def trust() -> None:
    """Choose whose attestations of a Vitale card count."""


@trust.command("add")
@click.argument("kind", type=click.Choice(["vitale"]))
@click.option("--name", required=True, help="What the software calls itself in its tokens.")
@click.option(
    "--key",
    "key_file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Its public key, Ed25519 or P-256, in PEM.",
)
@configured
def add_key(config: Config, *, kind: str, name: str, key_file: Path) -> None:  # noqa: ARG001 -- the only kind so far
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
def list_keys(config: Config, *, as_json: bool) -> None:
    """List the keys that are trusted."""
    with refusing(TrustError, hint="rmp trust remove takes the key id too"):
        keys = listed(_folder(config))
        rows = [_described(key) for key in keys]
    if as_json:
        print_json(rows)
    else:
        heads = ("kind", "name", "algorithm", "added", "kid")
        print_table(heads, [tuple(row[head] for head in heads) for row in rows])


def _described(key: Trusted) -> dict[str, str]:
    return {
        "kind": key.kind,
        "name": key.name,
        "kid": key.kid,
        "algorithm": key.algorithm,
        "added": moment(key.added_at),
    }


@trust.command("remove")
@click.argument("name")
@configured
def remove_key(config: Config, *, name: str) -> None:
    """Trust a key no longer, by its name or its id; it counts from the next mail on."""
    with refusing(TrustError, hint="rmp trust list shows them"):
        remove(_folder(config), name)


def _folder(config: Config) -> Path:
    """Return the folder of trusted keys; root becomes the keeper's owner first."""
    become_owner(config.paths.keeper)
    return config.paths.keeper / FOLDER
