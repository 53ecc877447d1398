"""``rmp doctor import``: the directory as a CSV file says, all of it or nothing."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import click

from rmp_milter.cli.cards import show_committed, vouched
from rmp_milter.cli.cautions import of_key, warn
from rmp_milter.cli.credentials import LATER, chosen, read_file
from rmp_milter.cli.directory import commit
from rmp_milter.cli.directory_file import DirectoryFault, DirectoryLine, read_directory
from rmp_milter.cli.directory_plan import ChangedDoctor, DirectoryPlan, FiledKey, planned
from rmp_milter.cli.errors import CommandError, Status
from rmp_milter.cli.issuers import check_issuers, world_of
from rmp_milter.cli.leaves import HostKeeper, operator
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import Json, print_error, print_json
from rmp_milter.cli.stores import open_store
from rmp_milter.cli.welcome import welcomes
from rmp_milter.config import Config
from rmp_milter.credentials import CredentialError, read_credential
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Doctor, ReplyForm
from rmp_milter.store.surface import Store
from rmp_milter.x509 import World


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--dry-run", is_flag=True, help="Look at everything, change nothing.")
@json_option
@configured
def import_(config: Config, *, file: Path, dry_run: bool, as_json: bool) -> int:
    """Enrol and change doctors as a CSV file says, or nobody if a line is wrong.

    The first line names the columns: name, rpps, mail, profession, key (a file, as seen from
    the CSV file; of several certificates all, with ; between them), and if wanted account,
    reply_form, receipts, hprim (yes or no), answers (openpgp or smime). Before it may stand the
    format: # rmp directory 1.

    Given again with a file that has grown it enrols who is new and changes what is another; what
    a line leaves empty stays. Another key is named and not entered (rekey), who is not in the
    file is named and not removed (remove).
    """
    now = int(time.time())
    lines, faults = read_directory(file)
    world = world_of(config)
    keys = {line.line: _filed_key(line, world, now) for line in lines}
    asked = nullcontext() if faults or dry_run else operator(config)
    with asked as keeper, open_store(config) as store:
        with store.snapshot() as snapshot:
            enrolled = sorted(snapshot.doctors(), key=lambda each: (each.name, each.rpps))
        faulty = {each.line for each in faults}
        sound = [line for line in lines if line.line not in faulty]
        plan = planned(sound, keys, enrolled, config, now)
        faults += [
            DirectoryFault(line, f"key: {keys[line].fault}")
            for line in sorted(faulty)
            if keys[line].fault
        ]
        faults = sorted([*faults, *plan.faults], key=lambda each: each.line)
        if keeper and not faults and (plan.added or plan.changed):
            _enter(plan, keeper, store, config, now)
    _warn(plan, file, now)
    if as_json:
        print_json({"readable": len(sound), **_as_json(plan, faults, dry_run=dry_run, now=now)})
    else:
        _tell(plan, faults, file, dry_run=dry_run)
    return Status.REFUSED if faults else Status.OK


def _filed_key(line: DirectoryLine, world: World, now: int) -> FiledKey:
    """Read a line's certificates, also those that enrol nobody: he may have them already."""
    read, fault = [], "" if line.files else "names no file"
    for file in line.files:
        try:
            read.append(read_credential(file.read_bytes()))
        except (OSError, CredentialError) as error:
            fault = f"{file}: {getattr(error, 'strerror', None) or error}"
    try:
        found = [read_file(file, now, alone=False) for file in line.files]
        answers = line.answers.value if line.answers else None
        his = chosen(found, answers, line.rpps, now)
        check_issuers(found, world, now)
    except CommandError as error:
        return FiledKey(tuple(read), fault=fault or error.line)
    return FiledKey(tuple(read), his)


