"""Going the way in that was admitted: the slot is tried, the leaf written, the keys given.

What must not be told from a wrong code is tried on a decoy: it ends in the same refusal,
after the same calls of the keeper, of the same sizes, held back for the same time. So the
way in is proven before anything that depends on what the dossier holds.
"""

from collections.abc import Sequence

import msgspec

from rmp_milter.calls.authority import Authority
from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.calls.protocol.message import Event
from rmp_milter.calls.protocol.releasing import (
    DECOY_SLOT,
    DECOY_VITALE,
    SLOT_ROOM,
    ByCode,
    ByCustody,
    ByVitale,
    Prove,
    Release,
    SealedDocument,
    WayIn,
)
from rmp_milter.dossier.model import Doctor, Document, Dossier, Fault, Strike
from rmp_milter.dossier.rules import Way
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Effects, Notice, Refusal
from rmp_milter.handlers.letters.notices import code_rests, old_code_rests
from rmp_milter.handlers.way_in.admission import Admission, principal, spent
from rmp_milter.handlers.way_in.throttles import is_of_before, subject_of, tries_of


def prove(case: Case, admission: Admission) -> tuple[Admission, Dossier]:
    """Try the code or the attestation; return the admission as proven, and its dossier.

    A verb whose answer depends on what the dossier holds (a number that is not there) calls
    this before it looks; the other ways in need no trial and nothing is asked. Raises
    :class:`Refusal` ``no-access`` where the slot does not open, with the try that counts.
    """
    ticket = admission.ticket
    if admission.way in {Way.CODE, Way.VITALE} and not admission.proven:
        leaf, by = leaf_of(case, admission), ground(case, admission)
        try:
            ticket = case.keeper.prove(Prove(by, way_in_of(admission), leaf)).ticket
        except MailError as error:
            raise refused(case, admission, error) from error
    if admission.dossier is None:  # a decoy never opens; were it to, nothing may come of it
        raise MailError("no-access", detail="no dossier")
    proven = msgspec.structs.replace(admission, proven=True, ticket=ticket)
    return proven, admission.dossier


def ground(case: Case, admission: Admission, *persons: Doctor | None) -> Authority:
    """Return what a call rests on for which the sender was admitted.

    Of a locum the keeper asks in whose name he acts.
    """
    dossier = admission.dossier
    acted_for = principal(admission.relation, dossier, case.view)
    return authority(case, dossier, acted_for, *persons, ticket=admission.ticket)


def leaf_of(
    case: Case,
    admission: Admission,
    documents: Sequence[Document] = (),
    entries: Sequence[int] = (),
    action: str = "",
) -> Event:
    """Return the leaf of a way in, under ``action`` where it says more than the act."""
    dossier = admission.dossier
    return event(
        case,
        action or admission.act.value,
        dossier.dossier_id if dossier else bytes(16),
        documents=[document.document_id for document in documents],
        way=admission.way,
        acting_for=admission.acting_for,
        entries=entries,
    )


def unlock(  # noqa: PLR0913 -- what is done, for whom, and how it is written down
    case: Case,
    admission: Admission,
    *,
    documents: Sequence[Document] = (),
    readers: Sequence[bytes] = (),
    entries: Sequence[int] = (),
    action: str = "",
    persons: Sequence[Doctor] = (),
) -> tuple[tuple[bytes, ...], ...]:
    """Go the way in; return for each document the packets for each of ``readers``.

    ``persons`` are those whom the certificates belong to, unless the sender's or enclosed.

    By the standing way nothing is opened and nothing returned: the leaf is written, under
    ``action`` where it says more than the act (to unmask is part of masking). Raises as
    :func:`prove`, which goes before it where it was not called yet.
    """
    admission, _ = prove(case, admission)
    by = ground(case, admission, *persons)
    leaf = leaf_of(case, admission, documents, entries, action)
    if admission.way is Way.STANDING:
        case.keeper.record(Record(leaf, by))
        return ()
    reply = case.keeper.release(
        Release(
            by=by,
            way_in=way_in_of(admission),
            items=tuple(map(sealed_document, documents)),
            readers=tuple(readers),
            event=leaf,
        )
    )
    return reply.packets


def way_in_of(admission: Admission) -> WayIn:
    """Return what the keeper shall open the dossier with, a decoy where there is none."""
    slots = admission.dossier.slots if admission.dossier else None
    code = (slots and slots.code) or DECOY_SLOT
    vitale = (slots and slots.vitale) or DECOY_VITALE
    match admission.way:
        case Way.CODE:
            return ByCode(code)
        case Way.VITALE:
            return ByVitale(vitale, fill=bytes(max(0, SLOT_ROOM - len(vitale))))
        case _:
            return ByCustody(slots.custody if slots else b"")


def sealed_document(document: Document) -> SealedDocument:
    """Return a stored document's sealed key and what binds it."""
    return SealedDocument(
        document_id=document.document_id,
        container=document.container,
        digest=document.digest,
        sealed_key=document.sealed_key,
    )


def refused(case: Case, admission: Admission, error: MailError) -> MailError:
    """Return the refusal for a slot that did not open: the try counts, and is held back.

    Other failures of the keeper are returned as they are. The try that lets the slot rest
    is told to the médecin traitant; for every other one a letter of the same kind is made
    and thrown away, so that the time does not show which one it was.
    """
    if error.text != "no-access" or admission.way not in {Way.CODE, Way.VITALE}:
        return error
    strikes = [
        Strike(Fault.SENDER, case.doctor.doctor_id, case.at),
        Strike(Fault.GLOBAL, b"", case.at),
    ]
    if admission.way is Way.CODE:
        subject = subject_of(admission.dossier, admission.patient)
        strikes.append(Strike(Fault.DOSSIER, subject, case.at))
    notice = _notice(case, admission)
    effects = Effects(strikes=tuple(strikes), once=spent(case), notices=(notice,))
    return Refusal("no-access", effects, not_before=case.at + case.bounds.hold)


def _notice(case: Case, admission: Admission) -> Notice:
    """Return the letter to the médecin traitant if this try lets the code rest, else a decoy.

    As much is looked at where there is no dossier.
    """
    dossier, bounds = admission.dossier, case.bounds
    treating = case.view.doctor(dossier.treating if dossier else case.doctor.doctor_id)
    tries = tries_of(case, dossier, admission.patient)
    if dossier is None or treating is None or admission.way is not Way.CODE:
        return _unsent(case, admission)
    if is_of_before(dossier) and tries.month + 1 == bounds.old_wrong_codes:
        return old_code_rests(case, dossier.patient, treating)
    if tries.recent + 1 == bounds.wrong_codes:
        return code_rests(case, dossier.patient, treating)
    return _unsent(case, admission)


def _unsent(case: Case, admission: Admission) -> Notice:
    notice = code_rests(case, admission.patient, case.doctor)
    return msgspec.structs.replace(notice, sent=False)


def forgiven(admission: Admission) -> tuple[Strike, ...]:
    """Return the wrong tries that a right code makes forgotten."""
    if admission.dossier is None or admission.way is not Way.CODE:
        return ()
    return (Strike(Fault.DOSSIER, admission.dossier.dossier_id, 0),)
