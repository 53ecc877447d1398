"""``rmp access receipt``: what a receipt proves, in words, to somebody who has nothing else."""

from collections.abc import Iterator
from pathlib import Path

import click

from rmp_milter.audit.cosigned_checks import Witnessed
from rmp_milter.audit.events import Fields, fields_of
from rmp_milter.audit.folder import FolderError, read_bounded
from rmp_milter.audit.handovers import HandOverError, read_all
from rmp_milter.cli.access_audit import ReceiptRead, handover_option, read_receipt, vkey_option
from rmp_milter.cli.access_list import shown
from rmp_milter.cli.access_policy import policy_option
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.output import moment, print_pairs, say
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog import entry_proofs
from rmp_milter.tlog.entry_proofs import MAX_ENTRY_PROOF, EntryProofError
from rmp_milter.tlog.notes import NoteError, VerifierKey
from rmp_milter.tlog.policies import WitnessPolicy

_PROVED = Phrase("Entry {index} of the access log {origin} is this one, and no other:")
_CLAIMED = Phrase("This file says that entry {index} of the access log {origin} is this one:")
_SIGNED = Phrase(
    "Signed by the log, with the key that you named ({key}), when it counted {size} entries."
    " Whoever changes this entry, or takes it away, contradicts this file: keep it."
)
_SIGNED_BY_ANOTHER = Phrase(
    "Signed by the log, with the key {key}, to which hand-overs lead from the one that you named"
    " ({named}), when it counted {size} entries."
    " Whoever changes this entry, or takes it away, contradicts this file: keep it."
)
_SHOWN = ("at", "action", "outcome", "rpps", "acting_for", "sender", "reference", "documents")
"""What says most to the one whose dossier it is; all of it is in the file."""


@click.command("receipt")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@vkey_option
@handover_option
@policy_option
@lang_option
def receipt(
    file: Path, vkey: VerifierKey | None, kept: tuple[Path, ...], policy: WitnessPolicy | None
) -> None:
    """Say what a receipt proves, as a patient has it with the list of accesses to his dossier.

    FILE is enough. With --vkey, the log's key: who signed it; with --policy, that its witnesses
    saw it. Status 1 if it proves nothing.
    """
    with refusing(FolderError, HandOverError):
        data, handovers = read_bounded(file, MAX_ENTRY_PROOF), [*read_all(kept)]
    try:
        proof = entry_proofs.parse(data)
        read = read_receipt(proof, vkey, handovers, policy)
        fields = fields_of(proof.index, proof.entry)
    except (EntryProofError, FolderError, HandOverError, NoteError) as error:
        why = Phrase("{path} proves nothing: {error}", path=file, error=line_of(error))
        raise CommandError(why) from None
    say(Phrase(_PROVED if read.key else _CLAIMED, index=proof.index, origin=read.head.origin))
    print_pairs(_pairs(fields))
    for said in _said(read):
        click.echo("")
        say(said)


def _pairs(fields: Fields) -> Iterator[tuple[str, str]]:
    for name in _SHOWN:
        if value := fields.get(name):
            yield f"  {name}", shown(name, value)


def _said(read: ReceiptRead) -> Iterator[Phrase]:
    """Yield what is proved, by whom, and what is not."""
    if read.key is None:
        yield Phrase(
            "NOT verified: who signed it; anybody could have made this file. Ask the host, or an"
            " auditor, for the log's key, and name it: --vkey KEY."
        )
        return
    yield Phrase(
        _SIGNED if read.key == read.named else _SIGNED_BY_ANOTHER,
        key=read.key.short,
        named=read.named.short if read.named else "",
        size=read.head.size,
    )
    if read.witnessed:
        yield _by_witnesses(read.witnessed)
    else:
        yield Phrase(
            "Whether others are shown the same log, this file alone does not say: an auditor can"
            " compare it with theirs, or witnesses have cosigned it (--policy FILE)."
        )


def _by_witnesses(witnessed: Witnessed) -> Phrase:
    times = witnessed.judgement.cosigned
    if not times:
        return Phrase("The policy asks for no witness.")
    names = ", ".join(f"{label} ({moment(at)})" for label, at in times.items())
    return Phrase(
        "Cosigned by {count} witnesses: {names}. Each saw that this log only grew: nobody was"
        " shown another one.",
        count=len(times),
        names=names,
    )
