"""What ties keys to their owner: back signatures, issuers, forms; and what does not."""

from certificate_table import FINGERPRINT, GPG_NOISE, GPG_USER, ORDER, case

from testbed import openpgp_maker as maker
from testbed.certificate_parts import (
    DAY,
    LATER,
    MASTER,
    NOW,
    OLD,
    SIGNING,
    WHO,
    Made,
    Pair,
    back,
    binding,
    bound,
    direct,
    made,
    named,
    pair,
    signature,
    user,
)
from testbed.openpgp_maker import (
    CERTIFICATION,
    Key,
    framed,
    lasts,
    made_at,
    packet,
    signed_user,
    subpacket,
    user_id,
)

# Back signatures


def _with_back(*backs: bytes, own: Pair, signer: Key, unhashed: bytes = b"") -> Made:
    outside = own.primary.issuer_id() + unhashed
    part = bound(own.primary, signer, *backs, flags=SIGNING, unhashed=outside)
    return made(own, named(own.primary), own.reading, part, by=signer)


@case("no back signature", "unknown")
def _no_back() -> Made:
    return _with_back(own=pair(), signer=maker.ed25519_key(OLD))


@case("an expired back signature", "unknown", gpg_signs="gpg does not look at its time")
def _expired_back() -> Made:
    own, signer = pair(), maker.ed25519_key(OLD)
    return _with_back(back(signer, own.primary, lasts(DAY)), own=own, signer=signer)


@case("a back signature that expires one day")
def _lasting_back() -> Made:
    own, signer = pair(), maker.ed25519_key(OLD)
    return _with_back(back(signer, own.primary, lasts(4000 * DAY)), own=own, signer=signer)


@case("a back signature of the future", "unknown", gpg_signs="gpg does not look at its time")
def _future_back() -> Made:
    own, signer = pair(), maker.ed25519_key(OLD)
    return _with_back(back(signer, own.primary, at=NOW + 30 * DAY), own=own, signer=signer)


@case("a back signature from before the key", "unknown")
def _early_back() -> Made:
    own, signer = pair(), maker.ed25519_key(OLD)
    return _with_back(back(signer, own.primary, at=OLD - DAY), own=own, signer=signer)


@case("a back signature by another key", "unknown")
def _foreign_back() -> Made:
    own, signer, other = pair(), maker.ed25519_key(OLD), maker.ed25519_key(OLD)
    return _with_back(back(other, own.primary), own=own, signer=signer)


@case("a back signature for another certificate", "unknown")
def _stolen_back() -> Made:
    own, signer, other = pair(), maker.ed25519_key(OLD), pair()
    return _with_back(back(signer, other.primary), own=own, signer=signer)


@case("a back signature outside what is signed")
def _unhashed_back() -> Made:
    own, signer = pair(), maker.ed25519_key(OLD)
    return _with_back(own=own, signer=signer, unhashed=back(signer, own.primary))


@case(
    "a bogus embedded signature before the good one",
    gpg_signs="gpg looks at the first one only",
)
def _bogus_first() -> Made:
    own, signer, other = pair(), maker.ed25519_key(OLD), maker.ed25519_key(OLD)
    backs = back(other, own.primary), back(signer, own.primary)
    return _with_back(*backs, own=own, signer=signer)


@case(
    "noise embedded before the good back signature",
    "unknown",
    gpg_encrypts="gpg reads nothing of the certificate then",
)
def _noise_first() -> Made:
    own, signer = pair(), maker.ed25519_key(OLD)
    backs = subpacket(32, b"\4\x19noise"), back(signer, own.primary)
    return _with_back(*backs, own=own, signer=signer)


@case("a bogus embedded signature outside, the good one inside")
def _bogus_outside() -> Made:
    own, signer, other = pair(), maker.ed25519_key(OLD), maker.ed25519_key(OLD)
    outside = back(other, own.primary)
    good = back(signer, own.primary)
    return _with_back(good, own=own, signer=signer, unhashed=outside)


# Subkeys that are not the owner's


@case("a subkey without a binding")
def _unbound() -> Made:
    own, other = pair(), pair()
    return made(own, named(own.primary), own.reading, other.sub.subkey())


@case("only a subkey that somebody else bound", "good", "no-encryption-key")
def _grafted() -> Made:
    own, other = pair(), pair()
    return made(own, named(own.primary), other.reading)


@case("somebody else's primary key as a subkey, signing", "unknown")
def _adopted_primary() -> Made:
    own, other = pair(), pair()
    part = bound(own.primary, other.primary, flags=SIGNING)
    return made(own, named(own.primary), own.reading, part, by=other.primary)


@case("somebody else's encryption subkey, bound anew")
def _adopted_reading() -> Made:
    own, other = pair(), pair()
    return made(own, named(own.primary), bound(own.primary, other.sub))


