"""What somebody else makes of a doctor's signed words: another text, another shape, a request."""

import base64
import secrets
import time
from datetime import datetime

import pytest
from clinic import PARIS, Clinic

from rmp_milter.certificates import encryption_keys, read_certificate
from rmp_milter.keeper.desk.sealmail import seal_message
from rmp_milter.keeper.desk.signing import literal
from rmp_milter.keeper.openpgp.signatures import detached
from testbed import mime, shapes
from testbed.doctor import Doctor
from testbed.gpg import Standing

pytestmark = pytest.mark.integration
TOP = mime.entity(mime.top("Dr Paul <paul@cabinet.test>", "rmp@rmp.test", "RMP"), b"")


@pytest.fixture(scope="module")
def clinic(gpg_clinic: Clinic) -> Clinic:
    """What gpg writes and reads is looked at."""
    return gpg_clinic


def sent_on(body: bytes, by: Doctor) -> bytes:
    """Return the body as PGP/MIME, encrypted by somebody who has no key of its author's."""
    sealed = by.keyring.encrypt(body, [by.service], sign=False, armor=True)
    return TOP.removesuffix(mime.CRLF) + shapes.encrypted(sealed)


def inline(clinic: Clinic, packets: bytes) -> bytes:
    """Return signed packets as an armored text, encrypted to the service anew."""
    service = read_certificate(clinic.host.service.certificate).binary
    readers = encryption_keys(service, int(time.time()))
    sealed = base64.encodebytes(seal_message([packets], readers, secrets.token_bytes))
    armor = b"-----BEGIN PGP MESSAGE-----\n\n" + sealed + b"-----END PGP MESSAGE-----\n"
    return TOP.removesuffix(mime.CRLF) + mime.ascii_part(armor)


def signed(author: Doctor, words: bytes, name: bytes) -> bytes:
    """Return words that were signed as a file, under the name that somebody gives it."""
    signature = b"".join(detached(author.keyring.sign_detached(words)))
    return signature + b"".join(literal(name, [words]))


@pytest.mark.promise(number=11)
def test_an_empty_line_taken_out_of_a_signed_part_makes_no_request(clinic: Clinic) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    letter = f"{lines}Document : CR\n\n{lines}Demande : révocation du code\n\nselon l'aide.\n"
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit"
    part = head + b"\r\n\r\n" + mime.crlf(letter.encode())
    signature = clinic.paul.keyring.sign_detached(part)
    behind = mime.entity({"Content-Type": "application/pgp-signature"}, mime.crlf(signature))
    protocol = '; protocol="application/pgp-signature"'
    body = mime.multipart("signed", [part, behind], protocol)
    forged = body.replace(b"8bit\r\n\r\n", b"8bit\r\r\n", 1)
    assert forged != body
    changed = part.replace(b"8bit\r\n\r\n", b"8bit\r\r\n", 1)
    assert clinic.paul.keyring.verify(changed, signature)[0].standing is Standing.BAD

    reply = clinic.rejection(clinic.outsider, sent_on(forged, clinic.outsider))
    assert "ne correspond pas a son contenu" in reply.text
    asked = f"Demande : index\n{lines}Code : {code}\n"
    (answer,) = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(asked))
    assert "n'a pas été traité" not in answer.subject


@pytest.mark.parametrize("name", [b"note.txt", b""], ids=["named", "its name taken off"])
@pytest.mark.promise(number=11)
def test_a_file_that_somebody_signed_makes_nobody_his_locum(
    clinic: Clinic, name: bytes
) -> None:
    day = datetime.now(PARIS).strftime("%d/%m/%Y")
    words = f"Demande : remplacement\nRemplaçant : {clinic.anne.mail}\nDu : {day}\nAu : {day}\n"
    words += f"\n{name.decode()}\n"  # which nobody signs by itself
    mail = inline(clinic, signed(clinic.paul, words.encode(), name))
    before = clinic.host.postfix.collected.count(clinic.paul.mail)
    assert clinic.host.send(clinic.outsider, mail).accepted
    (letter,) = clinic.host.answers(clinic.paul, 1, after=before)
    assert letter.subject == "RMP : votre message n'a pas été traité"
    assert "signée comme un fichier" in " ".join(letter.text.split())


def test_the_same_words_signed_as_a_mail_are_still_a_request(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    before = clinic.documents()
    mail = inline(clinic, signed(clinic.lab, f"{lines}\nVoici.\n".encode(), b""))
    clinic.host.ask(clinic.lab, mail)
    assert clinic.documents() == before + 1
