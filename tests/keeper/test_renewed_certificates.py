"""An X.509 certificate that its authority renewed, taken up by a mail; and those that are not.

Dr Paul has one that is about to end. Whoever writes, the milter says what it likes: every attack
here presents the false certificate as the newer one of his.
"""

import hashlib
from collections.abc import Callable
from functools import cache

import pytest
from cryptography import x509
from keeper_case import ask, event
from msgspec.structs import replace
from smime_mails import (
    ENTITY,
    NOW,
    PAUL,
    RPPS,
    answered,
    card,
    cbc,
    enrolled,
    in_world,
    maker,
    opened,
    signed_by,
    signed_mail,
    trees,
    user,
    with_lists,
    world,
)

from rmp_milter.calls.authority import Authority, Candidate, NewKey, Prolong, Wish
from rmp_milter.calls.protocol.calls import Reply
from rmp_milter.calls.protocol.cards import Amend, Amended
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.opening import Opened, Trust
from rmp_milter.dossier.cards import PersonCard, person_card
from rmp_milter.keeper.authority.ground import digest_of
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.x509 import Purpose, World, compile_list, read_x509
from rmp_milter.x509.paths import by_issuer
from testbed import x509_parts as parts
from testbed.shapes import letter
from testbed.x509_maker import DAY, EMAIL, Made, Maker

OLD = NOW - 300 * DAY
OTHER_RPPS = "10101234564"


@cache
def old() -> Made:
    return maker().user(PAUL, trees().public, start=OLD)


@cache
def renewed() -> Made:
    return maker().user(PAUL, trees().public)


@pytest.fixture
def smime_desk(smime_desk: Desk) -> Desk:
    """Return a desk whose lists are fresh."""
    return in_world(smime_desk, with_lists())


def mail_of(
    desk: Desk, author: Made, person: Candidate, entity: bytes = ENTITY, beside: bytes = b""
) -> Opened:
    """Return what is opened of somebody's mail; ``beside`` is enclosed in its text's entity."""
    files = {"nouveau.cer": beside} if beside else {}
    content = letter("Demande : aide\r\n", files) if beside else entity
    return opened(desk, cbc(signed_mail(author, content)), person)


def wished(desk: Desk, wish: Wish, mail: Opened, person: Candidate) -> Reply:
    by = Authority(mail.ticket, persons=(person,))
    return ask(desk, Amend(wish, event("cle"), by), now=NOW).reply


def prolonged(desk: Desk, author: Made, person: Candidate, newer: bytes) -> PersonCard:
    """Return the card in which a newer certificate has been taken up."""
    found = mail_of(desk, author, person, beside=newer if author.der != newer else b"")
    reply = wished(desk, Prolong(newer), found, person)
    assert isinstance(reply, Amended), reply
    return person_card(reply.person)


def test_a_mail_signed_by_the_renewed_certificate_is_its_owners(smime_desk: Desk) -> None:
    before = enrolled(smime_desk, old())
    unknown = mail_of(smime_desk, renewed(), before)
    assert (unknown.signature.trust, unknown.ticket) == (Trust.UNKNOWN, b"")
    assert renewed().der in unknown.keys
    found = mail_of(smime_desk, renewed(), replace(before, newer=renewed().der))
    assert found.signature.trust is Trust.GOOD
    assert found.signature.fingerprint == read_x509(renewed().der).digest
    assert found.ticket


def test_it_takes_the_place_of_the_one_that_it_renews(smime_desk: Desk) -> None:
    person = replace(enrolled(smime_desk, old()), newer=renewed().der)
    made = prolonged(smime_desk, renewed(), person, renewed().der)
    assert made.certificate == digest_of(renewed().der)
    assert made.fingerprint == read_x509(renewed().der).digest
    assert made.signed_at == read_x509(renewed().der).not_before


def test_a_mail_that_the_present_one_signed_brings_it_as_well(smime_desk: Desk) -> None:
    person = replace(enrolled(smime_desk, old()), newer=renewed().der)
    found = mail_of(smime_desk, old(), enrolled(smime_desk, old()), beside=renewed().der)
    assert found.signature.fingerprint == read_x509(old().der).digest
    assert isinstance(wished(smime_desk, Prolong(renewed().der), found, person), Amended)


def test_a_card_for_signing_is_renewed_beside_what_he_is_written_to_by(
    smime_desk: Desk,
) -> None:
    before = maker().card(RPPS, trees().igc, start=OLD)
    cards = lists_of(trees().igc_root, trees().igc, Purpose.IGC_SANTE)
    public = world()
    anchors = {**public.anchors, **cards.anchors}
    desk = in_world(smime_desk, World(anchors, public.intermediates, cards.lists))
    person = replace(enrolled(desk, user("paul"), before), newer=card().der)
    made = prolonged(desk, card(), person, card().der)
    assert [each.digest for each in made.credentials] == [digest_of(card().der)]
    assert made.certificate == digest_of(user("paul").der)


