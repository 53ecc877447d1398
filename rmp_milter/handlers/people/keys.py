"""Certificates that came with a mail, and whose they are in the directory."""

from collections.abc import Iterator, Sequence

from rmp_milter.certificates import Certificate, CertificateError, read_certificate
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.revisions import revised
from rmp_milter.handlers.asking.view import View


def readable(keys: Sequence[bytes]) -> Iterator[Certificate]:
    """Yield the certificates that can be read; the others are passed over."""
    for data in keys:
        try:
            yield read_certificate(data)
        except CertificateError:
            continue


def with_key(doctor: Doctor, certificate: Certificate) -> Doctor:
    """Return the directory's entry with another key."""
    return revised(
        doctor,
        certificate=certificate.binary,
        fingerprint=certificate.fingerprint,
        key_ids=certificate.key_ids,
    )


def is_taken(certificate: Certificate, but: Doctor, view: View) -> bool:
    """Whether a key of the certificate is somebody else's, or one that could pass for it."""
    ids = {certificate.fingerprint, *certificate.key_ids}
    return any(
        ids & {each.fingerprint, *each.key_ids}
        for each in view.doctors()
        if each.doctor_id != but.doctor_id
    )
