"""Who somebody is from now on: a new key, a prolonged one, other locums. Pure.

Only ever the sender himself, by a mail that his present key signed.
"""

from collections.abc import Callable, Iterable

from rmp_milter.calls.authority import (
    Locums,
    NewKey,
    Prolong,
    Wish,
)
from rmp_milter.dossier.cards import LocumDays, PersonCard
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.model import Verb
from rmp_milter.keeper.authority.ground import is_prolonged
from rmp_milter.keeper.authority.next_cards import (
    Amending,
    Next,
    check_enclosed,
    fingerprint_in,
    key_fields,
    names_professional,
    next_person,
    prolonging,
)
from rmp_milter.keeper.authority.refusals import Unentitled


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
    if not stated or fingerprint_in(wish.certificate) != stated:
        raise Unentitled("another key than the mail states")
    if stated == ground.sender.fingerprint:
        return _prolonged(given, Prolong(wish.certificate))
    check_enclosed(ground, wish.certificate)
    return key_fields(wish.certificate)


def _prolonged(given: Amending, wish: Prolong) -> dict[str, object]:
    """Return the fields of a later copy of the sender's certificate."""
    copies = given.ground.certificates_of(given.ground.sender.person)
    if wish.certificate not in copies and not any(
        is_prolonged(present, wish.certificate, given.now) for present in copies
    ):
        raise Unentitled("a copy that its own key did not prolong")
    return key_fields(wish.certificate)


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
    _check_locums(
        given, (*added, *gone), lambda person: names_professional(header.locum, person)
    )
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