def _enter(
    plan: DirectoryPlan, keeper: HostKeeper, store: Store, config: Config, now: int
) -> None:
    """Have the keeper vouch for each, behind a leaf each, then write them all at once."""
    added = tuple(
        vouched(keeper, doctor, keeper.event("inscription", doctor.rpps))
        for _, doctor in plan.added
    )
    changed = tuple(
        vouched(
            keeper,
            each.after,
            keeper.event("modification", each.before.rpps),
            before=each.before,
        )
        for each in plan.changed
    )
    outbox = welcomes(keeper, config, added, now)
    commit(store, Changes(doctors=(*added, *changed), outbox=outbox), now)
    show_committed(keeper, *added, *changed)


def _warn(plan: DirectoryPlan, file: Path, now: int) -> None:
    warn(f"{file}:{line}: {said}" for line, said in _warnings(plan, now))
    if any(_turns_readable(each) for each in plan.changed):
        warn([LATER])


def _warnings(plan: DirectoryPlan, now: int) -> Iterator[tuple[int, str]]:
    entered = [*plan.added, *((each.line, each.after) for each in plan.changed)]
    for line, doctor in sorted(entered, key=lambda each: each[0]):
        yield from ((line, said) for said in of_key(doctor, now))


def _turns_readable(changed: ChangedDoctor) -> bool:
    return changed.after.reply_form is ReplyForm.LISIBLE is not changed.before.reply_form


def _as_json(
    plan: DirectoryPlan, faults: list[DirectoryFault], *, dry_run: bool, now: int
) -> dict[str, Json]:
    done = not (faults or dry_run)
    return {
        "enrolled": len(plan.added) if done else 0,
        "changed": len(plan.changed) if done else 0,
        "new": [_named(doctor, line) for line, doctor in plan.added],
        "changes": [
            {
                **_named(each.before, each.line),
                "fields": {
                    field: {"from": _value(old), "to": _value(new)}
                    for field, (old, new) in each.fields.items()
                },
            }
            for each in plan.changed
        ],
        "keys": [{**_named(each.doctor, each.line), "said": each.words} for each in plan.keys],
        "absent": [
            {"rpps": each.rpps, "name": each.name} for each in plan.absent if not faults
        ],
        "faults": [{"line": each.line, "fault": each.words} for each in faults],
        "warnings": [{"line": line, "warning": said} for line, said in _warnings(plan, now)],
    }


def _named(doctor: Doctor, line: int) -> dict[str, Json]:
    return {"line": line, "rpps": doctor.rpps, "name": doctor.name}


def _value(value: object) -> str:
    """Return a field's value as the file would have it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _tell(
    plan: DirectoryPlan, faults: list[DirectoryFault], file: Path, *, dry_run: bool
) -> None:
    if faults:
        for fault in faults:
            print_error(f"{file}:{fault.line}: {fault.words}")
        print_error(f"nobody was enrolled: {len(faults)} faults")
        return
    for line in _lines_told(plan, dry_run=dry_run):
        click.echo(line)
    verb = "can be " if dry_run else ""
    told = [f"{len(plan.added)} doctors {verb}enrolled"]
    told += [f"{len(plan.changed)} {verb}changed"] if plan.changed else []
    told += [f"{len(plan.keys)} keys left as they are"] if plan.keys else []
    told += [f"{len(plan.absent)} not in this file"] if plan.absent else []
    click.echo(", ".join(told))


def _lines_told(plan: DirectoryPlan, *, dry_run: bool) -> Iterator[str]:
    if dry_run:
        yield from (f"new     {each.rpps}  {each.name}" for _, each in plan.added)
    for each in plan.changed:
        fields = "; ".join(
            f"{field}: {_value(old) or '-'} -> {_value(new)}"
            for field, (old, new) in each.fields.items()
        )
        yield f"changed {each.before.rpps}  {each.before.name}: {fields}"
    yield from (
        f"key     {one.doctor.rpps}  {one.doctor.name}: {one.words}" for one in plan.keys
    )
    for doctor in plan.absent:
        yield (
            f"absent  {doctor.rpps}  {doctor.name}: stays enrolled "
            f"(rmp doctor remove {doctor.rpps})"
        )
