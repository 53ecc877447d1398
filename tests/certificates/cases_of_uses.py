"""What is said critically, what a key may be used for, and which saying is in force."""

from certificate_table import GPG_TIME, UNSAID, case, rsa_pair

from testbed import openpgp_maker as maker
from testbed.certificate_parts import (
    DAY,
    LATER,
    MASTER,
    NOTED,
    NOTHING,
    OLD,
    SIGNING,
    UNKNOWN,
    WHO,
    Made,
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
    BINDING,
    CERTIFICATION,
    CERTIFY,
    MD5,
    SHA256,
    framed,
    key_lasts,
    lasts,
    made_at,
    may,
    notation,
    signed_user,
    subpacket,
    user_id,
)

# What a signature says and nobody knows


def _critical(where: str, what: bytes) -> Made:
    own, signer = pair(), maker.ed25519_key(OLD)
    at = {where: (what,)}
    parts = (
        direct(own.primary, *at.get("direct", ())) if where == "direct" else b"",
        named(own.primary, *at.get("user", ())),
        bound(own.primary, own.sub, *at.get("binding", ())),
        bound(
            own.primary,
            signer,
            back(signer, own.primary, *at.get("back", ())),
            *at.get("signer", ()),
            flags=SIGNING,
        ),
    )
    whole = made(own, *parts, by=signer)
    return whole._replace(signature=signature(signer, *at.get("data", ())))


@case("a critical unknown subpacket in the certification", "expired", "no-self-signature")
def _critical_user() -> Made:
    return _critical("user", UNKNOWN)


@case("a critical unknown notation in the certification", "expired", "no-self-signature")
def _noted_user() -> Made:
    return _critical("user", NOTED)


@case("a critical unknown subpacket in a direct signature")
def _critical_direct() -> Made:
    return _critical("direct", UNKNOWN)


@case("a critical unknown subpacket in the binding", "good", "no-encryption-key")
def _critical_binding() -> Made:
    return _critical("binding", UNKNOWN)


@case("a critical unknown notation in the binding", "good", "no-encryption-key")
def _noted_binding() -> Made:
    return _critical("binding", NOTED)


@case("a critical unknown subpacket in a signing subkey's binding", "unknown")
def _critical_signer() -> Made:
    return _critical("signer", UNKNOWN)


@case("a critical unknown notation in a signing subkey's binding", "unknown")
def _noted_signer() -> Made:
    return _critical("signer", NOTED)


@case("a critical unknown subpacket in the back signature", "unknown")
def _critical_back() -> Made:
    return _critical("back", UNKNOWN)


@case("a critical unknown notation in the back signature", "unknown")
def _noted_back() -> Made:
    return _critical("back", NOTED)


@case("a critical unknown subpacket in the mail's signature", "bad")
def _critical_data() -> Made:
    return _critical("data", UNKNOWN)


@case("a critical unknown notation in the mail's signature", "bad")
def _noted_data() -> Made:
    return _critical("data", NOTED)


@case("an unknown subpacket that is not critical")
def _not_critical() -> Made:
    return _critical("data", subpacket(99, b"x"))


@case("an unknown notation that is not critical")
def _not_critical_notation() -> Made:
    return _critical("data", notation("unknown@example.org", critical=False))


@case(
    "a critical unknown subpacket outside what is signed",
    gpg_signs="anybody on the way could add it, and so have a good mail refused",
)
def _critical_unhashed() -> Made:
    own = pair()
    whole = made(own, named(own.primary), own.reading)
    return whole._replace(
        signature=signature(own.primary, unhashed=own.primary.issuer_id() + UNKNOWN)
    )


@case("critical times, flags and preferences")
def _critical_known() -> Made:
    own = pair()
    hashed = made_at(OLD, critical=True) + subpacket(27, b"\3", critical=True)
    hashed += subpacket(11, b"\x09\x07", critical=True) + subpacket(30, b"\1", critical=True)
    hashed += subpacket(33, b"\4" + own.primary.fingerprint, critical=True)
    certified = framed(
        own.primary.signature(CERTIFICATION, signed_user(own.primary, WHO), hashed)
    )
    return made(own, user_id(WHO), certified, own.reading)


# What a key may be used for


@case("a primary key that may only certify", "unknown")
def _certify_only() -> Made:
    own = pair()
    return made(own, named(own.primary, flags=may(CERTIFY)), own.reading)


@case("a primary key that may do nothing", "unknown")
def _primary_nothing() -> Made:
    own = pair()
    return made(own, named(own.primary, flags=NOTHING), own.reading)


@case("a primary key of which nothing is said", sqop_signs=UNSAID)
def _primary_unsaid() -> Made:
    own = pair()
    return made(own, named(own.primary, flags=b""), own.reading)


