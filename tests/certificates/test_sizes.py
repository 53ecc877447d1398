"""Keys whose size alone would cost time: they are refused before anything is verified by them."""

from collections.abc import Callable

import pytest

from rmp_milter.certificates import CertificateError, check_usable
from rmp_milter.certificates.verified import MAX_CHECKS, _Checks, verified
from testbed.certificate_parts import NOW, OLD, WHO, binding, bound, named, pair, user
from testbed.openpgp_maker import Key, cv25519_key, mpi, opaque_key, packet, user_id


def rsa(bits: int) -> Key:
    return opaque_key(OLD, 1, mpi((1 << bits) - 1) + mpi(65537))


def dsa(bits: int, order: int) -> Key:
    """Return a DSA key of these sizes; its numbers are those of no group."""
    numbers = (1 << bits) - 1, (1 << order) - 1, 4, 16
    return opaque_key(OLD, 17, b"".join(map(mpi, numbers)))


LONG = (rsa(8193), rsa(65535), dsa(3073, 256), dsa(2048, 257), dsa(16384, 16384))


def reason(certificate: bytes) -> str:
    with pytest.raises(CertificateError) as error:
        check_usable(certificate, NOW)
    return error.value.reason


@pytest.mark.parametrize("key", LONG, ids=["rsa", "longest", "p", "q", "both"])
def test_a_key_that_is_too_long_says_so_as_primary_key_and_as_subkey(key: Key) -> None:
    own = pair()
    assert reason(key.primary() + named(own.primary)) == "too-long"
    assert (
        reason(own.primary.primary() + named(own.primary) + bound(own.primary, key))
        == "too-long"
    )


@pytest.mark.parametrize("cut", range(9))
def test_a_key_that_is_cut_short_is_unreadable(cut: int) -> None:
    key = rsa(2048)
    assert reason(Key(key.public[:cut]).primary()) in {"unreadable", "unsupported"}


def test_very_many_packets_are_not_read() -> None:
    own = pair()
    whole = own.primary.primary() + named(own.primary) + own.reading
    some = packet(60, b"") * 1000
    check_usable(whole + some, NOW)
    assert reason(whole + some + some) == "unreadable"


def test_a_key_that_was_prolonged_every_month_for_years_is_read() -> None:
    own = pair()
    months = [OLD + month * 3600 for month in range(150)]
    users = b"".join(user(own.primary, at=at) for at in months)
    bindings = b"".join(binding(own.primary, own.sub, at=at) for at in months)
    certificate = own.primary.primary() + user_id(WHO) + users + own.sub.subkey() + bindings
    check_usable(certificate, NOW)
    assert verified(certificate).own[0].created == months[-1]


def test_no_more_signatures_are_verified_than_a_certificate_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, subs = pair(), [cv25519_key(OLD) for _ in range(20)]
    parts = [
        sub.subkey() + b"".join(binding(own.primary, sub, at=OLD + at) for at in range(20))
        for sub in subs
    ]
    certificate = own.primary.primary() + named(own.primary) + b"".join(parts)
    done = []
    check = _Checks.__call__

    def counted(self: _Checks, verify: Callable[[], object]) -> bool:
        return check(self, lambda: done.append(verify()))

    monkeypatch.setattr(_Checks, "__call__", counted)
    check_usable(certificate, NOW)
    assert len(done) == MAX_CHECKS
