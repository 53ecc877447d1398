"""Weak keys that are enrolled: written to, and heard in an emergency, and nothing else."""

import pytest
from certificate_table import rsa_pair

from rmp_milter.calls.protocol.opening import Signature, Trust
from rmp_milter.certificates import (
    CertificateError,
    check_usable,
    encryption_keys,
    keys_for_reader,
    usable,
)
from rmp_milter.dossier.model import Verb
from rmp_milter.errors import MailError
from rmp_milter.milter.sender import check_strength
from testbed import openpgp_maker as maker
from testbed.certificate_parts import (
    DAY,
    LATER,
    NOTED,
    NOW,
    OLD,
    Pair,
    bound,
    named,
    pair,
    revocation,
)
from testbed.openpgp_maker import MD5, SHA1, key_lasts


def weak(*parts: bytes) -> bytes:
    own = Pair(maker.rsa_key(OLD, 1024), pair().sub)
    return b"".join((own.primary.primary(), *parts, named(own.primary), own.reading))


def by_sha1(*more: bytes, digest: int = SHA1) -> bytes:
    own = rsa_pair()
    reading = bound(own.primary, own.sub, digest=digest)
    return own.primary.primary() + named(own.primary, *more, digest=digest) + reading


@pytest.mark.parametrize("certificate", [weak(), by_sha1()], ids=["short", "sha-1"])
def test_who_has_a_weak_key_is_written_to_and_nobody_comes_by_one(certificate: bytes) -> None:
    with pytest.raises(CertificateError) as error:
        check_usable(certificate, NOW)
    assert error.value.reason in {"weak", "weak-hash"}
    assert usable(certificate, NOW)
    assert len(keys_for_reader(certificate, NOW)) == 1
    with pytest.raises(CertificateError):
        encryption_keys(certificate, NOW)


def test_what_else_is_wrong_is_no_less_so() -> None:
    own = rsa_pair()
    revoked = revocation(own.primary, own.primary.hashed, at=LATER)
    whole = by_sha1()
    head = own.primary.primary()
    assert not usable(head + revoked + whole.removeprefix(head), NOW)
    assert not usable(by_sha1(key_lasts(DAY)), NOW)
    assert not usable(by_sha1(digest=MD5), NOW)
    assert not usable(by_sha1(NOTED), NOW)


@pytest.mark.parametrize("verb", Verb)
def test_a_weak_key_is_heard_in_an_emergency_only(verb: Verb) -> None:
    signature = Signature(Trust.WEAK, "ab", (), NOW)
    if verb is Verb.URGENCE:
        check_strength(signature, verb)
        return
    with pytest.raises(MailError) as error:
        check_strength(signature, verb)
    assert error.value.text == "weak-key"
