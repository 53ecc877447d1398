"""What a call rests on, and what may be changed by one: the keeper judges by nothing else.

The milter carries these and can make none of them: tickets and cards are the keeper's own, and
certificates count by their digest in a card, or because the mail itself enclosed them.
"""

import msgspec

from rmp_milter.dossier.cards import DossierCard, LocumDays, Masked, PersonCard
from rmp_milter.dossier.model import Patient


class Candidate(msgspec.Struct, frozen=True):
    """Somebody of the directory: his card, and the certificate of which it holds the digest.

    ``newer`` is a later copy of that certificate which a mail brought along; ``more`` are his
    other certificates, whose digests the card holds as well. ``translated`` says that he wants
    documents sealed by the service, and not as their authors sealed them; ``opens_gcm`` that his
    program said that it opens AES-GCM. Both decide in which form he has what is his to read.
    """

    card: bytes
    certificate: bytes
    newer: bytes = b""
    more: tuple[bytes, ...] = ()
    translated: bool = False
    opens_gcm: bool = False


class Authority(msgspec.Struct, frozen=True):
    """On what a call rests: the mail's ticket, the dossier's card, those of the persons in it.

    ``share`` is the place of the patient among those that one mail may name.
    """

    ticket: bytes = b""
    dossier: bytes = b""
    persons: tuple[Candidate, ...] = ()
    share: int = 0


NOTHING = Authority()


class TakeOver(msgspec.Struct, frozen=True, tag="takeover"):
    """The sender becomes médecin traitant ``at`` the time that the mail came."""

    at: int


class Contest(msgspec.Struct, frozen=True, tag="contest"):
    """The former médecin traitant is it again; nothing else changes."""


class Oppose(msgspec.Struct, frozen=True, tag="oppose"):
    """The named professional is refused the dossier, or (``lifted``) admitted again."""

    person: bytes
    lifted: bool = False


class Masking(msgspec.Struct, frozen=True, tag="mask"):
    """The documents that are hidden from now on, all of them; fewer than before unmask."""

    masked: tuple[Masked, ...]


class NoCode(msgspec.Struct, frozen=True, tag="no-code"):
    """No code opens the dossier any more."""


class Close(msgspec.Struct, frozen=True, tag="close"):
    """The dossier ends, and is to be erased from ``erase_at`` on."""

    erase_at: int


class AddNumber(msgspec.Struct, frozen=True, tag="number"):
    """The patient's number, which the mail states, joins what he is found by."""


class PatientKey(msgspec.Struct, frozen=True, tag="patient-key"):
    """The enclosed ``certificate`` is the patient's own key; ``person`` is his place."""

    person: bytes
    certificate: bytes


class NewKey(msgspec.Struct, frozen=True, tag="new-key"):
    """The enclosed ``certificate`` takes the place of the sender's."""

    certificate: bytes


class Prolong(msgspec.Struct, frozen=True, tag="prolong"):
    """A later copy of the sender's certificate takes its place; its own key signed for it."""

    certificate: bytes


class Locums(msgspec.Struct, frozen=True, tag="locums"):
    """Who acts for the sender from now on, all of them."""

    days: tuple[LocumDays, ...]


Wish = (
    TakeOver
    | Contest
    | Oppose
    | Masking
    | NoCode
    | Close
    | AddNumber
    | PatientKey
    | NewKey
    | Prolong
    | Locums
)


class DossierSaid(msgspec.Struct, frozen=True, tag="dossier"):
    """What the host says governs a dossier; the keeper fills in ``traits`` and ``number``."""

    card: DossierCard
    patient: Patient


class PersonSaid(msgspec.Struct, frozen=True, tag="person"):
    """What the host says of a person; the keeper reads the certificates itself.

    ``more`` are those that he has beside the one that he is written to by.
    """

    card: PersonCard
    certificate: bytes
    more: tuple[bytes, ...] = ()


class WaitingSaid(msgspec.Struct, frozen=True, tag="waiting"):
    """A deposit that waits, from before there were cards: for whom, by whom, of what."""

    waiting: bytes
    patient: Patient
    depositor: bytes
    rpps: str
    fingerprint: str
    documents: tuple[bytes, ...]


Said = DossierSaid | PersonSaid | WaitingSaid
