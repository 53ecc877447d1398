"""What leads to doctors, closed dossiers and open emergencies from format 3 on, made in a step.

Until format 2 locums, names, dossiers to be erased and emergencies to be looked into were found
by reading all there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rmp_milter.store.format.blind import Blind, LinkKind
from rmp_milter.store.format.codecs import name_value, u32
from rmp_milter.store.format.deriving import Deriving, Target

if TYPE_CHECKING:
    from rmp_milter.store.format.course import Course

_ENDED = frozenset({"closed", "contested"})
_LATEST = 0xFFFFFFFF


class LocumOf2(msgspec.Struct, frozen=True):
    """Of a locum, who it is."""

    doctor_id: bytes


class DoctorOf2(msgspec.Struct, frozen=True):
    """What of a record of the table ``doctors`` the new links are made of."""

    name: str
    locums: tuple[LocumOf2, ...] = ()
    patient_of: bytes = b""


class EndOf2(msgspec.Struct, frozen=True):
    """When a closed dossier is to be erased, and whether it was."""

    erase_at: int
    erased_at: int = 0


class MaybeClosedOf2(msgspec.Struct, frozen=True):
    """Of a dossier, whether it is closed."""

    closure: EndOf2 | None = None


class StoredMaybeClosedOf2(msgspec.Struct, frozen=True):
    """What of a record of the table ``dossiers`` is looked at."""

    dossier: MaybeClosedOf2


class EmergencyOf2(msgspec.Struct, frozen=True):
    """What of a record of the table ``emergencies`` is looked at."""

    at: int
    state: str = "new"


def index_directory(course: Course) -> None:
    """From 2 to 3: write the new links and tables; nothing that is there changes."""
    blind = Blind(course.keys.index)
    deriving = Deriving(course, "doctors", "dossiers", "emergencies")
    deriving.put("doctors", DoctorOf2, Target("index", lambda key, of: _links(blind, key, of)))
    deriving.put("dossiers", StoredMaybeClosedOf2, Target("erasures_due", _erasure))
    deriving.put("emergencies", EmergencyOf2, Target("emergencies_open", _still_open))


def _links(blind: Blind, key: bytes, doctor: DoctorOf2) -> list[bytes]:
    links = {blind.of(LinkKind.LOCUM, each.doctor_id) for each in doctor.locums}
    name = "" if doctor.patient_of else name_value(doctor.name)
    if name:
        links.add(blind.of(LinkKind.NAME, name))
    return [link + key for link in links]


def _erasure(key: bytes, stored: StoredMaybeClosedOf2) -> list[bytes]:
    closure = stored.dossier.closure
    if closure is None or closure.erased_at:
        return []
    return [u32(min(closure.erase_at, _LATEST)) + key]


def _still_open(key: bytes, emergency: EmergencyOf2) -> list[bytes]:
    return [] if emergency.state in _ENDED else [u32(emergency.at) + key]
