"""``rmp restore``: a backup put back, on an empty machine, where a part is lost, or beside."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
from msgspec.structs import replace

from rmp_milter.cli.backup import FOLDER, progress, refused
from rmp_milter.cli.errors import CommandError, Status
from rmp_milter.cli.options import json_option, outermost_config
from rmp_milter.cli.output import moment, print_json
from rmp_milter.config import Config, load
from rmp_milter.disk.new_files import write_new
from rmp_milter.engine.server import server_place
from rmp_milter.host.backup.files import LOG
from rmp_milter.host.backup.manifest import KEEPER, BackupError, chosen, read_manifest
from rmp_milter.host.backup.restoring import (
    Restoration,
    Source,
    beside,
    carry_out,
    check_sums,
    log_moved,
    new_log,
    planned,
    without_places,
)
from rmp_milter.host.backup.verifying import configuration_in, configuration_text, log_faults
from rmp_milter.host.installation import CONFIG_NAME
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import as_owner
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import LOG_NEXT, load_log_key
from rmp_milter.keeper.log.copying import LogMoment, LogSeen
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.keeper.log.places import is_served

FORK = """\
Whoever keeps a checkpoint of this log that is later than entry {size} would see a fork in it:
to an auditor a log that goes on otherwise is a forged one. Ask all of them for their newest."""
ANSWERS = (
    "--checkpoint FILE, the newest that anybody keeps; --no-later-checkpoint, if none has left "
    "since; --new-log NAME, if the newer log is lost for good (docs/admin.md, Restoring)"
)


class CheckpointAnswer(NamedTuple):
    """What the host says of checkpoints that have left since the backup."""

    checkpoint: Path | None
    none_later: bool
    new_log: str

    @property
    def given(self) -> int:
        """How many answers that is."""
        return sum((self.checkpoint is not None, self.none_later, bool(self.new_log)))


@click.command("restore")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--keys", type=FOLDER, help="Where the backup of the keys is.")
@click.option("--beside", "aside", type=FOLDER, help="Put it into this new folder, for a look.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The newest checkpoint of the log that anybody keeps.",
)
@click.option(
    "--no-later-checkpoint", "none_later", is_flag=True, help="None has left since the backup."
)
@click.option("--new-log", "name", default="", metavar="NAME", help="Begin a log of this name.")
@json_option
def restore(  # noqa: PLR0913 -- its options
    folder: Path,
    *,
    keys: Path | None,
    aside: Path | None,
    checkpoint: Path | None,
    none_later: bool,
    name: str,
    as_json: bool,
) -> int:
    """Put the backup DIR back, or the newest one in DIR: what is missing here, with its owners.

    What is there stays as it is. Milter, courier and keeper must be stopped.
    """
    answer = CheckpointAnswer(checkpoint, none_later, name)
    if answer.given > 1:
        raise CommandError("one answer on checkpoints, not several", ANSWERS, Status.USAGE)
    try:
        sources = [*_sources(folder, keys, new_log=bool(name))]
        config, text = _configuration(sources[0], aside)
        plan = _planned(config, sources, has_own_text=bool(text))
        check_sums(sources, progress)
        if plan.with_log and aside is None:
            _settle(sources[0], answer, config)
        _put(config, plan, name if plan.with_log else "", sources[0].folder.name)
        if text:
            write_new(config.file, text.encode(), 0o644)
    except (BackupError, OSError) as error:
        raise refused(error) from error
    said = [*_said(config, plan, sources[0], name), *_next(config, plan, name, aside)]
    _tell(plan, said, as_json=as_json)
    return Status.REFUSED if plan.missing else Status.OK


def _sources(folder: Path, keys: Path | None, *, new_log: bool) -> Iterator[Source]:
    """Yield the backup, and the one of its keys; raises :class:`BackupError`."""
    first = _source(folder)
    if first.manifest.keys:
        raise BackupError(f"{folder}: holds keys alone: name it by --keys")
    yield first
    if keys is None:
        return
    second = _source(keys)
    if not second.manifest.keys:
        raise BackupError(f"{keys}: is no backup of keys")
    if second.manifest.log.vkey != first.manifest.log.vkey:
        _check_leads(second, first, keys, new_log=new_log)
    yield second


def _check_leads(second: Source, first: Source, keys: Path, *, new_log: bool) -> None:
    """See that the log in a backup was handed over from the key that signed when keys were copied.

    The next key is copied before the log is handed over to it: it lies among them then, and waits.
    Raises :class:`BackupError`.
    """
    before, now = second.manifest.log, first.manifest.log
    then = replace(first.manifest, log=replace(now, vkey=before.vkey))
    if before.origin != now.origin or [*log_faults(first.folder, then, progress)]:
        raise BackupError(
            f"{keys}: these are the keys of another service",
            "or of a later time, when its log had another key: name those of the backup's time",
        )
    names = {each.path for each in second.manifest.files}
    if f"{KEEPER}/{LOG_NEXT}" not in names and not new_log:
        raise BackupError(
            f"{keys}: from before the log was handed over to another key, which is not among them",
            "name those from behind rmp key rotate log; if it is lost for good: --new-log NAME",
        )


def _source(folder: Path) -> Source:
    place = chosen(folder)
    return Source(place, read_manifest(place))


def _configuration(source: Source, aside: Path | None) -> tuple[Config, str]:
    """Return the configuration to go by, and its text where one of its own is made."""
    if aside is None:
        file = outermost_config()
        there = file.exists()
        return (load(file) if there else configuration_in(*source, file.absolute())), ""
    if aside.exists() and any(aside.iterdir()):
        raise BackupError(f"{aside}: is not empty")
    file = aside.absolute() / CONFIG_NAME
    text = without_places(configuration_text(*source))
    return beside(text, file), text


def _planned(config: Config, sources: list[Source], *, has_own_text: bool) -> Restoration:
    plan = planned(config, sources)
    if not has_own_text:
        return plan
    put = tuple(each for each in plan.put if each.target != config.file)
    return plan._replace(put=put)


def _settle(source: Source, answer: CheckpointAnswer, config: Config) -> None:
    """See that going on with this log forks none that an auditor knows, or that the host knows."""
    log = source.manifest.log
    if not answer.given:
        click.echo(FORK.format(size=log.size), err=True)
        who = ", ".join(config.audit.addresses) or "nobody"
        line = (
            f"the log {log.origin} goes to entry {log.size} in this backup of "
            f"{moment(source.manifest.taken_at)}; checkpoints are mailed to {who}: is any later?"
        )
        raise CommandError(line, ANSWERS, Status.USAGE)
    if answer.new_log == log.origin:
        raise BackupError(f"{answer.new_log}: a new log needs another name")
    if answer.checkpoint is not None:
        _check_extends(source, answer.checkpoint)


def _check_extends(source: Source, file: Path) -> None:
    """See that the backup's log goes as far as a checkpoint; else going on would be a fork."""
    for fault in log_faults(*source, progress, file.read_bytes()):
        raise BackupError(
            f"{file}: {fault}",
            "nothing was changed: take a newer backup, or --new-log NAME and tell the auditors",
        )


