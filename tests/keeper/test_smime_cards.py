"""CPS cards: a signature by one is its holder's, who has an OpenPGP certificate beside it."""

from functools import cache

import pytest
from smime_mails import (
    NOW,
    RPPS,
    card,
    cbc,
    enrolled,
    in_world,
    maker,
    opened,
    relied_on,
    signed_mail,
    trees,
    world,
)

from rmp_milter.calls.protocol.opening import Opened, Trust
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.authority.tickets import read_ticket
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.x509 import Purpose, compile_list, read_x509
from rmp_milter.x509.paths import by_issuer
from testbed.x509_maker import DAY, Made

pytestmark = pytest.mark.promise(number=21)
OTHER_RPPS = "10003456786"
OPENPGP = b"\xc6\x33an OpenPGP certificate, by which he is written to"


@cache
def alike() -> Made:
    """Return an authority with the names of IGC-Santé's, below a root of somebody's own."""
    root = maker().authority("AC RACINE IGC-SANTE FORT")
    return maker().authority("AC IGC-SANTE FORT PERSONNES", root)


def by_card(desk: Desk, own: Made, *cards: Made, rpps: str = RPPS) -> Opened:
    """Return what is opened of a mail signed by ``own``; the person has these cards."""
    person = enrolled(desk, *cards, rpps=rpps, primary=OPENPGP)
    return opened(desk, cbc(signed_mail(own)), person)


def test_what_a_card_signs_is_its_holders(smime_desk: Desk) -> None:
    found = by_card(smime_desk, card(), card())
    assert found.signature.trust is Trust.GOOD
    ticket = read_ticket(smime_desk.holder, found.ticket, NOW)
    assert (ticket.proof, ticket.card, found.signature.card) == (Proof.SIGNATURE, True, True)


def test_what_another_card_signs_is_nobodys(smime_desk: Desk) -> None:
    # A second card of the same person, of the same authority, with the same names.
    other = maker().card(RPPS, trees().igc)
    found = by_card(smime_desk, other, card())
    assert (found.signature.trust, found.ticket) == (Trust.UNKNOWN, b"")


def test_a_card_of_another_number_is_not_his(smime_desk: Desk) -> None:
    for rpps in (OTHER_RPPS, ""):
        found = by_card(smime_desk, card(), card(), rpps=rpps)
        assert (found.signature.trust, found.ticket) == (Trust.UNKNOWN, b"")


def test_the_number_counts_under_whatever_anchor_the_path_holds(smime_desk: Desk) -> None:
    anchors = (read_x509(trees().igc_root.der),)
    both = {Purpose.PUBLIC: anchors, Purpose.IGC_SANTE: anchors}
    desk = in_world(smime_desk, world()._replace(anchors=both))
    assert by_card(desk, card(), card()).signature.card
    assert by_card(desk, card(), card(), rpps=OTHER_RPPS).ticket == b""


def test_the_cards_certificate_for_authentication_signs_no_mail(smime_desk: Desk) -> None:
    own = card(signing=False)
    found = by_card(smime_desk, own, own)
    assert (found.signature.trust, relied_on(smime_desk, found)) == (Trust.PURPOSE, False)


def test_a_look_alike_of_the_authority_is_none(smime_desk: Desk) -> None:
    own = maker().card(RPPS, alike())
    found = by_card(smime_desk, own, own)
    assert (found.signature.trust, relied_on(smime_desk, found)) == (Trust.ISSUER, False)


def test_a_look_alike_below_a_public_root_is_none(smime_desk: Desk) -> None:
    # A public authority issues what it likes: it is trusted for mail, not for cards.
    below = maker().authority("AC IGC-SANTE FORT PERSONNES", trees().public_root)
    own = maker().card(OTHER_RPPS, below)
    assert by_card(smime_desk, own, own).ticket == b""


def test_an_expired_card(smime_desk: Desk) -> None:
    own = maker().card(RPPS, trees().igc, start=NOW - 400 * DAY)
    found = by_card(smime_desk, own, own)
    assert (found.signature.trust, found.ticket) == (Trust.EXPIRED, b"")


def test_a_revoked_card(smime_desk: Desk) -> None:
    own, root = card(), trees().igc_root
    raw = maker().revocation_list(trees().igc, [own.serial])
    made = compile_list(raw, read_x509(trees().igc.der), read_x509(root.der), NOW)
    desk = in_world(smime_desk, world()._replace(lists=by_issuer([made])))
    found = by_card(desk, own, own)
    assert (found.signature.trust, found.ticket) == (Trust.REVOKED, b"")