def test_one_whose_predecessor_was_revoked_is_taken_up(smime_desk: Desk) -> None:
    person = replace(enrolled(smime_desk, old()), newer=renewed().der)
    lost = in_world(smime_desk, with_lists(old().serial))
    assert prolonged(lost, renewed(), person, renewed().der).fingerprint


def test_one_whose_predecessor_is_over_is_taken_up(smime_desk: Desk) -> None:
    before = Maker(NOW - 500 * DAY, "RSA")
    root = before.authority("Racine d'essai")
    issuer = before.authority("AC mail d'essai", root)
    desk = in_world(smime_desk, lists_of(root, issuer))
    over, newer = (maker().user(PAUL, issuer, start=NOW - back * DAY) for back in (400, 1))
    person = replace(enrolled(desk, over), newer=newer.der)
    assert prolonged(desk, newer, person, newer.der).fingerprint


def lists_of(root: Made, issuer: Made, purpose: Purpose = Purpose.PUBLIC) -> World:
    """Return a world of one tree with its lists, fresh."""
    anchor = read_x509(root.der)
    raw = [(maker().revocation_list(by), by) for by in (root, issuer)]
    lists = [compile_list(one, read_x509(by.der), anchor, NOW) for one, by in raw]
    return World({purpose: (anchor,)}, (read_x509(issuer.der),), by_issuer(lists))


# Attacks.


def named_only(*addresses: str, cn: str = "paul") -> Made:
    alternative = [(x509.SubjectAlternativeName([*map(x509.RFC822Name, addresses)]), False)]
    extensions = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (parts.usage("digital_signature", "key_encipherment"), True),
        *parts.extended(EMAIL),
        *(alternative if addresses else []),
    ]
    return maker().sign(parts.named(("CN", cn), ("C", "FR")), trees().public, extensions)


@cache
def alike_root() -> Made:
    return maker().authority("Racine d'essai")


@cache
def alike() -> Made:
    """Return an authority of the same name as the real one, below another root."""
    return maker().authority("AC mail d'essai", alike_root())


FALSE: dict[str, Callable[[], Made]] = {
    "another authority with the same names": lambda: maker().user(PAUL, alike()),
    "another address": lambda: maker().user("paul@ailleurs.fr", trees().public),
    "one address more": lambda: named_only(PAUL, "eve@x.fr"),
    "another person's": lambda: user("eve"),
    "the name alone": named_only,
    "an older one": lambda: maker().user(PAUL, trees().public, start=OLD - DAY),
    "one for signing alone": lambda: maker().user(
        PAUL, trees().public, uses=("digital_signature",)
    ),
    "the other tree's": lambda: maker().user(PAUL, trees().igc),
    "another authority of the same root": lambda: maker().user(PAUL, trees().public_root),
}


def check_refused(desk: Desk, false: Made, person: Candidate, signer: Made) -> None:
    presented = replace(person, newer=false.der)
    found = mail_of(desk, false, presented)
    assert (found.signature.trust, found.ticket) == (Trust.UNKNOWN, b"")
    brought = mail_of(desk, signer, person, beside=false.der)
    assert brought.ticket
    assert digest_of(false.der) in map(digest_of, brought.keys)
    failed = wished(desk, Prolong(false.der), brought, presented)
    assert isinstance(failed, Failed), failed
    assert failed.why in {Why.UNTRUSTED, Why.UNENTITLED}
    without = wished(desk, Prolong(false.der), brought, person)
    assert isinstance(without, Failed), without


@pytest.mark.promise(number=21)
@pytest.mark.parametrize("kind", FALSE)
def test_another_certificate_does_not_pass_for_the_renewed_one(
    smime_desk: Desk, kind: str
) -> None:
    check_refused(smime_desk, FALSE[kind](), enrolled(smime_desk, old()), old())


@pytest.mark.promise(number=21)
def test_of_two_authorities_of_one_name_neither_speaks_for_the_other(smime_desk: Desk) -> None:
    fresh = smime_desk.world()
    both = World(
        {Purpose.PUBLIC: (*fresh.anchors[Purpose.PUBLIC], read_x509(alike_root().der))},
        (*fresh.intermediates, read_x509(alike().der)),
        with_lists(issuer=alike(), root=alike_root()).lists,
    )
    trusted = in_world(smime_desk, both._replace(lists=merged(fresh, both)))
    check_refused(trusted, maker().user(PAUL, alike()), enrolled(trusted, old()), old())


