"""Certificates that came with a mail: which can be used, and whose they are in the directory."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from rmp_milter.credentials import (
    CertificateKind,
    CredentialError,
    CredentialFacts,
    addresses,
    cautions,
    check_usable,
    read_credential,
    stated_names,
)
from rmp_milter.dossier.model import Credential, Doctor, ReplyForm
from rmp_milter.dossier.revisions import revised
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.view import View
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.wording import day


class KeyFault(NamedTuple):
    """Why an enclosed key is not used; ``fingerprint`` is empty where it cannot be read.

    ``names`` are all by which it may be stated.
    """

    fingerprint: str
    reason: str
    names: frozenset[str] = frozenset()


class Enclosed(NamedTuple):
    """The certificates that came with a mail: what can be used, and what is wrong with others."""

    usable: tuple[CredentialFacts, ...]
    faults: tuple[KeyFault, ...]


def enclosed(keys: Sequence[bytes], now: int) -> Enclosed:
    """Sort the certificates of a mail by whether they can be encrypted to at ``now``."""
    usable: list[CredentialFacts] = []
    faults: list[KeyFault] = []
    for data in keys:
        fingerprint, names = "", frozenset[str]()
        try:
            certificate = read_credential(data)
            fingerprint, names = certificate.fingerprint, stated_names(certificate)
            check_usable(certificate.binary, now)
        except CredentialError as error:
            if error.reason != "unreadable":  # what is no key at all says nothing
                faults.append(KeyFault(fingerprint, error.reason, names))
        else:
            usable.append(certificate)
    return Enclosed(tuple(usable), tuple(faults))


def with_key(doctor: Doctor, certificate: CredentialFacts) -> Doctor:
    """Return the directory's entry with another key that he is written to by.

    His other certificates stay, and a form of answers that its kind has not gives way to the
    usual one. Raises :class:`CredentialError` for a certificate that cannot be read.
    """
    same = certificate.fingerprint
    others = tuple(each for each in doctor.credentials if each.fingerprint != same)
    in_parts = doctor.reply_form is ReplyForm.PARTITIONED
    has_no_parts = in_parts and certificate.kind is CertificateKind.SMIME
    return revised(
        doctor,
        certificate=certificate.binary,
        fingerprint=certificate.fingerprint,
        key_ids=key_ids_of(certificate, map(_read_other, others)),
        credentials=others,
        reply_form=ReplyForm.SEPARATE if has_no_parts else doctor.reply_form,
    )


def with_renewed(doctor: Doctor, present: bytes, certificate: CredentialFacts) -> Doctor:
    """Return the directory's entry with another certificate in the place of a ``present`` one.

    Raises as :func:`with_key`.
    """
    if present == doctor.certificate:
        return with_key(doctor, certificate)
    newer = Credential(certificate.binary, certificate.fingerprint)
    others = tuple(
        newer if each.certificate == present else each for each in doctor.credentials
    )
    first = read_credential(doctor.certificate)
    return revised(
        doctor,
        key_ids=key_ids_of(first, map(_read_other, others)),
        credentials=others,
    )


def key_ids_of(first: CredentialFacts, others: Iterable[CredentialFacts]) -> tuple[str, ...]:
    """Return what signatures by any of somebody's certificates may name, each once."""
    found = (key_id for each in (first, *others) for key_id in each.key_ids)
    return tuple(dict.fromkeys(found))


def _read_other(credential: Credential) -> CredentialFacts:
    return read_credential(credential.certificate)


class Enrolled(Protocol):
    """The directory, looked up by keys."""

    def doctor_by_fingerprint(self, fingerprint: str) -> Doctor | None:
        """Return the doctor, or patient, one of whose certificates has this fingerprint."""

    def doctor_by_key_id(self, key_id: str) -> Doctor | None:
        """Return the doctor, or patient, whose signatures may name a key of this id."""


def is_taken(certificate: CredentialFacts, but: Doctor, view: Enrolled) -> bool:
    """Whether a key of the certificate is somebody else's, or one that could pass for it."""
    holders = chain.from_iterable(
        (view.doctor_by_fingerprint(each), view.doctor_by_key_id(each))
        for each in {certificate.fingerprint, *certificate.key_ids}
    )
    return any(holder and holder.doctor_id != but.doctor_id for holder in holders)


def names_another(certificate: CredentialFacts, mail: str, own_id: bytes, view: View) -> bool:
    """Whether a certificate's user ids name somebody enrolled, and not its owner's ``mail``.

    Its owner has signed that: whoever else registers it keeps him from doing so, and is taken
    for him.
    """
    named = addresses(certificate.binary)
    if mail.casefold() in named:
        return False
    holders = (view.doctor_by_mail(each) for each in named)
    return any(holder and holder.doctor_id != own_id for holder in holders)


def said_of_key(case: Case, owner: Doctor) -> str:
    """Return what the answer says of a key that is taken: that it lacks his address, ends soon.

    Paragraphs with an empty line before each; nothing where there is nothing to say.
    """
    found = cautions(owner.certificate, owner.mail, case.at)
    said: list[str] = []
    if found.lacks_address:
        said.append(text("key-lacks-address", case.language, mail=owner.mail))
    if found.expires:
        said.append(text("key-expires", case.language, day=day(found.expires, case.clock)))
    return "".join(f"\n{each}" for each in said)
