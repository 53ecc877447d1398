"""An authority that answers a certification request, as a public CA for mail does."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from testbed import x509_parts as parts
from testbed.x509_maker import DAY, Made


def issue(  # noqa: PLR0913 -- each is what some authority does otherwise
    request: bytes,
    issuer: Made,
    start: int,
    *,
    days: int = 365,
    leave_out: Sequence[type[x509.ExtensionType]] = (),
    instead: Sequence[parts.Extension] = (),
) -> x509.Certificate:
    """Return the certificate for a request (PEM), whose signature must be its key's.

    ``start`` is in epoch seconds. What is asked for is granted, but for the kinds of extension
    of ``leave_out`` and of ``instead``, which stand there in their place.
    """
    asked = x509.load_pem_x509_csr(request)
    if not asked.is_signature_valid:
        raise ValueError("whoever asks does not have the key")
    other = {type(value) for value, _ in instead} | {*leave_out}
    builder = (
        x509.CertificateBuilder()
        .subject_name(asked.subject)
        .issuer_name(issuer.name)
        .public_key(asked.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(parts.at(start))
        .not_valid_after(parts.at(start + days * DAY))
    )
    granted = [(each.value, each.critical) for each in asked.extensions]
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    own = x509.SubjectKeyIdentifier.from_public_key(asked.public_key())
    for value, critical in (*granted, (own, False), (above, False)):
        if type(value) not in other:
            builder = builder.add_extension(value, critical)
    for value, critical in instead:
        builder = builder.add_extension(value, critical)
    return builder.sign(issuer.key, SHA256())


def pem(*certificates: x509.Certificate) -> bytes:
    """Return certificates one after the other in PEM."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)
