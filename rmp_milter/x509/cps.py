"""Whose a certificate of IGC-Santé is: the subject of a CPS card, and which of its two this is.

Subject: a multi-valued RDN ``CN=8<RPPS, 11 digits>+SN=…+GN=…``, beside it ``title`` (the
profession) and ``C=FR``. The first digit of the CN tells the register: 0 ADELI, 3 FINESS,
5 SIRET, 8 RPPS (smime.md, CPS and IGC-Santé).
"""

import re
from enum import StrEnum
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

_NUMBER = re.compile(r"([0358])([0-9A-Z]{8,14})")
_DIGITS = {"0": 9, "3": 9, "5": 14, "8": 11}
ISSUER = re.compile(r"AC IGC-SANTE (FORT|STANDARD|ELEMENTAIRE) PERSONNES")
"""The common name of an authority that issues to persons."""


class Register(StrEnum):
    """Who gave the number."""

    ADELI = "ADELI"
    FINESS = "FINESS"
    SIRET = "SIRET"
    RPPS = "RPPS"


_REGISTERS = dict(zip("0358", Register, strict=True))


class CardHolder(NamedTuple):
    """What the subject says: register and number, name, and the profession's title.

    It counts only behind a path to an anchor of IGC-Santé: anybody can write such a subject.
    """

    register: Register
    number: str
    surname: str
    given_name: str
    title: str

    @property
    def rpps(self) -> str:
        """The RPPS number, or nothing where the number is of another register."""
        return self.number if self.register is Register.RPPS else ""


class CardUse(StrEnum):
    """Which of a card's two certificates this is."""

    SIGNING = "signing"
    AUTHENTICATION = "authentication"
    NEITHER = "neither"


def holder(subject: x509.Name) -> CardHolder | None:
    """Return whose card a subject says it is; None where it is not laid out as one.

    Number and name must stand in one RDN, the only one with a CN, and each once: so that what
    is read here is what the authority vouched for, and not one of two.
    """
    named = [rdn for rdn in subject.rdns if rdn.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(named) != 1 or _one(subject, NameOID.COUNTRY_NAME) != "FR":
        return None
    rdn = named[0]
    number = _NUMBER.fullmatch(_one(rdn, NameOID.COMMON_NAME))
    surname, given = _one(rdn, NameOID.SURNAME), _one(rdn, NameOID.GIVEN_NAME)
    if number is None or len(number[2]) != _DIGITS[number[1]] or not (surname and given):
        return None
    if not number[2].isdecimal() and number[1] != "3":
        return None
    title = _one(subject, NameOID.TITLE)
    return CardHolder(_REGISTERS[number[1]], number[2], surname, given, title)


def card_use(
    *, content_commitment: bool, digital_signature: bool, client_auth: bool
) -> CardUse:
    """Tell the two certificates of a card apart by what their key may do.

    For signing: non-repudiation. For authentication: digitalSignature without it, and the
    extended usage clientAuth.
    """
    if content_commitment:
        return CardUse.SIGNING
    if digital_signature and client_auth:
        return CardUse.AUTHENTICATION
    return CardUse.NEITHER


def _one(name: x509.Name | x509.RelativeDistinguishedName, kind: ObjectIdentifier) -> str:
    """Return the one value of a kind; nothing for none, or for several."""
    found = name.get_attributes_for_oid(kind)
    value = found[0].value if len(found) == 1 else ""
    return value if isinstance(value, str) else ""
