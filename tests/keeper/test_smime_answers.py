"""What an authority sends back is taken when all of it is right; each refusal says why."""

from collections.abc import Callable, Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID
from smime_case import (
    ADDRESSES,
    NOW,
    above,
    chain,
    issued,
    key_of,
    request_of,
    self_signed,
)

from rmp_milter.keeper.keys.smime_answers import (
    MAX_ANSWER,
    AnswerError,
    Issued,
    choose_answer,
    read_answer,
)
from rmp_milter.keeper.keys.smime_folder import digest_of
from rmp_milter.keeper.keys.smime_making import KeyKind
from rmp_milter.x509 import X509, read_x509
from testbed import x509_parts as parts
from testbed.counting import turns_of
from testbed.openssl import openssl
from testbed.x509_issuing import issue, pem
from testbed.x509_maker import DAY, Made, Maker


def answer(
    *others: Made,
    issuer: Made | None = None,
    start: int = NOW - DAY,
    leave_out: Sequence[type[x509.ExtensionType]] = (),
    instead: Sequence[parts.Extension] = (),
) -> list[X509]:
    made = issue(
        *(request_of(key_of()), issuer or chain().authority, start),
        leave_out=leave_out,
        instead=instead,
    )
    rest = [read_x509(each.der) for each in others] or list(above())
    return [read_x509(made.public_bytes(Encoding.DER)), *rest]


def chosen(found: list[X509], now: int = NOW) -> Issued:
    return choose_answer(found, {digest_of(key_of().public_key())}, ADDRESSES, now)


def refused(found: list[X509]) -> str:
    with pytest.raises(AnswerError) as error:
        chosen(found)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("turned", [False, True])
def test_a_whole_answer_is_taken_in_any_order(*, turned: bool) -> None:
    found = answer()
    took = chosen(found[::-1] if turned else found)
    assert took == Issued(found[0], above())


def test_what_is_not_of_the_path_is_left_out() -> None:
    other = Maker(NOW).authority("Une autre racine")
    assert chosen([*answer(), read_x509(other.der)]).chain == above()


def test_one_that_begins_later_is_taken_for_then() -> None:
    assert chosen(answer(start=NOW + 30 * DAY)).chain == above()


def _without(address: str) -> parts.Extension:
    left = [each for each in ADDRESSES if each != address]
    return x509.SubjectAlternativeName([x509.RFC822Name(each) for each in left]), False


def _usage(*names: str) -> parts.Extension:
    return parts.usage(*names), True


WRONG: list[tuple[Callable[[], list[X509]], str]] = [
    (lambda: list(above()), "no certificate in these files is for a key of this service"),
    (
        lambda: [issued(key_of(number=7)), *above()],
        "no certificate in these files is for a key of this service",
    ),
    (lambda: [*answer(), *answer()], "several certificates in these files"),
    (lambda: answer(start=NOW - 400 * DAY), "the certificate has expired"),
    (lambda: [self_signed(key_of())], "nobody but its own key has issued"),
    (
        lambda: answer(instead=[_without(ADDRESSES[0])]),
        f"is not made out to {ADDRESSES[0]}",
    ),
    (
        lambda: answer(instead=[_without(ADDRESSES[1])]),
        f"is not made out to {ADDRESSES[1]}",
    ),
    (
        lambda: answer(leave_out=[x509.SubjectAlternativeName]),
        f"is not made out to {', '.join(ADDRESSES)}",
    ),
    (lambda: answer(instead=[_usage("digital_signature")]), "its key may not encrypt"),
    (lambda: answer(instead=[_usage("key_agreement")]), "its key may not sign"),
    (
        lambda: answer(
            instead=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]
        ),
        "is not for mail",
    ),
    (
        lambda: answer(instead=[(x509.BasicConstraints(ca=True, path_length=None), True)]),
        "it is an authority's own certificate",
    ),
    (lambda: answer(chain().root), "the certificate of CN=AC mail d'essai"),
    (lambda: answer(chain().authority), "the certificate of CN=Racine d'essai"),
    (lambda: answer()[:1], "the certificate of CN=AC mail d'essai"),
]


