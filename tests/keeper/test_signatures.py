"""What a signature is worth, by candidate, by time, by hash, by where it stands."""

import subprocess
import time
from functools import partial

import pytest
from keeper_gpg import Gpg, packets_of

from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.certificates import keys_for_reader, reachable, signed_at, usable
from rmp_milter.keeper.desk.content import Opening, read_entity, weigh
from rmp_milter.keeper.desk.desk import Limits
from rmp_milter.keeper.openpgp.decrypt import Plain
from rmp_milter.keeper.openpgp.signatures import (
    CLOCK_SKEW,
    Content,
    as_signed,
    detached,
    verify,
)

NOW = int(time.time()) + 3600  # later than any key that this run makes
TEXT = "Première ligne\r\nseconde ligne  \r\n".encode()


def sign(gpg: Gpg, name: str, *options: str, data: bytes = TEXT) -> tuple[bytes, ...]:
    return detached(gpg.run("-b", "-u", name, *options, data=data))


def trust(
    gpg: Gpg, packets: tuple[bytes, ...], *names: str, data: bytes = TEXT, now: int = NOW
) -> Trust:
    certificates = [gpg.public(name) for name in names]
    return verify((lambda: data,), packets, certificates, now).trust


def test_no_signature_is_none_and_unreadable_ones_are_unknown(gpg: Gpg) -> None:
    assert trust(gpg, (), "alice@x.fr") is Trust.NONE
    assert trust(gpg, detached(b"noise"), "alice@x.fr") is Trust.UNKNOWN
    assert trust(gpg, detached(bytes(70_000)), "alice@x.fr") is Trust.UNKNOWN


@pytest.mark.parametrize(
    "options", [(), ("--armor",), ("--textmode",), ("--digest-algo", "SHA256")]
)
def test_a_candidates_signature_is_good(gpg: Gpg, options: tuple[str, ...]) -> None:
    packets = sign(gpg, "alice@x.fr", *options)
    assert trust(gpg, packets, "bob@x.fr", "alice@x.fr") is Trust.GOOD
    assert trust(gpg, packets, "bob@x.fr") is Trust.UNKNOWN
    assert trust(gpg, packets, "alice@x.fr", data=TEXT + b"x") is Trust.BAD


def test_the_best_of_several_signatures_counts(gpg: Gpg) -> None:
    both = sign(gpg, "eve@x.fr") + sign(gpg, "alice@x.fr")
    found = verify((lambda: TEXT,), both, [gpg.public("alice@x.fr")], NOW)
    assert found.trust is Trust.GOOD
    assert found.fingerprint == gpg.fingerprint("alice@x.fr").lower()
    assert len(found.issuers) == 2


def test_a_signing_subkey_counts_as_its_owner(gpg: Gpg) -> None:
    fingerprint = gpg.make("with-subkey@x.fr")
    gpg.run("--quick-add-key", fingerprint, "ed25519", "sign", "never")
    found = verify(
        (lambda: TEXT,), sign(gpg, "with-subkey@x.fr"), [gpg.public("with-subkey@x.fr")], NOW
    )
    assert found.trust is Trust.GOOD
    assert found.fingerprint == fingerprint.lower()
    assert fingerprint.lower()[-16:] not in found.issuers


def test_a_key_that_expired_since_is_expired(gpg: Gpg) -> None:
    gpg.run("--quick-gen-key", "expires@x.fr", "ed25519", "sign", "seconds=100000")
    packets = sign(gpg, "expires@x.fr")
    assert trust(gpg, packets, "expires@x.fr") is Trust.GOOD
    assert trust(gpg, packets, "expires@x.fr", now=NOW + 200_000) is Trust.EXPIRED


def test_a_signature_with_an_end_is_expired_after_it(gpg: Gpg) -> None:
    packets = sign(gpg, "alice@x.fr", "--default-sig-expire", "seconds=100000")
    assert trust(gpg, packets, "alice@x.fr") is Trust.GOOD
    assert trust(gpg, packets, "alice@x.fr", now=NOW + 200_000) is Trust.EXPIRED


def test_a_revoked_key_is_expired(gpg: Gpg) -> None:
    gpg.make("gone@x.fr")
    packets = sign(gpg, "gone@x.fr")
    assert trust(gpg, packets, "gone@x.fr") is Trust.GOOD
    steps = b"revkey\ny\n0\n\ny\nsave\n"
    gpg.run(
        "--no-batch", "--no-tty", "--command-fd", "0", "--edit-key", "gone@x.fr", data=steps
    )
    assert trust(gpg, packets, "gone@x.fr") is Trust.EXPIRED


@pytest.mark.parametrize("digest", ["SHA1", "RIPEMD160"])
def test_hashes_that_can_be_forged_are_bad(gpg: Gpg, digest: str) -> None:
    gpg.make("rsa-signer@x.fr", primary="rsa2048", sub="") if digest == "SHA1" else None
    packets = sign(gpg, "rsa-signer@x.fr", "--digest-algo", digest)
    assert len(packets) == 1
    assert trust(gpg, packets, "rsa-signer@x.fr") is Trust.BAD


