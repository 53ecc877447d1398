"""Of which kind a certificate is: by its first octets, as it is stored."""

from enum import StrEnum

_SEQUENCE, _LONG = 0x30, 0x80


class CertificateKind(StrEnum):
    """The value is what the host reads and writes."""

    OPENPGP = "openpgp"
    SMIME = "smime"  # X.509


def kind_of(data: bytes) -> CertificateKind:
    """Return the kind of a stored certificate; nothing of it is read.

    X.509 in DER is a SEQUENCE of more than 127 octets (X.690, 8.1.3), which no text begins as;
    bit 7 of an OpenPGP packet's first octet is set (RFC 9580, 4.2). What is neither is left to
    OpenPGP's reader to refuse, which so never looks for armor in a certificate of the other kind.
    """
    is_der = len(data) > 1 and data[0] == _SEQUENCE and data[1] & _LONG
    return CertificateKind.SMIME if is_der else CertificateKind.OPENPGP
