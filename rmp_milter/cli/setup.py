"""``rmp setup``: what stands around the service, made from ``rmp.toml``."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from rmp_milter.cli.errors import CommandError, Status, refusing
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import print_error
from rmp_milter.config import Config
from rmp_milter.host.postfix_instance import (
    BEFORE,
    UNITS,
    CannotPlan,
    InstanceOptions,
    PlannedFile,
    files_of,
    instance_commands,
    main_takes_all,
    make_instance,
    needs_instance,
    planned,
    sasl_here,
    starting,
    write_file,
)
from rmp_milter.postfix.asking import PostfixError
from rmp_milter.postfix.writing import (
    DEFAULT_INSTANCE,
    FileFate,
    InstancePlan,
    SaslKind,
    shared_files,
)

_MAIN_FOLDER, _MAIN_QUEUE = Path("/etc/postfix"), Path("/var/spool/postfix")


@click.group()
def setup() -> None:
    """Write what stands around the service."""


@setup.command("postfix")
@click.option(
    "--listen",
    multiple=True,
    metavar="ADDRESS",
    help="An address of this machine for the instance alone; several may be given.",
)
@click.option("--hostname", default="", help="Its name in SMTP; else the service's domain.")
@click.option(
    "--instance", "name", default=DEFAULT_INSTANCE, show_default=True, help="Its name."
)
@click.option(
    "--postfix-config",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Its folder, if not /etc/NAME.",
)
@click.option(
    "--sasl",
    type=click.Choice([each.value for each in SaslKind]),
    help="Which server proves accounts; else the one that is found here.",
)
@click.option(
    "--tls",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file with key, certificate and chain; else tls.pem in the folder.",
)
@click.option("--shared", is_flag=True, help="Print lines for the machine's own Postfix.")
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.option(
    "--replace",
    "replace_foreign",
    is_flag=True,
    help=f"Write files anew that were changed by hand; they are kept as NAME{BEFORE}.",
)
@configured
def postfix(  # noqa: PLR0913 -- one argument an option
    config: Config,
    *,
    listen: tuple[str, ...],
    hostname: str,
    name: str,
    folder: Path | None,
    sasl: str | None,
    tls: Path | None,
    shared: bool,
    dry_run: bool,
    replace_foreign: bool,
) -> int:
    """Write the Postfix instance in front of the service, as rmp.toml means it.

    Given again, it writes what changed in rmp.toml, and nothing else. Nothing is started.
    """
    if shared:
        _print_shared(config)
        return Status.OK
    options = InstanceOptions(
        name=name,
        folder=(folder or Path("/etc", name)).absolute(),
        hostname=hostname,
        listen=listen,
        sasl=SaslKind(sasl) if sasl else None,
        tls=tls.absolute() if tls else None,
    )
    with refusing(CannotPlan, hint="rmp setup postfix --help"):
        plan = planned(config, options)
    if needs_instance(plan):
        _make(plan, dry_run=dry_run)
    files = files_of(plan, UNITS if plan.folder == Path("/etc", name) else None)
    left = _write(files, replace_foreign=replace_foreign, dry_run=dry_run)
    for line in _next_steps(plan, files, config, dry_run=dry_run):
        click.echo(line)
    return Status.REFUSED if left else Status.OK


def _make(plan: InstancePlan, *, dry_run: bool) -> None:
    with refusing(PostfixError, hint="is Postfix installed, with a main.cf of its own?"):
        for command in instance_commands(plan):
            click.echo(f"{'would run' if dry_run else 'run'}: {' '.join(command)}")
        if not dry_run:
            make_instance(plan)


def _write(
    files: Sequence[PlannedFile], *, replace_foreign: bool, dry_run: bool
) -> list[PlannedFile]:
    """Write what is to be written, show what changes; return what is left alone."""
    left = []
    for file in files:
        is_left = file.fate is FileFate.FOREIGN and not replace_foreign
        click.echo(f"{file.path}: {_said(file, is_left=is_left, dry_run=dry_run)}")
        if file.present is not None and (dry_run or is_left):
            click.echo("".join(f"  {line}\n" for line in file.differences()), nl=False)
        if is_left:
            left.append(file)
        elif file.fate is not FileFate.SAME and not dry_run:
            write_file(file)
    if left:
        print_error(
            f"{len(left)} files were changed by hand and are left alone",
            f"merge the lines above, or --replace (yours are kept as NAME{BEFORE})",
        )
    return left


def _said(file: PlannedFile, *, is_left: bool, dry_run: bool) -> str:
    if is_left:
        return "changed by hand, left alone; it differs in:"
    if file.fate is FileFate.FOREIGN:
        return (
            f"{'would be ' if dry_run else ''}written anew, yours is {file.path.name}{BEFORE}"
        )
    if file.fate is FileFate.SAME:
        return str(file.fate.value)
    done = "written anew" if file.fate is FileFate.RENEWED else "written"
    return f"would be {done}" if dry_run else done


def _next_steps(
    plan: InstancePlan, files: Sequence[PlannedFile], config: Config, *, dry_run: bool
) -> Iterator[str]:
    """Yield what the host has to do, in its order."""
    if not plan.tls.exists():
        yield f"next: put key, certificate and chain into {plan.tls} (owner root, mode 0600)"
    if taken := main_takes_all(plan):
        yield (
            f"next: the machine's own Postfix listens on {taken!r}: give it other addresses "
            f"(postconf -e inet_interfaces=...) than {', '.join(plan.listen)}"
        )
    if plan.sasl is SaslKind.NONE:
        yield (
            "note: no SASL server is here, so there is no SMTP AUTH and no port 587; once "
            "Dovecot offers "
            f"{plan.queue}/private/auth, give this command again"
        )
    elif plan.sasl is not sasl_here(plan.queue, plan.folder):
        yield f"next: start {plan.sasl} for this instance first: without it STARTTLS fails"
    is_changed = any(each.fate is not FileFate.SAME for each in files)
    if is_changed and not dry_run:
        yield (f"next: {starting(plan.name)} (elsewhere: postmulti -i {plan.name} -p start)")
    yield f"then: rmp check --config {config.file} --postfix-config {plan.folder} --live"


def _print_shared(config: Config) -> None:
    """Print what the machine's own Postfix is to have; nothing is written."""
    plan = InstancePlan(
        folder=_MAIN_FOLDER,
        queue=_MAIN_QUEUE,
        data=Path("/var/lib/postfix"),
        addresses=config.service.addresses,
        message_bytes=config.limits.message_bytes,
        socket=config.sockets.milter,
        reinject=(config.courier.host, config.courier.port),
    )
    try:
        files = shared_files(plan)
    except ValueError as error:
        raise CommandError(
            f"{plan.socket}: a chrooted Postfix does not see it",
            f'in rmp.toml: [sockets] milter = "{plan.queue}/rmp/milter.sock"',
        ) from error
    for file, text in files.items():
        kind = "merge into" if file.endswith(".cf") else "write as"
        click.echo(f"### {kind} {plan.folder}/{file}\n{text}")
    click.echo("### then: systemctl restart rmp-milter; postfix reload; rmp check --live")
