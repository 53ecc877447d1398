"""The next cards: what a mail may change of what governs a dossier, or of who somebody is.

Pure. Whether the mail has the right at all is judged before (:mod:`.judging`); here is what
exactly it may put in the place of what is there. Nothing is taken from the milter's word but what
the keeper cannot know, and then only within what the mail asks.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

from msgspec.structs import replace

from rmp_milter.calls.authority import (
    AddNumber,
    Close,
    Contest,
    Locums,
    Masking,
    NewKey,
    NoCode,
    Oppose,
    PatientKey,
    Prolong,
    TakeOver,
    Wish,
)
from rmp_milter.certificates import CertificateError, read_certificate, signed_at
from rmp_milter.dossier.cards import DossierCard, LocumDays, PersonCard
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.naming import is_named
from rmp_milter.dossier.takeovers import is_running, may_be_contested, next_takeover
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import Ground, digest_of, is_prolonged
from rmp_milter.keeper.authority.host_rules import DAY, SAME_MOMENT, HostRules
from rmp_milter.keeper.authority.refusals import Unentitled

VERBS: dict[type[Wish], frozenset[Verb]] = {
    TakeOver: frozenset({Verb.MEDECIN_TRAITANT}),
    Contest: frozenset({Verb.CONTESTATION}),
    Oppose: frozenset({Verb.OPPOSITION, Verb.LEVEE_D_OPPOSITION}),
    Masking: frozenset({Verb.MASQUAGE, Verb.DEMASQUAGE, Verb.RECTIFICATION}),
    NoCode: frozenset({Verb.REVOCATION_DU_CODE}),
    Close: frozenset({Verb.CLOTURE}),
    AddNumber: frozenset({Verb.FICHE}),
    PatientKey: frozenset({Verb.CLE_DU_PATIENT}),
    NewKey: frozenset({Verb.NOUVELLE_CLE}),
    Locums: frozenset({Verb.REMPLACEMENT, Verb.FIN_DE_REMPLACEMENT}),
}
"""Which requests a wish may come of. A key is prolonged by whatever its owner signs."""

OF_PERSONS = (NewKey, Prolong, Locums)
"""Wishes that change who somebody is, and no dossier."""


class Amending(NamedTuple):
    """What a wish is judged with: ``now`` in epoch seconds."""

    rules: HostRules
    sealer: Sealer
    ground: Ground
    now: int


class Next(NamedTuple):
    """The cards as they are to be."""

    dossier: DossierCard | None = None
    person: PersonCard | None = None


def prolonging(act: bytes) -> bytes:
    """Return the act by which a mail prolongs its signer's key: another one than what it asks.

    It is committed before the rest is decided. So what the same mail asks rests on it as on
    anybody's card, and is not done because this is.
    """
    return hashlib.sha256(b"rmp prolonging\0" + act).digest()


def next_dossier(card: DossierCard, act: bytes, **fields: object) -> DossierCard:
    """Return the card in its next revision, made by ``act``."""
    changed: DossierCard = replace(card, revision=card.revision + 1, act=act, **fields)
    return changed


def next_person(card: PersonCard, act: bytes, **fields: object) -> PersonCard:
    """Return the card in its next revision, made by ``act``."""
    changed: PersonCard = replace(card, revision=card.revision + 1, act=act, **fields)
    return changed


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
    if lifted is not wish.lifted or person is None or not _names(header.doctor, person):
        raise Unentitled("not the professional whom the mail names")
    if person.person == dossier.treating:
        raise Unentitled("the médecin traitant is not refused")
    kept = tuple(each for each in dossier.opposed if each != wish.person)
    return kept if wish.lifted else (*kept, wish.person)


def _names(words: str, person: PersonCard) -> bool:
    """Whether the words of a mail name this professional; a patient is never named so."""
    named = is_named(words, person.rpps, person.mail, person.name)
    return bool(words) and named and not person.patient_of


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
    _check_enclosed(ground, wish.certificate)
    certificate = read_certificate(wish.certificate)
    before = ground.person(wish.person)
    if dossier.patient and (before is None or dossier.patient != wish.person):
        raise Unentitled("not the patient's own place")
    if before and before.patient_of != dossier.dossier:
        raise Unentitled("somebody else's place")
    if not (before and before.fingerprint == certificate.fingerprint):
        _check_settled(given, dossier)
    fields: dict[str, object] = {
        "certificate": digest_of(wish.certificate),
        "fingerprint": certificate.fingerprint,
        "signed_at": signed_at(wish.certificate),
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


def _check_enclosed(ground: Ground, certificate: bytes) -> None:
    if digest_of(certificate) not in ground.ticket.keys:
        raise Unentitled("a key that the mail does not enclose")


def amended_person(given: Amending, wish: Wish) -> Next:
    """Return the sender's card that follows from a wish about himself."""
    sender, act = given.ground.sender, given.ground.ticket.act
    match wish:
        case NewKey():
            return Next(person=next_person(sender, act, **_new_key(given, wish)))
        case Prolong():
            apart = prolonging(act)
            return Next(person=next_person(sender, apart, **_prolonged(given, wish)))
        case Locums():
            return Next(person=next_person(sender, act, locums=_locums(given, wish)))
        case _:
            raise Unentitled("no wish about a person")


