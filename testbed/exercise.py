"""The auditors' exercise: an invented log of two months, and what an auditor has beside it.

``docs/exercice-auditeur.zip`` is what :func:`make` once made; the guide for auditors is
written on it. Made anew, keys, salts and roots are others, and all else is the same:

    .venv/bin/python -m testbed.exercise FOLDER
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from rmp_milter.audit.beside import reason_path
from rmp_milter.audit.namesakes import encoded
from rmp_milter.audit.reasons import AuditorKey, new_auditor_key, read_public, seal_reason
from rmp_milter.audit.writing import export
from rmp_milter.calls.protocol.message import Event, heartbeat_at
from rmp_milter.dossier.emergency import (
    CLOSED,
    CONTESTED,
    EMERGENCY,
    EMERGENCY_PURPOSE,
    JUSTIFICATION,
    REVIEW,
    UNDER_REVIEW,
    reference_of,
)
from rmp_milter.dossier.model import Slice
from rmp_milter.dossier.rpps import rpps_valid
from rmp_milter.keeper.keys.keys import LogKey
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.mail.outgoing.checkpoint_mail import (
    MailedCheckpoint,
    MailedCosigned,
    checkpoint_mail,
)
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.tlog.entry_proofs import entry_proof_of
from rmp_milter.tlog.notes import parse, with_signatures
from rmp_milter.witness.own_keys import make_keys

ORIGIN = "chu.example/rmp"
BEGAN = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp())
DAYS, DAY, HOUR = 61, 86_400, 3600
OCTOBER = 30
"""Days after which the auditor got the checkpoint that he kept."""

WITNESSES = ("ars", "ordre")
_WORDS = (
    "inconsciente aux urgences, suspicion d'AVC, traitement inconnu",
    "chute, anticoagulants ? patient confus",
    "détresse respiratoire, allergies inconnues",
    "douleur thoracique, antécédents à connaître avant thrombolyse",
)
_LATER = "Patient vu au box 4, compte rendu déposé le lendemain."
_NOTE = "Garde confirmée par le service."


def rpps_numbers(first: int) -> Iterator[str]:
    """Yield valid RPPS numbers that are nobody's."""
    for number in range(first, first + 10_000):
        if rpps_valid(str(number)):
            yield str(number)


@dataclass(frozen=True)
class ExerciseDoctor:
    """Somebody of the exercise."""

    rpps: str
    address: str


@dataclass(frozen=True)
class ExerciseEntry:
    """What becomes an entry of the log, and the words that are sealed with it."""

    at: int
    event: Event
    words: str = ""


