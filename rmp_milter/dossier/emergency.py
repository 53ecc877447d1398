"""The words of an emergency access (bris de glace), as the access log and auditors use them.

FHIR R4 AuditEvent: an emergency is a security alert of DICOM (DCM 110113) of the subtype
emergency override started (DCM 110127), its purpose of use emergency treatment by breaking
the glass (v3-ActReason ETREAT, BTG). Pure, and shared by keeper, handlers and auditors.
"""

import hashlib

from rmp_milter.dossier.spoken import reference, signs_of

SECURITY_ALERT = "110113"
OVERRIDE_STARTED = "110127"
EMERGENCY_TREATMENT = "ETREAT"
BREAK_THE_GLASS = "BTG"
EMERGENCY_PURPOSE = (
    f"{SECURITY_ALERT} {OVERRIDE_STARTED} {EMERGENCY_TREATMENT} {BREAK_THE_GLASS}"
)
"""The ``purpose`` of an emergency's leaf; the keeper writes it itself."""

EMERGENCY, JUSTIFICATION, REVIEW = "urgence", "justification", "controle"
"""The ``action`` of the leaves that one reference ties together."""

UNDER_REVIEW, CLOSED, CONTESTED = "under review", "closed", "contested"
"""The ``outcome`` of a review's leaf: the state that the emergency is in from then on."""

JUSTIFY_HOURS, REVIEW_HOURS = 24, 72
"""Within how many hours a justification, and the end of its review, are expected."""

_LENGTH = 12


def reference_of(act: bytes) -> str:
    """Return the public reference of the emergency that a mail asks for.

    Drawn from what the keeper knows the mail by, so that the same mail, tried again, has the
    same one; it names nobody and cannot be guessed from another.
    """
    number = int.from_bytes(hashlib.sha256(b"rmp emergency" + act).digest())
    return reference("U", signs_of(number, _LENGTH))
