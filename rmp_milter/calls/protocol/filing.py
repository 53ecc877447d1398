"""Creating a dossier, and sealing what is filed in it, or waits for one."""

import msgspec

from rmp_milter.calls.authority import Authority
from rmp_milter.calls.protocol.message import Event, Message
from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.dossier.model import Slots


class Create(Message, frozen=True):
    """Make a dossier's id, key, slots and card; without a code in the mail one is drawn.

    With the patient's number, stated or attested, a slot for Vitale attestations is made too.
    What is ``guessable`` of the patient may not be in a code that is given
    (:mod:`rmp_milter.dossier.weak_codes`).
    """

    by: Authority
    event: Event
    guessable: tuple[str, ...] = ()


class Created(Message, frozen=True):
    """``held_code`` is the code in force, for :class:`Seal` to write into the answer."""

    dossier_id: bytes
    public_key: bytes
    slots: Slots
    held_code: bytes
    card: bytes


class ToReseal(msgspec.Struct, frozen=True):
    """A body of the mail, by its place in ``Opened.bodies``, to be kept as this document."""

    document_id: bytes
    place: int


class Reseal(Message, frozen=True):
    """Seal the mail's session keys to the dossier and write the standing readers' packets.

    ``readers`` are certificates of persons in ``by``: médecin traitant, patient, prescriber.
    """

    by: Authority
    items: tuple[ToReseal, ...]
    readers: tuple[bytes, ...]
    event: Event


class ResealedItem(msgspec.Struct, frozen=True):
    """``packets`` are in the order of the request's ``readers``."""

    sealed_key: bytes
    packets: tuple[bytes, ...]


class Resealed(Message, frozen=True):
    """In the order of the request's ``items``; ``card`` is what :class:`Adopt` asks for."""

    items: tuple[ResealedItem, ...]
    card: bytes = b""


class Wait(Message, frozen=True):
    """Seal the mail's session keys to the keeper's waiting key, bound to ``waiting_id``.

    For a deposit whose patient has no dossier; ``readers`` (a prescriber, the sender himself) get
    their packets now. The reply is :class:`Resealed`.
    """

    by: Authority
    waiting_id: bytes
    items: tuple[ToReseal, ...]
    readers: tuple[bytes, ...]
    event: Event


class Adopt(Message, frozen=True):
    """Seal the keys of a waiting deposit to a dossier; the reply is :class:`Resealed`.

    It needs no ticket: ``card`` says whose deposit it is and for whom.
    """

    by: Authority
    card: bytes
    items: tuple[SealedDocument, ...]
    readers: tuple[bytes, ...]
    event: Event
