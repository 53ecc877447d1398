"""Which key of a certificate may be used, judged on certificates that gpg made."""

import time

import pytest
from keeper_gpg import Gpg, packets_of
from openpgp.composed import SignedPublicSubKey, SignedSecretKey
from openpgp.packet import PublicSubkey

from rmp_milter.certificates import (
    CertificateError,
    bound_key_ids,
    check_usable,
    encryption_keys,
    read_certificate,
    signing_keys,
    usable,
)

NOW = int(time.time()) + 3600  # later than any key that this run makes
LATER = NOW + 10 * 366 * 86400


def subkeys(data: bytes, now: int) -> list[PublicSubkey]:
    """Return the subkeys that may be encrypted to; no primary key is among them here."""
    found = encryption_keys(data, now)
    return [key.key for key in found if isinstance(key, SignedPublicSubKey)]


def reason(data: bytes, now: int = NOW) -> str:
    with pytest.raises(CertificateError) as error:
        check_usable(data, now)
    assert not usable(data, now)
    return error.value.reason


def test_armored_and_binary_give_the_same_certificate(gpg: Gpg) -> None:
    armored = gpg.run("--armor", "--export", "alice@x.fr")
    found = read_certificate(armored)
    assert found == read_certificate(gpg.public("alice@x.fr"))
    assert found.fingerprint == gpg.fingerprint("alice@x.fr").lower()
    assert found.key_ids[0] == found.fingerprint[-16:]
    assert found.key_ids == (found.fingerprint[-16:],)
    assert found.user_ids == ("alice@x.fr",)
    assert read_certificate(found.binary) == found


def test_a_secret_key_is_refused_with_a_reason_of_its_own(gpg: Gpg) -> None:
    assert reason(gpg.secret("alice@x.fr")) == "secret"
    assert reason(gpg.run("--armor", "--export-secret-keys", "alice@x.fr")) == "secret"


def test_two_certificates_are_too_many(gpg: Gpg) -> None:
    assert reason(gpg.public("alice@x.fr") + gpg.public("bob@x.fr")) == "several"


@pytest.mark.parametrize("data", [b"", b"noise", b"\x99\x01", b"-----BEGIN PGP PUBLIC KEY"])
def test_noise_is_unreadable(data: bytes) -> None:
    assert reason(data) == "unreadable"


def test_the_service_certificate_is_usable(service: SignedSecretKey) -> None:
    public = service.to_public_key().to_bytes()
    assert [key.key_id for key in subkeys(public, NOW)] == [
        service.to_public_key().public_subkeys[0].key.key_id
    ]
    assert read_certificate(public).algorithm == "rsa2048"


@pytest.mark.parametrize("sub", ["cv25519", "nistp256", "nistp384", "nistp521", "rsa2048"])
def test_supported_kinds_are_usable(gpg: Gpg, sub: str) -> None:
    gpg.make(f"usable-{sub}@x.fr", sub=sub)
    assert usable(gpg.public(f"usable-{sub}@x.fr"), NOW)


@pytest.mark.parametrize(
    ("sub", "why"), [("rsa1024", "weak"), ("elg2048", "unsupported"), ("", "no-encryption-key")]
)
def test_weak_unsupported_and_missing_keys_are_told_apart(gpg: Gpg, sub: str, why: str) -> None:
    name = f"bad-{sub or 'none'}@x.fr"
    gpg.make(name, sub=sub)
    assert reason(gpg.public(name)) == why


def test_an_expired_certificate_is_called_expired(gpg: Gpg) -> None:
    gpg.run("--quick-gen-key", "old@x.fr", "ed25519", "sign", "seconds=100000")
    fingerprint = gpg.fingerprint("old@x.fr")
    gpg.run("--quick-add-key", fingerprint, "cv25519", "encr", "never")
    assert reason(gpg.public("old@x.fr"), LATER) == "expired"
    gpg.run("--quick-set-expire", fingerprint, "0")
    assert usable(gpg.public("old@x.fr"), LATER)


