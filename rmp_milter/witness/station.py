"""A witness at work: what it knows lies in its folder, on disk before a cosignature leaves.

``witness.key``; ``logs/`` with a file for each log that is witnessed; ``refused/`` with what
contradicts what was cosigned, or was not proved: evidence. A log is witnessed from an act of its
own on (:meth:`Station.watch`): where its file is missing, nothing is begun anew, since whoever
forgot what he cosigned would cosign another history.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from rmp_milter.audit.folder import FolderError, read_bounded
from rmp_milter.disk.closing import Closing
from rmp_milter.disk.new_files import replace_whole, write_whole
from rmp_milter.disk.write_turn import WriteTurn
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.checkpoints import read_checkpoint
from rmp_milter.tlog.cosignatures import cosigned_at
from rmp_milter.tlog.notes import (
    MAX_NOTE,
    Note,
    NoteError,
    NoteSignature,
    VerifierKey,
    parse,
    verify,
)
from rmp_milter.tlog.witnessing import (
    Ruling,
    Submission,
    SubmissionError,
    WatchedLog,
    WitnessReply,
    rule,
    watched,
)
from rmp_milter.witness.own_keys import WitnessKeys, read_keys

LOGS, REFUSED = "logs", "refused"
FORMAT, REFUSED_FORMAT = "rmp witnessed log 1", "rmp refused checkpoint 1"
MOST_REFUSED = 100
"""So much evidence is kept: what comes behind it changes nothing."""
MOST_KEYS = 32
SET_BACK = 60
"""Seconds."""
_MOST_STATE = 2 * MAX_NOTE


class StationError(Exception):
    """A witness's folder that cannot be worked with; one clear line."""


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log's file: its keys, and the checkpoint that was cosigned last, if any."""

    format: str
    keys: tuple[str, ...]
    note: str = ""


class _Evidence(msgspec.Struct, frozen=True):
    format: str
    at: int
    why: str
    submitted: str
    cosigned: str


@dataclass(frozen=True)
class WitnessAnswer:
    """What is said to whoever submitted a checkpoint: the ruling, and what it brings along."""

    ruling: Ruling
    body: bytes
    origin: str = ""
    note: bytes = b""
    """The checkpoint that was cosigned last, this one or another; none where there is none."""


@dataclass(frozen=True)
class WitnessedLog:
    """A log in a witness's folder."""

    origin: str
    keys: tuple[VerifierKey, ...]
    note: bytes = b""

    @property
    def watched(self) -> WatchedLog:
        """What a ruling goes by; raises :class:`~rmp_milter.tlog.notes.NoteError`."""
        return watched(self.keys, self.note)


def origin_hash(origin: str) -> str:
    """Return what a log is called in paths: the SHA-256 of its name, in hex."""
    return hashlib.sha256(origin.encode()).hexdigest()


