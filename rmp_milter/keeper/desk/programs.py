"""What a signed S/MIME mail says of its author's program (RFC 8551, 2.5.2 and 2.5.3)."""

from rmp_milter.cms import CmsError
from rmp_milter.cms.ciphers import Mode, aes
from rmp_milter.cms.recipients import RecipientId
from rmp_milter.credentials import CertificateKind, fingerprint_of, kind_of, reachable
from rmp_milter.dossier.model import MailProgram
from rmp_milter.keeper.authority.ground import Registrant
from rmp_milter.keeper.cms.keys import certificate_names, is_named
from rmp_milter.keeper.cms.signed import CmsSigned
from rmp_milter.keeper.keys.service_certificates import stated_capabilities
from rmp_milter.x509 import X509

_GCM = aes(32, Mode.GCM).name


def program_of(signed: CmsSigned, person: Registrant, now: int) -> MailProgram:
    """Return what of it matters here; ``person`` is who signed.

    The certificate that it prefers is told only where it is one of his and not the one that he is
    written to by. Nothing is written to it for that: which one it is governs who reads, and is
    asked for by "nouvelle clé", or is the host's to change.
    """
    preferred = signed.preference
    others = [
        each for each in person.certificates[1:] if kind_of(each) is CertificateKind.SMIME
    ]
    named = [
        fingerprint_of(each)
        for each in others
        if preferred is not None and _is_named(each, preferred) and reachable(each, now)
    ]
    return MailProgram(opens_gcm=_GCM in signed.capabilities, prefers=next(iter(named), ""))


def _is_named(certificate: bytes, name: RecipientId) -> bool:
    try:
        return is_named(certificate_names(certificate), name)
    except CmsError:
        return False


def says_gcm(certificate: X509) -> bool:
    """Whether a certificate itself says that its owner opens AES-GCM (RFC 4262)."""
    return _GCM in stated_capabilities(certificate)