@pytest.mark.parametrize(("made", "said"), WRONG)
def test_each_fault_is_refused_in_plain_words(
    made: Callable[[], list[X509]], said: str
) -> None:
    assert said in refused(made()).replace("C=FR,O=Essai,", "")


def test_an_authority_of_the_right_name_and_another_key_is_refused() -> None:
    maker = Maker(NOW)
    impostor = maker.authority("AC mail d'essai", maker.authority("Racine d'essai"))
    found = [*answer()[:1], *(read_x509(each.der) for each in (impostor, chain().root))]
    assert "signature is not its issuer's" in refused(found)


def test_an_expired_authority_is_refused() -> None:
    maker = Maker(NOW - 4000 * DAY)
    root = maker.authority("Ancienne racine", days=3650)
    assert "the anchor is expired" in refused(answer(root, issuer=root))


def test_pem_der_and_both_kinds_of_pkcs7_are_read() -> None:
    found = answer()
    loaded = [x509.load_der_x509_certificate(each.der) for each in found]
    packed = [
        pkcs7.serialize_certificates(loaded, kind) for kind in (Encoding.PEM, Encoding.DER)
    ]
    for data in (pem(*loaded), *packed):
        assert {each.der for each in read_answer(data)} == {each.der for each in found}
    assert [each.der for each in read_answer(found[0].der)] == [found[0].der]


def test_a_p7b_of_openssls_is_read() -> None:
    loaded = [x509.load_der_x509_certificate(each.der) for each in answer()]
    args = ("crl2pkcs7", "-nocrl", "-certfile", "/dev/stdin", "-outform", "DER")
    packed = openssl(*args, data=pem(*loaded))
    assert len(read_answer(packed)) == len(loaded)
    streamed = b"\x30\x80" + packed[4:] + b"\0\0"  # of an indefinite length, as some write it
    assert packed[1] == 0x82
    assert {each.der for each in read_answer(streamed)} == {
        each.der for each in read_answer(packed)
    }


SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\0" * 100, b"-----BEGIN CERTIFICATE-----\n", b"x" * (MAX_ANSWER + 1)),
        b"-----BEGIN PKCS7-----\nMII=\n-----END PKCS7-----\n",
        b"-----BEGIN PKCS7-----\nMII=\n-----END PKCS7-----\n" * 2,
        b"\x30\x20" + SIGNED_DATA + b"\0" * 21,
        b"\x30\x80" + SIGNED_DATA + b"\xa0\x80" * 4000,
        b"-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n" * 17,
    ],
)
def test_noise_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(AnswerError) as error:
        read_answer(data)
    assert str(error.value)
    assert "\n" not in str(error.value)


def test_beginnings_without_an_end_take_no_time() -> None:
    begins = b"-----BEGIN CERTIFICATE-----\n" * (MAX_ANSWER // 28)

    def refused() -> None:
        with pytest.raises(AnswerError, match="the PEM has no end"):
            read_answer(begins)

    assert turns_of(refused) < 10  # million turns of a loop; 0.2 measured


def test_who_gives_a_private_key_is_told() -> None:
    with pytest.raises(AnswerError, match="this is a private key"):
        read_answer(Made(key_of(), x509.load_der_x509_certificate(above()[0].der)).key_pem)


def test_a_request_is_what_openssl_verifies_and_shows() -> None:
    for kind, use in ((KeyKind.RSA, "Key Encipherment"), (KeyKind.P256, "Key Agreement")):
        args = ("req", "-verify", "-noout", "-text")
        said = openssl(*args, data=request_of(key_of(kind))).decode()
        assert f"Digital Signature, {use}\n" in said
        assert "E-mail Protection" in said
        assert "S/MIME Capabilities" in said
        assert all(f"email:{each}" in said for each in ADDRESSES)