def test_an_expired_subkey_never_hides_a_valid_one(gpg: Gpg) -> None:
    fingerprint = gpg.make("renewed@x.fr", sub="")
    gpg.run("--quick-add-key", fingerprint, "cv25519", "encr", "seconds=100000")
    assert reason(gpg.public("renewed@x.fr"), LATER) == "expired"
    gpg.run("--quick-add-key", fingerprint, "nistp256", "encr", "never")
    (only,) = subkeys(gpg.public("renewed@x.fr"), LATER)
    assert only.public_params.curve == "p256"
    assert len(encryption_keys(gpg.public("renewed@x.fr"), NOW)) == 2


def revoke(gpg: Gpg, name: str, which: str) -> bytes:
    steps = f"{which}revkey\ny\n0\n\ny\nsave\n".encode()
    gpg.run("--no-batch", "--no-tty", "--command-fd", "0", "--edit-key", name, data=steps)
    return gpg.public(name)


def test_a_revoked_subkey_never_hides_a_valid_one(gpg: Gpg) -> None:
    fingerprint = gpg.make("revoked-sub@x.fr")
    gpg.run("--quick-add-key", fingerprint, "nistp256", "encr", "never")
    data = revoke(gpg, "revoked-sub@x.fr", "key 1\n")
    (only,) = subkeys(data, NOW)
    assert only.public_params.curve == "p256"
    assert reason(revoke(gpg, "revoked-sub@x.fr", "key 2\n")) == "revoked"


def test_a_revoked_certificate_is_called_revoked(gpg: Gpg) -> None:
    gpg.make("revoked@x.fr")
    assert reason(revoke(gpg, "revoked@x.fr", "")) == "revoked"


def test_a_foreign_subkey_grafted_on_is_not_used(gpg: Gpg) -> None:
    alice, bob = gpg.public("alice@x.fr"), gpg.public("bob@x.fr")
    grafted = alice + b"".join(packet for _, packet in packets_of(bob)[-2:])
    ids = {key.key_id for key in subkeys(grafted, NOW)}
    assert ids == {key.key_id for key in subkeys(alice, NOW)}
    assert read_certificate(grafted).key_ids == read_certificate(alice).key_ids
    assert bound_key_ids(grafted) == bound_key_ids(alice)


def test_a_certificate_without_self_signature_is_refused(gpg: Gpg) -> None:
    alice = gpg.public("alice@x.fr")
    (key, user, _, *sub) = (packet for _, packet in packets_of(alice))
    assert reason(b"".join((key, user, *sub))) == "no-self-signature"


def test_a_signing_subkey_must_have_signed_its_binding(gpg: Gpg) -> None:
    fingerprint = gpg.make("subkey-signs@x.fr")
    gpg.run("--quick-add-key", fingerprint, "ed25519", "sign", "never")
    data = gpg.public("subkey-signs@x.fr")
    ids = read_certificate(data).key_ids
    assert [key.reason for key in signing_keys(data, ids, NOW, NOW)] == [None, None]
    # The encryption subkey is not offered, whatever names it.
    (other,) = bound_key_ids(data) - set(ids)
    assert signing_keys(data, (other,), NOW, NOW) == []


def test_signing_keys_are_judged_when_they_signed_and_now(gpg: Gpg) -> None:
    gpg.run("--quick-gen-key", "brief@x.fr", "ed25519", "sign", "seconds=100000")
    data = gpg.public("brief@x.fr")
    ids = read_certificate(data).key_ids
    assert [key.reason for key in signing_keys(data, ids, NOW, NOW)] == [None]
    assert [key.reason for key in signing_keys(data, ids, NOW, LATER)] == ["expired"]
    assert [key.reason for key in signing_keys(data, ids, 1000, NOW)] == ["not-yet-valid"]
