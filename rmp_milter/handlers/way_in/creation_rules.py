"""Whether a mail may create its patient's dossier.

A dossier that is there already and an identity in doubt end in one refusal, held back for
the same time: a doctor without a right to the patient is not told which of the two it was
(docs/threat-model.md, promise 6, and what a refused creation still lets one guess).
"""

from collections.abc import Iterator, Sequence

import msgspec

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.dossier.identity import number_contradicts, trait_keys
from rmp_milter.dossier.model import Doctor, Dossier, Fault, Patient, Strike
from rmp_milter.dossier.professions import is_doctor
from rmp_milter.dossier.rules import Act, Relation
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Effects, Notice, Refusal
from rmp_milter.handlers.people.patients import asked_patient
from rmp_milter.handlers.way_in.admission import check_unused, is_permitted, spent
from rmp_milter.handlers.way_in.throttles import check_tries
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name

_NOTICES = 2
"""So many letters a held creation always makes: dossiers that fit are seldom more."""


def admitted(case: Case) -> Patient:
    """Return the patient if this mail may create his dossier.

    Raises :class:`MailError` for what is missing, ``too-many``, ``already-yours``, and
    :class:`Refusal` ``creation-held`` for doubt.
    """
    _check_right(case)
    check_unused(case)
    patient = _patient(case)
    if case.header.consent is not True:
        raise MailError("consent-missing")
    known = case.view.dossiers_by_traits(trait_keys(patient))
    maybe_same = [other for other in known if not _surely_another(patient, other)]
    if any(_is_own(case, other) for other in maybe_same):
        raise MailError("already-yours")
    check_tries(case, Fault.SENDER, case.doctor.doctor_id, case.bounds.sender_codes)
    if maybe_same or _in_doubt(case, patient):
        raise _held(case, maybe_same)
    return patient


def _check_right(case: Case) -> None:
    if not is_doctor(case.doctor):
        raise MailError("doctors-only")
    attested = case.opened.attested
    foreign = attested is not None and attested.rpps != case.doctor.rpps
    if foreign or case.opened.attestation_fault:
        raise MailError("creation-attestation", detail=case.opened.attestation_fault)
    if not is_permitted(case, Act.CREATION, Relation.OTHER):
        raise MailError("creation-proofs", facts={"proofs": _proofs(case)})


def _proofs(case: Case) -> str:
    """Return the host's sets of proofs in words."""
    row = case.policy.get((Act.CREATION, Relation.OTHER), ())
    sets = [
        " + ".join(text(f"proof-{one}", case.language) for one in sorted(each)) for each in row
    ]
    return text("proof-or", case.language).join(sets) or "-"


def _patient(case: Case) -> Patient:
    """Return the patient that the header names, with the number of his card where it was read."""
    patient, attested = asked_patient(case.header), case.opened.attested
    if attested is None or patient.nir:
        return patient
    return Patient(patient.birth_name, patient.first_names, patient.birth_date, attested.nir)


def _surely_another(patient: Patient, other: Dossier) -> bool:
    """Whether a dossier that fits is another person's: only two numbers (NIR) prove that."""
    return bool(patient.nir and other.patient.nir and patient.nir != other.patient.nir)


def _is_own(case: Case, other: Dossier) -> bool:
    """Whether the sender treats this patient, and proves as much as for listing him."""
    own = other.treating == case.doctor.doctor_id and other.closure is None
    return own and is_permitted(case, Act.LISTE, Relation.TREATING)


def _in_doubt(case: Case, patient: Patient) -> bool:
    attested = case.opened.attested
    two_numbers = attested is not None and attested.nir != patient.nir
    return two_numbers or number_contradicts(patient, case.header.sheet.sex)


def _held(case: Case, maybe_same: Sequence[Dossier]) -> Refusal:
    """Return the refusal: the try counts, is on record, and the médecins traitants hear of it."""
    places: Sequence[Dossier | None] = maybe_same or (None,)
    for other in places:
        dossier_id = other.dossier_id if other else bytes(16)
        leaf = event(case, "creation", dossier_id, outcome="refused")
        case.keeper.record(Record(leaf, authority(case, other)))
    effects = Effects(
        strikes=(Strike(Fault.SENDER, case.doctor.doctor_id, case.at),),
        once=spent(case),
        notices=tuple(_notices(case, maybe_same)),
    )
    return Refusal("creation-held", effects, not_before=case.at + case.bounds.hold)


def _notices(case: Case, maybe_same: Sequence[Dossier]) -> Iterator[Notice]:
    """Yield a letter for each médecin traitant who hears of it, and others to nobody.

    So neither time nor rows show how many there were.
    """
    asked = asked_patient(case.header)
    places: list[Dossier | None] = [*maybe_same]
    for other in places + [None] * (_NOTICES - len(places)):
        doctor = _told(case, other)
        if other is None or doctor is None:
            decoy = _notice(asked, case.doctor, case.language)
            yield msgspec.structs.replace(decoy, sent=False)
        else:
            yield _notice(other.patient, doctor, case.language)


def _told(case: Case, other: Dossier | None) -> Doctor | None:
    """Return the médecin traitant who hears that somebody asked, if anybody does.

    Somebody is looked up where there is no dossier, too.
    """
    treating = case.view.doctor(other.treating if other else case.doctor.doctor_id)
    if treating is None or other is None or other.closure is not None:
        return None
    return treating if treating.doctor_id != case.doctor.doctor_id else None


def _notice(patient: Patient, treating: Doctor, language: Language) -> Notice:
    """Tell a médecin traitant, without naming who asked: that is in the list of accesses."""
    words = text(
        "creation-asked",
        language,
        patient=full_name(patient),
        birth_date=birth_date(patient),
    )
    return Notice(treating, Letter(subject=text("subject-notice", language), text=words))
