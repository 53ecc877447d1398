"""What is said of a certificate, and what may rest on it."""

from enum import StrEnum


class Purpose(StrEnum):
    """Whose anchors, and what a certificate below them is for."""

    PUBLIC = "public"  # a public authority: the certificate is for mail (RFC 8550, 4.4.4)
    IGC_SANTE = "igc-sante"  # an authority of IGC-Santé that issues to persons


class KeyUse(StrEnum):
    """What the key is to do here."""

    SIGN = "sign"
    ENCRYPT = "encrypt"


class PathVerdict(StrEnum):
    """The state of a certificate at a moment; the value is in words for the host."""

    GOOD = "good"
    UNKNOWN_ISSUER = "no path to an anchor that is trusted"
    EXPIRED = "expired"
    NOT_YET = "not valid yet"
    REVOKED = "revoked"
    WRONG_PURPOSE = "not made for this"
    WEAK = "too weak"
    BROKEN = "not as RFC 5280 wants it"


class Use(StrEnum):
    """What rests on a signature or certificate."""

    DEPOSIT = "deposit"
    READING = "reading"
    GOVERNING = "governing"  # who treats, whose key counts, codes: whoever governs next
    ENROLLING = "enrolling"
    EMERGENCY = "emergency"


class Answer(StrEnum):
    """Whether it may rest on it."""

    YES = "yes"
    WARNED = "yes, with a warning"
    NO = "no"


_STALE = {
    Use.DEPOSIT: Answer.WARNED,
    Use.READING: Answer.WARNED,
    Use.GOVERNING: Answer.NO,
    Use.ENROLLING: Answer.NO,
    Use.EMERGENCY: Answer.WARNED,
}
"""Where nobody can say whether the certificate was revoked meanwhile: a list that is missing or
old is the host's trouble and no patient's (smime.md, CPS and IGC-Santé)."""


def allowed(verdict: PathVerdict, use: Use, *, stale: bool) -> Answer:
    """Return whether ``use`` may rest on a certificate of that verdict.

    ``stale`` where a list that covers its path is missing or old at that moment.
    """
    if verdict is not PathVerdict.GOOD:
        return Answer.NO
    return _STALE[use] if stale else Answer.YES
