"""From a mail to the dossier that it may touch: the one way in, for every verb.

    patient → dossier → relation → rule → throttle → (slot)

Nobody, a closed dossier, an opposed sender, a resting code slot and a wrong code all end in
the same refusal, after the same work of the keeper, held back for the same time.
"""

from collections.abc import Generator, Sequence
from datetime import UTC, datetime

import msgspec

from rmp_milter.changes import Once
from rmp_milter.errors import MailError
from rmp_milter.handlers.notices import code_rests
from rmp_milter.handlers.steps import (
    Asked,
    Effects,
    Notice,
    Refusal,
    View,
    asked_patient,
    event,
    expect,
)
from rmp_milter.identity import Match, match, trait_keys
from rmp_milter.identity import Outcome as Matched
from rmp_milter.keeper.protocol import (
    ByCode,
    ByCustody,
    ByVitale,
    Opening,
    Record,
    Recorded,
    Release,
    Released,
    Reply,
    Request,
    SealedDocument,
)
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.model import Doctor, Document, Dossier, Fault, Patient, Strike
from rmp_milter.rules import Act, Denied, Grant, Proof, Relation, Way, judge


class Admission(msgspec.Struct, frozen=True):
    """That a mail may do an act to a dossier, once its way in has been gone.

    ``dossier`` is None for one that must not be told from a wrong code; ``acting_for`` is
    the RPPS number of the médecin traitant where a locum acts for him.
    """

    act: Act
    patient: Patient
    dossier: Dossier | None
    relation: Relation
    way: Way
    acting_for: str = ""


