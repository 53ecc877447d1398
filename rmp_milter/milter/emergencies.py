"""What an emergency hears that is refused: the true reason, and the quickest way out.

The rule is no weaker for it: only the words are an emergency's own.
"""

from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.dossier.model import Verb
from rmp_milter.errors import MailError
from rmp_milter.mail.header.routing import RoutingHeader

_WORDS = {
    "bad-signature": "emergency-bad-signature",
    "expired-key": "emergency-expired-key",
    "expired-certificate": "emergency-expired-key",
    "revoked-certificate": "emergency-expired-key",
    "signature-needed": "emergency-unsigned",
}


def refused(error: MailError, header: RoutingHeader, trust: Trust) -> MailError:
    """Return the refusal in an emergency's words where ``header`` asks for one.

    ``trust`` is what the mail's signature is worth: one that is missing is told from one by
    an unknown key.
    """
    if error.temporary or header.verb is not Verb.URGENCE:
        return error
    text = _WORDS.get(error.text, error.text)
    if error.text in {"unknown-sender", "unknown-certificate"}:
        text = "emergency-unsigned" if trust is Trust.NONE else "emergency-unknown-key"
    return MailError(
        text, code=error.code, enhanced=error.enhanced, detail=error.detail, facts=error.facts
    )
