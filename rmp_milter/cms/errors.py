"""How a CMS message fails that cannot be used."""

from enum import StrEnum


class CmsFault(StrEnum):
    """Why; each may be told to whoever sent the message."""

    UNREADABLE = "unreadable"
    """Damage, noise, a foreign key: one answer for all of them."""
    TOO_LARGE = "too-large"
    """Longer, or in more pieces, than is taken."""
    UNSUPPORTED = "unsupported"
    """An algorithm or a form that is not known here; the error's ``name`` says which."""
    OLD_CIPHER = "old-cipher"
    """3DES, RC2 or DES, which ``name`` says."""
    TOO_MANY_RECIPIENTS = "too-many-recipients"
    NOT_ONE_SIGNATURE = "not-one-signature"
    """Not exactly one signature, with signed attributes, over everything."""
    WEAK_SIGNATURE = "weak-signature"
    """A digest or a key that proves nothing any more, which ``name`` says."""
    WRONG_SIGNATURE = "wrong-signature"
    """The digest or the signature does not fit what is signed."""


class CmsError(ValueError):
    """A message that cannot be used.

    ``fault`` and ``name`` (an algorithm, else empty) may be told; ``args[0]`` is for the host's
    log and holds nothing of the message but algorithms and counts.
    """

    def __init__(self, fault: CmsFault, detail: str, name: str = "") -> None:
        super().__init__(detail)
        self.fault = fault
        self.name = name


def unreadable(detail: str) -> CmsError:
    """Return the one error for damage and noise."""
    return CmsError(CmsFault.UNREADABLE, detail)
