"""The log that a report is of: its name, its tree, who signed and who saw it."""

import base64
from collections.abc import Iterator, Sequence

from rmp_milter.audit.findings import MOST_NAMED
from rmp_milter.audit.report.facts import MonthFacts
from rmp_milter.audit.report.saying import moment_in_table, tame
from rmp_milter.pdf.document import (
    ALERT,
    SMALL,
    DocHeading,
    DocPiece,
    DocTable,
    DocText,
)
from rmp_milter.pdf.type_case import number
from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.checkpoints import TreeHead

_MOST_DAYS = 10
_MOST_WITNESSES = 20
_OF_TWO = (0.25, 0.75)
_FINDING = 300
"""Characters of a finding's line."""


def log_section(facts: MonthFacts) -> Iterator[DocPiece]:
    """Yield what identifies the log, and what its verification found."""
    yield DocHeading(Phrase("The log"))
    yield DocTable((), [*_identity(facts)], _OF_TWO, whole=True)
    yield from _findings(facts)
    yield from _checkpoints(facts)
    yield from _witnesses(facts)


def _identity(facts: MonthFacts) -> Iterator[tuple[str, str]]:
    head, entries = facts.head, facts.activity.entries
    yield Phrase("Name"), tame(head.origin)
    yield Phrase("Entries in all"), number(head.size)
    yield Phrase("Root (base64)"), base64.b64encode(head.root).decode()
    yield Phrase("Root (hexadecimal)"), head.root.hex()
    of_month = Phrase("no entry")
    if entries:
        first, last = entries[0], entries[-1]
        of_month = Phrase(
            "{count}, from number {first} to {last}",
            count=number(facts.activity.sorts.total()),
            first=first,
            last=last,
        )
    yield Phrase("Entries of the month"), of_month
    key = facts.verified.signers.at(head.size)
    yield Phrase("Signed by"), str(key) if key else Phrase("not verified: no key was given")
    old = facts.verified.old
    kept = (
        Phrase("of {size} entries", size=number(old.size)) if old else Phrase("none was given")
    )
    yield Phrase("Kept checkpoint"), kept


def _findings(facts: MonthFacts) -> Iterator[DocPiece]:
    findings = facts.verified.findings
    if not findings:
        line = (
            "All of it was counted anew from the entries: they are what the checkpoint says. The"
            " checkpoint is three lines that stand for all entries; whoever keeps one can prove"
            " later that none of them was changed."
        )
        yield DocText(Phrase(line), SMALL)
    for note in facts.verified.notes:
        if isinstance(
            note, Phrase
        ):  # the others say what the table says: no key, no checkpoint
            yield DocText(Phrase("note: {note}", note=note), SMALL)
    for finding in findings[:MOST_NAMED]:
        yield DocText(_line(finding.line), ALERT)
    if (rest := len(findings) - MOST_NAMED) > 0:
        yield DocText(Phrase("and {count} more", count=number(rest)), ALERT)


def _line(line: str) -> str:
    """Return a finding's line; one that names what somebody else chose is cut."""
    return line if line.isprintable() and len(line) < _FINDING else tame(line, _FINDING)


def _checkpoints(facts: MonthFacts) -> Iterator[DocPiece]:
    heads = (Phrase("Checkpoint"), Phrase("Entries"), Phrase("Root (base64)"))
    rows = [*_trees(facts.signed), _tree(Phrase("of this export"), facts.head)]
    yield DocTable(heads, rows, (0.26, 0.14, 0.6), numbers=(1,), whole=True)
    absent = facts.activity.absent(facts.issued)
    if absent:
        days = ", ".join(map(str, absent[:_MOST_DAYS])) + ", ..." * (len(absent) > _MOST_DAYS)
        line = (
            "Days without an entry of presence: {count} ({days}). On such a day the log was not"
            " signed as it should be daily."
        )
        yield DocText(Phrase(line, count=number(len(absent)), days=days), SMALL)
    elif facts.signed:
        yield DocText(Phrase("Each day that is over has an entry of presence."), SMALL)
    if facts.signed:
        line = (
            "The first and the last are the trees behind the month's first and last entry of"
            " presence, counted from the entries: a checkpoint of that day that somebody kept has"
            " this root."
        )
        yield DocText(Phrase(line), SMALL)


def _trees(signed: Sequence[TreeHead]) -> Iterator[Sequence[str]]:
    if signed:
        yield _tree(Phrase("the first of the month"), signed[0])
        yield _tree(Phrase("the last of the month"), signed[-1])
    else:
        yield Phrase("of the month: none"), "-", "-"


def _tree(name: str, head: TreeHead) -> tuple[str, str, str]:
    return name, number(head.size), base64.b64encode(head.root).decode()


def _witnesses(facts: MonthFacts) -> Iterator[DocPiece]:
    yield DocHeading(Phrase("Witnesses"))
    witnessed, cosigned = facts.verified.witnessed, [*facts.witnesses.items()]
    if witnessed is None or not cosigned:
        line = (
            "No witness: nobody but the service is known to have signed a checkpoint of this"
            " export. That the same history is shown to everybody is then known only by comparing"
            " checkpoints with other auditors."
        )
        yield DocText(Phrase(line))
        return
    line = (
        "So many others signed that this history of {size} entries extends all that they had"
        " signed before: {count}. Nobody can have been shown another one up to there."
    )
    yield DocText(Phrase(line, size=number(witnessed.size), count=number(len(cosigned))))
    named = ", ".join(
        f"{tame(name)} ({moment_in_table(at)})" for name, at in cosigned[:_MOST_WITNESSES]
    )
    yield DocText(Phrase("Their signatures (UTC): {named}.", named=named))
    if (rest := len(cosigned) - _MOST_WITNESSES) > 0:
        yield DocText(Phrase("and {count} more", count=number(rest)))
