"""What auditors run: on an exported folder, offline, without configuration or keys."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from rmp_milter.audit.cosigned import CosignedCheckpoint
from rmp_milter.audit.cosigned_checks import Witnessed, all_cosigned, newest_in
from rmp_milter.audit.events import fields_of
from rmp_milter.audit.findings import Finding
from rmp_milter.audit.folder import ExportedLog, FolderError, read_bounded
from rmp_milter.audit.handovers import HandOverError, LogHandOver, keys_in, read_all
from rmp_milter.audit.signers import Signers, signers_of
from rmp_milter.audit.verify import LogReport
from rmp_milter.audit.verify import verify as verify_folder
from rmp_milter.cli.access_events import print_event, proved_in
from rmp_milter.cli.access_list import FOLDER
from rmp_milter.cli.access_policy import policy_option
from rmp_milter.cli.errors import CommandError, Status, refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import (
    Json,
    moment,
    print_error,
    print_json,
    print_pairs,
    reading_shown,
    say,
)
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog import entry_proofs
from rmp_milter.tlog.checkpoints import TreeHead
from rmp_milter.tlog.entry_proofs import MAX_ENTRY_PROOF, EntryProof, EntryProofError
from rmp_milter.tlog.notes import NoteError, VerifierKey
from rmp_milter.tlog.policies import WitnessPolicy

_SOUND = Phrase("the log is what its checkpoint says")
FILE = click.Path(path_type=Path, dir_okay=False)


def _vkey(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> VerifierKey | None:
    """Take a verifier key, or the path of a file that holds one."""
    try:
        return None if value is None else read_vkey(value)
    except (NoteError, FolderError) as error:
        raise click.BadParameter(line_of(error)) from None


def read_vkey(value: str) -> VerifierKey:
    """Read a verifier key, or the file that holds it; raises ``NoteError``, ``FolderError``."""
    if "+" in value:
        try:
            return VerifierKey.parse(value)
        except NoteError:
            if not _is_file(value):  # a path may have a plus
                raise
    try:
        # What Windows' editor saves begins with a mark that is no part of the name.
        text = read_bounded(Path(value)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoteError("not an Ed25519 verifier key") from None
    return VerifierKey.parse(text)


def _is_file(value: str) -> bool:
    try:
        return Path(value).is_file()
    except (OSError, ValueError):  # too long for a path
        return False


vkey_option = click.option(
    "--vkey", metavar="KEY|FILE", callback=_vkey, help="The log's verifier key."
)


handover_option = click.option(
    "--handover",
    "kept",
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="A hand-over of the log's key that you kept, or an export that has them.",
)


@click.command("verify")
@click.argument("path", metavar="FOLDER|PROOF", type=click.Path(path_type=Path, exists=True))
@click.option("--checkpoint", "old", type=FILE, help="A checkpoint that you kept.")
@vkey_option
@handover_option
@policy_option
@json_option
@lang_option
def verify(  # noqa: PLR0913 -- one argument an option
    path: Path,
    old: Path | None,
    vkey: VerifierKey | None,
    kept: tuple[Path, ...],
    policy: WitnessPolicy | None,
    *,
    as_json: bool,
) -> int:
    """Verify an exported log, or a single proof, offline; status 1 if anything is wrong.

    Everything is recomputed from the entries. With --checkpoint, that the log of that day
    is still there, unaltered, and only grew; with --vkey, that its keeper signed it. Where the
    log's key was changed, --vkey may be any of its keys: the export has the hand-overs from one
    to the next; for a single proof, or an older export, name them with --handover. With --policy,
    that its witnesses cosigned this very history.
    """
    with refusing(FolderError, HandOverError):
        handovers = [*read_all(kept)]
    if path.is_file():
        return _verify_proof(path, vkey, handovers, policy, as_json=as_json)
    with refusing(FolderError):
        before = None if old is None else read_bounded(old)
        report = verify_folder(path, vkey, before, handovers, reading_shown, policy)
    if as_json:
        print_json(_report_as_json(report))
    else:
        _print_report(report)
    return Status.REFUSED if report.findings else Status.OK


def _report_as_json(report: LogReport) -> dict[str, Json]:
    return {
        "sound": not report.findings,
        "findings": [_finding_as_json(finding) for finding in report.findings],
        "notes": report.notes,
        "log": _head_as_json(report.head),
        "old_checkpoint": _head_as_json(report.old),
        "handovers": [_handover_as_json(each) for each in report.signers.handovers],
        "witnessed": witnessed_as_json(report.witnessed),
    }


def witnessed_as_json(witnessed: Witnessed | None) -> Json:
    """Return for programs how far witnesses cosigned, and who."""
    if witnessed is None:
        return None
    return {"entries": witnessed.size, "witnesses": dict(witnessed.judgement.cosigned)}


def _handover_as_json(handover: LogHandOver) -> dict[str, Json]:
    former, present = map(str, handover.keys)
    return {"entry": handover.number, "former_vkey": former, "vkey": present}


def _finding_as_json(finding: Finding) -> dict[str, Json]:
    return {
        "kind": finding.kind,
        "line": finding.line,
        "first": finding.first,
        "last": finding.last,
    }


def _head_as_json(head: TreeHead | None) -> Json:
    if head is None:
        return None
    return {"origin": head.origin, "entries": head.size, "root": head.root.hex()}


def _print_report(report: LogReport) -> None:
    for finding in report.findings:
        print_error(Phrase("access log: {finding}", finding=phrase_of(finding.line)))
    pairs = []
    if report.head:
        pairs += [("log", report.head.origin), ("entries", str(report.head.size))]
        pairs += [("root", report.head.root.hex())]
    if report.old:
        pairs += [("old checkpoint", Phrase("{size} entries", size=report.old.size))]
    for each in report.signers.handovers:
        line = "entry {index}: {key}"
        pairs += [("key since", Phrase(line, index=each.number, key=each.keys.present))]
    if report.witnessed:
        pairs += [("witnesses", cosigned_line(report.witnessed))]
    print_pairs([*pairs, *(("note", phrase_of(note)) for note in report.notes)] or [("", "")])
    count = len(report.findings)
    say(Phrase("{count} findings", count=count) if count else _SOUND)


def cosigned_line(witnessed: Witnessed) -> Phrase:
    """Say who cosigned how many entries, and when."""
    times = witnessed.judgement.cosigned.items()
    names = ", ".join(f"{label} ({moment(at)})" for label, at in times)
    return Phrase("{size} entries: {names}", size=witnessed.size, names=names)


def phrase_of(line: str) -> Phrase:
    """Return a line as a phrase, which is put into the language of the command."""
    return line if isinstance(line, Phrase) else Phrase(line)


def _verify_proof(
    path: Path,
    vkey: VerifierKey | None,
    kept: list[LogHandOver],
    policy: WitnessPolicy | None,
    *,
    as_json: bool,
) -> int:
    with refusing(FolderError):
        data = read_bounded(path, MAX_ENTRY_PROOF)
    try:
        proof = entry_proofs.parse(data)
        read = read_receipt(proof, vkey, kept, policy)
    except (EntryProofError, HandOverError, NoteError) as error:
        print_error(Phrase("{path}: {error}", path=path, error=line_of(error)))
        return Status.REFUSED
    proved = proved_in(read.head.origin, read.head.size)
    if read.witnessed:
        said = cosigned_line(read.witnessed)
        proved = Phrase("{proved}; cosigned: {said}", proved=proved, said=said)
    if read.key is None:
        line = "{proved}; who signed it is not verified without --vkey"
        proved = Phrase(line, proved=proved)
    with refusing(FolderError):
        print_event(proof.index, fields_of(proof.index, proof.entry), proved, as_json)
    return Status.OK


class ReceiptRead(NamedTuple):
    """A receipt that holds: under which head, who signed it, and who cosigned that.

    ``named`` is the key that the reader holds, or none; then ``key``, the signer's, is none either.
    """

    head: TreeHead
    named: VerifierKey | None
    key: VerifierKey | None
    witnessed: Witnessed | None


def read_receipt(
    proof: EntryProof,
    vkey: VerifierKey | None,
    kept: Sequence[LogHandOver],
    policy: WitnessPolicy | None,
) -> ReceiptRead:
    """Verify a receipt; with a policy, that its checkpoint is cosigned.

    Raises ``EntryProofError``, ``HandOverError``, ``NoteError``.
    """
    head = entry_proofs.check(proof, None)
    if policy is not None:
        vkey = vkey or policy.log_key(head.origin)
    if keys_in(proof.entry) is not None:
        kept = [*kept, LogHandOver.of(proof)]
    signers = known_signers(vkey, kept)
    signers.read(proof.checkpoint)
    # Hand-overs alone lead to a key too, but to anybody's: whoever made them has it.
    key = signers.at(head.size) if vkey else None
    if policy is None:
        return ReceiptRead(head, vkey, key, None)
    checkpoint = CosignedCheckpoint.parse(proof.checkpoint)
    witnessed = Witnessed(checkpoint, policy.judge(checkpoint.note))
    if not witnessed.judgement.fulfilled:
        line = "its checkpoint is not cosigned as the policy asks (quorum {quorum})"
        raise NoteError(Phrase(line, quorum=policy.quorum))
    return ReceiptRead(head, vkey, key, witnessed)


def known_signers(vkey: VerifierKey | None, kept: Sequence[LogHandOver]) -> Signers:
    """Return the keys that the hand-overs lead to; raises :class:`HandOverError`."""
    signers, findings = signers_of(vkey, kept)
    for finding in findings:
        raise HandOverError(finding.line)
    return signers


@click.command("prove")
@click.argument("folder", type=FOLDER)
@click.argument("number", metavar="N", type=click.IntRange(min=0))
@click.option("-o", "--output", type=FILE, help="The file to write, instead of printing.")
@policy_option
@lang_option
def prove(folder: Path, number: int, output: Path | None, policy: WitnessPolicy | None) -> None:
    """Write the proof of entry N of the exported log in FOLDER (C2SP tlog-proof).

    It holds the entry, its proof and the checkpoint, and is verified without the log. With
    --policy, the newest checkpoint that its witnesses cosigned, with their signatures.
    """
    with refusing(FolderError):
        log = ExportedLog(folder)
        checkpoint = None if policy is None else _cosigned_for(log, folder, policy, number)
        data = log.entry_proof(number, checkpoint).encode()
    if output is None:
        click.echo(data, nl=False)
    else:
        output.write_bytes(data)


def _cosigned_for(log: ExportedLog, folder: Path, policy: WitnessPolicy, number: int) -> bytes:
    """Return the newest cosigned checkpoint of an export, which must count this entry."""
    found = newest_in(log, policy, all_cosigned(folder, log.checkpoint))
    if found is None:
        line = "no checkpoint here is cosigned as the policy asks (quorum {quorum})"
        raise CommandError(Phrase(line, quorum=policy.quorum))
    if number >= found.size:
        line = "the witnesses cosigned {size} entries: entry {index} came after"
        raise CommandError(Phrase(line, size=found.size, index=number))
    return found.checkpoint.note.encode()