def _new_key(given: Amending, wish: NewKey) -> dict[str, object]:
    """Return the fields of the enclosed key whose fingerprint the mail states.

    The present key with other content may be what both copies say together.
    """
    ground = given.ground
    stated = ground.ticket.header(ground.share).fingerprint
    if not stated or _fingerprint_of(wish.certificate) != stated:
        raise Unentitled("another key than the mail states")
    if stated == ground.sender.fingerprint:
        return _prolonged(given, Prolong(wish.certificate))
    _check_enclosed(ground, wish.certificate)
    return _key_fields(wish.certificate)


def _fingerprint_of(certificate: bytes) -> str:
    """Return a wish's primary fingerprint in hex; empty for what is no certificate."""
    try:
        return read_certificate(certificate).fingerprint
    except CertificateError:
        return ""


def _prolonged(given: Amending, wish: Prolong) -> dict[str, object]:
    """Return the fields of a later copy of the sender's certificate."""
    copies = given.ground.certificates_of(given.ground.sender.person)
    if wish.certificate not in copies and not any(
        is_prolonged(present, wish.certificate, given.now) for present in copies
    ):
        raise Unentitled("a copy that its own key did not prolong")
    return _key_fields(wish.certificate)


def _key_fields(certificate: bytes) -> dict[str, object]:
    return {
        "certificate": digest_of(certificate),
        "fingerprint": read_certificate(certificate).fingerprint,
        "signed_at": signed_at(certificate),
    }


def _locums(given: Amending, wish: Locums) -> tuple[LocumDays, ...]:
    """Return the locums as wished: only the one whom the mail names is new or gone.

    What is over may be dropped.
    """
    header, sender = given.ground.ticket.header(given.ground.share), given.ground.sender
    today = day_of(given.ground.ticket.at, given.rules.clock)
    before, after = set(sender.locums), set(wish.days)
    added, gone = after - before, {each for each in before - after if each.last >= today}
    ends = given.ground.ticket.verb is Verb.FIN_DE_REMPLACEMENT
    if ends and added:
        raise Unentitled("a locum whom the mail does not name")
    _check_locums(given, (*added, *gone), lambda person: _names(header.locum, person))
    if any((each.first, each.last) != (header.first_day, header.last_day) for each in added):
        raise Unentitled("other days than the mail's")
    return wish.days


def _check_locums(
    given: Amending, days: Iterable[LocumDays], is_meant: Callable[[PersonCard], bool]
) -> None:
    for each in days:
        person = given.ground.person(each.locum)
        if person is None or not is_meant(person) or not person.is_doctor:
            raise Unentitled("a locum whom the mail does not name")
