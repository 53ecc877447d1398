"""The cards of dossiers and persons: changed by a mail, vouched for or compared by the host."""

from rmp_milter.calls.authority import Authority, Said, Wish
from rmp_milter.calls.protocol.message import Event, Message


class Amend(Message, frozen=True):
    """Change what governs a dossier, or who somebody is; its leaf is written first."""

    wish: Wish
    event: Event
    by: Authority


class Amended(Message, frozen=True):
    """The next cards: the dossier's, and the person's, where they change."""

    dossier: bytes = b""
    person: bytes = b""


class Vouch(Message, frozen=True):
    """The host's own word: have the keeper make the card that says so. Operator's door only.

    ``before`` is the card in force, empty for what is new.
    """

    said: Said
    event: Event
    before: bytes = b""


class Vouched(Message, frozen=True):
    """The card to commit."""

    card: bytes


class Relearn(Message, frozen=True):
    """Take these cards as those in force, whatever was known. Operator's door only.

    For a keeper, or a store, that was restored from an older copy. No card of a person who is
    ``gone`` counts from then on, and his keys are nobody's. Under the keys that are ``dropped``
    nothing is known any more, but for what was erased. The reply is :class:`Recorded`.
    """

    cards: tuple[bytes, ...]
    event: Event
    gone: tuple[bytes, ...] = ()
    dropped: tuple[bytes, ...] = ()


class Wake(Message, frozen=True):
    """Forget a dossier's wrong codes, so that its code is tried again. Operator's door only.

    The reply is :class:`Recorded`.
    """

    dossier_id: bytes
    event: Event


class Compare(Message, frozen=True):
    """Ask how these cards stand to what the keeper knows. Operator's door only.

    With ``behind`` it also lists what is known, from the key behind that one on.
    """

    cards: tuple[bytes, ...]
    behind: bytes | None = None


class Compared(Message, frozen=True):
    """For each card in a word how it stands (:mod:`rmp_milter.keeper.log.known`).

    ``keys`` are in their order; a part of them where there are many, none at the end.
    """

    stands: tuple[str, ...]
    keys: tuple[bytes, ...] = ()


class Show(Message, frozen=True):
    """Show cards that were committed just now: none of before counts from then on.

    One that is not the next of its kind does nothing.
    """

    cards: tuple[bytes, ...]


class Learned(Message, frozen=True):
    """How many of the cards are in force from now on."""

    count: int


class Forget(Message, frozen=True):
    """Forget which leaves are a dossier's, as its erasure demands; the leaf comes first.

    The reply is :class:`Recorded`. The leaves stay; nobody can tell any more whose they are.
    """

    dossier_id: bytes
    event: Event
