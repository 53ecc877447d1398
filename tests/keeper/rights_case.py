"""Who may be handed what, read from the card in force once more, by other words than the keeper's.

A reply that was given is held to it. What is looked at: does the call rest on cards in force,
has the sender a right by them, and is every reader somebody who may read.
"""

from keeper_letters import LOCUM_DAYS, START, certificate
from world_case import Mail, World

from rmp_milter.calls.authority import Authority, Contest
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.cards import Amend
from rmp_milter.calls.protocol.filing import Create, Reseal, Wait
from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.calls.protocol.releasing import Release
from rmp_milter.dossier.cards import DossierCard, dossier_card
from rmp_milter.keeper.log.known import of_dossier

DAY = 86_400


def check_rights(world: World, mail: Mail, request: Request) -> None:
    """See that a call which was done had the right to it."""
    assert not isinstance(request, Record)
    by = request.by
    assert isinstance(by, Authority)
    if by.dossier:
        assert of_dossier(dossier_card(by.dossier).dossier) not in world.erased, mail.letter
    if mail.letter.asks == "urgence":
        return  # by a signature alone, whichever card is shown; its leaf says so
    cards = [each.card for each in by.persons] + [by.dossier] * bool(by.dossier)
    made = mail.opened.once
    for card in cards:
        is_own = made in card  # the act of the mail itself, which is committed later
        assert is_own or world.is_in_force(card), (mail.letter, request)
    if by.dossier:
        dossier = dossier_card(by.dossier)
        assert may(world, mail, request, dossier), (mail.letter, type(request), dossier)
        _check_readers(world, mail, request, dossier)
    else:
        assert isinstance(request, Create | Wait | Amend), request


def may(  # noqa: PLR0911 -- one line a request
    world: World, mail: Mail, request: Request, card: DossierCard
) -> bool:
    """Whether the sender of a mail has the right to what it asks of a dossier."""
    sender, letter = mail.sender.said, mail.letter
    if card.closed_at:
        return False
    treats = card.treating == sender.person
    patient = bool(card.patient) and card.patient == sender.person
    own = treats or (patient and not card.suspended) or is_locum(world, card, sender.person)
    in_force = bool(card.code) and world.codes.get(card.code) == letter.word
    admitted = treats or sender.person not in card.opposed
    knows = in_force and admitted and not sender.patient_of
    match letter.asks:
        case "création":
            return treats and card.act == mail.opened.once
        case "dépôt":
            return sender.is_doctor
        case "dossier" | "opposition" | "révocation du code" | "code":
            return own or knows
        case "médecin traitant":
            return knows
        case "contestation":
            return may_contest(card, sender.person, patient=patient, now=world.now)
        case "clôture":
            late = isinstance(request, Amend) and is_running(card, world.now)
            return ((treats and knows) or patient) and not late
        case "clé du patient":
            return treats
        case "nouvelle clé":
            return treats or patient
    return False


def is_running(card: DossierCard, now: int) -> bool:
    return card.takeover is not None and now < card.takeover.until


def may_contest(card: DossierCard, person: bytes, *, patient: bool, now: int) -> bool:
    """Whether a takeover can still be taken back, and by him: once, in its days."""
    if card.takeover is None or card.takeover.contested or not is_running(card, now):
        return False
    return patient or card.takeover.former == person


def is_locum(world: World, card: DossierCard, person: bytes) -> bool:
    """Whether somebody acts these days for who treats."""
    treating = world.member_by(card.treating)
    named = treating is not None and any(each.locum == person for each in treating.said.locums)
    last = LOCUM_DAYS[1].replace(hour=0, minute=0, second=0).timestamp() + DAY
    return named and START <= world.now < last + 2 * 3600


def _check_readers(world: World, mail: Mail, request: Request, card: DossierCard) -> None:
    if isinstance(request, Reseal):
        ids = {card.treating, b"" if card.suspended else card.patient}
    elif isinstance(request, Release):
        takeover = card.takeover
        contests = mail.letter.asks == "contestation" and takeover
        ids = {takeover.former if takeover and contests else mail.sender.said.person}
    else:
        return
    allowed = {certificate(each.key) for each in map(world.member_by, ids) if each}
    if mail.letter.asks in {"clé du patient", "nouvelle clé"}:
        allowed = {certificate(mail.letter.word)}
    assert allowed.issuperset(request.readers), mail.letter


def check_contest(request: Request, now: int) -> None:
    """See that what is contested can be: so a row of takeovers and contests ends."""
    if isinstance(request, Amend) and isinstance(request.wish, Contest):
        takeover = dossier_card(request.by.dossier).takeover
        assert takeover is not None
        assert not takeover.contested
        assert now < takeover.until
