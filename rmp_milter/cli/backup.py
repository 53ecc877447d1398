"""``rmp backup``: a running service copied at one moment, and the copies verified."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from rmp_milter.cli.errors import CommandError, Status
from rmp_milter.cli.options import configured, json_option, outermost_config
from rmp_milter.cli.output import Json, moment, print_error, print_json, print_pairs
from rmp_milter.config import Config, ConfigErrors, load
from rmp_milter.host.backup.making import Made, make, noted
from rmp_milter.host.backup.manifest import (
    BackupError,
    Manifest,
    chosen,
    read_manifest,
    wrong_sums,
)
from rmp_milter.host.backup.verifying import findings_of, keys_in, keys_on
from rmp_milter.host.custody_moves import places
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.status.diary import HostWork
from rmp_milter.store.format.keys import StoreKeys

KEPT = 7
FOLDER = click.Path(path_type=Path, file_okay=False)


class _MakesByDefault(click.Group):
    """``rmp backup DIR`` makes one; what else can be done has a word of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the word in front that may be left out."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args.insert(0, "make")
        return super().parse_args(ctx, args)


@click.group(cls=_MakesByDefault)
def backup() -> None:
    """Copy the running service into a folder (rmp backup DIR), and verify such copies."""


@backup.command("make")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--keys", type=FOLDER, help="Copy the keys too, into this other folder.")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=KEPT,
    show_default=True,
    help="How many sound backups stay in DIR; a copy of keys that no newer one has stays.",
)
@json_option
@configured
def make_(config: Config, *, folder: Path, keys: Path | None, keep: int, as_json: bool) -> int:
    """Copy store, access log and what lies beside them into DIR, of one moment, and verify it.

    Services run on. Each backup is a whole one, in a folder of its own in DIR. Keys are left
    out without --keys: whoever has both can read every dossier. Status 1 if anything is wrong
    with what was copied.
    """
    try:
        made = make(config, folder, keys, keep, progress)
    except (BackupError, OSError) as error:
        _note(config, HostWork.BACKUP, fine=False, said=type(error).__name__)
        raise refused(error) from error
    findings = made.manifest.findings
    _note(config, HostWork.BACKUP, fine=not findings, said=made.folder.name)
    elsewhere = _elsewhere(config) if keys else {}
    if as_json:
        print_json({**_as_json(made), "keys_elsewhere": dict[str, Json](elsewhere)})
    else:
        _print(made, elsewhere)
    return _told(findings)


def _elsewhere(config: Config) -> dict[str, str]:
    """Return where custody keys lie of which no backup has a copy, by their files' names."""
    try:
        return places(config)
    except (KeyFileError, OSError):
        return {}  # which is said where it is read


def _as_json(made: Made) -> dict[str, Json]:
    return {
        "folder": str(made.folder),
        "keys": str(made.keys) if made.keys else None,
        **described(made.manifest),
        "removed": made.removed,
        "stays": made.stays,
    }


def described(manifest: Manifest) -> dict[str, Json]:
    """Return what a backup is, for programs."""
    return {
        "taken": moment(manifest.taken_at),
        "version": manifest.version,
        "bytes": manifest.size,
        "log": manifest.log.origin,
        "entries": manifest.log.size,
        "signed": manifest.log.signed,
        "sound": not manifest.findings,
        "findings": manifest.findings,
    }


def _print(made: Made, elsewhere: Mapping[str, str]) -> None:
    pairs = [("backup", str(made.folder)), *pairs_of(made.manifest)]
    keys = str(made.keys) if made.keys else "not copied (--keys DIR, on another medium)"
    lines = [
        ("not in it", f"the key of {name}, which lies elsewhere: {place}")
        for name, place in elsewhere.items()
    ]
    removed = [("removed", each) for each in made.removed]
    stays = [
        ("stays", f"{each}: no newer copy has its {', '.join(names)}")
        for each, names in made.stays.items()
    ]
    print_pairs([*pairs, ("keys", keys), *lines, *removed, *stays])


def pairs_of(manifest: Manifest) -> list[tuple[str, str]]:
    """Return what a backup is, for people."""
    log = manifest.log
    return [
        ("taken", f"{moment(manifest.taken_at)} by version {manifest.version}"),
        ("bytes", str(manifest.size)),
        ("access log", f"{log.origin}: {log.size} entries, signed up to {log.signed}"),
    ]


@backup.command("verify")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--keys", type=FOLDER, help="Where its keys are, if not on this machine.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A checkpoint that somebody kept: the log must extend it.",
)
@json_option
def verify(folder: Path, *, keys: Path | None, checkpoint: Path | None, as_json: bool) -> int:
    """Verify a backup, the newest one in DIR: sums, every record, every entry of the log.

    It may be on another machine. Status 1 if anything is wrong.
    """
    try:
        place = chosen(folder)
        manifest = read_manifest(place)
        findings = _verified(
            place, manifest, keys, checkpoint.read_bytes() if checkpoint else b""
        )
    except (BackupError, OSError) as error:
        _note_here(fine=False, said=type(error).__name__)
        raise refused(error) from error
    _note_here(fine=not findings, said=place.name)
    if as_json:
        print_json(
            {
                "folder": str(place),
                **described(manifest),
                "sound": not findings,
                "findings": findings,
            }
        )
    else:
        print_pairs([("backup", str(place)), *pairs_of(manifest)])
    return _told(findings)


def _verified(
    place: Path, manifest: Manifest, keys: Path | None, checkpoint: bytes
) -> tuple[str, ...]:
    sums = (*wrong_sums(place, manifest, progress),)
    if manifest.keys:
        return sums
    return (*sums, *findings_of(place, manifest, _keys(keys), progress, checkpoint))


def _keys(keys: Path | None) -> StoreKeys | None:
    """Return the store's keys, from where the host says or from this machine."""
    if keys is not None:
        place = chosen(keys)
        return keys_in(place, read_manifest(place))
    config = _here()
    return keys_on(config) if config else None


def _here() -> Config | None:
    """Return the configuration of this machine; none where there is no service."""
    try:
        return load(outermost_config())
    except ConfigErrors:
        return None


def _note_here(*, fine: bool, said: str) -> None:
    if config := _here():
        _note(config, HostWork.BACKUP_VERIFY, fine=fine, said=said)


def _note(config: Config, work: HostWork, *, fine: bool, said: str) -> None:
    try:
        noted(config, work, fine=fine, said=said)
    except OSError as error:
        print_error(f"could not be noted in the diary: {error}")


def _told(findings: Sequence[str]) -> Status:
    for each in findings:
        print_error(each)
    if findings:
        print_error(f"{len(findings)} findings: this backup is not sound")
        return Status.REFUSED
    return Status.OK


def refused(error: Exception) -> CommandError:
    """Return the command's refusal for what cannot be done."""
    if isinstance(error, BackupError):
        return CommandError(str(error), error.hint)
    if isinstance(error, OSError) and error.filename:
        return CommandError(f"{error.filename}: {error.strerror}")
    return CommandError(str(error))


def progress(what: str, done: int, total: int) -> None:
    """Show how far it is, to a person at a terminal only."""
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        click.echo(f"\r{what}: {done} of {total}{end}", err=True, nl=False)