class ExerciseTown:
    """A hospital's emergency department, a practice nearby, and one doctor who stands out."""

    def __init__(self) -> None:
        self.chance = random.Random(16)  # noqa: S311 -- an invented log
        numbers = rpps_numbers(10_009_000_000)
        self.department = [
            ExerciseDoctor(next(numbers), f"garde{place}@urgences.chu.example")
            for place in range(1, 14)
        ]
        self.practice = [
            ExerciseDoctor(next(numbers), f"dr{place}@cabinet.example") for place in range(1, 5)
        ]
        self._requests = 0
        self.entries = sorted(
            [*self._presence(), *self._practice(), *self._emergencies()],
            key=lambda entry: entry.at,
        )

    def _event(  # noqa: PLR0913 -- what differs between entries
        self,
        at: int,
        action: str,
        doctor: ExerciseDoctor | None,
        patient: int,
        *,
        outcome: str = "granted",
        reference: str = "",
        purpose: str = "",
    ) -> Event:
        self._requests += 1
        return Event(
            at=at,
            action=action,
            request=sha256(f"exercise {self._requests}".encode()).digest(),
            actor_rpps=doctor.rpps if doctor else "",
            actor_fingerprint=sha256(doctor.rpps.encode()).hexdigest()[:40] if doctor else "",
            sender=doctor.address if doctor else "Mme Vidal",
            dossier_id=patient.to_bytes(16),
            documents=(patient.to_bytes(16),) if action in {"depot", "dossier"} else (),
            proof="signature" if doctor else "host",
            outcome=outcome,
            reference=reference,
            purpose=purpose,
        )

    def _presence(self) -> Iterator[ExerciseEntry]:
        for day in range(DAYS):
            at = BEGAN + day * DAY + 6 * HOUR
            yield ExerciseEntry(at, heartbeat_at(at))

    def _by_day(self, day: int) -> int:
        return BEGAN + day * DAY + round(self.chance.uniform(8, 18) * HOUR)

    def _practice(self) -> Iterator[ExerciseEntry]:
        """Yield ordinary days: patients of the practice, and some who may not ask."""
        for day in range(0, DAYS, 2):
            doctor = self.chance.choice(self.practice)
            for action in ("depot", "dossier"):
                at = self._by_day(day)
                event = self._event(at, action, doctor, self.chance.randrange(1, 15))
                yield ExerciseEntry(at, event)
        for day in (12, 40):
            at = self._by_day(day)
            event = self._event(at, "dossier", self.practice[-1], 3, outcome="refused")
            yield ExerciseEntry(at, event)

    def _emergencies(self) -> Iterator[ExerciseEntry]:
        patients = iter(range(1000, 2000))
        *honest, curious = self.department
        for doctor in honest:
            for _ in range(self.chance.randrange(5, 8)):
                at = self._by_day(self.chance.randrange(DAYS - 5))
                yield from self._emergency(doctor, next(patients), at, justified=True)
        for number in range(26):
            night = OCTOBER + self.chance.randrange(24)
            at = BEGAN + night * DAY + round(self.chance.uniform(0.5, 4) * HOUR)
            yield from self._emergency(curious, next(patients), at, justified=number % 5 == 0)
        for hours in (40, 20):  # so late that one still waits, and one is not yet looked at
            at = BEGAN + DAYS * DAY - hours * HOUR
            justified = hours == 40  # noqa: PLR2004 -- the older one
            found = self._emergency(honest[0], next(patients), at, justified=justified)
            yield from (each for each in found if each.event.action != REVIEW)

    def _emergency(
        self, doctor: ExerciseDoctor, patient: int, at: int, *, justified: bool
    ) -> Iterator[ExerciseEntry]:
        act = self._event(at, EMERGENCY, doctor, patient, purpose=EMERGENCY_PURPOSE)
        named = reference_of(act.request)
        act = msgspec.structs.replace(act, reference=named)
        yield ExerciseEntry(at, act, self.chance.choice(_WORDS))
        if justified:
            then = at + round(self.chance.uniform(1, 20) * HOUR)
            event = self._event(then, JUSTIFICATION, doctor, patient, reference=named)
            yield ExerciseEntry(then, event, _LATER)
        then = at + round(self.chance.uniform(22, 70) * HOUR)
        end = BEGAN + DAYS * DAY
        if then < end:
            state = CLOSED if justified else self.chance.choice([CONTESTED, UNDER_REVIEW])
            event = self._event(then, REVIEW, None, patient, reference=named, outcome=state)
            yield ExerciseEntry(then, event, _NOTE if justified else "")


class _Writing:
    """A log that is being written, by the keeper's own code, with a key that is thrown away."""

    def __init__(self, place: Path, key: LogKey, auditors: AuditorKey) -> None:
        journal.create(place, ORIGIN)
        self.log = Journal(place)
        self._key, self._auditors = key, read_public(auditors.public)

    def write(self, entry: ExerciseEntry) -> None:
        sealed = b""
        if entry.words:
            sealed = seal_reason(entry.words, self._auditors, entry.event.request)
        self.log.append(entry.event, entry.at, sealed)

    def checkpoint(self) -> bytes:
        return self.log.checkpoint(self._key)


def make(folder: Path, scratch: Path) -> None:
    """Make the exercise in ``folder``; ``scratch`` is an empty place for logs and keys."""
    key, auditors = LogKey.generate(), new_auditor_key()
    vkey = verifier_key(key, ORIGIN)
    (folder / "cle.txt").write_text(f"{vkey}\n")
    (folder / "motifs.key").write_bytes(auditors.private)
    entries = ExerciseTown().entries
    told, other = (
        _Writing(scratch / name, key, auditors) for name in ("told", "told to another")
    )
    with told.log, other.log:
        for entry in entries:
            if entry.at < BEGAN + OCTOBER * DAY:
                other.write(entry)
        (folder / "autre-histoire.txt").write_bytes(other.checkpoint())
        for at, entry in enumerate(entries):
            if at and entries[at - 1].at < BEGAN + OCTOBER * DAY <= entry.at:
                (folder / "30-septembre.txt").write_bytes(told.checkpoint())
            told.write(entry)
            if entry.at == BEGAN + 45 * DAY + 6 * HOUR:
                (folder / "point-du-collegue.txt").write_bytes(told.checkpoint())
        _export(told, folder)
        _witness(told.checkpoint(), str(vkey), folder, scratch)
    _write_namesakes(entries, folder)
    _make_handed(entries, auditors, folder / "relais", scratch)


