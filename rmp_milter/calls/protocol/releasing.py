"""Proving a right to documents, having their keys, and changing the ways in."""

import msgspec

from rmp_milter.calls.authority import Authority
from rmp_milter.calls.protocol.message import Event, Message
from rmp_milter.dossier.model import CodeSlot, Container


class SealedDocument(msgspec.Struct, frozen=True):
    """A stored document's sealed session key and what the seal binds."""

    document_id: bytes
    container: Container
    digest: bytes
    sealed_key: bytes


class ByCode(msgspec.Struct, frozen=True, tag="code"):
    """Open by the code in the mail; without the dossier's own slot by :data:`DECOY_SLOT`."""

    slot: CodeSlot


class ByVitale(msgspec.Struct, frozen=True, tag="vitale"):
    """Open by the attestation in the mail; the slot binds the patient's number.

    ``fill`` is nothing: with it, every call is as long, whichever kind of key the slot is sealed
    to, and with a decoy too.
    """

    slot: bytes
    fill: bytes = b""


class ByCustody(msgspec.Struct, frozen=True, tag="custody"):
    """Open by the keeper's custody key; the event's leaf says why (``proof``).

    An emergency needs a reason in the mail, and a reference in its event.
    """

    slot: bytes


WayIn = ByCode | ByVitale | ByCustody


DECOY_SLOT = CodeSlot(salt=bytes(16), nonce=bytes(12), sealed=bytes(48), folded=True)
"""A slot that no code opens, for patients whom nobody knows and codes that were revoked."""


DECOY_VITALE = bytes([9]) + bytes(79)
"""The same for attestations; it begins with a real point, so that all work is done."""


SLOT_ROOM = 115
"""Octets of the longest slot that is sealed to the custody key."""


TRANSLATED = b"\x01"
"""First octet of what stands in a key packet's place where the keeper is to translate; no
packet of OpenPGP and no RecipientInfo of CMS begins so."""


TRANSLATED_ACTION = "traduit"
"""The action of the leaf of a document that was."""


class Prove(Message, frozen=True):
    """Try a way into the dossier and hand nothing out; the reply is :class:`Proven`.

    It comes before anything that depends on what the dossier holds, so that a wrong code
    costs the same where there is a dossier and where there is none. A refusal writes its
    leaf; for what opens, the call that then uses it writes the leaf.
    """

    by: Authority
    way_in: WayIn
    event: Event


class Proven(Message, frozen=True):
    """The way in is open; the ``ticket`` says so from now on."""

    ticket: bytes


class Release(Message, frozen=True):
    """Open the dossier and write key packets of its documents for ``readers``.

    These are the sender's certificate, or one that the mail encloses where it asks for a key.
    The refusal for a wrong code takes as long as for a slot that never fits. ``dossier_id`` is
    for an emergency in which no card says whose the slot is.
    """

    by: Authority
    way_in: WayIn
    items: tuple[SealedDocument, ...]
    readers: tuple[bytes, ...]
    event: Event
    dossier_id: bytes = b""


class Released(Message, frozen=True):
    """For each of the request's ``items`` the key packets, in the order of ``readers``.

    ``leaf`` is the place of the event in the access log.
    """

    packets: tuple[tuple[bytes, ...], ...]
    leaf: int = 0


class Renew(Message, frozen=True):
    """Write the sender's standing packets of a dossier for his certificate that was renewed.

    It is the ``newer`` one of the sender in ``by``; the mail brings it. ``slot`` is the dossier's
    custody slot. The reply is :class:`Released`, of one reader.
    """

    by: Authority
    slot: bytes
    items: tuple[SealedDocument, ...]
    event: Event


class Recode(Message, frozen=True):
    """Open the dossier and put it under a new code: the mail's if ``chosen``, or one drawn here.

    With ``nir``, the number in the dossier's card, the slot for Vitale attestations is made anew
    as well; blanks are none. ``guessable`` as for :class:`Create`.
    """

    by: Authority
    way_in: WayIn
    event: Event
    chosen: bool = False
    nir: str = ""
    guessable: tuple[str, ...] = ()


class Recoded(Message, frozen=True):
    """``held_code`` is the code in force; ``vitale`` empty unless a number was given."""

    code: CodeSlot
    held_code: bytes
    card: bytes
    vitale: bytes = b""
