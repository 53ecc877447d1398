"""Whom a document is written for: how he opens it, by a key packet or translated at delivery.

A key packet fits a body only if its reader's program opens that kind of body. Where it does not,
or where he wants it otherwise, the session key is sealed to the keeper's own translation key,
bound to this reader and this document: then the keeper opens the body when it is sent
(:mod:`.translating`), and no slot of the dossier is opened for it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from openpgp.util import encrypt_session_key_to_recipient

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.certificates import CertificateError, EncryptionKey, keys_for_reader
from rmp_milter.cms import CmsError
from rmp_milter.credentials import (
    CertificateKind,
    CredentialError,
    fingerprint_of,
    kind_of,
    x509_for_reader,
)
from rmp_milter.keeper.cms.making import recipient_info
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.programs import says_gcm
from rmp_milter.keeper.keys.sealing import Copy, seal_to_translate
from rmp_milter.keeper.openpgp.sessionkey import NAMES, SessionKey


class Reader(NamedTuple):
    """Somebody's certificate; of OpenPGP the ``keys`` in it that may be encrypted to.

    ``translated`` says that he wants all documents sealed by the service, ``opens_gcm`` that his
    program, or his certificate, says that it opens AES-GCM.
    """

    certificate: bytes
    keys: tuple[EncryptionKey, ...] = ()
    translated: bool = False
    opens_gcm: bool = False

    @property
    def is_smime(self) -> bool:
        """Whether his program speaks S/MIME, and OpenPGP otherwise."""
        return kind_of(self.certificate) is CertificateKind.SMIME


def reader_of(
    certificate: bytes, now: int, *, translated: bool = False, opens_gcm: bool = False
) -> Reader:
    """Return a reader; raise :class:`CallFailed` ``BAD_KEY`` if nothing can be encrypted to him.

    A clock that is wrong, the reader's or ours, refuses him nothing.
    """
    try:
        if kind_of(certificate) is CertificateKind.SMIME:
            found = x509_for_reader(certificate, now)
            return Reader(found.der, (), translated, opens_gcm or says_gcm(found))
        return Reader(certificate, tuple(keys_for_reader(certificate, now)), translated)
    except (CertificateError, CredentialError) as error:
        raise CallFailed(Why.BAD_KEY, error.reason) from None


def readers_of(
    certificates: Iterable[bytes], persons: Iterable[Candidate], now: int
) -> list[Reader]:
    """Return the readers of these certificates, with what those of the ``persons`` want and can.

    That is the milter's word. A wrong one leaves somebody a document that his program does not
    open, or has it opened here on its way to him; nobody else comes to read it. Raises as
    :func:`reader_of`.
    """
    named = {name: each for each in persons for name in (each.certificate, each.newer) if name}
    nobody = Candidate(b"", b"")
    return [
        reader_of(each, now, translated=person.translated, opens_gcm=person.opens_gcm)
        for each in certificates
        for person in (named.get(each, nobody),)
    ]


class DocumentOwner(NamedTuple):
    """Whose a document is: a dossier's ``owner_id``, or that of a deposit that ``waits`` for one.

    ``act`` is the mail in whose answer the document goes out, once; empty for readers who have a
    standing in the dossier.
    """

    owner_id: bytes
    act: bytes = b""
    waits: bool = False


def packet_for(
    desk: Desk, key: SessionKey, owner: DocumentOwner, document: SealedDocument, reader: Reader
) -> bytes:
    """Return what one reader's copy of a document is opened by; empty where he cannot have one.

    That is what stands in front of the body: OpenPGP's key packets, or a RecipientInfo; or what
    the keeper translates by. Raises :class:`~rmp_milter.keeper.keys.sealing.SealError` for ids of
    a wrong length, :class:`CallFailed` ``BAD_KEY``.
    """
    opens = document.container.opens_for(smime=reader.is_smime, gcm=reader.opens_gcm)
    if desk.rules.translates and (reader.translated or not opens):
        public = desk.keys.translation.public_key()
        return seal_to_translate(key, public, copy_of(reader.certificate, owner), document)
    if not opens:
        return b""
    if reader.is_smime:
        return recipient(key, reader)
    return key_packets(key, reader.keys)


def copy_of(certificate: bytes, owner: DocumentOwner) -> Copy:
    """Return what the seal of a reader's copy is bound to.

    His key, and not the certificate: a prolonged one is another certificate of the same key.
    """
    who = hashlib.sha256(fingerprint_of(certificate).encode()).digest()
    return Copy(who, owner.owner_id, owner.act, owner.waits)


def recipient(key: SessionKey, reader: Reader) -> bytes:
    """Return a reader's RecipientInfo (DER); raise :class:`CallFailed` ``BAD_KEY``.

    RSA by PKCS#1 v1.5, which every client opens.
    """
    try:
        return recipient_info(reader.certificate, key.key)
    except CmsError:
        raise CallFailed(Why.BAD_KEY, "unsupported") from None


def key_packets(key: SessionKey, readers: Sequence[EncryptionKey]) -> bytes:
    """Return a version 3 key packet for each of a reader's keys, one behind the other."""
    return b"".join(_key_packet(key, reader) for reader in readers)


def _key_packet(key: SessionKey, reader: EncryptionKey) -> bytes:
    algorithm = NAMES[key.algorithm]
    return encrypt_session_key_to_recipient(
        key.key, reader, version="seipd-v1", symmetric_algorithm=algorithm
    ).to_bytes()
