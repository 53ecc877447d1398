"""What is refused of S/MIME: with the reason where anybody can see it, else all in one way."""

from collections.abc import Callable

import pytest
from keeper_case import ACCOUNT
from smime_causes import (
    CAUSES,
    broken_signature,
    by_sha1,
    content_changed,
    resigned,
    two_signers,
    unsigned,
)
from smime_mails import (
    ENTITY,
    NOW,
    TEXT,
    UNREADABLE,
    answered,
    cbc,
    enrolled,
    envelope_in,
    maker,
    opened,
    service,
    signed_by,
    signed_mail,
    trees,
    user,
    with_keys,
)
from smime_mails import paul as pauls

from rmp_milter.calls.protocol.calls import Reply
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.authority.tickets import read_ticket
from rmp_milter.keeper.desk.desk import Desk
from testbed.cms_tree import tree
from testbed.outlook import Outlook, p7m
from testbed.x509_maker import DAY, Made

pytestmark = pytest.mark.promise(number=22)


def as_paul(desk: Desk, envelope: bytes, *others: Made) -> Reply:
    """Return the answer to a mail from Dr Paul's own account."""
    persons = (enrolled(desk, pauls()), *(enrolled(desk, each) for each in others))
    return answered(desk, envelope, *persons, account=ACCOUNT)


@pytest.mark.parametrize("cipher", ["des3", "rc2-40-cbc", "rc2-cbc", "des-cbc"])
def test_old_ciphers_by_their_name(smime_desk: Desk, paul: Outlook, cipher: str) -> None:
    legacy = ("-provider", "default", "-provider", "legacy")
    signed = paul.signed(ENTITY)
    reply = as_paul(smime_desk, paul.encrypted(signed, cipher, legacy))
    assert (reply.why, "encrypted with" in reply.detail) == (Why.OLD_CIPHER, True)


def test_a_cipher_that_is_not_known(smime_desk: Desk, paul: Outlook) -> None:
    envelope = paul.encrypted(paul.signed(ENTITY), "camellia256")
    assert as_paul(smime_desk, envelope).why is Why.UNSUPPORTED


def test_only_signed_is_no_envelope(smime_desk: Desk) -> None:
    assert as_paul(smime_desk, signed_by(pauls())).why is Why.UNSUPPORTED


def test_a_service_without_a_certificate(desk: Desk) -> None:
    assert as_paul(desk, cbc(signed_mail(pauls()))).why is Why.NO_SMIME


def test_an_old_certificate_of_ours_is_told_from_a_strangers(smime_desk: Desk) -> None:
    old = maker().user("rmp@x.fr", trees().public, start=NOW - 400 * DAY)
    desk = with_keys(smime_desk, service(), old)
    mail = signed_mail(pauls())
    assert as_paul(desk, cbc(mail, old)).why is Why.OLD_CERTIFICATE
    assert as_paul(desk, cbc(mail, user("eve"))).why is Why.SMIME_UNREADABLE
    assert opened(desk, cbc(mail, old, service()), enrolled(desk, pauls())).ticket


@pytest.mark.parametrize("cause", CAUSES)
def test_whatever_is_wrong_inside_is_one_answer(
    smime_desk: Desk, cause: Callable[[], bytes]
) -> None:
    assert as_paul(smime_desk, cbc(cause())) == UNREADABLE


def test_a_mail_of_the_same_make_is_opened(smime_desk: Desk) -> None:
    for inside in (
        signed_mail(pauls()),
        signed_by(pauls()),
        p7m(resigned(tree(signed_by(pauls()))), "x"),
    ):
        assert opened(smime_desk, cbc(inside), enrolled(smime_desk, pauls())).ticket


def test_unsigned_in_gcm_is_the_accounts_and_in_cbc_nobodys(
    smime_desk: Desk, paul: Outlook
) -> None:
    person = enrolled(smime_desk, pauls())
    gcm = envelope_in(paul.write(TEXT, cipher="aes-256-gcm", sign=False))
    found = opened(smime_desk, gcm, person, account=ACCOUNT)
    assert (found.signature.trust, found.unproven) == (Trust.NONE, False)
    assert read_ticket(smime_desk.holder, found.ticket, NOW).proof is Proof.ACCOUNT
    assert opened(smime_desk, gcm, person).ticket == b""
    by_eve = opened(smime_desk, cbc(signed_mail(user("eve"))), person, account=ACCOUNT)
    assert (by_eve.signature.trust, by_eve.unproven, by_eve.ticket) == (
        Trust.UNKNOWN,
        True,
        b"",
    )


@pytest.mark.parametrize("cause", [broken_signature, content_changed, two_signers, by_sha1])
def test_a_broken_signature_in_gcm_is_not_passed_over(
    smime_desk: Desk, paul: Outlook, cause: Callable[[], bytes]
) -> None:
    envelope = paul.encrypted(cause(), "aes-128-gcm")
    assert as_paul(smime_desk, envelope) == UNREADABLE


def test_what_was_signed_as_a_file_is_no_mail(smime_desk: Desk) -> None:
    # A doctor signs with his card what somebody gives him; no mail program signs a bare text.
    for text in (TEXT, "\r\n" + TEXT, "Demande : nouvelle clé\r\n\r\n" + TEXT):
        reply = as_paul(smime_desk, cbc(signed_mail(pauls(), text.encode())))
        assert reply.why is Why.NO_TEXT, reply


def test_a_mail_to_several_of_ours_says_no_more(smime_desk: Desk) -> None:
    desk = with_keys(smime_desk, service(), service("P-256"))
    mail = cbc(signed_mail(pauls()), service(), service("P-256"))
    assert opened(desk, mail, enrolled(desk, pauls())).ticket
    assert as_paul(desk, cbc(unsigned(), service(), service("P-256"))) == UNREADABLE
