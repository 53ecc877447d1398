"""What is refused of an S/MIME envelope before a key is tried, by what anybody can see of it."""

from collections.abc import Iterable

from rmp_milter.calls.protocol.message import Span, Why
from rmp_milter.cms import (
    CmsEnvelope,
    CmsError,
    CmsFault,
    CmsKind,
    looks_like_cms,
    read_body,
    read_envelope,
)
from rmp_milter.cms.ciphers import check_opened
from rmp_milter.cms.recognise import HEAD
from rmp_milter.keeper.cms.keys import is_named, may_be_for, names_meant
from rmp_milter.keeper.desk.desk import CallFailed
from rmp_milter.keeper.keys.service_certificates import PublicCertificate, opening
from rmp_milter.keeper.openpgp.packets import ReadAt

_TOLD = {
    CmsFault.OLD_CIPHER: Why.OLD_CIPHER,
    CmsFault.UNSUPPORTED: Why.UNSUPPORTED,
    CmsFault.TOO_LARGE: Why.TOO_LARGE,
    CmsFault.TOO_MANY_RECIPIENTS: Why.TOO_MANY_RECIPIENTS,
}


def is_cms(read: ReadAt, span: Span) -> bool:
    """Whether a body is S/MIME's; OpenPGP's packets never begin so (RFC 9580, 4.2)."""
    return cms_kind(read, span) is not None


def cms_kind(read: ReadAt, span: Span) -> CmsKind | None:
    """Return what of S/MIME a body is, as far as its beginning tells; None for OpenPGP's."""
    return looks_like_cms(read(span.offset, min(span.length, HEAD)))


def check_outside(
    certificates: tuple[PublicCertificate, ...] | None, read: ReadAt, span: Span, now: int
) -> None:
    """Raise :class:`CallFailed` for an envelope that is refused before a key is tried.

    ``certificates`` are the service's, None where they are not known: then nothing is said of
    whom it is for. What is raised is what opening it would.
    """
    try:
        if certificates == ():
            raise no_smime()
        envelope = read_envelope(read, span.offset, span.length)
        check_opened(envelope.cipher)
        if certificates and not any(
            may_be_for(names_meant(each.certificate), name)
            for each in opening(certificates, now)
            for name in envelope.names
        ):
            raise not_ours(certificates, envelope)
        read_body(read, *envelope.body, envelope.kind)
    except CmsError as error:
        raise failed(error) from None


def failed(error: CmsError) -> CallFailed:
    """Return how a call fails of an envelope that cannot be used."""
    return CallFailed(_TOLD.get(error.fault, Why.SMIME_UNREADABLE), str(error))


def no_smime() -> CallFailed:
    """Return the failure of a service that has no certificate."""
    return CallFailed(Why.NO_SMIME, "the service has no certificate for S/MIME")


def not_ours(certificates: Iterable[PublicCertificate], envelope: CmsEnvelope) -> CallFailed:
    """Return the failure of an envelope that names none of our present certificates."""
    ours = [names_meant(each.certificate) for each in certificates]
    if any(is_named(one, name) for one in ours for name in envelope.names):
        return CallFailed(Why.OLD_CERTIFICATE, "encrypted to an old certificate of ours")
    return CallFailed(Why.SMIME_UNREADABLE, "no recipient is ours")