def day_of(moment: int) -> str:
    """Return the UTC day of a moment as ``YYYY-MM-DD``."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def relation_to(asked: Asked, dossier: Dossier, view: View) -> Relation:
    """Return what the sender is to the dossier today."""
    doctor = asked.doctor
    if doctor.patient_of:
        own = doctor.patient_of == dossier.dossier_id
        return Relation.PATIENT if own else Relation.FOREIGN
    if doctor.doctor_id == dossier.treating:
        return Relation.TREATING
    if doctor.doctor_id in dossier.opposed:
        return Relation.OPPOSED
    treating = view.doctor(dossier.treating)
    today = day_of(asked.at)
    locums = treating.locums if treating else ()
    if any(
        one.doctor_id == doctor.doctor_id and one.first <= today <= one.last for one in locums
    ):
        return Relation.LOCUM
    return Relation.OTHER


def admit(asked: Asked, act: Act, view: View) -> Admission:
    """Find the dossier and judge the sender's right to ``act``.

    Raises :class:`MailError` for what is missing, ``too-many`` for a throttled sender.
    """
    patient, dossier = _dossier_asked(asked, view)
    relation = relation_to(asked, dossier, view) if dossier else _nobodys(asked)
    grant = judge(asked.policy, act, relation, asked.proofs)
    if isinstance(grant, Denied):
        raise MailError(grant.value, detail=f"{act} by {relation}")
    if grant.way in {Way.CODE, Way.VITALE}:
        _check_throttles(asked, view)
        dossier = _openable(asked, grant, relation, dossier, view)
    elif dossier is None:
        raise MailError("no-access", detail="no dossier")
    acted_for = principal(relation, dossier, view)
    return Admission(
        act, patient, dossier, relation, grant.way, acted_for.rpps if acted_for else ""
    )


def principal(relation: Relation, dossier: Dossier | None, view: View) -> Doctor | None:
    """Return the médecin traitant in whose name a locum acts; None where no locum does."""
    if relation is not Relation.LOCUM or dossier is None:
        return None
    return view.doctor(dossier.treating)


def _nobodys(asked: Asked) -> Relation:
    return Relation.FOREIGN if asked.doctor.patient_of else Relation.OTHER


def _dossier_asked(asked: Asked, view: View) -> tuple[Patient, Dossier | None]:
    """Return the patient that the mail means, and his open dossier if it is sure."""
    if asked.doctor.patient_of and not asked.header.birth_name:
        own = view.dossier(asked.doctor.patient_of)
        if own is None:
            raise MailError("no-access", detail="the patient's dossier is gone")
        return own.patient, own if own.closure is None else None
    patient = asked_patient(asked.header)
    found = match_open(patient, view)
    return patient, found.dossier if found.outcome is Matched.ONE else None


def match_open(patient: Patient, view: View) -> Match:
    """Match the patient among the dossiers that are not closed: a closed one is as none."""
    known = view.dossiers_by_traits(trait_keys(patient))
    return match(patient, [dossier for dossier in known if dossier.closure is None])


def _check_throttles(asked: Asked, view: View) -> None:
    bounds = asked.bounds
    sender = _recent(asked, view, Fault.SENDER, asked.doctor.doctor_id)
    everybody = _recent(asked, view, Fault.GLOBAL, b"")
    if sender >= bounds.sender_codes or everybody >= bounds.global_codes:
        raise MailError("too-many", detail="throttled")


def _recent(asked: Asked, view: View, fault: Fault, subject: bytes) -> int:
    """Return how many tries count within the window."""
    since = asked.at - asked.bounds.window
    return sum(each > since for each in view.tally(fault, subject).times)


def _openable(
    asked: Asked, grant: Grant, relation: Relation, dossier: Dossier | None, view: View
) -> Dossier | None:
    """Return the dossier unless its slot must not be tried: then a decoy is."""
    if dossier is None or relation is Relation.OPPOSED:
        return None
    if Proof.VITALE in grant.proofs:
        attested = asked.opened.attested
        return dossier if attested and attested.nir == dossier.patient.nir else None
    tries = _recent(asked, view, Fault.DOSSIER, dossier.dossier_id)
    return dossier if tries < asked.bounds.wrong_codes else None


def unlock(  # noqa: PLR0913 -- what is opened, for whom, and how it is written down
    asked: Asked,
    admission: Admission,
    view: View,
    language: Language,
    *,
    documents: Sequence[Document] = (),
    readers: Sequence[bytes] = (),
    entries: Sequence[int] = (),
) -> Generator[Request, Reply, tuple[tuple[bytes, ...], ...]]:
    """Go the way in; return for each document the packets for each of ``readers``.

    By the standing way nothing is opened and nothing returned: the leaf is written. Raises
    :class:`Refusal` ``no-access`` where the slot does not open, with the try that counts.
    """
    dossier = admission.dossier
    leaf = event(
        asked,
        admission.act.value,
        dossier.dossier_id if dossier else bytes(16),
        documents=[document.document_id for document in documents] if dossier else (),
        way=admission.way,
        acting_for=admission.acting_for,
        entries=entries,
    )
    if admission.way is Way.STANDING:
        expect((yield Record(leaf)), Recorded)
        return ()
    request = Release(
        digest=asked.digest,
        dossier_id=leaf.dossier_id,
        opening=opening_of(asked, admission),
        items=tuple(map(sealed_document, documents)) if dossier else (),
        readers=tuple(readers),
        event=leaf,
    )
    try:
        reply = yield request
    except MailError as error:
        raise refused(asked, admission, view, language, error) from error
    if dossier is None:  # a decoy never opens; were it to, nothing may come of it
        raise MailError("no-access", detail="a decoy opened")
    return expect(reply, Released).packets


def opening_of(asked: Asked, admission: Admission) -> Opening:
    """Return what the keeper shall open the dossier with, a decoy where there is none."""
    slots = admission.dossier.slots if admission.dossier else None
    match admission.way:
        case Way.CODE:
            return ByCode(slots.code if slots else None, asked.opened.held_code)
        case Way.VITALE:
            return ByVitale(slots.vitale if slots else b"", asked.opened.held_attestation)
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


def refused(
    asked: Asked, admission: Admission, view: View, language: Language, error: MailError
) -> MailError:
    """Return the refusal for a slot that did not open: the try counts, and is held back.

    Other failures of the keeper are returned as they are. The try that lets the slot rest
    is told to the médecin traitant.
    """
    if error.text != "no-access" or admission.way not in {Way.CODE, Way.VITALE}:
        return error
    strikes = [
        Strike(Fault.SENDER, asked.doctor.doctor_id, asked.at),
        Strike(Fault.GLOBAL, b"", asked.at),
    ]
    notices: tuple[Notice, ...] = ()
    dossier = admission.dossier
    if dossier is not None and admission.way is Way.CODE:
        strikes.append(Strike(Fault.DOSSIER, dossier.dossier_id, asked.at))
        tries = _recent(asked, view, Fault.DOSSIER, dossier.dossier_id) + 1
        treating = view.doctor(dossier.treating)
        if tries == asked.bounds.wrong_codes and treating is not None:
            notices = (code_rests(dossier, treating, asked, language),)
    effects = Effects(strikes=tuple(strikes), once=spent(asked), notices=notices)
    return Refusal("no-access", effects, not_before=asked.at + asked.bounds.hold)


def spent(asked: Asked) -> tuple[Once, ...]:
    """Return the attestation's one-time id as used, if the mail carries one."""
    attested = asked.opened.attested
    if attested is None:
        return ()
    name = f"vitale {attested.issuer} {attested.token_id}"
    return (Once(name.encode(), attested.expires),)


def forgiven(admission: Admission) -> tuple[Strike, ...]:
    """Return the wrong tries that a right code makes forgotten."""
    if admission.dossier is None or admission.way is not Way.CODE:
        return ()
    return (Strike(Fault.DOSSIER, admission.dossier.dossier_id, 0),)
