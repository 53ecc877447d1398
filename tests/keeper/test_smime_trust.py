"""What a signature by S/MIME is worth: who issued the certificate, for what, until when."""

import pytest
from smime_mails import (
    ENTITY,
    NOW,
    RPPS,
    cbc,
    enrolled,
    in_world,
    maker,
    opened,
    relied_on,
    signed_mail,
    trees,
    user,
    why,
    with_lists,
    world,
)
from smime_mails import paul as pauls

from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Opened, Trust
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.x509 import World, read_x509
from testbed.outlook import Outlook, p7m
from testbed.x509_maker import CARD_LOGIN, DAY, Made

pytestmark = pytest.mark.promise(number=21)


def found_by(desk: Desk, own: Made, rpps: str = RPPS) -> Opened:
    """Return what is opened of a mail by the certificate that he is known by."""
    return opened(desk, cbc(signed_mail(own)), enrolled(desk, own, rpps=rpps))


def trust_of(desk: Desk, own: Made) -> Trust:
    found = found_by(desk, own)
    is_his = found.signature.trust is Trust.GOOD
    assert relied_on(desk, found) is is_his
    return found.signature.trust


def test_a_certificate_that_nobody_enrolled_is_named_by_its_digest(smime_desk: Desk) -> None:
    stranger = user("eve")
    found = opened(
        smime_desk, cbc(signed_mail(stranger)), enrolled(smime_desk, pauls()), account="carl"
    )
    digest = read_x509(stranger.der).digest
    assert (found.signature.trust, found.signature.issuers) == (Trust.UNKNOWN, (digest,))
    assert (found.signature.fingerprint, found.ticket) == ("", b"")
    assert found.keys[0] == stranger.der


def test_another_persons_certificate_is_the_other_persons(smime_desk: Desk) -> None:
    anne = user("anne")
    both = (enrolled(smime_desk, pauls()), enrolled(smime_desk, anne))
    found = opened(smime_desk, cbc(signed_mail(anne)), *both)
    assert found.signature.fingerprint == read_x509(anne.der).digest
    alone = opened(smime_desk, cbc(signed_mail(anne)), both[0])
    assert (alone.signature.trust, alone.ticket) == (Trust.UNKNOWN, b"")


def test_a_certificate_of_the_same_issuer_and_number_is_another(smime_desk: Desk) -> None:
    # The signature names both; the one that came with it is the intruder's own.
    issuer = maker().sign(trees().public.name, None, (), key=maker().key())
    own = maker().key()
    forged = maker().sign(pauls().name, issuer, (), key=own, serial=pauls().serial)
    found = opened(smime_desk, cbc(signed_mail(forged)), enrolled(smime_desk, pauls()))
    assert (found.signature.trust, found.ticket) == (Trust.UNKNOWN, b"")


def test_an_issuer_that_the_host_does_not_trust(smime_desk: Desk) -> None:
    root = maker().authority("Racine d'essai")
    alike = maker().authority("AC mail d'essai", root)
    assert trust_of(smime_desk, maker().user("paul@x.fr", alike)) is Trust.ISSUER
    desk = in_world(smime_desk, World({}))
    assert trust_of(desk, pauls()) is Trust.ISSUER


@pytest.mark.parametrize("start", [NOW - 400 * DAY, NOW + DAY], ids=["over", "early"])
def test_a_certificate_out_of_its_time(smime_desk: Desk, start: int) -> None:
    own = maker().user("paul@x.fr", trees().public, start=start)
    assert trust_of(smime_desk, own) is Trust.EXPIRED


def test_the_time_of_signing_does_not_bring_back_what_is_over(smime_desk: Desk) -> None:
    own = maker().user("paul@x.fr", trees().public, start=NOW - 400 * DAY)
    mail = signed_mail(own, now=NOW - 100 * DAY)
    found = opened(smime_desk, cbc(mail), enrolled(smime_desk, own))
    assert found.signature.trust is Trust.EXPIRED


def test_a_revoked_certificate(smime_desk: Desk) -> None:
    own = pauls()
    assert trust_of(in_world(smime_desk, with_lists(own.serial)), own) is Trust.REVOKED
    other = in_world(smime_desk, with_lists(own.serial + 1))
    found = found_by(other, own)
    assert (found.signature.trust, found.signature.stale) == (Trust.GOOD, False)


def test_a_list_that_is_missing_or_old_is_said(smime_desk: Desk) -> None:
    for lists in (world(), with_lists(days=1)):
        found = found_by(in_world(smime_desk, lists), pauls())
        assert (found.signature.trust, found.signature.stale) == (Trust.GOOD, True)
    revoked = with_lists(pauls().serial, days=1)
    assert trust_of(in_world(smime_desk, revoked), pauls()) is Trust.REVOKED


def test_a_servers_certificate_signs_no_mail(smime_desk: Desk) -> None:
    server = maker().user("paul@x.fr", trees().public, extended=CARD_LOGIN)
    assert trust_of(smime_desk, server) is Trust.PURPOSE
    sealing = maker().user("paul@x.fr", trees().public, uses=("key_encipherment",))
    assert trust_of(smime_desk, sealing) is Trust.PURPOSE


def test_an_authoritys_own_certificate_signs_no_mail(smime_desk: Desk) -> None:
    authority = maker().authority("AC", trees().public)
    assert trust_of(smime_desk, authority) is Trust.PURPOSE


def test_a_short_key_proves_nothing(smime_desk: Desk) -> None:
    own = maker().user("paul@x.fr", trees().public, key=maker().key("RSA 1024"))
    mail = cbc(signed_mail(own))
    assert why(smime_desk, mail, enrolled(smime_desk, own)) is Why.SMIME_UNREADABLE


@pytest.mark.parametrize("ahead", [2 * DAY, 400 * DAY])
def test_a_signature_from_the_future(smime_desk: Desk, ahead: int) -> None:
    mail = cbc(signed_mail(pauls(), now=NOW + ahead))
    found = opened(smime_desk, mail, enrolled(smime_desk, pauls()))
    assert found.signature.trust is Trust.FUTURE


@pytest.mark.parametrize("at", [-1, -10 * 365 * DAY])
def test_a_signature_from_before_all_clocks(smime_desk: Desk, at: int) -> None:
    mail = cbc(signed_mail(pauls(), now=at))
    found = opened(smime_desk, mail, enrolled(smime_desk, pauls()))
    assert (found.signature.trust, found.signature.created) == (Trust.GOOD, 0)


def test_a_signature_without_its_certificate_is_held_against_those_of_who_may_have_sent_it(
    smime_desk: Desk, paul: Outlook
) -> None:
    inside = p7m(
        paul.openssl(
            ["-sign", "-binary", "-outform", "DER", "-nodetach", "-nocerts", *paul.signer],
            ENTITY,
        ),
        "signed-data",
    )
    found = opened(smime_desk, cbc(inside), enrolled(smime_desk, pauls()))
    assert found.signature.trust is Trust.GOOD
    assert why(smime_desk, cbc(inside), enrolled(smime_desk, user("anne"))) is (
        Why.SMIME_UNREADABLE
    )
