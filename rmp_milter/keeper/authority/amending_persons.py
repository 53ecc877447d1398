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
from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.cards import LocumDays, PersonCard
from rmp_milter.dossier.credentials import fingerprints_of
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.model import Verb
from rmp_milter.keeper.authority.ground import Registrant, digest_of
from rmp_milter.keeper.authority.next_cards import (
    Amending,
    Next,
    check_enclosed,
    check_issued,
    fingerprint_in,
    key_fields,
    names_professional,
    next_person,
    other_credential,
    prolonging,
    stated_of,
)
from rmp_milter.keeper.authority.prolonged import is_prolonged, not_prolonged, replaced_among
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.x509 import Use


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

    It takes the place of the one that he is written to by; his others stay. The present key
    with other content may be what both copies say together.
    """
    ground = given.ground
    stated = ground.ticket.header(ground.share).fingerprint
    if not stated or stated not in stated_of(wish.certificate):
        raise Unentitled("another key than the mail states")
    fingerprint = fingerprint_in(wish.certificate)
    if fingerprint == ground.sender.fingerprint:
        return _prolonged(given, Prolong(wish.certificate))
    if fingerprint in fingerprints_of(ground.sender):
        raise Unentitled("a certificate that the sender has already")
    check_enclosed(ground, wish.certificate)
    check_issued(wish.certificate, ground.sender.rpps, given.world, given.now)
    return key_fields(wish.certificate)


def _prolonged(given: Amending, wish: Prolong) -> dict[str, object]:
    """Return the fields of a later copy of one of the sender's certificates.

    Of X.509 it is one that the mail brings: its authority's word alone moves nobody.
    """
    ground, newer = given.ground, wish.certificate
    if kind_of(newer) is CertificateKind.SMIME:
        check_enclosed(ground, newer)
    own = [each for each in ground.persons if each.card.person == ground.sender.person]
    for each in own:
        replaced = _replaced(given, each, newer)
        if replaced:
            return _in_its_place(ground.sender, each, replaced, newer)
    raise not_prolonged(newer)


def _replaced(given: Amending, own: Registrant, newer: bytes) -> bytes:
    """Return in the place of which certificate of somebody's a copy may stand; empty for none.

    An OpenPGP key may be prolonged once more, in a copy that the call has brought.
    """
    now, world = given.now, given.world()
    if newer in own.more:
        return b""  # his already, and in its own place
    if found := replaced_among((own.certificate, *own.more), newer, now, world, Use.GOVERNING):
        return found
    is_openpgp = kind_of(newer) is CertificateKind.OPENPGP
    again = is_openpgp and own.newer and is_prolonged(own.newer, newer, now)
    return own.replaced if again else b""


def _in_its_place(
    sender: PersonCard, own: Registrant, replaced: bytes, newer: bytes
) -> dict[str, object]:
    """Return the fields of a card in which a later copy stands where ``replaced`` did."""
    if replaced == own.certificate:
        return key_fields(newer)
    digest = digest_of(replaced)
    others = tuple(
        other_credential(newer) if each.digest == digest else each
        for each in sender.credentials
    )
    return {"credentials": others}


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