def test_a_signature_from_the_future_is_told_from_one_that_does_not_fit(gpg: Gpg) -> None:
    packets, signed = sign(gpg, "alice@x.fr"), int(time.time())
    soon, later = signed - CLOCK_SKEW + 600, signed - CLOCK_SKEW - 3600
    assert trust(gpg, packets, "alice@x.fr", now=later) is Trust.FUTURE
    assert trust(gpg, packets, "alice@x.fr", now=soon) is Trust.GOOD
    assert trust(gpg, packets, "alice@x.fr", now=later - 400 * 86_400) is Trust.FUTURE
    assert trust(gpg, packets, "alice@x.fr", now=later, data=TEXT + b"x") is Trust.BAD
    assert trust(gpg, packets, "bob@x.fr", now=later) is Trust.UNKNOWN


def test_a_key_of_the_future_signs_as_well_and_one_that_is_over_by_then_does_not(
    gpg: Gpg,
) -> None:
    day = 86_400
    made = ("--faked-system-time", f"{NOW + day // 2}!")
    gpg.run(*made, "--quick-gen-key", "fledgling@x.fr", "ed25519", "sign", "never")
    packets = sign(gpg, "fledgling@x.fr", *made)
    assert trust(gpg, packets, "fledgling@x.fr") is Trust.GOOD
    assert trust(gpg, packets, "fledgling@x.fr", now=NOW - day) is Trust.FUTURE
    gpg.run("--quick-gen-key", "bygone@x.fr", "ed25519", "sign", f"seconds={day}")
    late = ("--faked-system-time", f"{NOW + 2 * day}!", "--ignore-time-conflict")
    done = subprocess.run(
        [*gpg._command, *late, "-b", "-u", "bygone@x.fr"],
        input=TEXT, capture_output=True, check=False,
    )  # fmt: skip
    if not done.returncode:  # gpg itself refuses, as it should
        assert trust(gpg, detached(done.stdout), "bygone@x.fr") is Trust.EXPIRED


def test_a_reader_whose_key_begins_later_is_reached(gpg: Gpg) -> None:
    soon = NOW + 86_400
    made = ("--faked-system-time", f"{soon}!")
    gpg.run(*made, "--quick-gen-key", "in-a-day@x.fr", "ed25519", "sign", "never")
    fingerprint = gpg.fingerprint("in-a-day@x.fr")
    gpg.run(*made, "--quick-add-key", fingerprint, "cv25519", "encr", "seconds=864000")
    data = gpg.public("in-a-day@x.fr")
    assert signed_at(data) == soon
    assert not usable(data, NOW)
    assert reachable(data, NOW)
    assert len(keys_for_reader(data, NOW)) == len(keys_for_reader(data, soon)) == 1
    assert not reachable(data, soon + 864_001)  # over is over


def test_a_certification_is_no_signature_over_a_mail(gpg: Gpg) -> None:
    certification = next(p for tag, p in packets_of(gpg.public("alice@x.fr")) if tag == 2)
    assert trust(gpg, (certification,), "alice@x.fr") is Trust.UNKNOWN


def inside(gpg: Gpg, *, line_end: bytes, around: bytes = b"") -> Opening:
    """Return an entity as claws-mail builds it: multipart/signed inside the encryption."""
    part = b"Content-Type: text/plain\r\n\r\nPatient : DUPONT Jean\r\n\r\nLettre"
    signature = gpg.run("--armor", "-b", "-u", "alice@x.fr", data=part)
    data = (
        b'Content-Type: multipart/signed; boundary="b"; protocol="application/pgp-signature"'
        b"\r\n\r\n--b\r\n" + part + b"\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\n"
        + signature.replace(b"\n", b"\r\n") + b"\r\n--b--\r\n"
    )  # fmt: skip
    if around:
        data = around.replace(b"@@", data)
    return read_entity(Plain(data.replace(b"\r\n", line_end), "", ()), Limits(), 2026)


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_an_inner_signed_entity_counts(gpg: Gpg, line_end: bytes) -> None:
    opening = inside(gpg, line_end=line_end)
    alice = gpg.public("alice@x.fr")
    assert weigh(opening, (alice,), NOW).trust is Trust.GOOD
    assert weigh(opening, (gpg.public("bob@x.fr"),), NOW).trust is Trust.UNKNOWN


def test_a_signed_part_among_others_proves_nothing(gpg: Gpg) -> None:
    around = (
        b'Content-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\n\r\n'
        b"Patient : AUTRE Jean\r\n\r\n--o\r\n@@\r\n--o--\r\n"
    )
    opening = inside(gpg, line_end=b"\r\n", around=around)
    assert "AUTRE" in opening.meaning.cut.header
    assert weigh(opening, (gpg.public("alice@x.fr"),), NOW).trust is Trust.NONE


def test_line_ends_are_made_canonical() -> None:
    raw, canonical = as_signed(b"a\nb\r\nc\n")
    assert raw() == b"a\nb\r\nc\n"
    assert canonical() == b"a\r\nb\r\nc\r\n"


@pytest.mark.parametrize("odd", [b"a\rb\n", b"a\r\r\nb", b"a\n\rb", b"\r"])
def test_a_return_without_its_line_feed_is_never_made_a_line_end(odd: bytes) -> None:
    assert [form() for form in as_signed(odd)] == [odd]


def test_each_form_is_made_once_however_many_signatures_there_are(gpg: Gpg) -> None:
    # Sixteen over empty lines, which compress to nothing: each made anew, they took minutes.
    made = list[int]()

    def counted(place: int, form: Content) -> bytes:
        made.append(place)
        return form()

    forms = [partial(counted, *each) for each in enumerate(as_signed(b"\n" * 4_000))]
    packets = sign(gpg, "alice@x.fr") * 16
    assert verify(forms, packets, [gpg.public("alice@x.fr")], NOW).trust is Trust.BAD
    assert made == [0, 1]
