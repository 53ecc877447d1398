"""What a call rests on: which cards count, which are learnt, and what a ticket shows."""

import secrets
from collections.abc import Callable

import msgspec
import pytest
from cards_case import DOSSIER, person
from keeper_case import NOW, PEPPER
from little_host import asking

from rmp_milter import credentials
from rmp_milter.calls.authority import Authority, Candidate
from rmp_milter.dossier.cards import OtherCredential, WaitingCard, packed
from rmp_milter.dossier.model import Container
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.authority.cards import Sealer, tag_of
from rmp_milter.keeper.authority.ground import (
    CardReading,
    HowItStands,
    Look,
    Shown,
    digest_of,
    ground_of,
    keys_named,
)
from rmp_milter.keeper.authority.refusals import Moved, Unentitled
from rmp_milter.keeper.authority.tickets import (
    Attestation,
    HeldBody,
    Share,
    Ticket,
    read_ticket,
    sealed_ticket,
)
from rmp_milter.keeper.keys.held import LIFETIME, HeldError, HeldKind, Holder
from rmp_milter.keeper.log.known import Stand
from rmp_milter.mail.header.routing import parse
from testbed.x509_maker import DAY, Maker

pytestmark = pytest.mark.promise(number=21)

SEALER = Sealer(PEPPER)
ACT = b"a" * 32
KEY = b"a certificate"
SENDER = person(b"s" * 16, certificate=digest_of(KEY))
CARD = SEALER.sealed(SENDER)
BY = Authority(b"", SEALER.sealed(DOSSIER), (Candidate(CARD, KEY),))
TICKET = Ticket(
    act=ACT,
    at=NOW,
    signed=NOW,
    person=SENDER.person,
    certificate=bytes(32),
    proof=None,
    verb=None,
    shares=(Share(parse(asking("dossier"), 2030), ()),),
    bodies=(),
    keys=(),
)


def all_are(stand: Stand, certificate: bytes = b"") -> Look:
    def look(_: Shown) -> HowItStands:
        return HowItStands(stand, certificate)

    return look


def reading(stand: Stand, *, leniently: bool = False, certificate: bytes = b"") -> CardReading:
    return CardReading(SEALER, all_are(stand, certificate), ACT, leniently=leniently)


# Which cards count