def merged(one: World, other: World) -> dict[bytes, tuple[object, ...]]:
    names = {*one.lists, *other.lists}
    return {each: (*one.lists.get(each, ()), *other.lists.get(each, ())) for each in names}


@pytest.mark.promise(number=21)
def test_another_rpps_does_not_pass(smime_desk: Desk) -> None:
    before = maker().card(RPPS, trees().igc, start=OLD)
    person = enrolled(smime_desk, user("paul"), before)
    check_refused(smime_desk, card(OTHER_RPPS), person, user("paul"))


@pytest.mark.promise(number=21)
def test_a_renewed_one_that_is_revoked_does_not_pass(smime_desk: Desk) -> None:
    revoked = in_world(smime_desk, with_lists(renewed().serial))
    check_refused(revoked, renewed(), enrolled(revoked, old()), old())


@pytest.mark.promise(number=21)
def test_with_an_old_list_its_mails_are_his_and_nothing_is_changed(smime_desk: Desk) -> None:
    stale = in_world(smime_desk, with_lists(days=1))
    person = replace(enrolled(stale, old()), newer=renewed().der)
    found = mail_of(stale, renewed(), person)
    assert (found.signature.trust, found.signature.stale) == (Trust.GOOD, True)
    failed = wished(stale, Prolong(renewed().der), found, person)
    assert isinstance(failed, Failed), failed
    assert failed.why is Why.UNTRUSTED


@pytest.mark.promise(number=21)
def test_what_the_mail_does_not_bring_is_not_taken_up(smime_desk: Desk) -> None:
    # As the intruder in the milter would, who has seen the certificate in another mail.
    person = replace(enrolled(smime_desk, old()), newer=renewed().der)
    found = mail_of(smime_desk, old(), enrolled(smime_desk, old()))
    failed = wished(smime_desk, Prolong(renewed().der), found, person)
    assert isinstance(failed, Failed), failed
    assert failed.why is Why.UNENTITLED


@pytest.mark.promise(number=21)
def test_what_was_replaced_does_not_come_back_in_the_place_of_another(smime_desk: Desk) -> None:
    between = maker().user(PAUL, trees().public, start=OLD + DAY)
    person = enrolled(smime_desk, renewed(), old())
    check_refused(smime_desk, between, person, renewed())


# Another certificate, by "nouvelle clé".


def asked_for(desk: Desk, stated: str, enclosed: bytes, name: str = "moi.cer") -> Opened:
    text = f"Demande : nouvelle clé\r\nService : rmp@x.fr\r\nEmpreinte : {stated}\r\n"
    content = letter(text, {name: enclosed})
    return opened(desk, cbc(signed_by(old(), content)), enrolled(desk, old()))


@cache
def another() -> Made:
    """Return a certificate of the other trusted public authority's."""
    return maker().user(PAUL, trees().public_root)


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_another_certificate_is_taken_that_the_mail_states_as_outlook_shows_it(
    smime_desk: Desk, digest: str
) -> None:
    stated = hashlib.new(digest, another().der).hexdigest().upper()
    found = asked_for(smime_desk, stated, another().der)
    reply = wished(smime_desk, NewKey(another().der), found, enrolled(smime_desk, old()))
    assert isinstance(reply, Amended), reply
    assert person_card(reply.person).certificate == digest_of(another().der)


@pytest.mark.promise(number=21)
def test_another_certificate_is_taken_of_nobody_whom_the_host_does_not_trust(
    smime_desk: Desk,
) -> None:
    false = maker().user(PAUL, alike())
    found = asked_for(smime_desk, read_x509(false.der).digest, false.der)
    reply = wished(smime_desk, NewKey(false.der), found, enrolled(smime_desk, old()))
    assert isinstance(reply, Failed), reply
    assert reply.why is Why.UNTRUSTED


@pytest.mark.promise(number=21)
def test_another_certificate_than_the_stated_one_is_not_taken(smime_desk: Desk) -> None:
    found = asked_for(smime_desk, read_x509(user("eve").der).digest, another().der)
    reply = wished(smime_desk, NewKey(another().der), found, enrolled(smime_desk, old()))
    assert isinstance(reply, Failed), reply
    assert reply.why is Why.UNENTITLED


def test_a_replayed_mail_is_known_by_what_was_signed(smime_desk: Desk) -> None:
    person = replace(enrolled(smime_desk, old()), newer=renewed().der)
    signed = signed_mail(renewed())
    first, again = (opened(smime_desk, cbc(signed), person) for _ in range(2))
    assert first.once == again.once != answered_once(smime_desk, person)


def answered_once(desk: Desk, person: Candidate) -> bytes:
    reply = answered(
        desk, cbc(signed_mail(renewed(), letter("Demande : aide\r\n", {}))), person
    )
    assert isinstance(reply, Opened), reply
    return reply.once
