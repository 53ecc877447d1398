"""Certificates that came with a mail: which can be used, and whose they are in the directory."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from rmp_milter.certificates import (
    Certificate,
    CertificateError,
    addresses,
    cautions,
    check_usable,
    read_certificate,
)
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.revisions import revised
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.view import View
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.wording import day


class KeyFault(NamedTuple):
    """Why an enclosed key is not used; ``fingerprint`` is empty where it cannot be read."""

    fingerprint: str
    reason: str


class Enclosed(NamedTuple):
    """The certificates that came with a mail: what can be used, and what is wrong with others."""

    usable: tuple[Certificate, ...]
    faults: tuple[KeyFault, ...]


def enclosed(keys: Sequence[bytes], now: int) -> Enclosed:
    """Sort the certificates of a mail by whether they can be encrypted to at ``now``."""
    usable: list[Certificate] = []
    faults: list[KeyFault] = []
    for data in keys:
        fingerprint = ""
        try:
            certificate = read_certificate(data)
            fingerprint = certificate.fingerprint
            check_usable(data, now)
        except CertificateError as error:
            if error.reason != "unreadable":  # what is no key at all says nothing
                faults.append(KeyFault(fingerprint, error.reason))
        else:
            usable.append(certificate)
    return Enclosed(tuple(usable), tuple(faults))


def with_key(doctor: Doctor, certificate: Certificate) -> Doctor:
    """Return the directory's entry with another key."""
    return revised(
        doctor,
        certificate=certificate.binary,
        fingerprint=certificate.fingerprint,
        key_ids=certificate.key_ids,
    )


class Enrolled(Protocol):
    """The directory, looked through."""

    def doctors(self) -> Iterator[Doctor]:
        """Yield all who are enrolled."""


def is_taken(certificate: Certificate, but: Doctor, view: Enrolled) -> bool:
    """Whether a key of the certificate is somebody else's, or one that could pass for it."""
    ids = {certificate.fingerprint, *certificate.key_ids}
    return any(
        ids & {each.fingerprint, *each.key_ids}
        for each in view.doctors()
        if each.doctor_id != but.doctor_id
    )


def names_another(certificate: Certificate, mail: str, own_id: bytes, view: View) -> bool:
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
