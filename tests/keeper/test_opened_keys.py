"""Certificates that come with a mail, and when its signature says that it was made."""

import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keeper_case import HEADER, LETTER, NOW, PDF, ask, desk_of, encrypted, entity, opening
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol.opening import Opened, Signature, Trust
from rmp_milter.certificates import CertificateError, check_usable, read_certificate
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.openpgp.certificate_files import MAX_FILE, MOST, certificates_in
from rmp_milter.keeper.openpgp.signatures import detached, verify
from testbed.certificate_parts import OLD, bound, named, pair
from testbed.openpgp_maker import mpi, opaque_key, packet


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Desk:
    return desk_of(service, tmp_path)


def opened(desk: Desk, body: bytes, *, entity: bool = True) -> Opened:
    reply = ask(desk, *opening([body], entity=entity)).reply
    assert isinstance(reply, Opened), reply
    return reply


def mail_with(*files: tuple[str, str, bytes]) -> bytes:
    mail = EmailMessage()
    mail.set_content(HEADER + LETTER)
    for kind, name, data in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def fingerprints(certificates: tuple[bytes, ...]) -> list[str]:
    return [read_certificate(each).fingerprint.upper() for each in certificates]


@pytest.mark.parametrize("kind", ["application/pgp-keys", "application/octet-stream"])
@pytest.mark.parametrize("name", ["patient.asc", "Clé.KEY", "k.pgp"])
def test_attached_certificates_are_handed_over_and_are_no_documents(
    gpg: Gpg, desk: Desk, kind: str, name: str
) -> None:
    armored = gpg.run("--armor", "--export", "bob@x.fr")
    files = [(kind, name, armored), ("application/pdf", "a.pdf", PDF)]
    found = opened(desk, encrypted(gpg, mail_with(*files)))
    assert fingerprints(found.keys) == [gpg.fingerprint("bob@x.fr")]
    assert [part.name for part in found.bodies[0].parts] == ["", "a.pdf"]


def test_binary_ones_count_where_their_type_says_so(gpg: Gpg, desk: Desk) -> None:
    binary = gpg.public("bob@x.fr")
    body = encrypted(gpg, mail_with(("application/pgp-keys", "k", binary)))
    assert opened(desk, body).keys == (read_certificate(binary).binary,)
    body = encrypted(gpg, mail_with(("application/octet-stream", "k.pgp", binary)))
    assert opened(desk, body).keys == ()


def test_several_files_come_in_their_order_none_twice_and_not_without_end(
    gpg: Gpg, desk: Desk
) -> None:
    names = ["bob@x.fr", "alice@x.fr", "eve@x.fr"]
    keys = [gpg.run("--armor", "--export", name) for name in names]
    files = [("application/pgp-keys", f"{at}.asc", key) for at, key in enumerate(keys)]
    found = opened(desk, encrypted(gpg, mail_with(*files, *files)))
    assert fingerprints(found.keys) == [gpg.fingerprint(name) for name in names]
    others = [gpg.make(f"many{at}@x.fr", sub="") for at in range(MOST + 1)]
    many = [
        ("application/pgp-keys", "m.asc", gpg.run("--armor", "--export", each))
        for each in others
    ]
    assert len(opened(desk, encrypted(gpg, mail_with(*many))).keys) == MOST


def reason(certificate: bytes) -> str:
    with pytest.raises(CertificateError) as error:
        check_usable(certificate, int(time.time()))
    return error.value.reason


def test_several_in_one_file_come_as_several(gpg: Gpg, desk: Desk) -> None:
    names = ["bob@x.fr", "alice@x.fr"]
    one_block = gpg.run("--armor", "--export", *names)
    blocks = b"".join(gpg.run("--armor", "--export", name) for name in names)
    for file in (one_block, blocks, gpg.public(names[0]) + gpg.public(names[1])):
        (found,) = opened(
            desk, encrypted(gpg, mail_with(("application/pgp-keys", "k.asc", file)))
        ).keys
        assert reason(found) == "several"


def test_what_cannot_be_used_comes_with_its_reason() -> None:
    own = pair()
    whole = own.primary.primary() + named(own.primary)
    long = opaque_key(OLD, 1, mpi(1 << 16383) + mpi(65537))
    cases = {
        "too-long": whole + bound(own.primary, long),
        "not-alone": whole + packet(11, b"b\0\0\0\0\0hello"),
        "unsupported": opaque_key(OLD, 1, mpi(1 << 2047) + mpi(3), version=3).primary(),
        "no-encryption-key": whole,
    }
    for why, certificate in cases.items():
        (found,) = certificates_in(certificate)
        assert reason(found) == why


def test_a_block_behind_the_header_of_a_bare_text_counts(gpg: Gpg, desk: Desk) -> None:
    text = (HEADER + LETTER).encode() + gpg.run("--armor", "--export", "bob@x.fr")
    found = opened(desk, encrypted(gpg, text), entity=False)
    assert fingerprints(found.keys) == [gpg.fingerprint("bob@x.fr")]
    assert "PGP" not in found.header


def test_secret_keys_noise_and_large_files_give_nothing(gpg: Gpg, desk: Desk) -> None:
    secret = gpg.run("--armor", "--export-secret-keys", "bob@x.fr")
    armored = gpg.run("--armor", "--export", "bob@x.fr")
    for data in (secret, gpg.secret("bob@x.fr"), b"noise", b"", armored + bytes(MAX_FILE)):
        body = encrypted(gpg, mail_with(("application/pgp-keys", "k.asc", data)))
        assert opened(desk, body).keys == ()


@pytest.fixture(scope="module")
def certificate(gpg: Gpg) -> bytes:
    return gpg.public("bob@x.fr")


def fault(certificate: bytes) -> str:
    try:
        read_certificate(certificate)
    except CertificateError as error:
        return error.reason
    return ""


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
def test_no_file_of_certificates_is_fatal(
    certificate: bytes, noise: bytes, place: int, octet: int
) -> None:
    changed = bytearray(certificate)
    changed[place % len(changed)] = octet
    for data in (noise, bytes(changed), certificate[:place] + noise):
        for found in certificates_in(data):
            assert fault(found) not in {"unreadable", "secret"}


def test_the_best_signatures_time_is_told(gpg: Gpg, desk: Desk) -> None:
    body = encrypted(gpg, entity(HEADER), signer="alice@x.fr")
    request, memory = opening([body], entity=True, candidates=[gpg.public("alice@x.fr")])
    reply = ask(desk, request, memory).reply
    assert isinstance(reply, Opened)
    assert reply.signature.trust is Trust.GOOD
    assert reply.signature.created == NOW


def test_the_newest_of_equal_signatures_counts(gpg: Gpg) -> None:
    def signed(name: str, at: int) -> bytes:
        raw = gpg.run("-b", "-u", name, "--faked-system-time", f"{at}!", data=b"x")
        return detached(raw)[0]

    now = int(time.time())
    both = [signed("alice@x.fr", now + 60), signed("alice@x.fr", now + 20)]
    both.append(signed("eve@x.fr", now + 90))
    found = verify((lambda: b"x",), both, [gpg.public("alice@x.fr")], now + 100)
    assert (found.trust, found.created) == (Trust.GOOD, now + 60)
    assert verify((lambda: b"x",), (), (), now) == Signature(Trust.NONE)
