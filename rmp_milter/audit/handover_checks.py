"""The hand-overs of an exported log, held to its entries and to those that somebody kept."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rmp_milter.audit.findings import Finding
from rmp_milter.audit.folder import FolderError
from rmp_milter.audit.handovers import (
    FOLDER,
    HandOverError,
    LogHandOver,
    files_in,
    read_handover,
)
from rmp_milter.audit.recount import Recount
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.checkpoints import TreeHead
from rmp_milter.tlog.entry_proofs import SUFFIX


class Handed(NamedTuple):
    """The hand-overs of a folder that are sound by themselves; the names of the others."""

    sound: tuple[LogHandOver, ...] = ()
    faulty: frozenset[str] = frozenset()


def handed_in(folder: Path, origin: str, findings: list[Finding]) -> Handed:
    """Read an exported log's hand-overs; what is wrong goes into the ``findings``."""
    sound, faulty = list[LogHandOver](), set[str]()
    for file in files_in(folder):
        name = str(file.relative_to(folder))
        try:
            read = read_handover(file)
        except (HandOverError, FolderError) as error:
            findings.append(Finding("handover", line_of(error)))
            faulty.add(name)
            continue
        if (read.path, read.head.origin) == (name, origin):
            sound.append(read)
        else:
            line = Phrase("{path}: is of another entry, or of another log", path=name)
            findings.append(Finding("handover", line))
            faulty.add(name)
    return Handed((*sound,), frozenset(faulty))


def compared(
    recount: Recount, head: TreeHead, handed: Handed, kept: Sequence[LogHandOver]
) -> Iterator[Finding]:
    """Yield how hand-overs and entries differ, those of the folder and those that were ``kept``."""
    there = {each.number: each for each in handed.sound}
    for number in recount.handovers:
        path = f"{FOLDER}/{number}{SUFFIX}"
        if number not in there and path not in handed.faulty:
            line = Phrase(
                "entry {index} hands the log over, without a checkpoint by both keys: {path}",
                index=number,
                path=path,
            )
            yield Finding("handover", line, number, number)
    for each in handed.sound:
        if recount.handovers.get(each.number) != each.proof.entry:
            line = Phrase(
                "{path}: entry {index} hands nothing over, or to another key",
                path=each.path,
                index=each.number,
            )
            yield Finding("handover", line, each.number, each.number)
        elif recount.roots.kept.get(each.head.size) != each.head.root:
            yield _forked(each, each.path)
    for each in kept:
        if (
            each.head.size <= head.size
            and recount.roots.kept.get(each.head.size) != each.head.root
        ):
            yield _forked(each, Phrase("the hand-over that was kept"))


def _forked(each: LogHandOver, which: str) -> Finding:
    line = Phrase(
        "{which}: the first {size} entries are not those that it was signed over",
        which=which,
        size=each.head.size,
    )
    return Finding("forked", line, 0, each.number)
