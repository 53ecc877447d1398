"""Kinds and sizes of keys, and the hashes by which they were signed."""

from certificate_table import (
    LONG,
    SHA1_NEW,
    SHA1_OLD,
    SHORT,
    SQOP_REVOKED,
    VERSION_6,
    Y2012,
    Y2020,
    case,
    rsa,
    rsa_16k,
    rsa_pair,
)

from testbed import openpgp_maker as maker
from testbed.certificate_parts import (
    LATER,
    MASTER,
    OLD,
    SIGNING,
    WHO,
    Made,
    Pair,
    back,
    bound,
    made,
    named,
    pair,
    signature,
    user,
)
from testbed.openpgp_maker import (
    DIRECT,
    KEY_REVOKED,
    MD5,
    SHA1,
    SHA384,
    because,
    framed,
    made_at,
    user_id,
)

# Kinds of key


@case("ed25519 and cv25519")
def _plain() -> Made:
    own = pair()
    return made(own, named(own.primary), own.reading)


@case("rsa 2048")
def _rsa() -> Made:
    own = Pair(maker.rsa_key(OLD), maker.rsa_key(OLD))
    return made(own, named(own.primary), own.reading)


@case("nist p-256")
def _p256() -> Made:
    own = Pair(maker.ecdsa_key(OLD, "p256"), maker.ecdh_key(OLD, "p256"))
    return made(own, named(own.primary), own.reading)


@case("nist p-384")
def _p384() -> Made:
    own = Pair(maker.ecdsa_key(OLD, "p384"), maker.ecdh_key(OLD, "p384"))
    parts = named(own.primary, digest=SHA384), bound(own.primary, own.sub, digest=SHA384)
    return made(own, *parts)._replace(signature=signature(own.primary, digest=SHA384))


@case("brainpool to encrypt to", "good", "unsupported", gpg_encrypts="no curve of the library")
def _brainpool_sub() -> Made:
    own = Pair(maker.ed25519_key(OLD), maker.ecdh_key(OLD, "brainpool256"))
    return made(own, named(own.primary), own.reading)


@case(
    "brainpool throughout",
    "bad",
    "unsupported",
    gpg="no curve of the library",
)
def _brainpool() -> Made:
    own = Pair(maker.ecdsa_key(OLD, "brainpool256"), maker.ecdh_key(OLD, "brainpool256"))
    return made(own, named(own.primary), own.reading)


@case("a dsa primary key")
def _dsa() -> Made:
    own = Pair(maker.dsa_key(OLD), maker.cv25519_key(OLD))
    return made(own, named(own.primary), own.reading)


@case("a dsa primary key of 1024 bits", "weak", "weak", gpg=SHORT)
def _dsa1024() -> Made:
    own = Pair(maker.dsa_key(OLD, 1024), maker.cv25519_key(OLD))
    return made(own, named(own.primary), own.reading)


@case(
    "rsa 16384 throughout",
    "unknown",
    "too-long",
    gpg=LONG,
    sqop=LONG,
)
def _rsa16k() -> Made:
    own = Pair(rsa_16k(), rsa_16k())
    return made(own, named(own.primary), own.reading)


@case(
    "rsa 16384 to encrypt to",
    "unknown",
    "too-long",
    gpg=LONG,
    sqop=LONG,
)
def _rsa16k_sub() -> Made:
    own = Pair(maker.ed25519_key(OLD), rsa_16k())
    return made(own, named(own.primary), own.reading)


@case("rsa 8192 throughout")
def _rsa8k() -> Made:
    key = maker.rsa_key(OLD, 8192)
    own = Pair(key, key)
    return made(own, named(own.primary), own.reading)


@case("rsa 1024 throughout", "weak", "weak", gpg=SHORT)
def _rsa1024() -> Made:
    own = Pair(maker.rsa_key(OLD, 1024), maker.rsa_key(OLD, 1024))
    return made(own, named(own.primary), own.reading)


@case(
    "rsa 1024 to sign, cv25519 to encrypt to",
    "weak",
    "weak",
    gpg=SHORT,
)
def _rsa1024_primary() -> Made:
    own = Pair(maker.rsa_key(OLD, 1024), maker.cv25519_key(OLD))
    return made(own, named(own.primary), own.reading)


@case("a signing subkey of rsa 1024", "weak", gpg_signs=SHORT)
def _rsa1024_signer() -> Made:
    own, signer = pair(), maker.rsa_key(OLD, 1024)
    part = bound(own.primary, signer, back(signer, own.primary), flags=SIGNING)
    return made(own, named(own.primary), own.reading, part, by=signer)


@case("rsa 1024 to encrypt to", "good", "weak", gpg_encrypts=SHORT)
def _rsa1024_sub() -> Made:
    own = Pair(maker.ed25519_key(OLD), maker.rsa_key(OLD, 1024))
    return made(own, named(own.primary), own.reading)


@case("rsa 1024 beside cv25519 to encrypt to")
def _rsa1024_beside() -> Made:
    own, weak = pair(), maker.rsa_key(OLD, 1024)
    return made(own, named(own.primary), own.reading, bound(own.primary, weak))


@case(
    "version 6",
    "unknown",
    "unsupported",
    sqop=VERSION_6,
    gpg=VERSION_6,
)
def _v6() -> Made:
    own = Pair(maker.ed25519_v6_key(OLD), maker.opaque_key(OLD, 25, bytes(range(32)), 6))
    unhashed = own.primary.issuer_fingerprint()
    hashed = made_at(OLD) + MASTER
    parts = (
        framed(own.primary.signature(DIRECT, own.primary.hashed, hashed, unhashed)),
        user_id(WHO),
        user(own.primary, unhashed=unhashed),
        bound(own.primary, own.sub, unhashed=unhashed),
    )
    whole = own.primary.primary() + b"".join(parts)
    return Made(whole, signature(own.primary, unhashed=unhashed))