# Who is named as the issuer


@case(
    "the certification names its issuer by fingerprint only",
    gpg=FINGERPRINT,
)
def _fingerprint_user() -> Made:
    own = pair()
    part = named(own.primary, unhashed=own.primary.issuer_fingerprint())
    return made(own, part, own.reading)


@case("the binding names its issuer by fingerprint only", gpg_encrypts=FINGERPRINT)
def _fingerprint_binding() -> Made:
    own = pair()
    part = bound(own.primary, own.sub, unhashed=own.primary.issuer_fingerprint())
    return made(own, named(own.primary), part)


@case("the mail's signature names its issuer by fingerprint only", gpg_signs=FINGERPRINT)
def _fingerprint_data() -> Made:
    own = pair()
    whole = made(own, named(own.primary), own.reading)
    unhashed = own.primary.issuer_fingerprint()
    return whole._replace(signature=signature(own.primary, unhashed=unhashed))


@case(
    "all signatures name their issuer by fingerprint only",
    gpg=FINGERPRINT,
)
def _fingerprint_all() -> Made:
    own = pair()
    unhashed = own.primary.issuer_fingerprint()
    parts = (
        named(own.primary, unhashed=unhashed),
        bound(own.primary, own.sub, unhashed=unhashed),
    )
    return made(own, *parts)._replace(signature=signature(own.primary, unhashed=unhashed))


@case("the certification names nobody", "expired", "no-self-signature")
def _nobody_user() -> Made:
    own = pair()
    return made(own, named(own.primary, unhashed=b""), own.reading)


@case("the mail's signature names nobody", "unknown")
def _nobody_data() -> Made:
    own = pair()
    whole = made(own, named(own.primary), own.reading)
    return whole._replace(signature=signature(own.primary, unhashed=b""))


@case("the mail's signature names somebody else", "unknown")
def _other_data() -> Made:
    own, other = pair(), pair()
    whole = made(own, named(own.primary), own.reading)
    return whole._replace(signature=signature(own.primary, unhashed=other.primary.issuer_id()))


@case(
    "the mail's signature names two keys, the right one second",
    gpg_signs="gpg looks at the first name only",
)
def _two_issuers() -> Made:
    own, other = pair(), pair()
    whole = made(own, named(own.primary), own.reading)
    unhashed = other.primary.issuer_id() + own.primary.issuer_id()
    return whole._replace(signature=signature(own.primary, unhashed=unhashed))


# Forms


@case("no user id, a direct signature", gpg=GPG_USER)
def _no_user() -> Made:
    own = pair()
    return made(own, direct(own.primary), own.reading)


@case("no self-signature at all", "expired", "no-self-signature")
def _no_self_signature() -> Made:
    own = pair()
    return made(own, user_id(WHO), own.reading)


@case("a certification of the generic kind")
def _generic() -> Made:
    own = pair()
    return made(own, named(own.primary, kind=0x10), own.reading)


@case("certifications by others, known and unknown", gpg=GPG_NOISE)
def _third_parties() -> Made:
    own, other = pair(), pair()
    hashed = made_at(LATER)
    foreign = framed(other.primary.signature(0x10, signed_user(own.primary, WHO), hashed))
    odd = framed(b"\3\5\x13" + bytes(14))
    return made(own, named(own.primary), foreign, odd, own.reading)


@case("a private packet inside")
def _private_packet() -> Made:
    own = pair()
    return made(own, packet(60, b"x"), named(own.primary), own.reading)


@case("a user attribute")
def _attribute() -> Made:
    own = pair()
    content = b"\x14\1\x10\0\1\1" + bytes(12) + b"\xff"
    attribute = packet(17, content)
    hashed = made_at(OLD) + MASTER
    over = own.primary.hashed + b"\xd1" + len(content).to_bytes(4) + content
    certified = framed(own.primary.signature(CERTIFICATION, over, hashed))
    return made(own, named(own.primary), attribute, certified, own.reading)


@case("a user id that is no utf-8")
def _latin() -> Made:
    own = pair()
    words = b"Zo\xe9 <zoe@cabinet.test>"
    over = own.primary.hashed + b"\xb4" + len(words).to_bytes(4) + words
    certified = framed(own.primary.signature(CERTIFICATION, over, made_at(OLD) + MASTER))
    return made(own, packet(13, words), certified, own.reading)


@case(
    "the subkey before the user id",
    "expired",
    "no-self-signature",
    sqop=ORDER,
)
def _subkey_first() -> Made:
    own = pair()
    return made(own, own.reading, named(own.primary))


@case("signatures out of their place")
def _misplaced() -> Made:
    own = pair()
    return made(
        own,
        named(own.primary),
        own.sub.subkey(),
        user(own.primary),
        binding(own.primary, own.sub),
    )