@case("a primary key with flags of no octet", "unknown")
def _primary_empty() -> Made:
    own = pair()
    return made(own, named(own.primary, flags=subpacket(27, b"")), own.reading)


@case("flags outside what is signed", "unknown")
def _flags_unhashed() -> Made:
    own = pair()
    outside = own.primary.issuer_id() + MASTER
    return made(own, named(own.primary, flags=may(CERTIFY), unhashed=outside), own.reading)


@case("flags only outside what is signed", sqop_signs=UNSAID)
def _flags_only_unhashed() -> Made:
    own = pair()
    outside = own.primary.issuer_id() + may(CERTIFY)
    return made(own, named(own.primary, flags=b"", unhashed=outside), own.reading)


@case("an encryption subkey that may do nothing", "good", "no-encryption-key")
def _reading_nothing() -> Made:
    own = pair()
    return made(own, named(own.primary), bound(own.primary, own.sub, flags=NOTHING))


@case("an encryption subkey of which nothing is said", sqop_encrypts=UNSAID)
def _reading_unsaid() -> Made:
    own = pair()
    return made(own, named(own.primary), bound(own.primary, own.sub, flags=b""))


@case(
    "an encryption subkey whose newer binding withdraws encryption", "good", "no-encryption-key"
)
def _reading_withdrawn() -> Made:
    own = pair()
    withdrawn = binding(own.primary, own.sub, flags=NOTHING, at=LATER)
    return made(own, named(own.primary), own.reading, withdrawn)


def _signer(*more: bytes, flags: bytes = SIGNING, behind: bytes | None = None) -> Made:
    """Return what a subkey signed that is bound as is said, with a good back signature."""
    own, signer = pair(), maker.ed25519_key(OLD)
    part = bound(own.primary, signer, back(signer, own.primary), *more, flags=flags)
    if behind is not None:
        part += binding(own.primary, signer, back(signer, own.primary), flags=behind, at=LATER)
    return made(own, named(own.primary, flags=may(CERTIFY)), own.reading, part, by=signer)


@case("a signing subkey")
def _signs() -> Made:
    return _signer()


@case("a signing subkey that may do nothing", "unknown")
def _signer_nothing() -> Made:
    return _signer(flags=NOTHING)


@case("a signing subkey of which nothing is said", sqop_signs=UNSAID)
def _signer_unsaid() -> Made:
    return _signer(flags=b"")


@case("a signing subkey that may only authenticate", "unknown")
def _signer_authenticates() -> Made:
    return _signer(flags=may(0x20))


@case("a signing subkey whose newer binding withdraws signing", "unknown")
def _signer_withdrawn() -> Made:
    return _signer(behind=may(0x20))


@case("a signing subkey whose newer binding withdraws everything", "unknown")
def _signer_withdrawn_all() -> Made:
    return _signer(behind=NOTHING)


@case("a signing subkey whose binding was renewed")
def _signer_renewed() -> Made:
    return _signer(behind=SIGNING)


@case(
    "a signing subkey whose newer binding lacks the back signature",
    "unknown",
    sqop_signs="the binding in force has to be the subkey's will as well",
)
def _signer_no_back_later() -> Made:
    own, signer = pair(), maker.ed25519_key(OLD)
    part = bound(own.primary, signer, back(signer, own.primary), flags=SIGNING)
    part += binding(own.primary, signer, flags=SIGNING, at=LATER)
    return made(own, named(own.primary), own.reading, part, by=signer)


# A newer binding that does not count leaves the older one in force


def _newer(*more: bytes, digest: int = SHA256) -> Made:
    own = rsa_pair()
    newer = binding(own.primary, own.sub, *more, flags=NOTHING, at=LATER, digest=digest)
    return made(own, named(own.primary), own.reading, newer)


@case("a newer binding by md5 that withdraws encryption")
def _newer_md5() -> Made:
    return _newer(digest=MD5)


@case("a newer binding with a critical unknown notation that withdraws encryption")
def _newer_noted() -> Made:
    return _newer(NOTED)


@case("a newer binding that expired and withdrew encryption", gpg_encrypts=GPG_TIME)
def _newer_expired() -> Made:
    return _newer(lasts(DAY))


@case("a newer binding by somebody else that withdraws encryption")
def _newer_foreign() -> Made:
    own, other = pair(), pair()
    over = own.primary.hashed + own.sub.hashed
    foreign = framed(other.primary.signature(BINDING, over, made_at(LATER) + NOTHING))
    return made(own, named(own.primary), own.reading, foreign)


@case("a newer certification by md5 that has the key expire")
def _newer_md5_user() -> Made:
    own = rsa_pair()
    newer = user(own.primary, key_lasts(DAY), at=LATER, digest=MD5)
    return made(own, named(own.primary), newer, own.reading)
