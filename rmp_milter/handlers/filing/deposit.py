"""A deposit: documents filed in a patient's dossier, or kept waiting for it.

The sender is told the same whether the patient has a dossier or not: the words rest on his
mail and the directory alone, and the answer is held back alike.
"""

from collections.abc import Sequence

import msgspec

from rmp_milter.credentials import usable
from rmp_milter.dossier.identity import Matching as Matched
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Dossier, Patient, Waiting
from rmp_milter.dossier.rules import Act, Relation
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case, PatientShare
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.outcome import Deferral, Effects, Filing, Notice, Outcome
from rmp_milter.handlers.filing.key_packets import standing_readers
from rmp_milter.handlers.filing.prescriber import (
    Prescriber,
    copy_notice,
    prescriber_line,
    prescriber_of,
)
from rmp_milter.handlers.filing.sealing import Shelved, seal_to_dossier, seal_to_wait
from rmp_milter.handlers.letters.receipts import Taken, receipt
from rmp_milter.handlers.people.patients import asked_patient, match_open
from rmp_milter.handlers.way_in.admission import (
    permitted,
    principal,
    relation_to,
    relation_to_nobody,
)


class _Deposit(msgspec.Struct, frozen=True):
    """One patient's share of a mail, judged: ``dossier`` None has it wait."""

    share: PatientShare
    patient: Patient
    dossier: Dossier | None
    relation: Relation
    prescriber: Prescriber


class _Done(msgspec.Struct, frozen=True):
    """What became of it, in one of the two, and what is told of it."""

    taken: Taken
    filing: Filing | None = None
    deferral: Deferral | None = None
    notice: Notice | None = None


def deposit(case: Case) -> Outcome:
    """File the mail's documents, all or none; what has no dossier waits for it.

    Two patients that fit and a trait that contradicts refuse the mail (``not-filed``): doubt
    never files (mission, rule 2).
    """
    shares = _whole(case)
    judged = [_judged(case, share) for share in shares]
    done = [_put(case, one) for one in judged]
    letter, lines = receipt(case, [each.taken for each in done])
    effects = Effects(
        filings=tuple(each.filing for each in done if each.filing),
        deferrals=tuple(each.deferral for each in done if each.deferral),
        notices=tuple(each.notice for each in done if each.notice),
        receipts=lines,
    )
    return Outcome(letter, effects, not_before=case.at + case.bounds.hold)


def _whole(case: Case) -> Sequence[PatientShare]:
    """Return the shares; raise where HPRIM messages leave open whose something is."""
    if not case.parcels:
        return case.shares
    for number, share in enumerate(case.parcels, 1):
        if share.header.problems:
            facts = {"number": str(number), "count": str(len(case.parcels))}
            raise MailError("hprim-unclear", facts=facts)
    places = {place for share in case.parcels for place in share.bodies}
    if places != set(range(len(case.opened.bodies))):
        raise MailError("several-patients", detail="documents that are nobody's")
    return case.parcels


def _judged(case: Case, share: PatientShare) -> _Deposit:
    """Find the dossier and judge the sender's right; raise the refusal where there is doubt."""
    patient = asked_patient(share.header)
    found = match_open(patient, case.view)
    dossier = found.dossier
    relation = relation_to(case, dossier) if dossier else relation_to_nobody(case)
    permitted(case, Act.DEPOT, relation)
    if found.outcome not in {Matched.ONE, Matched.NONE}:
        raise MailError("not-filed", detail=f"match: {found.outcome}")
    prescriber = prescriber_of(case, share.header.prescriber)
    return _Deposit(share, patient, dossier, relation, prescriber)


def _put(case: Case, judged: _Deposit) -> _Done:
    """Have the share sealed, to its dossier or to wait."""
    share, dossier = judged.share, judged.dossier
    filing, deferral, prescriber = None, None, judged.prescriber
    if dossier is not None:
        readers = standing_readers(dossier, case.view, case.at)
        acted_for, copy_to = principal(judged.relation, dossier, case.view), prescriber.copy_to
        by = authority(case, dossier, *readers, acted_for, copy_to, share=share.place)
        shelved = seal_to_dossier(
            case, share, dossier, readers, by, copy_to=copy_to, principal=acted_for
        )
        filing = Filing(dossier.dossier_id, shelved.entry, share.bodies)
    else:
        waiting_id = case.new_id()
        decoys = (case.doctor,) if usable(case.doctor.certificate, case.at) else ()
        shelved = seal_to_wait(
            case, share, waiting_id, copy_to=prescriber.copy_to, decoys=decoys
        )
        deferral = _deferral(case, judged, waiting_id, shelved)
    about = prescriber_line(case, prescriber)
    taken = Taken(judged.patient, shelved.entry, about)
    return _Done(taken, filing, deferral, _copy(case, judged, shelved))


def _copy(case: Case, judged: _Deposit, shelved: Shelved) -> Notice | None:
    """Return the prescriber's copy; one whom the patient has refused is sent none.

    His is made all the same: the sender must not tell it by the time of his answer.
    """
    reader = judged.prescriber.copy_to
    if reader is None:
        return None
    notice = copy_notice(case, reader, judged.patient, shelved, judged.dossier)
    refused = judged.dossier and reader.doctor_id in judged.dossier.opposed
    return msgspec.structs.replace(notice, sent=not refused)


def _deferral(case: Case, judged: _Deposit, waiting_id: bytes, shelved: Shelved) -> Deferral:
    waiting = Waiting(
        waiting_id=waiting_id,
        patient=judged.patient,
        entry=shelved.entry,
        received_at=case.at,
        expires_at=case.at + case.bounds.waiting,
        card=shelved.card,
    )
    return Deferral(waiting, trait_keys(judged.patient), judged.share.bodies)
