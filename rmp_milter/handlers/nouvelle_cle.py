"""Nouvelle clé: a new key for the sender, enclosed in a mail that the present key signed.

The key packets that he reads by are written anew for it, dossier by dossier: the keeper opens
each by the custody slot, after a leaf for each. Everything is committed together, so that
there is no moment at which he reads one half with the one key and one half with the other.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from rmp_milter.calls.authority import NewKey
from rmp_milter.calls.protocol.cards import Amend
from rmp_milter.calls.protocol.releasing import ByCustody, Release
from rmp_milter.credentials import CredentialFacts, prolonged, read_credential, stated_names
from rmp_milter.dossier.changes import Counted, NewKeyPackets
from rmp_milter.dossier.model import Doctor, Document, Dossier
from rmp_milter.dossier.rules import Act, Relation, Way
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.filing.key_packets import documents_in, standing_dossiers, written
from rmp_milter.handlers.letters.notices import key_changed
from rmp_milter.handlers.people.keys import (
    KeyFault,
    enclosed,
    is_taken,
    names_another,
    said_of_key,
    with_key,
)
from rmp_milter.handlers.way_in.admission import check_confirmed, permitted
from rmp_milter.handlers.way_in.unlocking import sealed_document
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import spaced

MOST_DOCUMENTS = 20_000
"""More are left to the host (rmp doctor rekey): one mail must not hold the store for minutes."""


def handle(case: Case) -> Outcome:
    """Put the enclosed key in the place of the sender's, and write his packets anew."""
    relation = Relation.PATIENT if case.doctor.patient_of else Relation.TREATING
    permitted(case, Act.NOUVELLE_CLE, relation)
    check_confirmed(case, case.view.dossier(case.doctor.patient_of))
    renewed = with_key(case.doctor, _enclosed_key(case))
    read = [
        (each, documents_in(each, case.view))
        for each in standing_dossiers(case.doctor, case.view)
    ]
    if sum(len(documents) for _, documents in read) > MOST_DOCUMENTS:
        raise MailError("key-much")
    leaf = event(case, "cle", subject=case.doctor.rpps)
    amended = case.keeper.amend(Amend(NewKey(renewed.certificate), leaf, authority(case)))
    renewed = replace(renewed, card=amended.person)
    packets: list[NewKeyPackets] = []
    for dossier, documents in read:
        packets += _rewritten(case, dossier, documents, renewed)
    letter = Letter(
        subject=text("subject-key", case.language),
        text=text(
            "key-changed",
            case.language,
            fingerprint=spaced(renewed.fingerprint),
            dossiers=str(len(read)),
            documents=str(len(packets)),
        )
        + said_of_key(case, renewed),
    )
    notices = (key_changed(case.doctor, renewed, case.language),)
    return Outcome(
        letter,
        Effects(
            doctors=(renewed,),
            key_packets=tuple(packets),
            counted=tuple(
                Counted(each.dossier_id, len(case.view.entries(each.dossier_id)))
                for each, _ in read
            ),
            notices=notices,
        ),
    )


def _enclosed_key(case: Case) -> CredentialFacts:
    """Return the enclosed key of the fingerprint that the request states.

    Clients enclose keys unasked, so a key counts only if it is named: a new one, or the
    present one with other content (prolonged, with new subkeys). Of an X.509 certificate
    Outlook shows nothing but the SHA-1: by that it may be named as well.
    """
    present = case.doctor
    found = enclosed(case.opened.keys, case.at)
    brought = {each.binary: each for each in found.usable}
    stated = [
        each for each in brought.values() if case.header.fingerprint in stated_names(each)
    ]
    others = [each for each in brought.values() if each.binary != present.certificate]
    if not stated:
        raise _nothing_named(case, found.faults, brought=bool(others))
    # The present one itself is meant where a newer copy of it was taken up just now.
    named = [each for each in stated if each in others] or stated
    if len(named) > 1:
        raise MailError("key-several")
    if named[0].fingerprint in {each.fingerprint for each in present.credentials}:
        raise MailError("key-held")
    if _is_anothers(named[0], case):
        raise MailError("key-taken")
    return named[0] if named[0].fingerprint != present.fingerprint else _present(case, named[0])


def _present(case: Case, copy: CredentialFacts) -> CredentialFacts:
    """Return the present key with what a copy of it adds: nothing that is known is forgotten."""
    known = case.doctor.certificate
    return read_credential(prolonged(known, copy.binary, case.at) or known)


def _is_anothers(certificate: CredentialFacts, case: Case) -> bool:
    """Whether the key is somebody else's, or made for him; the present one is the sender's."""
    present = case.doctor
    if certificate.fingerprint != present.fingerprint and names_another(
        certificate, present.mail, present.doctor_id, case.view
    ):
        return True
    return is_taken(certificate, present, case.view)


def _nothing_named(case: Case, faults: Sequence[KeyFault], *, brought: bool) -> MailError:
    """Say what is wrong with the key that is meant; with none, whether another is there."""
    stated = case.header.fingerprint
    reasons = [each.reason for each in faults if stated in each.names or not each.names]
    if reasons:
        return MailError(f"key-unusable-{reasons[0]}")
    return MailError("key-differs", facts=_facts(case)) if brought else MailError("key-missing")


def _facts(case: Case) -> dict[str, str]:
    return {"fingerprint": spaced(case.header.fingerprint)}


def _rewritten(
    case: Case, dossier: Dossier, documents: Sequence[Document], renewed: Doctor
) -> tuple[NewKeyPackets, ...]:
    """Return the packets of one dossier's documents for the new key; none for none."""
    if not documents:
        return ()
    leaf = event(
        case,
        "cle",
        dossier.dossier_id,
        documents=[document.document_id for document in documents],
        way=Way.CUSTODY,
    )
    same = renewed.fingerprint == case.doctor.fingerprint
    newer = renewed.certificate if same else b""
    reply = case.keeper.release(
        Release(
            by=authority(case, dossier, newer=newer),
            way_in=ByCustody(dossier.slots.custody),
            items=tuple(map(sealed_document, documents)),
            readers=(renewed.certificate,),
            event=leaf,
        )
    )
    return written(documents, reply.packets, renewed)
