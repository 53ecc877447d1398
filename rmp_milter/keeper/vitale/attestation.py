"""What any verifier of Vitale attestations is: a token in, the patient's number out.

No public specification lets a third party check a physical Vitale card or an ApCV token.
So what is checked is the word of card-reader software that the host trusts; another way
to check is another :class:`AttestationVerifier` (docs/formats.md, Vitale attestation).
"""

from typing import Protocol

from rmp_milter.calls.protocol.opening import AttestationFault, Attested
from rmp_milter.dossier.identity import nir_valid


class AttestationError(Exception):
    """An attestation that does not hold; ``reason`` may be told to whoever sent it."""

    def __init__(self, reason: AttestationFault) -> None:
        super().__init__(reason.value)
        self.reason = reason


class AttestationVerifier(Protocol):
    """Checks a token by itself: not whether it fits its sender, nor whether it was used."""

    def verify(self, token: str, now: int) -> Attested:
        """Return what the token attests at ``now``; raise :class:`AttestationError`."""


class _Nobody:
    def verify(self, token: str, now: int) -> Attested:  # noqa: ARG002 -- whatever it says
        raise AttestationError(AttestationFault.UNKNOWN_ISSUER)


NOBODY_ATTESTS: AttestationVerifier = _Nobody()
"""For a keeper that trusts nobody's attestations."""


def is_number(nir: str) -> bool:
    """Return whether this is a NIR with its key in the one form that a slot is bound to."""
    return nir_valid(nir) and nir == "".join(nir.split()).upper()
