"""Mail that a real Thunderbird wrote in S/MIME, opened by the keeper."""

from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from smime_mails import answered, enrolled, envelope_in, in_world, service_key, with_services

from rmp_milter.calls.protocol.opening import Opened, Trust
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.mail.incoming.shapes import ShapeName, octets_of, recognise
from rmp_milter.x509 import Purpose, World, read_x509
from testbed.x509_maker import Made

FOLDER = Path(__file__).parents[1] / "fixtures" / "thunderbird-smime"
KINDS = ("rsa", "p256")
FILE_NAME = "compte-rendu échographie.bin"
FILE_OCTETS = 256 * 8


def made(name: str) -> Made:
    """Return somebody's certificate; of the doctor there is no key, and anyone's stands in."""
    pem = (FOLDER / f"{name}.pem").read_bytes()
    key: object = ec.generate_private_key(ec.SECP256R1())
    if b"PRIVATE KEY" in pem:
        key = load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Made(key, x509.load_pem_x509_certificate(pem))


@pytest.fixture
def thunderbird_desk(desk: Desk) -> Desk:
    """A desk whose service has both certificates, and whose host trusts their root."""
    own = tuple(service_key(made(f"service-{kind}")) for kind in KINDS)
    world = World({Purpose.PUBLIC: (read_x509(made("root").der),)})
    return in_world(with_services(desk, *own), world)


@pytest.mark.parametrize("content", ["letter", "file"])
@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("author", KINDS)
def test_what_thunderbird_encrypted_is_opened_as_its_authors(
    thunderbird_desk: Desk, author: str, to: str, content: str
) -> None:
    mail = (FOLDER / f"{author}-to-{to}-{content}.eml").read_bytes().replace(b"\n", b"\r\n")
    shape = recognise(mail)
    assert (shape.name, len(shape.pieces)) == (ShapeName.SMIME, 1)
    envelope = b"".join(octets_of(mail, shape.pieces[0]))
    assert envelope == envelope_in(mail)

    doctor = made(f"doctor-{author}")
    now = int(parsedate_to_datetime(message_from_bytes(mail)["Date"]).timestamp()) + 60
    person = enrolled(thunderbird_desk, doctor)
    found = answered(thunderbird_desk, envelope, person, now=now)
    assert isinstance(found, Opened), found
    assert found.signature.trust is Trust.GOOD
    assert found.signature.fingerprint == read_x509(doctor.der).digest
    assert "Patient : OISEAU Jeanne" in found.header
    (body,) = found.bodies
    assert body.container is Container.ENVELOPED
    files = [(part.name, part.size) for part in body.parts if part.name]
    assert files == ([(FILE_NAME, FILE_OCTETS)] if content == "file" else [])
