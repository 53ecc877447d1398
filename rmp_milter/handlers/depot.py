"""Dépôt: an enrolled PS adds documents to a patient's dossier, or has them wait for it.

The sender is told the same whether the patient has a dossier or not: the words rest on his
mail and the directory alone, and the answer is held back alike.
"""

from collections.abc import Generator, Sequence

import msgspec

from rmp_milter.calls.protocol import Reply, Request
from rmp_milter.certificates import usable
from rmp_milter.dossier.identity import Outcome as Matched
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Doctor, Dossier, Patient, Waiting
from rmp_milter.dossier.rules import Act, Relation
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import (
    Asked,
    Deferral,
    Effects,
    Filing,
    Notice,
    Outcome,
    Share,
    Steps,
    View,
    asked_patient,
)
from rmp_milter.handlers.filing.filing import Shelved, seal_to_dossier, seal_to_wait
from rmp_milter.handlers.filing.prescriber import (
    Prescriber,
    copy_notice,
    prescriber_line,
    prescriber_of,
)
from rmp_milter.handlers.letters.receipts import Taken, receipt
from rmp_milter.handlers.way_in.admission import match_open, permitted, principal, relation_to
from rmp_milter.mail.catalogue.text import Language


class _Deposit(msgspec.Struct, frozen=True):
    """One patient's share of a mail, judged: ``dossier`` None has it wait."""

    share: Share
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


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """File the mail's documents, all or none; what has no dossier waits for it.

    Two patients that fit and a trait that contradicts refuse the mail (``not-filed``): doubt
    never files (mission, rule 2).
    """
    shares = _whole(asked)
    deposits = [_judged(asked, share, view) for share in shares]
    done: list[_Done] = []
    for deposit in deposits:
        done += [(yield from _put(asked, deposit, view, language))]
    letter, lines = receipt(asked, [each.taken for each in done], language)
    effects = Effects(
        filings=tuple(each.filing for each in done if each.filing),
        deferrals=tuple(each.deferral for each in done if each.deferral),
        notices=tuple(each.notice for each in done if each.notice),
        receipts=lines,
    )
    return Outcome(letter, effects, not_before=asked.at + asked.bounds.hold)


def _whole(asked: Asked) -> Sequence[Share]:
    """Return the shares; raise where HPRIM messages leave open whose something is."""
    if not asked.parcels:
        return asked.shares
    for number, share in enumerate(asked.parcels, 1):
        if share.header.problems:
            facts = {"number": str(number), "count": str(len(asked.parcels))}
            raise MailError("hprim-unclear", facts=facts)
    places = {place for share in asked.parcels for place in share.bodies}
    if places != set(range(len(asked.opened.bodies))):
        raise MailError("several-patients", detail="documents that are nobody's")
    return asked.parcels


def _judged(asked: Asked, share: Share, view: View) -> _Deposit:
    """Find the dossier and judge the sender's right; raise the refusal where there is doubt."""
    patient = asked_patient(share.header)
    found = match_open(patient, view)
    dossier = found.dossier
    relation = _relation(asked, dossier, view)
    permitted(asked, Act.DEPOT, relation)
    if found.outcome not in {Matched.ONE, Matched.NONE}:
        raise MailError("not-filed", detail=f"match: {found.outcome}")
    prescriber = prescriber_of(share.header.prescriber, asked, view)
    return _Deposit(share, patient, dossier, relation, prescriber)


def _relation(asked: Asked, dossier: Dossier | None, view: View) -> Relation:
    if dossier is not None:
        return relation_to(asked, dossier, view)
    return Relation.FOREIGN if asked.doctor.patient_of else Relation.OTHER


def _put(
    asked: Asked, deposit: _Deposit, view: View, language: Language
) -> Generator[Request, Reply, _Done]:
    """Have the share sealed, to its dossier or to wait."""
    share, dossier = deposit.share, deposit.dossier
    filing, deferral, prescriber = None, None, deposit.prescriber
    if dossier is not None:
        readers = standing_readers(dossier, view, asked.at)
        shelved = yield from seal_to_dossier(
            asked,
            share,
            dossier,
            readers,
            copy_to=prescriber.copy_to,
            principal=principal(deposit.relation, dossier, view),
        )
        filing = Filing(dossier.dossier_id, shelved.entry, share.bodies)
    else:
        waiting_id = asked.new_id()
        decoys = (asked.doctor,) if usable(asked.doctor.certificate, asked.at) else ()
        shelved = yield from seal_to_wait(
            asked, share, waiting_id, copy_to=prescriber.copy_to, decoys=decoys
        )
        deferral = _deferral(asked, deposit, waiting_id, shelved)
    about = prescriber_line(prescriber, asked, language)
    taken = Taken(deposit.patient, shelved.entry, about)
    return _Done(taken, filing, deferral, _copy(asked, deposit, shelved, language))


def _copy(
    asked: Asked, deposit: _Deposit, shelved: Shelved, language: Language
) -> Notice | None:
    """Return the prescriber's copy; one whom the patient has refused is sent none.

    His is made all the same: the sender must not tell it by the time of his answer.
    """
    reader = deposit.prescriber.copy_to
    if reader is None:
        return None
    notice = copy_notice(asked, reader, deposit.patient, shelved, language)
    refused = deposit.dossier and reader.doctor_id in deposit.dossier.opposed
    return msgspec.structs.replace(notice, sent=not refused)


def _deferral(asked: Asked, deposit: _Deposit, waiting_id: bytes, shelved: Shelved) -> Deferral:
    waiting = Waiting(
        waiting_id=waiting_id,
        patient=deposit.patient,
        entry=shelved.entry,
        received_at=asked.at,
        expires_at=asked.at + asked.bounds.waiting,
    )
    return Deferral(waiting, trait_keys(deposit.patient), deposit.share.bodies)


def standing_readers(dossier: Dossier, view: View, at: int) -> tuple[Doctor, ...]:
    """Return who gets a key packet at once: médecin traitant and patient, by usable keys.

    A treating doctor's expired key must not refuse a laboratory's report: the document is
    filed without his packet, and he opens it with the code or after a change of key.
    """
    readers = (view.doctor(dossier.treating), view.patient_of(dossier.dossier_id))
    return tuple(each for each in readers if each and usable(each.certificate, at))