def _put(config: Config, plan: Restoration, new_name: str, backup: str) -> None:
    if not new_name:
        carry_out(plan, progress)
        return
    carry_out(plan, progress, log_moved(config, f"{LOG}-{backup}"))
    new_log(config, new_name)


def _said(config: Config, plan: Restoration, source: Source, name: str) -> Iterator[str]:
    """Yield what is older than what."""
    log, taken = source.manifest.log, moment(source.manifest.taken_at)
    if plan.served:
        place = server_place(config.store, "store")
        yield f"the store is on its server ({place}), and stays as it is"
    if plan.with_store and plan.with_log:
        yield f"store and keeper are of one moment, {taken}: what came later is lost"
    elif plan.with_store:
        yield from _beside_the_log(config, log, taken)
    elif plan.with_log:
        yield f"the keeper is of {taken}; the store that was here is of that moment or later"
    if plan.with_log and name:
        yield f"the access log is a new one, {name}; the old one, of {log.size} entries, is beside"
    elif plan.with_log:
        yield f"the access log {log.origin} goes on behind entry {log.size}"


def _beside_the_log(config: Config, log: LogSeen, taken: str) -> Iterator[str]:
    """Say how much further the log is that was here all along."""
    folder = config.paths.keeper
    try:
        here = as_owner(folder, lambda: _log_here(config), LogSeen)
    except (OSError, JournalError, KeyFileError) as error:
        yield f"the store is of {taken}; the access log here cannot be read: {error}"
        return
    later = here.size - log.size
    if here.origin != log.origin:
        yield f"the store is of {taken}, of a time when the log was {log.origin}"
    elif later > 0:
        yield (
            f"the store is of {taken}; the keeper here has {later} entries more, "
            f"up to {moment(here.latest)}: the store is the older one"
        )
    elif later < 0:
        yield f"the store is of {taken}, and the keeper here is older by {-later} entries"
    else:
        yield f"the store is of {taken}, and the keeper here has logged nothing since"


def _log_here(config: Config) -> LogSeen:
    with LogMoment(log_of(config), load_log_key(config.paths.keeper)) as here:
        return here.take()


def _next(config: Config, plan: Restoration, name: str, aside: Path | None) -> Iterator[str]:
    """Yield what is to be done now."""
    if plan.missing:
        yield "keys are missing here: --keys DIR, or put them back by hand:"
        yield from (f"    {each}" for each in plan.missing)
    if aside is not None:
        yield f"for a look: rmp --config {config.file} store check"
        yield "do not start it: what waits to be sent there would be sent twice"
        return
    if not plan.put:
        yield "nothing is missing here: move away what is to be put back, and keep it"
        return
    if plan.with_store and is_served(config.store):
        yield "first the store, which lies in its folder: an empty schema, rmp store move"
    if plan.with_log and is_served(config.keeper):
        yield "first the log, which lies in the keeper's folder: an empty schema, rmp access move"
    if name and plan.with_log:
        yield "tell the auditors of the new log: rmp access key"
        yield "have the keys known again: rmp key prove"
    yield "next: rmp check, start the services, then as root rmp store check"
    if plan.with_store != plan.with_log or name:
        yield "cards that are not in force are named there: rmp store relearn"
    if plan.with_store:
        yield "what was due or erased since: rmp dossier erase --due"


def _tell(plan: Restoration, said: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "put": [str(each.target) for each in plan.put],
                "left": [str(each.target) for each in plan.left],
                "missing": [str(each) for each in plan.missing],
                "said": said,
            }
        )
        return
    for each in plan.left:
        click.echo(f"is there, left as it is: {each.target}")
    click.echo(f"put back: {len(plan.put)} files")
    for line in said:
        click.echo(line)
