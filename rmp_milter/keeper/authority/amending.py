"""The next cards: what a mail may change of what governs a dossier, or of who somebody is.

Pure. Whether the mail has the right at all is judged before (:mod:`.judging`); here is what
exactly it may put in the place of what is there. Nothing is taken from the milter's word but what
the keeper cannot know, and then only within what the mail asks.
"""

from msgspec.structs import replace

from rmp_milter.calls.authority import (
    AddNumber,
    Close,
    Contest,
    Masking,
    NoCode,
    Oppose,
    PatientKey,
    TakeOver,
    Wish,
)
from rmp_milter.dossier.cards import DossierCard, PersonCard
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.takeovers import is_running, may_be_contested, next_takeover
from rmp_milter.keeper.authority.host_rules import DAY, SAME_MOMENT
from rmp_milter.keeper.authority.next_cards import (
    Amending,
    Next,
    check_enclosed,
    check_issued,
    fingerprint_in,
    key_fields,
    names_professional,
    next_dossier,
    next_person,
)
from rmp_milter.keeper.authority.refusals import Unentitled


def amended_dossier(given: Amending, wish: Wish, dossier: DossierCard) -> Next:
    """Return the cards that follow from a wish about a dossier; raise :class:`Unentitled`."""
    if isinstance(wish, PatientKey):
        return _patients_key(given, wish, dossier)
    fields = _fields(given, wish, dossier)
    return Next(next_dossier(dossier, given.ground.ticket.act, **fields))


def _fields(given: Amending, wish: Wish, dossier: DossierCard) -> dict[str, object]:  # noqa: PLR0911 -- one line a wish
    match wish:
        case TakeOver():
            return _taken_over(given, wish, dossier)
        case Contest():
            return _contested(given, dossier)
        case Oppose():
            return {"opposed": _opposed(given, wish, dossier)}
        case Masking():
            return {"masked": _masked(given, wish, dossier)}
        case NoCode():
            return {"code": b""}
        case Close():
            _check_settled(given, dossier)
            return {"closed_at": given.now, "erase_at": _erased_at(given, wish)}
        case AddNumber():
            return {"number": _number(given, dossier)}
        case _:
            raise Unentitled("no wish about a dossier")


def _taken_over(given: Amending, wish: TakeOver, dossier: DossierCard) -> dict[str, object]:
    """Return what a takeover changes; who treats already changes nothing by one."""
    ground, ticket = given.ground, given.ground.ticket
    sender = ground.sender
    if not sender.is_doctor or ticket.header(ground.share).consent is not True:
        raise Unentitled("only a doctor takes over, with consent")
    if dossier.treating == sender.person:
        return {}
    at = wish.at if abs(wish.at - ticket.at) <= SAME_MOMENT else ticket.at
    days = given.rules.contest_days * DAY
    before = dossier.takeover
    return {
        "treating": sender.person,
        "suspended": dossier.suspended or bool(dossier.patient),
        "takeover": next_takeover(before, dossier.treating, sender.person, at, days),
    }


def _contested(given: Amending, dossier: DossierCard) -> dict[str, object]:
    """Return who treats again: whom the dossier was taken from, and nothing else."""
    takeover = dossier.takeover
    if takeover is None or not may_be_contested(takeover, given.ground.ticket.at):
        raise Unentitled("nothing to contest")
    return {"treating": takeover.former, "takeover": replace(takeover, contested=True)}


def _check_settled(given: Amending, dossier: DossierCard) -> None:
    """Refuse what cannot be undone as long as it is open who treats."""
    if is_running(dossier.takeover, given.ground.ticket.at):
        raise Unentitled("while a takeover may be contested")


def _erased_at(given: Amending, wish: Close) -> int:
    """Return when the dossier may be erased: as the host keeps them, from when the mail came."""
    due = given.ground.ticket.at + given.rules.retention
    if abs(wish.erase_at - due) > SAME_MOMENT:
        raise Unentitled("another time of conservation than the host's")
    return wish.erase_at


def _opposed(given: Amending, wish: Oppose, dossier: DossierCard) -> tuple[bytes, ...]:
    header = given.ground.ticket.header(given.ground.share)
    lifted = given.ground.ticket.verb is Verb.LEVEE_D_OPPOSITION
    person = given.ground.person(wish.person)
    if (
        lifted is not wish.lifted
        or person is None
        or not names_professional(header.doctor, person)
    ):
        raise Unentitled("not the professional whom the mail names")
    if person.person == dossier.treating:
        raise Unentitled("the médecin traitant is not refused")
    kept = tuple(each for each in dossier.opposed if each != wish.person)
    return kept if wish.lifted else (*kept, wish.person)


def _masked(given: Amending, wish: Masking, dossier: DossierCard) -> tuple[object, ...]:
    """Return the masks as wished: a masking hides more, an unmasking less.

    A new version of a masked entry is masked like it.
    """
    before, after = set(dossier.masked), set(wish.masked)
    verb, person = given.ground.ticket.verb, given.ground.sender.person
    corrects = verb is Verb.RECTIFICATION
    own = all(each.author == person for each in after - before)
    if corrects and not (before and own):
        raise Unentitled("masks that a new version does not bring")
    if not (after <= before if verb is Verb.DEMASQUAGE else before <= after):
        raise Unentitled("masks that the mail does not ask for")
    return wish.masked


def _number(given: Amending, dossier: DossierCard) -> bytes:
    number = given.sealer.number(given.ground.ticket.header(given.ground.share).nir)
    if not number or dossier.number:
        raise Unentitled("no number to add")
    return number


def _patients_key(given: Amending, wish: PatientKey, dossier: DossierCard) -> Next:
    """Return the dossier with the patient's own key, and his card, new or in its next revision.

    While a takeover may be contested only the key that is there is confirmed.
    """
    ground, act = given.ground, given.ground.ticket.act
    check_enclosed(ground, wish.certificate)
    check_issued(wish.certificate, "", given.world, given.now)
    before = ground.person(wish.person)
    if dossier.patient and (before is None or dossier.patient != wish.person):
        raise Unentitled("not the patient's own place")
    if before and before.patient_of != dossier.dossier:
        raise Unentitled("somebody else's place")
    if not (before and before.fingerprint == fingerprint_in(wish.certificate)):
        _check_settled(given, dossier)
    fields: dict[str, object] = {
        **key_fields(wish.certificate),
        "credentials": (),  # what nobody confirms stands no more
        "mail": ground.ticket.header(ground.share).sheet.mail,
        "patient_of": dossier.dossier,
    }
    person = next_person(before, act, **fields) if before else _new_patient(wish, act, fields)
    changed = next_dossier(dossier, act, patient=wish.person, suspended=False)
    return Next(changed, person)


def _new_patient(wish: PatientKey, act: bytes, fields: dict[str, object]) -> PersonCard:
    blank = PersonCard(
        person=wish.person,
        revision=0,
        act=act,
        certificate=b"",
        fingerprint="",
        signed_at=0,
        rpps="",
        name="",
        mail="",
        is_doctor=False,
    )
    made: PersonCard = replace(blank, **fields)
    return made
