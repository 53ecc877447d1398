"""The tables of search terms and words, made in a step of the dossiers that are there.

Until format 2 an emergency read all dossiers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rmp_milter.dossier.model import Closure, Consent, Dossier, Patient, Sheet, Slots
from rmp_milter.store.format.deriving import Deriving, Target, count_keys
from rmp_milter.store.format.terms import TermKeys
from rmp_milter.store.format.words import WordKeys

if TYPE_CHECKING:
    from rmp_milter.store.format.course import Course


class PatientOf2(msgspec.Struct, frozen=True):
    """Of a patient, what he is found by."""

    birth_name: str
    first_names: str
    birth_date: str


class SheetOf2(msgspec.Struct, frozen=True):
    """Of a patient's sheet, the name that he uses."""

    used_name: str = ""


class ClosureOf2(msgspec.Struct, frozen=True):
    """That a dossier is closed."""


class DossierOf2(msgspec.Struct, frozen=True):
    """What of a dossier its terms are made of."""

    dossier_id: bytes
    patient: PatientOf2
    sheet: SheetOf2 = SheetOf2()
    closure: ClosureOf2 | None = None


class StoredDossierOf2(msgspec.Struct, frozen=True):
    """What of a record of the table ``dossiers`` is looked at."""

    dossier: DossierOf2


def index_terms(course: Course) -> None:
    """From 2 to 3: write terms and words of all open dossiers; nothing that is there changes."""
    terms, words = TermKeys(course.keys.index), WordKeys(course.keys.index)
    Deriving(course, "dossiers").put(
        "dossiers",
        StoredDossierOf2,
        Target("terms", lambda _key, of: terms.of(_found_by(of))),
        Target("words", lambda _key, of: words.of(_found_by(of)), count_keys),
    )


def _found_by(stored: StoredDossierOf2) -> Dossier:
    """Return a dossier of today that is found by what one of format 2 is found by."""
    old = stored.dossier
    who = old.patient
    return Dossier(
        dossier_id=old.dossier_id,
        public_key=b"",
        patient=Patient(who.birth_name, who.first_names, who.birth_date),
        treating=b"",
        slots=Slots(code=None, custody=b""),
        consent=Consent(doctor_id=b"", stated_at=0, text_version=""),
        created_at=0,
        sheet=Sheet(used_name=old.sheet.used_name),
        closure=Closure(at=0, erase_at=0) if old.closure is not None else None,
    )
