"""By which keys a doctor is known: his own that can sign, never what anybody could append."""

from collections.abc import Callable

import pytest

from rmp_milter.certificates import addresses, bound_key_ids, read_certificate, usable
from testbed import openpgp_maker as maker
from testbed.certificate_parts import (
    NOTHING,
    NOW,
    OLD,
    SIGNING,
    WHO,
    Pair,
    back,
    bound,
    named,
    pair,
    user,
)
from testbed.openpgp_maker import CERTIFICATION_REVOKED, Key, user_id


def hexed(*keys: Key) -> set[str]:
    return {key.key_id.hex() for key in keys}


def foreign_unbound(eve: Pair, paul: Pair) -> bytes:
    return paul.sub.subkey() + eve.reading


def foreign_with_his_binding(_eve: Pair, paul: Pair) -> bytes:
    return paul.reading


def foreign_primary(_eve: Pair, paul: Pair) -> bytes:
    return paul.primary.subkey()


def foreign_primary_bound(eve: Pair, paul: Pair) -> bytes:
    return bound(eve.primary, paul.primary, flags=SIGNING)


def foreign_primary_bound_to_encrypt(eve: Pair, paul: Pair) -> bytes:
    return bound(eve.primary, paul.primary)


def foreign_primary_with_anothers_back(eve: Pair, paul: Pair) -> bytes:
    forged = back(eve.primary, eve.primary)
    return bound(eve.primary, paul.primary, forged, flags=SIGNING)


def foreign_encryption_key_adopted(eve: Pair, paul: Pair) -> bytes:
    return bound(eve.primary, paul.sub)


GRAFTS = (
    foreign_unbound,
    foreign_with_his_binding,
    foreign_primary,
    foreign_primary_bound,
    foreign_primary_bound_to_encrypt,
    foreign_primary_with_anothers_back,
    foreign_encryption_key_adopted,
)


@pytest.mark.parametrize("graft", GRAFTS, ids=lambda graft: graft.__name__)
def test_a_graft_makes_no_key_of_somebody_else_hers(
    graft: Callable[[Pair, Pair], bytes],
) -> None:
    eve, paul = pair(), pair()
    certificate = eve.primary.primary() + named(eve.primary) + eve.reading + graft(eve, paul)
    found = read_certificate(certificate)
    assert set(found.key_ids) == hexed(eve.primary)
    assert not set(found.key_ids) & hexed(*paul)
    own = read_certificate(paul.primary.primary() + named(paul.primary) + paul.reading)
    assert not {found.fingerprint, *found.key_ids} & {own.fingerprint, *own.key_ids}


def test_an_adopted_encryption_key_is_encrypted_to_and_leads_to_nobody() -> None:
    """Who adopts a colleague's encryption key has her own answers readable by him: her affair."""
    eve, paul = pair(), pair()
    adopted = eve.primary.primary() + named(eve.primary) + bound(eve.primary, paul.sub)
    assert usable(adopted, NOW)
    assert bound_key_ids(adopted) == hexed(eve.primary, paul.sub)
    assert read_certificate(adopted).key_ids == (eve.primary.key_id.hex(),)


def test_an_own_signing_subkey_is_his_whatever_became_of_it() -> None:
    own, signer, former = pair(), maker.ed25519_key(OLD), maker.ed25519_key(OLD)
    parts = (
        bound(own.primary, signer, back(signer, own.primary), flags=SIGNING),
        bound(own.primary, former, back(former, own.primary), flags=NOTHING),
    )
    certificate = own.primary.primary() + named(own.primary) + own.reading + b"".join(parts)
    assert set(read_certificate(certificate).key_ids) == hexed(own.primary, signer, former)


def test_only_user_ids_that_the_owner_signed_and_left_standing_name_an_address() -> None:
    own, other = pair(), pair()
    gone = "Anne <gone@cabinet.test>"
    certificate = b"".join(
        (
            own.primary.primary(),
            named(own.primary),
            named(own.primary, who="ANNE@Ailleurs.TEST"),
            named(own.primary, who=gone),
            user(own.primary, who=gone, flags=b"", kind=CERTIFICATION_REVOKED, at=NOW - 60),
            user_id("Anne <appended@cabinet.test>"),
            named(other.primary, who="Anne <foreign@cabinet.test>"),
            own.reading,
        )
    )
    assert WHO.endswith("<anne@cabinet.test>")
    assert addresses(certificate) == {"anne@cabinet.test", "anne@ailleurs.test"}
