"""What the keeper noted of a document's author when it came, sealed with its session key.

A reader for whom the document is translated cannot check the author's signature himself, and the
certificate may have run out by then: so he is told what was seen, when. The seal binds the body's
digest, hence what was noted is of these very octets.
"""

import msgspec

from rmp_milter.calls.protocol.opening import Signature, Trust
from rmp_milter.dossier.cards import PersonCard
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.openpgp.sessionkey import MAX_NOTED

LAYOUT = b"\x01"
"""The first octet; another layout is another number."""
_MAX_NAME = 200  # octets


class NotedAuthor(msgspec.Struct, frozen=True, array_like=True):
    """Who sent it, by which proof, what his signature was worth ``at`` that time.

    ``signed`` is when he says that he signed (both in epoch seconds, 0 for not at all);
    ``fingerprint`` names the certificate by which he did.
    """

    proof: Proof
    trust: Trust
    name: str
    rpps: str
    fingerprint: str
    signed: int
    at: int


def note(card: PersonCard, proof: Proof, signature: Signature, now: int) -> bytes:
    """Return what is noted of the author of a mail that is opened ``now``."""
    by_key = proof is not Proof.ACCOUNT
    said = NotedAuthor(
        proof=proof,
        trust=signature.trust if by_key else Trust.NONE,
        name=card.name.encode()[:_MAX_NAME].decode(errors="ignore"),
        rpps=card.rpps,
        fingerprint=signature.fingerprint if by_key else "",
        signed=signature.created if by_key else 0,
        at=now,
    )
    packed = LAYOUT + msgspec.msgpack.encode(said)
    return packed if len(packed) <= MAX_NOTED else b""


def noted(packed: bytes) -> NotedAuthor | None:
    """Read :func:`note`; None for documents from before it, and for what cannot be read."""
    if not packed.startswith(LAYOUT):
        return None
    try:
        return msgspec.msgpack.decode(packed[len(LAYOUT) :], type=NotedAuthor)
    except msgspec.DecodeError:
        return None