@pytest.mark.parametrize(
    ("stand", "refusal"),
    [
        (Stand.OLD, Moved),
        (Stand.TWIN, Moved),
        (Stand.AHEAD, Unentitled),
        (Stand.GONE, Unentitled),
    ],
)
def test_a_card_that_is_not_in_force_is_none(stand: Stand, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        reading(stand).dossier(BY.dossier)
    with pytest.raises(refusal):
        reading(stand).person(BY.persons[0], NOW)


def test_the_card_in_force_counts_and_the_next_one_is_learnt() -> None:
    for stand, learnt in ((Stand.CURRENT, 0), (Stand.NEXT, 1)):
        read = reading(stand)
        assert read.dossier(BY.dossier) == DOSSIER
        assert (len(read.shown), len(read.learnt)) == (1, learnt)


def test_a_card_that_this_very_mail_made_counts_and_is_not_learnt() -> None:
    own = msgspec.structs.replace(DOSSIER, act=ACT)
    read = reading(Stand.NEXT)
    assert read.dossier(SEALER.sealed(own)) == own
    assert (len(read.shown), read.learnt) == (1, [])
    without = CardReading(SEALER, all_are(Stand.NEXT))
    without.dossier(SEALER.sealed(own))
    assert len(without.learnt) == 1


FORGED: list[Callable[[bytes], bytes]] = [
    lambda card: card[:-1] + bytes([card[-1] ^ 1]),
    lambda card: card[:5] + bytes([card[5] ^ 1]) + card[6:],
    lambda card: card[:-32],
    lambda card: b"\x02" + card[1:],
    lambda card: card + b"\0",
    lambda _: b"",
    lambda _: packed(DOSSIER) + bytes(32),
    lambda _: Sealer(secrets.token_bytes(32)).sealed(DOSSIER),
    lambda _: CARD,
    lambda _: SEALER.sealed(
        WaitingCard(b"w" * 16, ACT, b"s" * 16, "", "", DOSSIER.traits, b"", ())
    ),
]


@pytest.mark.parametrize("forge", FORGED)
def test_what_the_keeper_did_not_say_of_a_dossier_is_no_card(
    forge: Callable[[bytes], bytes],
) -> None:
    with pytest.raises(Unentitled, match="not a dossier's card"):
        reading(Stand.CURRENT).dossier(forge(BY.dossier))


def test_nothing_is_looked_up_for_a_card_that_the_keeper_did_not_make() -> None:
    other = Sealer(secrets.token_bytes(32))
    mine, his = SEALER.sealed(DOSSIER), SEALER.sealed(person(b"p"))
    forged = [
        other.sealed(DOSSIER),
        other.sealed(person(b"p")),
        his[:-1] + bytes([his[-1] ^ 1]),
        b"",
        b"\x01D",
    ]
    assert [*keys_named(SEALER, forged)] == []
    assert [*keys_named(SEALER, [mine, *forged, his])] == [
        b"D" + DOSSIER.dossier,
        b"P" + person(b"p").person,
    ]


def test_a_person_is_his_card_and_its_certificate() -> None:
    read = reading(Stand.CURRENT)
    assert read.person(BY.persons[0], NOW).card == SENDER
    for other in (b"", b"another", KEY + b"\0"):
        with pytest.raises(Unentitled, match="another certificate"):
            read.person(Candidate(CARD, other), NOW)
    with pytest.raises(Unentitled, match="did not prolong"):
        read.person(Candidate(CARD, KEY, b"noise"), NOW)
    with pytest.raises(Unentitled, match="not a person's card"):
        read.person(Candidate(BY.dossier, KEY), NOW)


# Who has several certificates


OTHERS = (b"another", b"a third")
SEVERAL = msgspec.structs.replace(
    SENDER,
    credentials=tuple(OtherCredential(digest_of(each), each.hex(), 0) for each in OTHERS),
)


def several(*more: bytes) -> Candidate:
    return Candidate(SEALER.sealed(SEVERAL), KEY, more=more)


def test_a_persons_other_certificates_are_those_of_which_his_card_has_the_digest() -> None:
    read = reading(Stand.CURRENT)
    assert read.person(several(*OTHERS), NOW).certificates == (KEY, *OTHERS)
    assert read.person(several(OTHERS[1]), NOW).certificates == (KEY, OTHERS[1])
    for unknown in ((b"eve",), (*OTHERS, b"eve"), (KEY,), (b"",)):
        with pytest.raises(Unentitled, match="a certificate that the card does not name"):
            read.person(several(*unknown), NOW)
    with pytest.raises(Unentitled, match="a certificate that the card does not name"):
        read.person(Candidate(CARD, KEY, more=OTHERS[:1]), NOW)


def test_no_x509_certificate_is_taken_for_another_one_renewed() -> None:
    """By its names alone anybody could write to himself; its path is not looked at here."""
    maker = Maker(NOW)
    issuer = maker.authority("AC d'essai")
    old, new = (maker.user("x@x.fr", issuer, start=NOW - days * DAY) for days in (300, 1))
    card = SEALER.sealed(person(b"s" * 16, certificate=digest_of(old.der)))
    assert credentials.prolonged(old.der, new.der, NOW) == new.der
    for leniently in (False, True):
        read = reading(Stand.CURRENT, leniently=leniently)
        with pytest.raises(Unentitled, match="does not surely renew"):
            read.person(Candidate(card, old.der, new.der), NOW)


def test_who_has_several_is_written_to_by_any_of_his_own() -> None:
    by = msgspec.structs.replace(BY, persons=(several(*OTHERS),))
    ground = ground_of(reading(Stand.CURRENT), TICKET, by, NOW)
    assert ground.certificates_of(SENDER.person) == {KEY, *OTHERS}
    assert ground.certificates_of(b"o" * 16) == set()


def test_read_leniently_an_unknown_certificate_is_passed_over_and_its_person_is_not() -> None:
    read = reading(Stand.CURRENT, leniently=True)
    (person,) = read.persons([several(b"eve", *OTHERS)], NOW)
    assert person.certificates == (KEY, *OTHERS)


@pytest.mark.parametrize("stand", [Stand.OLD, Stand.TWIN])
def test_a_certificate_that_was_taken_from_somebody_counts_by_no_older_card(
    stand: Stand,
) -> None:
    in_force = HowItStands(stand, digest_of(KEY), frozenset({digest_of(OTHERS[0])}))
    read = CardReading(SEALER, lambda _: in_force, ACT, leniently=True)
    assert read.person(several(*OTHERS), NOW).certificates == (KEY, OTHERS[0])


def test_an_older_card_counts_by_a_certificate_that_is_now_one_of_the_others() -> None:
    """Who changed by which he is written to waits for no answer in an emergency."""
    in_force = HowItStands(Stand.OLD, digest_of(OTHERS[0]), frozenset({digest_of(KEY)}))
    read = CardReading(SEALER, lambda _: in_force, ACT, leniently=True)
    assert read.person(several(*OTHERS), NOW).certificates == (KEY, OTHERS[0])


# In an emergency


@pytest.mark.parametrize("stand", [Stand.OLD, Stand.TWIN, Stand.AHEAD])
def test_read_leniently_a_card_of_another_revision_counts_and_nothing_is_learnt(
    stand: Stand,
) -> None:
    read = reading(stand, leniently=True, certificate=digest_of(KEY))
    assert read.dossier(BY.dossier) == DOSSIER
    assert read.person(BY.persons[0], NOW).card == SENDER
    assert (read.shown, read.learnt) == ([], [])


def test_read_leniently_a_replaced_key_is_still_none() -> None:
    for stand in (Stand.OLD, Stand.TWIN):
        read = reading(stand, leniently=True, certificate=b"another digest")
        with pytest.raises(Unentitled, match="in force no more"):
            read.person(BY.persons[0], NOW)
    gone = reading(Stand.GONE, leniently=True)
    with pytest.raises(Unentitled):
        gone.dossier(BY.dossier)
    assert gone.shown_dossier(BY.dossier) is None
    assert list(gone.persons(BY.persons, NOW)) == []


def test_read_strictly_nobody_and_nothing_is_passed_over() -> None:
    gone = reading(Stand.GONE)
    with pytest.raises(Unentitled):
        gone.shown_dossier(BY.dossier)
    with pytest.raises(Unentitled):
        list(gone.persons(BY.persons, NOW))
    assert gone.shown_dossier(b"") is None


# Whose mail it is


def test_a_call_rests_on_its_senders_card() -> None:
    read = reading(Stand.CURRENT)
    assert ground_of(read, TICKET, BY, NOW).sender == SENDER
    assert ground_of(read, TICKET, BY, NOW).dossier == DOSSIER
    without = msgspec.structs.replace(BY, persons=())
    nobodys = msgspec.structs.replace(TICKET, person=b"")
    others = msgspec.structs.replace(TICKET, person=b"o" * 16)
    for ticket, by in ((TICKET, without), (nobodys, BY), (others, BY)):
        with pytest.raises(Unentitled, match="without its sender's card"):
            ground_of(read, ticket, by, NOW)


def test_an_unsigned_mail_needs_an_account_that_is_still_his() -> None:
    """Whose a mail is may have been read in an older card of his."""
    unsigned = msgspec.structs.replace(TICKET, proof=Proof.ACCOUNT)
    with pytest.raises(Unentitled, match="an unsigned mail of whom none counts"):
        ground_of(reading(Stand.CURRENT), unsigned, BY, NOW)
    with_one = SEALER.sealed(msgspec.structs.replace(SENDER, account="x"))
    by = msgspec.structs.replace(BY, persons=(Candidate(with_one, KEY),))
    assert ground_of(reading(Stand.CURRENT), unsigned, by, NOW)


@pytest.mark.parametrize("share", [-1, 1, 99])
def test_a_share_is_one_of_the_mails(share: int) -> None:
    by = msgspec.structs.replace(BY, share=share)
    with pytest.raises(Unentitled, match="a share that the mail has not"):
        ground_of(reading(Stand.CURRENT), TICKET, by, NOW)


# Tickets


FULL = msgspec.structs.replace(
    TICKET,
    code="JZBV7KQ2",
    reason="inconsciente",
    attestation=Attestation("159013456789082", "1", "x", "jeton", NOW),
    bodies=(HeldBody(Container.ENTITY, b"digest", b"session key"),),
)


@pytest.mark.promise(number=2)
def test_a_ticket_shows_nothing_of_what_it_holds() -> None:
    for shown in (FULL, FULL.attestation, FULL.bodies[0], [FULL], {"x": FULL}):
        for secret in ("JZBV7KQ2", "inconsciente", "159013456789082", "jeton", "session key"):
            assert secret not in repr(shown)
            assert secret not in str(shown)


@pytest.mark.promise(number=2)
def test_a_ticket_is_sealed_and_dies() -> None:
    holder = Holder(secrets.token_bytes(32), secrets.token_bytes)
    ticket = msgspec.structs.replace(FULL, bodies=())
    sealed = sealed_ticket(holder, ticket, NOW)
    assert read_ticket(holder, sealed, NOW + LIFETIME) == ticket
    for secret in (b"JZBV7KQ2", b"inconsciente", b"DUPONT"):
        assert secret not in sealed
    another = Holder(secrets.token_bytes(32), secrets.token_bytes)
    code = holder.hold(HeldKind.CODE, b"x", b"", NOW)
    noise = holder.hold(HeldKind.TICKET, b"noise", b"", NOW)
    for opener, token, at in (
        (holder, sealed, NOW + LIFETIME + 1),
        (holder, sealed, NOW - LIFETIME - 1),
        (another, sealed, NOW),
        (holder, sealed[:-1], NOW),
        (holder, b"", NOW),
        (holder, code, NOW),
        (holder, noise, NOW),
    ):
        with pytest.raises(HeldError):
            read_ticket(opener, token, at)


def test_a_card_is_known_by_all_its_octets() -> None:
    assert tag_of(CARD) != tag_of(CARD + b"\0")
    assert len(tag_of(CARD)) == 16
