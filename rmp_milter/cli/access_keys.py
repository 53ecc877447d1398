"""``rmp access keys``: by which keys a log was signed, from when on."""

from pathlib import Path

import click

from rmp_milter.audit.findings import Finding
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.handover_checks import handed_in
from rmp_milter.audit.handovers import LogHandOver
from rmp_milter.audit.signers import signers_of
from rmp_milter.cli.access_audit import phrase_of, vkey_option
from rmp_milter.cli.access_list import FOLDER
from rmp_milter.cli.errors import Status, refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import print_error, print_json, print_table, say
from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.notes import VerifierKey


@click.command("keys")
@click.argument("folder", type=FOLDER)
@vkey_option
@json_option
@lang_option
def keys(folder: Path, *, vkey: VerifierKey | None, as_json: bool) -> int:
    """Show by which keys the exported log in FOLDER was signed, and from which entry on.

    With --vkey, one that you hold, the hand-overs must lead to the others; without it they are no
    more than what FOLDER says. Status 1 if they contradict each other or that key.
    """
    findings: list[Finding] = []
    with refusing(FolderError):
        origin = ExportedLog(folder).head.origin
        handed = handed_in(folder, origin, findings)
    signers, contradictions = signers_of(vkey, handed.sound)
    findings += contradictions
    rows = _rows(signers.first, signers.handovers)
    if as_json:
        print_json(
            {
                "keys": [{"from": first, "vkey": key} for first, key in rows],
                "findings": [finding.line for finding in findings],
            }
        )
    else:
        for finding in findings:
            print_error(Phrase("access log: {finding}", finding=phrase_of(finding.line)))
        if rows:
            print_table(("FROM ENTRY", "KEY"), [(str(first), key) for first, key in rows])
        else:
            say(
                Phrase(
                    "no hand-over is there: the log has one key, the one that you were given"
                )
            )
    return Status.REFUSED if findings else Status.OK


def _rows(
    first: VerifierKey | None, handovers: tuple[LogHandOver, ...]
) -> list[tuple[int, str]]:
    begins = [(0, str(first))] if first else []
    return begins + [(each.number, str(each.keys.present)) for each in handovers]
