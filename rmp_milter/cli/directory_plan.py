"""What ``rmp doctor import`` would do: who is new, who changes, whose key is another. Pure.

A doctor is known by his RPPS number. A key in the place of his own needs two persons who answer
for it (``rmp doctor rekey``), so the file's is named and left.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from rmp_milter.cli.credentials import Chosen, check_form, check_offered
from rmp_milter.cli.directory_file import DirectoryFault, DirectoryLine
from rmp_milter.cli.errors import CommandError
from rmp_milter.config import Config
from rmp_milter.credentials import CredentialFacts, kind_of
from rmp_milter.dossier.credentials import certificates_of, names_of
from rmp_milter.dossier.model import Doctor, Receipts, ReplyForm
from rmp_milter.dossier.revisions import revised

_SET_BY_FILE = (
    "name",
    "mail",
    "profession",
    "account",
    "reply_form",
    "receipts",
    "hprim",
)


class FiledKey(msgspec.Struct, frozen=True):
    """The certificates that a line names: all that were read, and how they may enrol him.

    ``fault`` says why they may not, or why some cannot be read.
    """

    read: tuple[CredentialFacts, ...] = ()
    chosen: Chosen | None = None
    fault: str = ""


class ChangedDoctor(msgspec.Struct, frozen=True):
    """An enrolled doctor as he is and as the file says."""

    line: int
    before: Doctor
    after: Doctor

    @property
    def fields(self) -> dict[str, tuple[object, object]]:
        """What changes: the values before and after, by the column's name."""
        both = (
            (field, getattr(self.before, field), getattr(self.after, field))
            for field in _SET_BY_FILE
        )
        return {field: (old, new) for field, old, new in both if old != new}


class LeftKey(msgspec.Struct, frozen=True):
    """A key that the file names and that is not entered, in words that say what to do."""

    line: int
    doctor: Doctor
    words: str


class DirectoryPlan(msgspec.Struct, frozen=True):
    """What an import does, unless there are faults: then nothing."""

    added: tuple[tuple[int, Doctor], ...]
    changed: tuple[ChangedDoctor, ...]
    keys: tuple[LeftKey, ...]
    absent: tuple[Doctor, ...]
    faults: tuple[DirectoryFault, ...]


def planned(
    lines: Sequence[DirectoryLine],
    keys: Mapping[int, FiledKey],
    enrolled: Sequence[Doctor],
    config: Config,
    now: int,
) -> DirectoryPlan:
    """Return what the file's ``lines`` make of those who are ``enrolled``, at ``now``.

    ``keys`` has what each line's certificates are, by its number; ``config`` says which forms of
    answers this host gives.
    """
    by_rpps = {each.rpps: each for each in enrolled if each.rpps}
    named = {line.rpps for line in lines}
    added, changed, left = [], [], []
    faults: list[DirectoryFault] = []
    for line in lines:
        known = by_rpps.get(line.rpps)
        try:
            after = _changed(known, line) if known else _new(line, keys[line.line], now)
            check_offered(after.reply_form, config)
            check_form(kind_of(after.certificate), after.reply_form)
        except CommandError as error:
            faults.append(DirectoryFault(line.line, error.line))
            continue
        if known is None:
            added.append((line.line, after))
            continue
        if after is not known:
            changed.append(ChangedDoctor(line.line, known, after))
        if words := _key_words(known, line, keys[line.line]):
            left.append(LeftKey(line.line, known, words))
    entered = [*added, *((each.line, each.after) for each in changed)]
    becomes = {each.before.doctor_id: each.after for each in changed}
    faults += _twice(lines, entered, enrolled, becomes)
    absent = (each for each in enrolled if each.rpps and each.rpps not in named)
    return DirectoryPlan(
        tuple(added), tuple(changed), tuple(left), tuple(absent), tuple(faults)
    )