@case("version 4 with ml-kem to encrypt to", "good", "unsupported")
def _mlkem() -> Made:
    own = Pair(maker.ed25519_key(OLD), maker.opaque_key(OLD, 35, bytes(32 + 1184)))
    return made(own, named(own.primary), own.reading)


@case("an unknown algorithm to encrypt to", "good", "unsupported")
def _unknown_sub() -> Made:
    own = Pair(maker.ed25519_key(OLD), maker.opaque_key(OLD, 99, bytes(32)))
    return made(own, named(own.primary), own.reading)


@case("an unknown algorithm beside cv25519")
def _unknown_beside() -> Made:
    own, odd = pair(), maker.opaque_key(OLD, 99, bytes(32))
    return made(own, named(own.primary), own.reading, bound(own.primary, odd))


# Hashes


@case("md5 certifies", "expired", "weak-hash")
def _md5_user() -> Made:
    own = rsa_pair()
    return made(own, named(own.primary, digest=MD5), own.reading)


@case("md5 binds", "good", "weak-hash")
def _md5_binding() -> Made:
    own = rsa_pair()
    return made(own, named(own.primary), bound(own.primary, own.sub, digest=MD5))


@case("md5 signs", "bad")
def _md5_data() -> Made:
    own = rsa_pair()
    whole = made(own, named(own.primary), own.reading)
    return whole._replace(signature=signature(own.primary, digest=MD5))


@case("md5 signs back", "unknown")
def _md5_back() -> Made:
    own, signer = pair(), rsa()
    part = bound(own.primary, signer, back(signer, own.primary, digest=MD5), flags=SIGNING)
    return made(own, named(own.primary), own.reading, part, by=signer)


@case("sha-1 certifies and binds in 2012", sqop=SHA1_OLD)
def _sha1_2012() -> Made:
    own = Pair(maker.rsa_key(Y2012), maker.rsa_key(Y2012))
    user_part = named(own.primary, digest=SHA1, at=Y2012)
    return made(own, user_part, bound(own.primary, own.sub, digest=SHA1, at=Y2012))


@case("sha-1 certifies and binds in 2020", sqop=SHA1_OLD)
def _sha1_2020() -> Made:
    own = Pair(maker.rsa_key(Y2020), maker.rsa_key(Y2020))
    user_part = named(own.primary, digest=SHA1, at=Y2020)
    return made(own, user_part, bound(own.primary, own.sub, digest=SHA1, at=Y2020))


@case("sha-1 certifies today", "weak", "weak-hash", gpg=SHA1_NEW)
def _sha1_user() -> Made:
    own = rsa_pair()
    return made(own, named(own.primary, digest=SHA1), own.reading)


@case("sha-1 binds today", "good", "weak-hash", gpg_encrypts=SHA1_NEW)
def _sha1_binding() -> Made:
    own = rsa_pair()
    return made(own, named(own.primary), bound(own.primary, own.sub, digest=SHA1))


@case("sha-1 binds today a signing subkey", "weak", gpg_signs=SHA1_NEW)
def _sha1_signer() -> Made:
    own, signer = rsa_pair(), maker.ed25519_key(OLD)
    more = back(signer, own.primary)
    part = bound(own.primary, signer, more, flags=SIGNING, digest=SHA1)
    return made(own, named(own.primary), own.reading, part, by=signer)


@case("sha-1 signs back today", "weak", gpg_signs=SHA1_NEW)
def _sha1_back() -> Made:
    own, signer = pair(), rsa()
    part = bound(own.primary, signer, back(signer, own.primary, digest=SHA1), flags=SIGNING)
    return made(own, named(own.primary), own.reading, part, by=signer)


@case("sha-1 signs back in 2020", sqop_signs=SHA1_OLD)
def _sha1_back_2020() -> Made:
    own, signer = pair(Y2020), maker.rsa_key(Y2020)
    more = back(signer, own.primary, digest=SHA1, at=Y2020)
    part = bound(own.primary, signer, more, flags=SIGNING)
    return made(own, named(own.primary), own.reading, part, by=signer)


@case("sha-1 signs", "bad", gpg_signs=SHA1_NEW)
def _sha1_data() -> Made:
    own = rsa_pair()
    whole = made(own, named(own.primary), own.reading)
    return whole._replace(signature=signature(own.primary, digest=SHA1))


@case("sha-1 revokes", "expired", "revoked", sqop_encrypts=SQOP_REVOKED)
def _sha1_revokes() -> Made:
    own = rsa_pair()
    hashed = made_at(LATER) + because(2)
    revoked = framed(own.primary.signature(KEY_REVOKED, own.primary.hashed, hashed, None, SHA1))
    return made(own, revoked, named(own.primary), own.reading)


@case("md5 revokes")
def _md5_revokes() -> Made:
    own = rsa_pair()
    hashed = made_at(LATER) + because(2)
    revoked = framed(own.primary.signature(KEY_REVOKED, own.primary.hashed, hashed, None, MD5))
    return made(own, revoked, named(own.primary), own.reading)


@case("md5 certifies, sha-256 later")
def _md5_first() -> Made:
    own = rsa_pair()
    renewed = user(own.primary, at=LATER)
    return made(own, named(own.primary, digest=MD5), renewed, own.reading)
