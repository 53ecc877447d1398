"""Sealing anew what lies under a key that is replaced: slots, cards, copies."""

import msgspec

from rmp_milter.calls.protocol.message import Event, Message
from rmp_milter.calls.protocol.releasing import SealedDocument


class StandingCopy(msgspec.Struct, frozen=True, array_like=True):
    """What a reader with a standing has in a key packet's place: to be sealed to another key.

    ``document.sealed_key`` is that (:data:`TRANSLATED`), ``fingerprint`` the reader's.
    """

    dossier_id: bytes
    fingerprint: str
    document: SealedDocument


class SealAgain(Message, frozen=True):
    """Seal to the present translation key what is sealed to a former one. Operator's door only.

    For the same reader, dossier and document: nobody comes to read anything by it.
    """

    copies: tuple[StandingCopy, ...]
    event: Event


class SealedAgain(Message, frozen=True):
    """What takes each one's place; empty for what is under the present key, or under none."""

    packets: tuple[bytes, ...]


class ToReslot(msgspec.Struct, frozen=True, array_like=True):
    """A dossier's card and the slots of its that are sealed to the custody key.

    ``vitale`` is empty without one; else ``nir`` is the patient's number, to which it is bound.
    """

    card: bytes
    custody: bytes
    vitale: bytes = b""
    nir: str = ""


class Reslot(Message, frozen=True):
    """Seal to the present custody key what is sealed to a former one. Operator's door only."""

    dossiers: tuple[ToReslot, ...]
    event: Event


class NewSlots(msgspec.Struct, frozen=True, array_like=True):
    """A dossier's new slots and the card that names them; all empty where nothing is to be done.

    ``fault`` says in a line why nothing could be.
    """

    card: bytes = b""
    custody: bytes = b""
    vitale: bytes = b""
    fault: str = ""


class Reslotted(Message, frozen=True):
    """For each dossier its new slots, to be committed with the card."""

    slots: tuple[NewSlots, ...]


class ToRecard(msgspec.Struct, frozen=True, array_like=True):
    """A card of any kind, to be made anew; a dossier's with its Vitale slot, empty without one.

    ``nir`` is then the patient's number, to which that slot is bound. ``ends_code`` says that
    the dossier's code is to open nothing any more.
    """

    card: bytes
    vitale: bytes = b""
    nir: str = ""
    ends_code: bool = False


class Recard(Message, frozen=True):
    """Make cards anew that were made under a former pepper. Operator's door only.

    They say what they said before; of a code that is ended there is a leaf in its dossier.
    """

    cards: tuple[ToRecard, ...]
    event: Event


class NewCard(msgspec.Struct, frozen=True, array_like=True):
    """A new card, and the Vitale slot that it names; both empty where nothing is to be done.

    ``fault`` says in a line why nothing could be.
    """

    card: bytes = b""
    vitale: bytes = b""
    fault: str = ""


class Recarded(Message, frozen=True):
    """For each card the new one, to be committed with the slot."""

    cards: tuple[NewCard, ...]


class TryCustody(Message, frozen=True):
    """Ask custody keys that lie elsewhere whether they answer. Operator's door only.

    Nothing is opened, and no leaf written.
    """


class CustodyTried(Message, frozen=True):
    """A line for each that does not answer."""

    faults: tuple[str, ...]
