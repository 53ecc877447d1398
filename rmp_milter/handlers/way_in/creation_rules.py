"""Whether a mail may create its patient's dossier.

A dossier that is there already and an identity in doubt end in one refusal, held back for
the same time: a doctor without a right to the patient is not told which of the two it was
(docs/threat-model.md, promise 6, and what a refused creation still lets one guess).
"""

from collections.abc import Generator, Sequence

import msgspec

from rmp_milter.calls.protocol import Record, Recorded, Reply, Request
from rmp_milter.dossier.identity import number_contradicts, trait_keys
from rmp_milter.dossier.model import Doctor, Dossier, Fault, Patient, Strike
from rmp_milter.dossier.rules import Act, Denied, Relation, judge
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import (
    Asked,
    Effects,
    Notice,
    Refusal,
    View,
    asked_patient,
    event,
    expect,
)
from rmp_milter.handlers.people.colleagues import is_doctor
from rmp_milter.handlers.way_in.admission import check_unused, spent
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name


def admitted(
    asked: Asked, view: View, language: Language
) -> Generator[Request, Reply, Patient]:
    """Return the patient if this mail may create his dossier.

    Raises :class:`MailError` for what is missing, ``too-many``, ``already-yours``, and
    :class:`Refusal` ``creation-held`` for doubt.
    """
    _check_right(asked, language)
    check_unused(asked, view)
    patient = _patient(asked)
    if asked.header.consent is not True:
        raise MailError("consent-missing")
    known = view.dossiers_by_traits(trait_keys(patient))
    maybe_same = [other for other in known if not _surely_another(patient, other)]
    if any(_is_own(asked, other) for other in maybe_same):
        raise MailError("already-yours")
    _check_throttle(asked, view)
    if maybe_same or _in_doubt(asked, patient):
        raise (yield from _held(asked, maybe_same, view, language))
    return patient


def _check_right(asked: Asked, language: Language) -> None:
    if not is_doctor(asked.doctor):
        raise MailError("doctors-only")
    attested = asked.opened.attested
    foreign = attested is not None and attested.rpps != asked.doctor.rpps
    if foreign or asked.opened.attestation_fault:
        raise MailError("creation-attestation", detail=asked.opened.attestation_fault)
    grant = judge(asked.policy, Act.CREATION, Relation.OTHER, asked.proofs)
    if isinstance(grant, Denied):
        raise MailError("creation-proofs", facts={"proofs": _proofs(asked, language)})


def _proofs(asked: Asked, language: Language) -> str:
    """Return the host's sets of proofs in words."""
    row = asked.policy.get((Act.CREATION, Relation.OTHER), ())
    sets = [" + ".join(text(f"proof-{one}", language) for one in sorted(each)) for each in row]
    return text("proof-or", language).join(sets) or "-"


def _patient(asked: Asked) -> Patient:
    """Return the patient that the header names, with the number of his card where it was read."""
    patient, attested = asked_patient(asked.header), asked.opened.attested
    if attested is None or patient.nir:
        return patient
    return Patient(patient.birth_name, patient.first_names, patient.birth_date, attested.nir)


def _surely_another(patient: Patient, other: Dossier) -> bool:
    """Whether a dossier that fits is another person's: only two numbers (NIR) prove that."""
    return bool(patient.nir and other.patient.nir and patient.nir != other.patient.nir)


def _is_own(asked: Asked, other: Dossier) -> bool:
    """Whether the sender treats this patient, and proves as much as for listing him."""
    may_know = judge(asked.policy, Act.LISTE, Relation.TREATING, asked.proofs)
    own = other.treating == asked.doctor.doctor_id and other.closure is None
    return own and not isinstance(may_know, Denied)


def _in_doubt(asked: Asked, patient: Patient) -> bool:
    attested = asked.opened.attested
    two_numbers = attested is not None and attested.nir != patient.nir
    return two_numbers or number_contradicts(patient, asked.header.sheet.sex)


def _check_throttle(asked: Asked, view: View) -> None:
    since = asked.at - asked.bounds.window
    times = view.tally(Fault.SENDER, asked.doctor.doctor_id).times
    if sum(each > since for each in times) >= asked.bounds.sender_codes:
        raise MailError("too-many", detail="creations")


def _held(
    asked: Asked, maybe_same: Sequence[Dossier], view: View, language: Language
) -> Generator[Request, Reply, Refusal]:
    """Return the refusal: the try counts, is on record, and the médecins traitants hear of it."""
    ids = [other.dossier_id for other in maybe_same] or [bytes(16)]
    for dossier_id in ids:
        leaf = event(asked, "creation", dossier_id, outcome="refused")
        expect((yield Record(leaf)), Recorded)
    told = [(other.patient, _told(asked, other, view)) for other in maybe_same]
    notices = [_notice(who, doctor, language) for who, doctor in told if doctor]
    if not notices:  # one is made and thrown away, so that the time does not show which it was
        notice = _notice(asked_patient(asked.header), asked.doctor, language)
        notices = [msgspec.structs.replace(notice, sent=False)]
    effects = Effects(
        strikes=(Strike(Fault.SENDER, asked.doctor.doctor_id, asked.at),),
        once=spent(asked),
        notices=tuple(notices),
    )
    return Refusal("creation-held", effects, not_before=asked.at + asked.bounds.hold)


def _told(asked: Asked, other: Dossier, view: View) -> Doctor | None:
    """Return the médecin traitant who hears that somebody asked, if anybody does."""
    treating = view.doctor(other.treating)
    if treating is None or other.closure is not None:
        return None
    return treating if treating.doctor_id != asked.doctor.doctor_id else None


def _notice(patient: Patient, treating: Doctor, language: Language) -> Notice:
    """Tell a médecin traitant, without naming who asked: that is in the list of accesses."""
    words = text(
        "creation-asked",
        language,
        patient=full_name(patient),
        birth_date=birth_date(patient),
    )
    return Notice(treating, Letter(subject=text("subject-notice", language), text=words))
