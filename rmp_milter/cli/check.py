"""``rmp check``: everything that can be wrong, said at once, without starting."""

from pathlib import Path

import click

from rmp_milter.cli.both_sides import said_of_both
from rmp_milter.cli.circuit import LEAVES, circuit_findings
from rmp_milter.cli.errors import Status
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_json, visible
from rmp_milter.config import Config
from rmp_milter.host.checks import check_mail_server, check_service
from rmp_milter.host.live.answering import live_findings, note_live
from rmp_milter.host.live.dns_look import resolver_of
from rmp_milter.postfix.rules import PostfixFinding, Severity
from rmp_milter.x509.paths import prepare

prepare()  # now: the parts are looked at as their users, who may not read where Python lies


def _resolver(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Take the address of a DNS server."""
    try:
        if value:
            resolver_of(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no address of a DNS server") from error
    return value


@click.command()
@click.option(
    "--postfix-config",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the Postfix instance, if not the main one.",
)
@click.option(
    "--answers-config",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the Postfix instance that sends the answers, if it is another one.",
)
@click.option("--no-postfix", is_flag=True, help="Leave Postfix out.")
@click.option("--live", is_flag=True, help="Also call the running service, and ask the DNS.")
@click.option(
    "--circuit",
    is_flag=True,
    help="Also send a mail the whole way, by somebody enrolled for it alone; with --live.",
)
@click.option(
    "--resolver",
    default="",
    metavar="ADDRESS",
    callback=_resolver,
    help="A DNS server to ask, if not the system's; ADDRESS:PORT for another port.",
)
@json_option
@configured
def check(  # noqa: PLR0913 -- one argument an option
    config: Config,
    *,
    postfix_config: Path | None,
    answers_config: Path | None,
    no_postfix: bool,
    live: bool,
    circuit: bool,
    resolver: str,
    as_json: bool,
) -> int:
    """Check configuration, keys, store, access log, sockets and Postfix.

    Nothing is started, and nothing changed but by --circuit. With --live the running service is
    called as well: the milter as Postfix's user, the keeper as the milter, Postfix as a client,
    the DNS. Status 1 if there is an error, 2 if the configuration itself
    cannot be used.
    """
    findings = check_service(config) + _cards(config)
    if not no_postfix:
        findings += check_mail_server(config, postfix_config, answers_config)
    if live or circuit:
        found = live_findings(
            config, postfix_config, with_postfix=not no_postfix, resolver=resolver
        )
        if circuit:
            click.echo(f"circuit: {LEAVES}", err=True)
            found += circuit_findings(config, postfix_config, answers_config)
        note_live(config, found)
        findings += found
    if as_json:
        print_json([_as_json(finding) for finding in findings])
    else:
        _print(findings)
    wrong = any(finding.severity is Severity.ERROR for finding in findings)
    return Status.REFUSED if wrong else Status.OK


def _cards(config: Config) -> list[PostfixFinding]:
    """Hold the store's cards to the keeper, if it runs; that it does not is no fault here."""
    return [
        PostfixFinding(Severity.ERROR, each.line, each.hint)
        for each in said_of_both(config).findings
    ]


def _as_json(finding: PostfixFinding) -> dict[str, str]:
    return {
        "severity": finding.severity.value,
        "line": finding.line,
        "hint": finding.hint,
    }


def _print(findings: list[PostfixFinding]) -> None:
    for finding in findings:
        click.echo(f"{finding.severity.value}: {visible(finding.line)}")
        if finding.hint:
            click.echo(f"  hint: {visible(finding.hint)}")
    errors = sum(1 for finding in findings if finding.severity is Severity.ERROR)
    click.echo(f"{errors} errors, {len(findings) - errors} warnings")
