"""``rmp access compare``: whether what several people hold is of one history."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from rmp_milter.audit.comparing import Kinship, Link, Pair, compared
from rmp_milter.audit.cosigned_checks import (
    Witnessed,
    all_cosigned,
    cosignatures_of,
    newest_in,
)
from rmp_milter.audit.folder import FolderError
from rmp_milter.audit.handovers import HandOverError, files_in, read_all
from rmp_milter.audit.parties import Party, read_party
from rmp_milter.cli.access_audit import (
    cosigned_line,
    handover_option,
    known_signers,
    vkey_option,
    witnessed_as_json,
)
from rmp_milter.cli.access_policy import policy_option
from rmp_milter.cli.errors import Status, refusing
from rmp_milter.cli.language import in_words, lang_option
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import Json, print_error, print_json, print_table, say
from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.notes import NoteError, VerifierKey
from rmp_milter.tlog.policies import WitnessPolicy

_HEADS = ("PARTY", "LOG", "ENTRIES", "ROOT")
_LEAST = {"ROOT": 12, "LOG": 12, "PARTY": 12}
_SAID = {
    Kinship.SAME: Phrase(
        "{first} and {second} belong to one history: the first {size} entries are the same"
    ),
    Kinship.FORK: Phrase(
        "{first} and {second} do not belong to one history: two were signed under one name"
    ),
    Kinship.UNKNOWN: Phrase(
        "{first} and {second}: not to be told without an export of {larger} entries or more"
    ),
    Kinship.DAMAGED: Phrase(
        "{first} and {second}: not to be told, {large} does not lead to its own root"
    ),
    Kinship.OTHER: Phrase("{first} and {second} are of logs of different names"),
}


@click.command("compare")
@click.argument(
    "paths",
    metavar="A B...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True),
)
@vkey_option
@handover_option
@policy_option
@json_option
@lang_option
def compare(
    paths: Sequence[Path],
    *,
    vkey: VerifierKey | None,
    kept: Sequence[Path],
    policy: WitnessPolicy | None,
    as_json: bool,
) -> int:
    """Tell whether checkpoints of two parties or more belong to one history; status 1 if not.

    Each is a checkpoint, the mail that brought it, a receipt or an exported folder. Where their
    numbers of entries differ, one must be an export that holds as many as the larger. The proof
    is shown, or the fork: two roots that were both signed for the same entries. Of an export its
    hashes are read and not its entries: whether those are what it hashed, verify says. With
    --policy, who cosigned each one is counted, and must be enough.
    """
    if len(paths) < 2:  # noqa: PLR2004 -- two are compared
        raise click.UsageError("two are needed at least")
    with refusing(FolderError, HandOverError, NoteError):
        parties = [read_party(path) for path in paths]
        exports = [path for path in paths if files_in(path)]
        vkey = vkey or (policy.log_key(parties[0].head.origin) if policy else None)
        signers = known_signers(vkey, [*read_all(kept), *read_all(exports)])
        witnessed = {each.name: _witnessed(each, policy) for each in parties}
    unmet = [name for name, each in witnessed.items() if policy and not each]
    wrong = [
        (each, line) for each in parties if vkey and (line := each.wrongly_signed(signers))
    ]
    pairs = compared(parties)
    if as_json:
        print_json(_as_json(parties, pairs, [each.name for each, _ in wrong], witnessed))
    else:
        _print(parties, pairs, witnessed if policy else {})
        for name in unmet:
            line = "{path}: not cosigned as the policy asks (quorum {quorum})"
            print_error(Phrase(line, path=name, quorum=policy.quorum if policy else ""))
        for each, line in wrong:
            print_error(Phrase("{path}: {error}", path=each.name, error=line))
        if vkey is None:
            say(
                Phrase(
                    "note: {note}",
                    note=Phrase("no verifier key given: who signed is not verified"),
                )
            )
    sound = not (wrong or unmet) and all(pair.verdict is Kinship.SAME for pair in pairs)
    return Status.OK if sound else Status.REFUSED


def _witnessed(party: Party, policy: WitnessPolicy | None) -> Witnessed | None:
    """Return the largest checkpoint of a party that the policy is content with."""
    if policy is None:
        return None
    if party.log is not None:
        there = all_cosigned(Path(party.name), party.note)
        return newest_in(party.log, policy, there)
    own = cosignatures_of(policy, party.head.origin, all_cosigned(Path(party.name), party.note))
    return next((each for each in own.all_of_it if each.judgement.fulfilled), None)


def _print(
    parties: Sequence[Party],
    pairs: Sequence[Pair],
    witnessed: Mapping[str, Witnessed | None],
) -> None:
    rows = [
        (each.name, each.head.origin, str(each.head.size), _base64(each.head.root))
        for each in parties
    ]
    print_table(_HEADS, rows, least=_LEAST, wide=False)
    for name, found in witnessed.items():
        if found:
            count = len(found.judgement.cosigned)
            line = "{path}: {count} cosignatures, {said}"
            say(Phrase(line, path=name, count=count, said=cosigned_line(found)))
    for pair in pairs:
        line = _line(pair)
        if pair.verdict is Kinship.SAME:
            say(line)
        else:
            print_error(line)
        for each in _evidence(pair):
            click.echo(f"  {each}")


def _line(pair: Pair) -> Phrase:
    return Phrase(
        _SAID[pair.verdict],
        first=pair.first.name,
        second=pair.second.name,
        size=pair.first.head.size,
        larger=pair.second.head.size,
        large=pair.links[0].large.name if pair.links else "",
    )


def _evidence(pair: Pair) -> Iterator[str]:
    """Yield what a verdict rests on: roots, the path between them, the first difference."""
    if pair.verdict is Kinship.FORK and not pair.links:
        for party in (pair.first, pair.second):
            yield _of_root(party.head.root, party.name, party.head.size)
    for link in pair.links:
        if link.verdict is Kinship.FORK:
            yield _of_root(link.small.head.root, link.small.name, link.small.head.size)
            yield _of_root(link.root, link.large.name, link.small.head.size)
        yield from _path(link)
    if pair.difference is not None:
        yield in_words(Phrase("the first entry that differs: {index}", index=pair.difference))
        yield from _both_entries(pair, pair.difference)


def _of_root(root: bytes, name: str, size: int) -> str:
    line = "root of {size} entries by {name}: {root}"
    return in_words(Phrase(line, size=size, name=name, root=_base64(root)))


def _path(link: Link) -> Iterator[str]:
    if link.path:
        small, large = link.small.head.size, link.large.head.size
        line = "proof from {small} to {large} entries (RFC 6962), by {name}:"
        yield in_words(Phrase(line, small=small, large=large, name=link.large.name))
        yield from (f"  {_base64(each)}" for each in link.path)


def _both_entries(pair: Pair, index: int) -> Iterator[str]:
    for party in (pair.first, pair.second):
        if party.log is not None:
            entry = party.log.entry(index).decode(errors="replace")
            yield f"  {party.name}: {''.join(c if c.isprintable() else '?' for c in entry)}"


def _as_json(
    parties: Sequence[Party],
    pairs: Sequence[Pair],
    unsigned: list[str],
    witnessed: Mapping[str, Witnessed | None],
) -> Json:
    verdicts = {pair.verdict for pair in pairs}
    return {
        "one_history": verdicts == {Kinship.SAME},
        "parties": [
            {
                "name": each.name,
                "origin": each.head.origin,
                "entries": each.head.size,
                "root": _base64(each.head.root),
                "checkpoint": each.note.decode(),
                "signature_wrong": each.name in unsigned,
                "witnessed": witnessed_as_json(witnessed.get(each.name)),
            }
            for each in parties
        ],
        "pairs": [_pair_as_json(pair) for pair in pairs],
    }


def _pair_as_json(pair: Pair) -> Json:
    return {
        "first": pair.first.name,
        "second": pair.second.name,
        "verdict": pair.verdict.value,
        "first_difference": pair.difference,
        "proofs": [
            {
                "by": link.large.name,
                "from": link.small.head.size,
                "to": link.large.head.size,
                "root_signed": _base64(link.small.head.root),
                "root_there": _base64(link.root),
                "path": [_base64(each) for each in link.path],
            }
            for link in pair.links
        ],
    }


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
