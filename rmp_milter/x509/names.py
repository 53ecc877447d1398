"""Names in certificates: readable for people, and the addresses and words that we look for."""

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from rmp_milter.x509.tlv import DerError, content, element

MAX_ADDRESSES = 64
_UTF8_STRING = 0x0C
_SMTP_UTF8_MAILBOX = ObjectIdentifier("1.3.6.1.5.5.7.8.9")  # RFC 9598


def readable(name: x509.Name) -> str:
    """Return a name in one line (RFC 4514), without what could steer a terminal."""
    text = name.rfc4514_string()
    return "".join(char if char.isprintable() else "?" for char in text)


def words(name: x509.Name, kind: ObjectIdentifier) -> tuple[str, ...]:
    """Return the values that a name gives of one kind, in its order."""
    found = (each.value for each in name.get_attributes_for_oid(kind))
    return tuple(each for each in found if isinstance(each, str))


def addresses(
    subject: x509.Name, beside: x509.SubjectAlternativeName | None
) -> tuple[str, ...]:
    """Return the mail addresses of a certificate, each once, those in ASCII in lower case.

    Others are compared as they stand (RFC 9598, 5): folded, one letter would pass for another.
    What could not be an address (with blanks, with a NUL) is left out.

    From the alternative names (RFC 5280, 4.2.1.6; RFC 9598), and from the subject, where old
    certificates have them (RFC 8550, 3). Raises :class:`DerError` for more than 64.
    """
    found = [*(_in_alternative(beside) if beside else ()), *_in_subject(subject)]
    if len(found) > MAX_ADDRESSES:
        raise DerError(f"the certificate has more than {MAX_ADDRESSES} mail addresses")
    plain = (each.lower() if each.isascii() else each for each in found)
    return tuple(dict.fromkeys(each for each in plain if _could_be_one(each)))


def _could_be_one(address: str) -> bool:
    return address.isprintable() and " " not in address and "@" in address


def _in_subject(subject: x509.Name) -> tuple[str, ...]:
    return words(subject, NameOID.EMAIL_ADDRESS)


def _in_alternative(names: x509.SubjectAlternativeName) -> list[str]:
    plain = names.get_values_for_type(x509.RFC822Name)
    others = names.get_values_for_type(x509.OtherName)
    return [
        *plain,
        *(_utf8(each.value) for each in others if each.type_id == _SMTP_UTF8_MAILBOX),
    ]


def _utf8(der: bytes) -> str:
    found = element(der, 0, len(der))
    if found.tag != _UTF8_STRING or found.end != len(der):
        raise DerError("a mail address of the certificate is none")
    try:
        return content(der, found).decode()
    except UnicodeDecodeError:
        raise DerError("a mail address of the certificate is none") from None
