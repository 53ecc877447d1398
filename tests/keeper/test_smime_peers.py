"""Mails of every make that openssl, gpgsm and NSS can write, opened as their author's."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from smime_mails import (
    ENTITY,
    NOW,
    enrolled,
    maker,
    opened,
    outlook,
    relied_on,
    service,
    trees,
    with_keys,
)
from smime_mails import paul as pauls

from rmp_milter.calls.protocol.opening import Opened, Trust
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.mail.incoming.shapes import ShapeName, octets_of, recognise
from testbed import mime
from testbed.outlook import Outlook, p7m
from testbed.smime_clients import Gpgsm, Nss
from testbed.x509_maker import DAY, Made
from testbed.x509_parts import PrivateKey

CIPHERS = [
    "aes-128-cbc",
    "aes-192-cbc",
    "aes-256-cbc",
    "aes-128-gcm",
    "aes-192-gcm",
    "aes-256-gcm",
]
CURVES = ["P-256", "P-384"]
PSS = ("-keyopt", "rsa_padding_mode:pss")
FORMS = ["opaque", "detached", "bare"]
KINDS = ["RSA", *CURVES]


def together(*choices: Sequence[object]) -> list[object]:
    """Return each choice with each other: in each run a third, which has every pair, else all."""
    return [
        pytest.param(*(each for _, each in made), marks=() if here else pytest.mark.soak)
        for made in product(*map(enumerate, choices))
        for here in [sum(place for place, _ in made) % 3 == 0]
    ]


def checked(desk: Desk, envelope: bytes, own: Made) -> Opened:
    found = opened(desk, envelope, enrolled(desk, own))
    assert (found.signature.trust, relied_on(desk, found)) == (Trust.GOOD, True)
    assert [part.name for part in found.bodies[0].parts] == ["", "écho.pdf"]
    return found


def inside(author: Outlook, form: str, options: tuple[str, ...] = ()) -> bytes:
    if form == "bare":
        arguments = ["-sign", "-binary", "-outform", "DER", "-nodetach"]
        return author.openssl([*arguments, *author.signer, *options], ENTITY)
    return author.signed(ENTITY, options, detached=form == "detached")


@pytest.mark.parametrize(("cipher", "kind", "form"), together(CIPHERS, KINDS, FORMS))
def test_what_openssl_writes(
    desk: Desk, tmp_path: Path, form: str, kind: str, cipher: str
) -> None:
    author = outlook(tmp_path, to=service(kind))
    envelope = author.encrypted(inside(author, form), cipher)
    checked(with_keys(desk, service(kind)), envelope, pauls())


@pytest.mark.parametrize(
    ("options", "cipher", "kind", "form"),
    together(
        [("-keyid",), ("-stream",), ("-keyid", "-stream")],
        ["aes-256-cbc", "aes-256-gcm"],
        KINDS,
        FORMS,
    ),
)
def test_by_key_identifier_and_in_pieces(  # noqa: PLR0913, PLR0917 -- each is a choice of a program
    desk: Desk, tmp_path: Path, form: str, kind: str, cipher: str, options: tuple[str, ...]
) -> None:
    author = outlook(tmp_path, to=service(kind))
    envelope = author.encrypted(inside(author, form), cipher, options)
    checked(with_keys(desk, service(kind)), envelope, pauls())


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
@pytest.mark.parametrize("form", FORMS)
def test_what_openssl_writes_with_oaep(
    smime_desk: Desk, paul: Outlook, form: str, digest: str
) -> None:
    oaep = ["rsa_padding_mode:oaep", f"rsa_oaep_md:{digest}", f"rsa_mgf1_md:{digest}"]
    options = [word for each in oaep for word in ("-keyopt", each)]
    arguments = ["-encrypt", "-binary", "-outform", "DER", "-aes-256-cbc"]
    arguments += ["-recip", paul.service, *options]
    checked(smime_desk, paul.openssl(arguments, inside(paul, form)), pauls())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("RSA", PSS),
        ("RSA", (*PSS, "-md", "sha512")),
        ("RSA", ("-md", "sha384")),
        ("RSA", ("-keyid",)),
        ("RSA", ("-stream",)),
        ("P-256", ()),
        ("P-384", ("-md", "sha384")),
        ("P-256", ("-md", "sha512", "-keyid")),
    ],
)
def test_what_openssl_signs(
    smime_desk: Desk, tmp_path: Path, form: str, kind: str, options: tuple[str, ...]
) -> None:
    if form == "detached":
        options = tuple(each for each in options if each != "-stream")  # which encloses all
    own = pauls(kind)
    author = outlook(tmp_path, own)
    checked(smime_desk, author.encrypted(inside(author, form, options)), own)


@pytest.mark.parametrize("kind", KINDS)
def test_for_the_old_and_the_new_certificate_side_by_side(
    desk: Desk, tmp_path: Path, kind: str
) -> None:
    new = maker().user("rmp@x.fr", trees().public, start=NOW - DAY, key=maker().key("P-256"))
    old = service(kind)
    author = outlook(tmp_path, to=old)
    (tmp_path / "new.pem").write_bytes(new.pem)
    envelope = author.encrypted(inside(author, "opaque"), options=[str(tmp_path / "new.pem")])
    for own in ((old,), (new,), (old, new), (new, old)):
        checked(with_keys(desk, *own), envelope, pauls())


def test_what_the_milter_takes_out_of_a_mail_is_opened(smime_desk: Desk, paul: Outlook) -> None:
    envelope = paul.encrypted(inside(paul, "opaque"))
    entity = p7m(envelope, "enveloped-data")
    headers = mime.entity(mime.top("p@x.fr", "rmp@x.fr", "RMP"), b"").removesuffix(mime.CRLF)
    around = {
        "alone": entity,
        "triple wrapped": paul.signed(entity),
        "signed in clear around": paul.signed(entity, detached=True),
    }
    for body in around.values():
        raw = headers + body
        shape = recognise(raw)
        assert (shape.name, len(shape.pieces)) == (ShapeName.SMIME, 1)
        piece = b"".join(octets_of(raw, shape.pieces[0]))
        assert piece == envelope
        checked(smime_desk, piece, pauls())


class Owner(NamedTuple):
    """Somebody, as the other programs' key rings take him."""

    name: str
    private: PrivateKey
    certificate: bytes


