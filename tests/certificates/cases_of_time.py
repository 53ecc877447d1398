"""Revocations, and what was signed too early, too late or for too short a time."""

from certificate_table import GPG_TIME, SOFT, SQOP_REVOKED, case

from testbed import openpgp_maker as maker
from testbed.certificate_parts import (
    DATA,
    DAY,
    LATER,
    NOW,
    OLD,
    RECENT,
    SIGNING,
    UNKNOWN,
    Made,
    Pair,
    back,
    binding,
    bound,
    direct,
    made,
    named,
    pair,
    revocation,
    signature,
    user,
)
from testbed.openpgp_maker import (
    BINARY,
    CERTIFICATION_REVOKED,
    SUBKEY_REVOKED,
    because,
    framed,
    key_lasts,
    lasts,
    made_at,
    subpacket,
)

# Revocations


@case("revoked without a reason", "expired", "revoked", sqop_encrypts=SQOP_REVOKED)
def _revoked() -> Made:
    own = pair()
    return made(
        own, revocation(own.primary, own.primary.hashed), named(own.primary), own.reading
    )


@case("revoked as compromised", "expired", "revoked", sqop_encrypts=SQOP_REVOKED)
def _revoked_hard() -> Made:
    own = pair()
    part = revocation(own.primary, own.primary.hashed, because(2))
    return made(own, part, named(own.primary), own.reading)


def _revoked_key(code: int, at: int) -> Made:
    own = pair()
    part = revocation(own.primary, own.primary.hashed, because(code), at)
    return made(own, part, named(own.primary), own.reading)


@case(
    "superseded before the mail's signature", "expired", "revoked", sqop_encrypts=SQOP_REVOKED
)
def _superseded() -> Made:
    return _revoked_key(1, LATER)


@case("retired before the mail's signature", "expired", "revoked", sqop_encrypts=SQOP_REVOKED)
def _retired() -> Made:
    return _revoked_key(3, LATER)


@case(
    "superseded after the mail's signature",
    "expired",
    "revoked",
    sqop=SOFT,
)
def _superseded_after() -> Made:
    return _revoked_key(1, NOW - 60)


@case(
    "compromised after the mail's signature", "expired", "revoked", sqop_encrypts=SQOP_REVOKED
)
def _compromised_after() -> Made:
    return _revoked_key(2, NOW - 60)


@case("superseded, then certified anew", "expired", "revoked", sqop=SOFT)
def _superseded_anew() -> Made:
    own = pair()
    part = revocation(own.primary, own.primary.hashed, because(1), LATER)
    renewed = user(own.primary, at=LATER + DAY)
    return made(own, part, named(own.primary), renewed, own.reading)


@case("a revocation by somebody else")
def _third_party_revocation() -> Made:
    own, other = pair(), pair()
    part = revocation(other.primary, own.primary.hashed, because(2))
    return made(own, part, named(own.primary), own.reading)


@case("a revocation that does not verify")
def _bad_revocation() -> Made:
    own, other = pair(), pair()
    part = revocation(own.primary, other.primary.hashed, because(2))
    return made(own, part, named(own.primary), own.reading)


@case("revoked by a designated revoker")
def _designated() -> Made:
    own, other = pair(), pair()
    revoker = subpacket(12, b"\x80\x16" + other.primary.fingerprint)
    part = revocation(other.primary, own.primary.hashed, because(2))
    return made(own, part, direct(own.primary, revoker), named(own.primary), own.reading)


@case("a revocation with a critical unknown subpacket")
def _critical_revocation() -> Made:
    own = pair()
    part = revocation(own.primary, own.primary.hashed, because(2) + UNKNOWN)
    return made(own, part, named(own.primary), own.reading)


@case("a revocation of the future", "expired", "revoked", sqop_encrypts=SQOP_REVOKED)
def _future_revocation() -> Made:
    return _revoked_key(2, NOW + 30 * DAY)


@case("a superseding of the future", "expired", "revoked", sqop=SOFT)
def _future_superseding() -> Made:
    return _revoked_key(1, NOW + 30 * DAY)


@case("the encryption subkey revoked", "good", "revoked")
def _sub_revoked() -> Made:
    own = pair()
    over = own.primary.hashed + own.sub.hashed
    part = revocation(own.primary, over, because(2), kind=SUBKEY_REVOKED)
    return made(own, named(own.primary), own.reading, part)


@case(
    "the encryption subkey superseded, then bound anew", "good", "revoked", sqop_encrypts=SOFT
)
def _sub_superseded_anew() -> Made:
    own = pair()
    over = own.primary.hashed + own.sub.hashed
    part = revocation(own.primary, over, because(1), kind=SUBKEY_REVOKED)
    anew = binding(own.primary, own.sub, at=LATER + DAY)
    return made(own, named(own.primary), own.reading, part, anew)


@case("the signing subkey revoked", "expired")
def _signer_revoked() -> Made:
    own, signer = pair(), maker.ed25519_key(OLD)
    part = bound(own.primary, signer, back(signer, own.primary), flags=SIGNING)
    over = own.primary.hashed + signer.hashed
    part += revocation(own.primary, over, because(2), kind=SUBKEY_REVOKED)
    return made(own, named(own.primary), own.reading, part, by=signer)