def _new(line: DirectoryLine, key: FiledKey, now: int) -> Doctor:
    """Return a doctor who is to be enrolled; raises :class:`CommandError`."""
    if key.chosen is None:
        raise CommandError(f"key: {key.fault}")
    his = key.chosen
    return Doctor(
        doctor_id=secrets.token_bytes(16),
        name=line.name,
        rpps=line.rpps,
        mail=line.mail,
        profession=line.profession,
        certificate=his.first.binary,
        fingerprint=his.first.fingerprint,
        key_ids=his.key_ids,
        account=line.account,
        reply_form=line.reply_form or ReplyForm.SEPARATE,
        added_at=now,
        receipts=line.receipts or Receipts.EACH,
        hprim=bool(line.hprim),
        credentials=his.credentials,
    )


def _changed(doctor: Doctor, line: DirectoryLine) -> Doctor:
    """Return the doctor as the line says, himself where it says nothing else."""
    said = {field: getattr(line, field) for field in _SET_BY_FILE}
    fields = {
        field: value
        for field, value in said.items()
        if value not in {None, ""} and value != getattr(doctor, field)
    }
    return revised(doctor, **fields) if fields else doctor


def _key_words(doctor: Doctor, line: DirectoryLine, key: FiledKey) -> str:
    """Return what is to be said of a line's certificates for one who is enrolled, or nothing."""
    if line.files and not key.read:
        return f"the key cannot be read, his own stays: {key.fault}"
    own = certificates_of(doctor)
    others = [each for each in key.read if each.binary not in own]
    if others:
        fingerprints = names_of(doctor)
        again = all(each.fingerprint in fingerprints for each in others)
        kind = "another edition of his key" if again else "another key"
        named = ", ".join(each.fingerprint for each in others)
        return f"{kind} ({named}), his own stays: rmp doctor rekey {doctor.rpps} --key FILE"
    if line.answers and line.answers is not kind_of(doctor.certificate):
        wanted = line.answers.value
        return f"answers by {wanted}: rmp doctor set {doctor.rpps} --answers {wanted}"
    return ""


def _twice(
    lines: Sequence[DirectoryLine],
    entered: Sequence[tuple[int, Doctor]],
    enrolled: Sequence[Doctor],
    becomes: Mapping[bytes, Doctor],
) -> Iterator[DirectoryFault]:
    """Yield what belongs to somebody else who is enrolled and keeps it, or to an earlier line.

    What one gives up in the same file is free for another, in whatever order the lines stand:
    two may change places.
    """
    seen: dict[str, int] = {}
    for line in lines:
        if line.rpps in seen:
            yield DirectoryFault(line.line, f"rpps is that of line {seen[line.rpps]}")
        seen.setdefault(line.rpps, line.line)
    holders = dict(_kept(enrolled, becomes))
    for number, doctor in entered:
        claimed = [(kind, holders.get((kind, value))) for kind, value in _own(doctor)]
        words = [
            f"{kind} is that {holder.words}"
            for kind, holder in claimed
            if holder and holder.doctor_id != doctor.doctor_id
        ]
        yield from (DirectoryFault(number, each) for each in dict.fromkeys(words))
        for value in _own(doctor):
            holders.setdefault(value, _Holder(doctor.doctor_id, f"of line {number}"))


class _Holder(NamedTuple):
    """Whose a value is."""

    doctor_id: bytes
    words: str


def _kept(
    doctors: Iterable[Doctor], becomes: Mapping[bytes, Doctor]
) -> Iterator[tuple[tuple[str, str], _Holder]]:
    for doctor in doctors:
        after = {*_own(becomes.get(doctor.doctor_id, doctor))}
        for value in filter(after.__contains__, _own(doctor)):
            yield value, _Holder(doctor.doctor_id, f"of {doctor.name}, who is enrolled")


def _own(doctor: Doctor) -> list[tuple[str, str]]:
    """Return what nobody else may have; the number is looked at by itself."""
    values = [("mail", doctor.mail.casefold()), ("account", doctor.account)]
    keys = [("key", each) for each in sorted(names_of(doctor))]
    return [(kind, value) for kind, value in (*values, *keys) if value]