def _make_handed(
    entries: list[ExerciseEntry], auditors: AuditorKey, folder: Path, scratch: Path
) -> None:
    """Make a small log whose key is handed over, and what its auditor has."""
    folder.mkdir()
    former, present = LogKey.generate(), LogKey.generate()
    (folder / "cle.txt").write_text(f"{verifier_key(former, ORIGIN)}\n")
    (folder / "cle-2.txt").write_text(f"{verifier_key(present, ORIGIN)}\n")
    before = _Writing(scratch / "handed", former, auditors)
    with before.log as log:
        for entry in entries[:30]:
            before.write(entry)
        (folder / "avant.txt").write_bytes(before.checkpoint())
        log.hand_over(former, present, entries[30].at)
        for entry in entries[30:45]:
            before.write(entry)
        (handed,) = log.handovers()
        (folder / f"handover-{handed.number}.tlog-proof").write_bytes(handed.proof.encode())
        with log.snapshot() as snapshot:
            beside = [(reason_path(at), sealed) for at, sealed in snapshot.reasons(len(log))]
            beside.append((handed.path, handed.proof.encode()))
            export(snapshot, log.checkpoint(present), folder / "export", beside)


def _export(told: _Writing, folder: Path) -> None:
    note, log = told.checkpoint(), told.log
    with log.snapshot() as snapshot:
        reasons = [(reason_path(at), sealed) for at, sealed in snapshot.reasons(len(log))]
        export(snapshot, note, folder / "export", reasons)
        number = 11
        (entry,) = snapshot.entries(number, number + 1)
        proof = entry_proof_of(snapshot.node, entry, number, note)
    (folder / f"acces-{number:04}.tlog-proof").write_bytes(proof.encode())


def _witness(checkpoint: bytes, vkey: str, folder: Path, scratch: Path) -> None:
    """Have two witnesses cosign, and write the policy that asks for both."""
    note = parse(checkpoint)
    lines = ["# rmp witness policy 1", f"log {vkey}"]
    for place, name in enumerate(WITNESSES):
        own = scratch / name
        own.mkdir()
        keys = make_keys(own, f"{name}.example/temoin")
        at = BEGAN + DAYS * DAY + (6 * 60 + 31 + place) * 60
        note = with_signatures(note, keys.cosign(note.text, at))
        lines.append(f"witness {name} {keys.public[0]}")
    end = BEGAN + DAYS * DAY + 7 * HOUR
    sent = MailedCheckpoint(checkpoint, cosigned=MailedCosigned(note.encode(), in_time=True))
    service = ServiceAddress("rmp@rmp.chu.example", "Résumé médical partagé")
    mail = checkpoint_mail(sent, service, "dpo@chu.example", end, "exercise")
    (folder / "message.eml").write_bytes(
        b"".join(each.data for each in mail.pieces if isinstance(each, Slice))
    )
    lines += [f"group tous all {' '.join(WITNESSES)}", "quorum tous"]
    (folder / "temoins.txt").write_text("\n".join(lines) + "\n")
    size = note.text.splitlines()[1]
    kept = folder / "export" / "witnessed" / f"{size}.checkpoint"
    kept.parent.mkdir()
    kept.write_bytes(note.encode())


def _write_namesakes(entries: list[ExerciseEntry], folder: Path) -> None:
    """Say that three emergencies of one doctor were for patients of one name."""
    acts: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        if entry.event.action == EMERGENCY:
            acts.setdefault(entry.event.actor_rpps, []).append(number)
    most = max(acts.values(), key=len)
    (folder / "noms.json").write_bytes(encoded(ORIGIN, [most[3:6]]))


def main() -> None:
    """Make it in the folder that is named, which must be new."""
    folder = Path(sys.argv[1])
    folder.mkdir()
    scratch = folder / "scratch"
    scratch.mkdir()
    make(folder, scratch)
    sys.stdout.write(f"remove {scratch}, and zip the rest\n")


if __name__ == "__main__":
    main()
