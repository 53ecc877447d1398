"""``python -m deb``: packages, a repository of them, and what their OpenSSL is."""

import shutil
import sys
from pathlib import Path

import click

from deb import auditors
from deb.build import build as build_package
from deb.openssl import look
from deb.releases import TARGETS
from deb.repository import RepositoryError, publish
from deb.wheels import WheelError

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def main() -> None:
    """Debian's packages of rmp-milter."""


@main.command()
@click.option("--to", "folder", type=_FOLDER, default="dist/deb", show_default=True)
@click.option("--release", "number", help="Only for this Debian, such as 13.")
@click.option("--architecture", help="Only for this one, such as arm64.")
def build(folder: Path, number: str | None, architecture: str | None) -> None:
    """Make a package for each Debian and machine."""
    wanted = [
        target
        for target in TARGETS
        if number in {None, target.release.number}
        and architecture in {None, target.architecture}
    ]
    if not wanted:
        raise click.UsageError("there is no such target")
    for target in wanted:
        try:
            file = build_package(target, folder)
        except WheelError as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"{target}: {file} ({file.stat().st_size / 1e6:.1f} MB)")


@main.command()
@click.option("--to", "folder", type=_FOLDER, default="dist/audit", show_default=True)
@click.option("--release", "number", help="Only for this Debian, such as 13.")
@click.option("--architecture", help="Only for this one, such as arm64.")
def audit(folder: Path, number: str | None, architecture: str | None) -> None:
    """Make rmp-audit, for auditors: the wheel, and for each Debian a package and a single file.

    The exercise that their guide is written on lies beside them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(auditors.EXERCISE, folder / auditors.EXERCISE.name)
    try:
        click.echo(f"any: {auditors.wheel(folder)}")
        for target in TARGETS:
            if number in {None, target.release.number} and architecture in {
                None,
                target.architecture,
            }:
                click.echo(f"{target}: {auditors.package(target, folder)}")
                click.echo(f"{target}: {auditors.single_file(target, folder)}")
    except WheelError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("folder", type=_FOLDER)
@click.option("--key", required=True, help="The OpenPGP key that signs, as gpg names it.")
@click.option(
    "--from",
    "made",
    type=_FOLDER,
    multiple=True,
    default=("dist/deb", "dist/audit"),
    show_default=True,
)
def repository(folder: Path, key: str, made: tuple[Path, ...]) -> None:
    """Put the packages into a signed apt repository in FOLDER, beside those that are there.

    Those of rmp-milter and those of rmp-audit: auditors install from the same one.
    """
    packages = [package for place in made for package in sorted(place.glob("*.deb"))]
    try:
        for line in publish(packages, folder, key):
            click.echo(line)
    except RepositoryError as error:
        raise click.ClickException(str(error)) from error


@main.command()
def openssl() -> None:
    """Say whether the wheels' OpenSSL is older than could be had: status 1 if it is."""
    behind, line = look()
    click.echo(line)
    sys.exit(1 if behind else 0)


main(prog_name="python -m deb")