@case("the signing subkey superseded after the mail's signature", "expired", sqop_signs=SOFT)
def _signer_superseded() -> Made:
    own, signer = pair(), maker.ed25519_key(OLD)
    part = bound(own.primary, signer, back(signer, own.primary), flags=SIGNING)
    over = own.primary.hashed + signer.hashed
    part += revocation(own.primary, over, because(1), NOW - 60, SUBKEY_REVOKED)
    return made(own, named(own.primary), own.reading, part, by=signer)


@case("the only user id revoked")
def _user_revoked() -> Made:
    own = pair()
    gone = user(own.primary, flags=b"", at=LATER, kind=CERTIFICATION_REVOKED)
    return made(own, named(own.primary), gone, own.reading)


@case("the only user id revoked, then certified anew")
def _user_anew() -> Made:
    own = pair()
    gone = user(own.primary, flags=b"", at=LATER, kind=CERTIFICATION_REVOKED)
    anew = user(own.primary, at=LATER + DAY)
    return made(own, named(own.primary), gone, anew, own.reading)


@case("one of two user ids revoked")
def _one_user_revoked() -> Made:
    own = pair()
    gone = user(own.primary, flags=b"", at=LATER, kind=CERTIFICATION_REVOKED)
    other = named(own.primary, who="Anne DEMO <anne@ailleurs.test>")
    return made(own, named(own.primary), gone, other, own.reading)


# Times


@case("expired", "expired", "expired")
def _expired() -> Made:
    own = pair()
    return made(own, named(own.primary, key_lasts(300 * DAY)), own.reading)


@case("expired, then prolonged")
def _prolonged() -> Made:
    own = pair()
    anew = user(own.primary, key_lasts(4000 * DAY), at=LATER)
    return made(own, named(own.primary, key_lasts(350 * DAY)), anew, own.reading)


@case("prolonged, then shortened and expired", "expired", "expired")
def _shortened() -> Made:
    own = pair()
    anew = user(own.primary, key_lasts(350 * DAY), at=LATER)
    return made(own, named(own.primary), anew, own.reading)


@case("an expiry outside what is signed")
def _expiry_unhashed() -> Made:
    own = pair()
    outside = own.primary.issuer_id() + key_lasts(DAY)
    return made(own, named(own.primary, unhashed=outside), own.reading)


@case("a prolongation outside what is signed", "expired", "expired")
def _prolonged_unhashed() -> Made:
    own = pair()
    outside = own.primary.issuer_id() + key_lasts(4000 * DAY)
    return made(own, named(own.primary, key_lasts(300 * DAY), unhashed=outside), own.reading)


@case(
    "a certification that expired",
    "expired",
    "no-self-signature",
    gpg=GPG_TIME,
)
def _certification_expired() -> Made:
    own = pair()
    return made(own, named(own.primary, lasts(300 * DAY)), own.reading)


@case(
    "a certification of the future beside one of today",
    gpg="gpg takes the newest, which has the key expire, before its time",
)
def _certification_future() -> Made:
    own = pair()
    anew = user(own.primary, key_lasts(DAY), at=NOW + 30 * DAY)
    return made(own, named(own.primary), anew, own.reading)


@case(
    "only a certification of the future",
    "expired",
    "no-self-signature",
    gpg=GPG_TIME,
)
def _certification_only_future() -> Made:
    own = pair()
    return made(own, named(own.primary, at=NOW + 30 * DAY), own.reading)


@case("certified before the key was made", "expired", "no-self-signature")
def _certified_early() -> Made:
    own = pair()
    return made(own, named(own.primary, at=OLD - DAY), own.reading)


@case("bound before the subkey was made")
def _bound_early() -> Made:
    own = Pair(maker.ed25519_key(OLD), maker.cv25519_key(LATER))
    return made(own, named(own.primary), bound(own.primary, own.sub, at=OLD))


@case("the encryption subkey expired", "good", "expired")
def _sub_expired() -> Made:
    own = pair()
    return made(own, named(own.primary), bound(own.primary, own.sub, key_lasts(DAY)))


@case("the encryption subkey expired, then prolonged")
def _sub_prolonged() -> Made:
    own = pair()
    anew = binding(own.primary, own.sub, at=LATER)
    return made(own, named(own.primary), bound(own.primary, own.sub, key_lasts(DAY)), anew)


@case("a mail signed before its key was made", "expired")
def _signed_early() -> Made:
    own = pair()
    whole = made(own, named(own.primary), own.reading)
    return whole._replace(signature=signature(own.primary, at=OLD - DAY))


@case("a mail's signature that expired", "expired")
def _signature_expired() -> Made:
    own = pair()
    whole = made(own, named(own.primary), own.reading)
    return whole._replace(signature=signature(own.primary, lasts(60)))


@case(
    "a mail signed in thirty days",
    "future",
    gpg_signs="gpg warns only; here an emergency is taken, and others are told of the clock",
)
def _signed_in_future() -> Made:
    own = pair()
    whole = made(own, named(own.primary), own.reading)
    return whole._replace(signature=signature(own.primary, at=NOW + 30 * DAY))


@case("a mail's signature without a time", "expired")
def _signed_without_time() -> Made:
    own = pair()
    whole = made(own, named(own.primary), own.reading)
    return whole._replace(signature=framed(own.primary.signature(BINARY, DATA, b"")))


@case("a mail's signature whose time is not signed", "expired")
def _time_unhashed() -> Made:
    own = pair()
    whole = made(own, named(own.primary), own.reading)
    outside = own.primary.issuer_id() + made_at(RECENT)
    return whole._replace(signature=framed(own.primary.signature(BINARY, DATA, b"", outside)))