class Station(Closing):
    """A witness's folder, open. Several threads and processes may have it: they take turns."""

    def __init__(self, folder: Path) -> None:
        """Open it; raise :class:`StationError`, :class:`~.own_keys.WitnessKeyError`."""
        self.keys: WitnessKeys = read_keys(folder)
        self._logs, self._refused = folder / LOGS, folder / REFUSED
        try:
            self._turn = WriteTurn(self._logs)
        except OSError as error:
            line = Phrase("{path}: not the folder of a witness", path=folder)
            raise StationError(line) from error

    def close(self) -> None:
        """Give the folder up."""
        self._turn.close()

    def submitted(self, body: bytes, now: int) -> WitnessAnswer:
        """Rule on a request's body, and cosign if it is to be; ``now`` in epoch seconds.

        The new state is durable before this returns. Raises :class:`StationError` for a file
        that cannot be read, ``OSError`` for one that could not be written: then nothing was
        cosigned.
        """
        try:
            asked = Submission.parse(body)
            origin = asked.head.origin
        except (SubmissionError, NoteError) as error:
            return _refusing(Ruling(WitnessReply.MALFORMED, line_of(error)))
        return self._ruled(origin, asked, now)

    def _ruled(self, origin: str, asked: Submission, now: int) -> WitnessAnswer:
        with self._turn:
            log = self._read(origin)
            ruling = rule(asked, log.watched if log else None)
            if log is None or ruling.head is None:
                self._keep_evidence(asked, ruling, log, now)
                return replace(_refusing(ruling), origin=origin, note=log.note if log else b"")
            note = parse(asked.note)
            mine = self.keys.cosign(note.text, self._time(log, now))
            kept = Note(note.text, (*_by_the_log(note, log.keys), *mine)).encode()
            self._write(replace(log, note=kept))
        body = "".join(f"{line}\n" for line in mine).encode()
        return WitnessAnswer(ruling, body, origin, kept)

    def _time(self, log: WitnessedLog, now: int) -> int:
        """Return the time to sign: never before that of a smaller tree, or both would lie.

        Raises :class:`StationError` where the clock is behind by more than clocks are set back.
        """
        last = 0
        if log.note:
            last = cosigned_at(parse(log.note), self.keys.public[0]) or 0
        if last > now + SET_BACK:
            line = Phrase(
                "the clock is behind the last cosignature by {seconds} seconds",
                seconds=last - now,
            )
            raise StationError(line)
        return max(now, last)

    def cosigned(self, digest: str) -> bytes | None:
        """Return the checkpoint that was cosigned last of the log whose name has this digest."""
        log = self._read_file(self._logs / digest) if _is_digest(digest) else None
        if log is None or not log.note:
            return None
        by_me = cosigned_at(parse(log.note), self.keys.public[0]) is not None
        return log.note if by_me else None

    def watch(self, key: VerifierKey, begin: bytes | None = None) -> WitnessedLog:
        """Witness the log of this key from now on; one that is witnessed has a further key.

        It begins with the checkpoint ``begin``, or with whichever is submitted first. Raises
        :class:`StationError`.
        """
        with self._turn:
            log = self._read(key.name)
            if log is not None and begin is not None:
                line = Phrase("{origin} is witnessed here already", origin=key.name)
                raise StationError(line)
            if begin is not None:
                try:
                    read_checkpoint(begin, key)
                except NoteError as error:
                    raise StationError(line_of(error)) from None
            log = log or WitnessedLog(key.name, (), begin or b"")
            if key not in log.keys:
                if len(log.keys) >= MOST_KEYS:
                    raise StationError(Phrase("{origin} has too many keys", origin=key.name))
                log = replace(log, keys=(*log.keys, key))
                self._write(log)
        return log

    def all_watched(self) -> list[WitnessedLog]:
        """Return the logs that are witnessed, by their names; raises :class:`StationError`."""
        files = sorted(path for path in self._logs.iterdir() if _is_digest(path.name))
        found = [log for file in files if (log := self._read_file(file))]
        return sorted(found, key=lambda each: each.origin)

    def _read(self, origin: str) -> WitnessedLog | None:
        log = self._read_file(self._logs / origin_hash(origin))
        if log is not None and log.origin != origin:
            path = self._logs / origin_hash(origin)
            raise StationError(Phrase("{path}: is of another log", path=path))
        return log

    def _read_file(self, path: Path) -> WitnessedLog | None:
        if not path.exists():
            return None
        try:
            record = msgspec.json.decode(read_bounded(path, _MOST_STATE), type=_Record)
            if record.format != FORMAT:
                line = Phrase("{path}: is of another format", path=path)
                raise StationError(line)
            keys = tuple(map(VerifierKey.parse, record.keys))
            log = WitnessedLog(keys[0].name, keys, record.note.encode())
            watched(log.keys, log.note)
        except (FolderError, msgspec.DecodeError, NoteError, IndexError) as error:
            line = Phrase("{path}: cannot be used: {error}", path=path, error=line_of(error))
            raise StationError(line) from None
        return log

    def _write(self, log: WitnessedLog) -> None:
        record = _Record(FORMAT, tuple(map(str, log.keys)), log.note.decode())
        path = self._logs / origin_hash(log.origin)
        replace_whole(path, msgspec.json.format(msgspec.json.encode(record)), 0o644)

    def _keep_evidence(
        self, asked: Submission, ruling: Ruling, log: WitnessedLog | None, now: int
    ) -> None:
        """Keep what its log signed and was not cosigned; what cannot be kept is let go."""
        if log is None or not (ruling.contradicts or ruling.reply is WitnessReply.INCONSISTENT):
            return
        evidence = _Evidence(
            REFUSED_FORMAT, now, str(ruling.why), asked.note.decode(), log.note.decode()
        )
        text = parse(asked.note).text
        name = hashlib.sha256(text.encode()).hexdigest()
        with suppress(OSError):
            if sum(1 for _ in self._refused.iterdir()) < MOST_REFUSED:
                encoded = msgspec.json.format(msgspec.json.encode(evidence))
                write_whole(self._refused / name, encoded, 0o644)


def make_station(folder: Path) -> None:
    """Make the folders below a witness's own; raises ``OSError`` where one is there."""
    for name in (LOGS, REFUSED):
        (folder / name).mkdir(mode=0o755)


def _is_digest(name: str) -> bool:
    return len(name) == 64 and set(name) <= set("0123456789abcdef")  # noqa: PLR2004 -- SHA-256


def _by_the_log(note: Note, keys: Sequence[VerifierKey]) -> list[NoteSignature]:
    known = {(key.name, key.key_id) for key in keys}
    verify(note, keys)
    return [line for line in note.signatures if (line.name, line.key_id) in known]


def _refusing(ruling: Ruling) -> WitnessAnswer:
    size = f"{ruling.known}\n" if ruling.reply is WitnessReply.OTHER_SIZE else f"{ruling.why}\n"
    return WitnessAnswer(ruling, size.encode())
