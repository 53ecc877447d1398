"""Clé: a new key for the sender, enclosed in a mail that the present key signed.

The key packets that he reads by are written anew for it, dossier by dossier: the keeper opens
each by the custody slot, after a leaf for each. Everything is committed together, so that
there is no moment at which he reads one half with the one key and one half with the other.
"""

from collections.abc import Generator, Sequence

import msgspec

from rmp_milter.calls.protocol import (
    ByCustody,
    Record,
    Recorded,
    Release,
    Released,
    Reply,
    Request,
)
from rmp_milter.certificates import Certificate, CertificateError, read_certificate, usable
from rmp_milter.dossier.changes import NewEnvelope
from rmp_milter.dossier.model import Doctor, Document, Dossier
from rmp_milter.dossier.rules import Act, Denied, Relation, Way, judge
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import Asked, Effects, Outcome, Steps, View, event, expect
from rmp_milter.handlers.filing.key_packets import documents_in, standing_dossiers, written
from rmp_milter.handlers.letters.notices import key_changed
from rmp_milter.handlers.way_in.unlocking import sealed_document
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import spaced

MOST_DOCUMENTS = 20_000
"""More are left to the host (rmp doctor rekey): one mail must not hold the store for minutes."""


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Put the enclosed key in the place of the sender's, and write his packets anew."""
    relation = Relation.PATIENT if asked.doctor.patient_of else Relation.TREATING
    denied = judge(asked.policy, Act.CLE, relation, asked.proofs)
    if isinstance(denied, Denied):
        raise MailError(denied.value)
    renewed = with_key(asked.doctor, _enclosed_key(asked, view))
    read = [(each, documents_in(each, view)) for each in standing_dossiers(asked.doctor, view)]
    if sum(len(documents) for _, documents in read) > MOST_DOCUMENTS:
        raise MailError("key-much")
    leaf = msgspec.structs.replace(event(asked, "cle"), subject=asked.doctor.rpps)
    expect((yield Record(leaf)), Recorded)
    envelopes: list[NewEnvelope] = []
    for dossier, documents in read:
        envelopes += yield from _rewritten(asked, dossier, documents, renewed)
    letter = Letter(
        subject=text("subject-key", language),
        text=text(
            "key-changed",
            language,
            fingerprint=spaced(renewed.fingerprint),
            dossiers=str(len(read)),
            documents=str(len(envelopes)),
        ),
    )
    notices = (key_changed(asked.doctor, renewed, language),)
    return Outcome(
        letter, Effects(doctors=(renewed,), envelopes=tuple(envelopes), notices=notices)
    )


def with_key(doctor: Doctor, certificate: Certificate) -> Doctor:
    """Return the directory's entry with another key."""
    return msgspec.structs.replace(
        doctor,
        certificate=certificate.binary,
        fingerprint=certificate.fingerprint,
        key_ids=certificate.key_ids,
        revision=doctor.revision + 1,
    )


def is_taken(certificate: Certificate, but: Doctor, view: View) -> bool:
    """Whether a key of the certificate is somebody else's, or one that could pass for it."""
    ids = {certificate.fingerprint, *certificate.key_ids}
    return any(
        ids & {each.fingerprint, *each.key_ids}
        for each in view.doctors()
        if each.doctor_id != but.doctor_id
    )


def _enclosed_key(asked: Asked, view: View) -> Certificate:
    """Return the one new key that the mail brings.

    A certificate of another fingerprint goes first, since clients enclose the present one by
    themselves; else the present key with other content: prolonged, or with new subkeys.
    """
    present = asked.doctor
    found = _usable(asked.opened.keys, asked.at)
    others = {
        each.fingerprint: each for each in found if each.fingerprint != present.fingerprint
    }
    again = {each.binary: each for each in found if each.fingerprint == present.fingerprint}
    again.pop(present.certificate, None)
    offered = list(others.values()) or list(again.values())
    free = [each for each in offered if not is_taken(each, present, view)]
    if len(free) == 1:
        return free[0]
    if free:
        raise MailError("key-several")
    raise MailError("key-taken" if offered else "key-missing")


def _usable(keys: Sequence[bytes], at: int) -> list[Certificate]:
    found = []
    for data in keys:
        try:
            certificate = read_certificate(data)
        except CertificateError:
            continue
        if usable(data, at):
            found.append(certificate)
    return found


def _rewritten(
    asked: Asked, dossier: Dossier, documents: Sequence[Document], renewed: Doctor
) -> Generator[Request, Reply, tuple[NewEnvelope, ...]]:
    """Return the packets of one dossier's documents for the new key; none for none."""
    if not documents:
        return ()
    leaf = event(
        asked,
        "cle",
        dossier.dossier_id,
        documents=[document.document_id for document in documents],
        way=Way.CUSTODY,
    )
    reply = yield Release(
        digest=asked.digest,
        dossier_id=dossier.dossier_id,
        opening=ByCustody(dossier.slots.custody),
        items=tuple(map(sealed_document, documents)),
        readers=(renewed.certificate,),
        event=leaf,
    )
    return written(documents, expect(reply, Released).packets, renewed)
