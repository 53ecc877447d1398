"""Which witnesses must have cosigned a checkpoint (C2SP tlog-policy): the file, the judgement.

One item a line: ``log``, ``witness``, ``group``, ``quorum``; what begins with ``#`` is a
comment. A group is met by so many of its members, each a witness or a group of an earlier line,
and none may be a member twice. The quorum is one of these names, or ``none``. The format has no
number of its own: a first line ``# rmp witness policy 1`` says which one of ours it is, and is a
comment to everybody else's readers.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.cosignatures import CosignerKey, UnknownKindError, cosigned_at
from rmp_milter.tlog.notes import Note, NoteError, VerifierKey

MAX_POLICY = 1 << 20
MOST_OF_A_KIND = 256
"""Logs, witnesses, groups; the specification asks for 32 at least."""
NONE = "none"
FORMAT, NUMBER = "rmp witness policy", 1
_MARK = re.compile(rf"#[ \t]*{FORMAT}[ \t]+([0-9]+)[ \t]*")
_BLANKS = re.compile("[ \t]+")
_NEITHER = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT = re.compile("[1-9][0-9]{0,5}")


ItemT = TypeVar("ItemT")


class PolicyError(ValueError):
    """A policy that cannot be used; one clear line."""


@dataclass(frozen=True)
class PolicyLog:
    """A log whose checkpoints are accepted, and where it may be reached."""

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True)
class PolicyWitness:
    """A witness by the name that the file gives it; ``url`` is where it takes checkpoints."""

    label: str
    key: CosignerKey
    url: str = ""


@dataclass(frozen=True)
class WitnessGroup:
    """Met by ``least`` of its members."""

    label: str
    least: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class PolicyJudgement:
    """What a note's cosignatures come to.

    ``cosigned`` are the witnesses whose signature holds, and when each signed; of those in
    ``wrong`` a line is false, of those in ``unread`` nobody here can tell.
    """

    fulfilled: bool
    cosigned: Mapping[str, int] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class WitnessPolicy:
    """A policy file; ``groups`` in their order."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[WitnessGroup, ...]
    quorum: str

    def log_key(self, origin: str) -> VerifierKey | None:
        """Return the first key that is listed for the log of this name.

        None where no log is listed at all. Raises :class:`~.notes.NoteError` where others are.
        """
        found = next((each.key for each in self.logs if each.key.name == origin), None)
        if self.logs and found is None:
            raise NoteError(Phrase("the policy has no key of the log {origin}", origin=origin))
        return found

    def is_met_by(self, labels: Collection[str]) -> bool:
        """Whether these witnesses are enough."""
        met = set(labels) & {each.label for each in self.witnesses}
        for group in self.groups:
            if len(met.intersection(group.members)) >= group.least:
                met.add(group.label)
        return self.quorum == NONE or self.quorum in met

    def judge(self, note: Note) -> PolicyJudgement:
        """Return who cosigned a checkpoint; one false line, and it fulfils nothing."""
        cosigned, wrong, unread = dict[str, int](), list[str](), list[str]()
        for each in self.witnesses:
            try:
                at = cosigned_at(note, each.key)
            except UnknownKindError:
                unread.append(each.label)
            except NoteError:
                wrong.append(each.label)
            else:
                cosigned |= {} if at is None else {each.label: at}
        met = not wrong and self.is_met_by(cosigned)
        return PolicyJudgement(met, cosigned, tuple(wrong), tuple(unread))


NO_WITNESSES = WitnessPolicy((), (), (), NONE)
"""Asks for none."""


def parse_policy(data: bytes) -> WitnessPolicy:
    """Read a policy file; raise :class:`PolicyError`."""
    if len(data) > MAX_POLICY:
        raise PolicyError("policy too long")
    if _NEITHER.search(data):
        raise PolicyError("control characters in the policy (lines must end with LF alone)")
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        raise PolicyError("the policy is not UTF-8") from None
    _check_number(lines[0])
    reading = _PolicyReading()
    for number, words in _items(lines):
        try:
            reading.take(words)
        except (PolicyError, NoteError) as error:
            line = Phrase("line {number}: {error}", number=number, error=line_of(error))
            raise PolicyError(line) from None
    return reading.policy()


def _check_number(first: str) -> None:
    found = _MARK.fullmatch(first)
    if found and int(found[1][:9]) != NUMBER:
        line = Phrase(
            "the policy is of format {found}; this version of rmp-milter reads {known}",
            found=found[1][:9],
            known=NUMBER,
        )
        raise PolicyError(line)


def _items(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, 1):
        stripped = line.strip(" \t")
        if stripped and not stripped.startswith("#"):
            yield number, _BLANKS.split(stripped)


class _PolicyReading:
    """What was read so far: a line may name only what stands above it."""

    def __init__(self) -> None:
        self._logs = dict[bytes, PolicyLog]()
        self._witnesses = dict[bytes, PolicyWitness]()
        self._groups: list[WitnessGroup] = []
        self._free = set[str]()
        """Witnesses and groups that are a member of no group yet."""
        self._names = {NONE}
        self._quorum = ""

    def policy(self) -> WitnessPolicy:
        if not self._quorum:
            raise PolicyError("the policy has no line that begins with quorum")
        return WitnessPolicy(
            (*self._logs.values(),),
            (*self._witnesses.values(),),
            (*self._groups,),
            self._quorum,
        )

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                key = VerifierKey.parse(vkey)
                _new(self._logs, key.public, PolicyLog(key, "".join(url)))
            case ["witness", label, vkey, *url] if len(url) <= 1:
                self._name(label)
                cosigner = CosignerKey.parse(vkey)
                witness = PolicyWitness(label, cosigner, "".join(url))
                _new(self._witnesses, cosigner.public, witness)
            case ["group", label, least, *members] if members:
                self._group(label, least, members)
            case ["quorum", label]:
                self._set_quorum(label)
            case _:
                raise PolicyError("not a line of a policy (log, witness, group, quorum)")

    def _name(self, label: str) -> None:
        if label in self._names:
            raise PolicyError(Phrase("the name {name} is taken", name=label))
        self._names.add(label)
        self._free.add(label)

    def _group(self, label: str, least: str, members: list[str]) -> None:
        if len(self._groups) >= MOST_OF_A_KIND:
            raise PolicyError("too many of a kind")
        for each in members:
            if each not in self._free:
                line = "{name} is defined on no line above, or a member already"
                raise PolicyError(Phrase(line, name=each))
            self._free.remove(each)
        words = {"all": len(members), "any": 1}
        wanted = words.get(least) or int(least if _COUNT.fullmatch(least) else 0)
        if not 0 < wanted <= len(members):
            line = "{word} is not all, any, or a number from 1 to {most}"
            raise PolicyError(Phrase(line, word=least, most=len(members)))
        self._name(label)
        self._groups.append(WitnessGroup(label, wanted, (*members,)))

    def _set_quorum(self, label: str) -> None:
        if self._quorum:
            raise PolicyError("a second quorum")
        if label not in self._names:
            raise PolicyError(Phrase("{name} is defined on no line above", name=label))
        self._quorum = label


def _new(there: dict[bytes, ItemT], key: bytes, item: ItemT) -> None:
    if key in there:
        raise PolicyError("the same key twice")
    if len(there) >= MOST_OF_A_KIND:
        raise PolicyError("too many of a kind")
    there[key] = item