OWNERS = [Owner("paul", pauls().key, pauls().der), Owner("rmp", service().key, service().der)]


@pytest.fixture(scope="module")
def gpgsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gpgsm]:
    client = Gpgsm(tmp_path_factory.mktemp("gpgsm"))
    client.trust(trees().public_root.der)
    client.add(trees().public_root.der, trees().public.der)
    author, reader = OWNERS
    client.take(author, secret=True)
    client.take(reader, secret=False)
    yield client
    client.end()


@pytest.fixture(scope="module")
def nss(tmp_path_factory: pytest.TempPathFactory) -> Nss:
    client = Nss(tmp_path_factory.mktemp("nss"))
    client.trust("root", trees().public_root.der)
    client.trust("authority", trees().public.der)
    for each in OWNERS:
        client.take(each)
    return client


def placed(signed: bytes, form: str) -> bytes:
    """Return the entity that is encrypted, around a signature that a program made."""
    if form == "bare":
        return signed
    if form == "opaque":
        return p7m(signed, "signed-data")
    beside = mime.file_part("smime.p7s", signed, "application/pkcs7-signature")
    protocol = '; protocol="application/pkcs7-signature"; micalg=sha-256'
    return mime.multipart("signed", [ENTITY, beside], protocol)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cipher", ["AES", "AES192", "AES256"])
def test_what_gpgsm_writes(smime_desk: Desk, gpgsm: Gpgsm, form: str, cipher: str) -> None:
    how = ["--detach-sign"] if form == "detached" else ["--sign"]
    signed = gpgsm.run("--include-certs", "-1", *how, "--local-user", "paul@x.fr", data=ENTITY)
    clear = placed(signed, form)
    envelope = gpgsm.run("--cipher-algo", cipher, "--encrypt", "-r", "rmp@x.fr", data=clear)
    checked(smime_desk, envelope, pauls())


@pytest.mark.parametrize("form", FORMS)
def test_what_nss_writes(smime_desk: Desk, nss: Nss, form: str) -> None:
    apart = ["-T"] if form == "detached" else []
    signed = nss.run("-S", *apart, "-N", "paul", "-G", "-P", "-Y", "paul", data=ENTITY)
    envelope = nss.run("-E", "-r", "rmp@x.fr,paul@x.fr", data=placed(signed, form))
    checked(smime_desk, envelope, pauls())
