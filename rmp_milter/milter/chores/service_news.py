"""The service's certificate has another subkey: whoever writes by OpenPGP is sent it, once.

What is sent is what the host has handed out (``public/service.asc``), signed by the primary key
that everybody knows. Or it is of another primary key, the former being worth nothing: then the
letter is signed by the new one, and says how to be sure of it.
"""

import logging
from pathlib import Path
from typing import NamedTuple, Self

from rmp_milter.calls.keeper import GroundMoved
from rmp_milter.certificates import (
    CertificateError,
    encryption_keys,
    parse,
    read_certificate,
)
from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.dossier.credentials import certificates_of
from rmp_milter.dossier.key_ends import DAY
from rmp_milter.dossier.model import Doctor
from rmp_milter.errors import MailError
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Attachment, Letter
from rmp_milter.mail.outgoing.wording import spaced
from rmp_milter.milter.answering.answers import About
from rmp_milter.milter.chores.round import Household
from rmp_milter.store.format.failures import Conflict

NEWS = 120 * DAY
"""Seconds for which it is news; who was away that long has the certificate from elsewhere."""
FILE, FORMER = "service.asc", "service-former.asc"
log = logging.getLogger("rmp.chores")


class ServiceNews(NamedTuple):
    """A certificate that was handed out with another subkey at ``since`` (epoch seconds)."""

    subkey: str
    fingerprint: str
    armored: bytes
    since: int
    replaced: bool = False

    @classmethod
    def of(cls, file: Path, at: int) -> Self | None:
        """Return what is news in the file; nothing where it is as it was made, or is long known."""
        try:
            since, data = int(file.stat().st_mtime), file.read_bytes()
            found = read_certificate(data)
            newest, *others = encryption_keys(found.binary, at)
        except (OSError, CertificateError):
            return None
        replaced = _is_replaced(file.with_name(FORMER), found.fingerprint)
        if not (others or replaced) or at - since > NEWS:
            return None
        subkey = newest.key.key_id if hasattr(newest, "key") else newest.key_id
        armored = parse(found.binary).to_armored().encode("ascii")
        return cls(subkey.lower(), found.fingerprint, armored, since, replaced)


def _is_replaced(former: Path, fingerprint: str) -> bool:
    """Whether there is a former certificate, of another primary key."""
    try:
        return read_certificate(former.read_bytes()).fingerprint != fingerprint
    except (OSError, CertificateError):
        return False


def tell_news(house: Household, news: ServiceNews, doctor: Doctor, now: int) -> bool:
    """Send somebody the certificate, unless he was, or was enrolled since; whether it was done.

    Raises :class:`~rmp_milter.store.format.failures.StoreError`.
    """
    if doctor.added_at >= news.since or not _writes_openpgp(doctor):
        return False
    mark = Once(f"service key {news.subkey} {doctor.doctor_id.hex()}".encode(), now + 2 * NEWS)
    with house.store.snapshot() as view:
        if view.happened(mark.value):
            return False
    about = About(reader=doctor, at=now, in_reply_to="", reply=False)
    try:
        mails = house.answers.make(_letter(house, news), about, lambda _document: None)
        house.store.commit(Changes(outbox=mails, once=(mark,)), now)
    except (GroundMoved, Conflict):
        return False
    except MailError as error:
        log.warning(
            "RPPS %s is not sent the service's certificate: %s", doctor.rpps, error.text
        )
        return False
    return True


def _writes_openpgp(doctor: Doctor) -> bool:
    return any(kind_of(each) is CertificateKind.OPENPGP for each in certificates_of(doctor))


def _letter(house: Household, news: ServiceNews) -> Letter:
    language = house.language
    key = "service-replaced" if news.replaced else "service-key"
    words = text(key, language, fingerprint=spaced(news.fingerprint))
    file = Attachment(FILE, "application/pgp-keys", news.armored)
    return Letter(subject=text(f"subject-{key}", language), text=words, files=(file,))
