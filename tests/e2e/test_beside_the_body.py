"""What is encrypted beside a mail's body: a stranger's, a colleague's, a second one, damaged.

Each was filed under somebody's name, or came back readable, or was lost without a word.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from clinic import PARIS, PDF, Clinic

from testbed import mime, shapes
from testbed.doctor import Doctor

pytestmark = pytest.mark.integration

EVIL = b"FAUSSE ORDONNANCE"
EMERGENCY = "Demande : urgence\nMotif : inconscient aux urgences\n"


@pytest.fixture(scope="module")
def clinic(gpg_clinic: Clinic) -> Clinic:
    """What gpg writes and reads is looked at."""
    return gpg_clinic


def parted(mail: bytes) -> tuple[bytes, bytes]:
    """Return a mail's own fields, and its content with the fields that tell of it."""
    at = mail.index(b"\r\nContent-Type:") + 2
    return mail[:at], mail[at:]


def with_parts(mail: bytes, *parts: bytes, first: bool = False) -> bytes:
    """Return the mail as somebody on its way leaves it who adds parts to it."""
    head, content = parted(mail)
    everything = [*parts, content] if first else [content, *parts]
    return head + mime.multipart("mixed", everything)


def sealed(doctor: Doctor, data: bytes, name: str = "ordonnance.pdf", **how: bool) -> bytes:
    """Return a file encrypted by itself to the service, binary."""
    return doctor.keyring.encrypt(
        data, [doctor.service], sign=how.get("sign", False), armor=False, file_name=name
    )


def armored_in(mail: bytes) -> bytes:
    found = re.search(
        rb"-----BEGIN PGP MESSAGE-----.*?-----END PGP MESSAGE-----", mail, re.DOTALL
    )
    assert found
    return found[0]


def as_inline(mail: bytes) -> bytes:
    """Return a PGP/MIME mail as an inline text: nobody signed the shape."""
    head, _ = parted(mail)
    return head + mime.ascii_part(armored_in(mail))


def own_number(file: bytes) -> str:
    """Return what no other file gives."""
    return hashlib.sha256(file).hexdigest()[:8]


def with_dossier(clinic: Clinic) -> str:
    """Return the lines of a patient whose documents are filed at once."""
    lines = clinic.patient()
    clinic.create(lines)
    return lines


def said(clinic: Clinic, doctor: Doctor, mail: bytes, **session: str) -> str:
    """Return the letter of refusal in one line; nothing was filed."""
    before = clinic.documents()
    (letter,) = clinic.host.ask(doctor, mail, **session)
    assert letter.subject == "RMP : votre message n'a pas été traité"
    assert clinic.documents() == before
    return " ".join(letter.text.split())


Compose = Callable[[Doctor, str], bytes]


@pytest.mark.parametrize(
    ("compose", "first"),
    [
        (Doctor.pgp_mime, False),
        (Doctor.pgp_mime, True),
        (Doctor.signed_inside, False),
        (Doctor.mixed_up, True),
        (lambda doctor, text: as_inline(doctor.pgp_mime(text)), False),
    ],
)
@pytest.mark.promise(number=5)
def test_a_strangers_file_beside_a_genuine_mail_is_not_its_authors(
    compose: Compose,
    first: bool,  # noqa: FBT001 -- a parameter of the test
    clinic: Clinic,
) -> None:
    lines = clinic.patient()
    genuine = compose(clinic.lab, f"{lines}Document : CR\n\nVraie lettre.\n")
    evil = mime.file_part("ordonnance.pdf.pgp", sealed(clinic.outsider, EVIL))
    words = said(clinic, clinic.lab, with_parts(genuine, evil, first=first))
    assert "ajouté en route" in words


def two_mails(clinic: Clinic) -> tuple[bytes, bytes]:
    """Return two deposits for two patients, sealed and signed by one author."""
    texts = [f"{clinic.patient()}Document : {each}\n\nLettre.\n" for each in ("un", "deux")]
    one, two = (
        clinic.lab.keyring.encrypt(
            mime.text_part(text), [clinic.lab.service], sign=True, armor=True
        )
        for text in texts
    )
    return one, two


SECOND: dict[str, Callable[[bytes, bytes], bytes]] = {
    "two multipart/encrypted": lambda one, two: mime.multipart(
        "mixed", [shapes.encrypted(one), shapes.encrypted(two)]
    ),
    "two blocks in one part": lambda one, two: shapes.encrypted(one + b"\n" + two),
    "two blocks in one text": lambda one, two: mime.ascii_part(one + b"\n" + two),
    "two texts": lambda one, two: mime.multipart(
        "mixed", [mime.ascii_part(one), mime.ascii_part(two)]
    ),
    "text and page": lambda one, two: mime.multipart(
        "mixed", [mime.ascii_part(one), mime.ascii_part(b"<pre>" + two + b"</pre>", "html")]
    ),
    "text behind pgp/mime": lambda one, two: mime.multipart(
        "mixed", [shapes.encrypted(one), mime.ascii_part(two)]
    ),
    "a mail attached": lambda one, two: mime.multipart(
        "mixed",
        [
            shapes.encrypted(one),
            mime.entity({"Content-Type": "message/rfc822"}, shapes.encrypted(two)),
        ],
    ),
}


@pytest.mark.parametrize("kind", SECOND)
@pytest.mark.promise(number=5)
def test_a_second_body_is_refused_and_not_filed_under_the_first_ones_patient(
    kind: str, clinic: Clinic
) -> None:
    mail = shapes.Writer(clinic.lab.keyring, clinic.lab.mail, clinic.lab.service).mail(
        "RMP", SECOND[kind](*two_mails(clinic))
    )
    assert "un message par demande" in said(clinic, clinic.lab, mail)


def test_a_page_that_repeats_the_text_is_no_second_body(clinic: Clinic) -> None:
    text = f"{with_dossier(clinic)}Document : CR\n\nLettre.\n".encode()
    armored = clinic.lab.keyring.encrypt(text, [clinic.lab.service], sign=True, armor=True)
    page = mime.ascii_part(b"<pre>" + armored + b"</pre>", "html")
    writer = shapes.Writer(clinic.lab.keyring, clinic.lab.mail, clinic.lab.service)
    before = clinic.documents()
    clinic.host.ask(
        clinic.lab,
        writer.mail("RMP", mime.multipart("mixed", [mime.ascii_part(armored), page])),
    )
    assert clinic.documents() == before + 1


def with_file(doctor: Doctor, text: str, file: bytes) -> bytes:
    """Write as an old plug-in: a signed armored text, a file encrypted by itself."""
    return with_parts(doctor.inline(text), mime.file_part("x.bin.pgp", file))


@pytest.mark.promise(number=5)
def test_a_colleagues_mail_attached_as_a_file_does_not_come_back_readable(
    clinic: Clinic,
) -> None:
    theirs, own = clinic.patient(), clinic.patient()
    code = clinic.create(theirs)
    asked = f"Demande : dossier\n{theirs}Code : {code}\n\n"
    deposit = f"{own}Document : X\n\nVoici.\n"
    entity = armored_in(clinic.paul.pgp_mime(asked, sign=False))  # never delivered
    text = clinic.paul.keyring.encrypt(
        asked.encode(), [clinic.paul.service], sign=False, armor=True
    )
    signed = armored_in(clinic.paul.inline(f"{theirs}\nUne lettre.\n"))
    for cipher, words in (
        (entity, "est un message"),
        (text, "est un message"),
        (signed, "n'est pas signée de votre main"),
    ):
        # A text of its own each: the same one, signed in the same second, is known again.
        text = f"{deposit}{own_number(cipher)}\n"
        assert words in said(clinic, clinic.anne, with_file(clinic.anne, text, cipher))


@pytest.mark.promise(number=5)
def test_a_file_signed_by_another_is_not_taken_from_who_signs_nothing(clinic: Clinic) -> None:
    """His account tells who he is, and the file's signature that it is not his."""
    session = {"login": "ginette", "password": "secret of ginette"}
    bound = f"Auteur : {clinic.anne.mail}\nÉcrit le : {datetime.now(PARIS):%d/%m/%Y}\n"
    text = clinic.anne.inline(f"{with_dossier(clinic)}{bound}\nVoici.\n", sign=False)
    for signer in (clinic.lab, clinic.outsider):
        file = mime.file_part("a.pgp", sealed(signer, PDF, "a.pdf", sign=True))
        words = said(clinic, clinic.anne, with_parts(text, file), **session)
        assert "n'est pas signée de votre main" in words
        text = clinic.anne.inline(f"{with_dossier(clinic)}{bound}\nVoici.\n", sign=False)
    before = clinic.documents()
    own = mime.file_part("a.pgp", sealed(clinic.anne, PDF, "a.pdf", sign=True))
    clinic.host.ask(clinic.anne, with_parts(text, own), **session)
    assert clinic.documents() == before + 2


@pytest.mark.promise(number=5)
def test_a_file_that_came_in_a_mail_is_not_taken_in_another(clinic: Clinic) -> None:
    file = sealed(clinic.lab, PDF, "bilan.pdf")
    text = f"{with_dossier(clinic)}Document : bilan\n\nVoici.\n"
    unclear = with_file(clinic.lab, "Patient : DUPONT Jean\n\nVoici.\n", file)
    assert "dans un autre message" not in said(clinic, clinic.lab, unclear)
    theirs = with_file(clinic.anne, f"{clinic.patient()}\nVoici.\n", file)
    assert "dans un autre message" in said(clinic, clinic.anne, theirs)
    before = clinic.documents()
    clinic.host.ask(clinic.lab, with_file(clinic.lab, text, file))
    assert clinic.documents() == before + 2
    elsewhere = with_file(clinic.lab, f"{clinic.patient()}\nVoici.\n", file)
    assert "dans un autre message" in said(clinic, clinic.lab, elsewhere)


@pytest.mark.promise(number=11)
def test_a_damaged_file_is_refused_in_the_words_for_a_foreign_one(clinic: Clinic) -> None:
    good = sealed(clinic.lab, PDF, "bilan.pdf")
    broken = bytearray(good)
    broken[-5] ^= 1
    other_key = bytearray(good)
    other_key[200] ^= 1
    own = clinic.lab.keyring.encrypt(PDF, [clinic.lab.mail], sign=False, armor=False)
    files = (bytes(broken), good[:-3], bytes(other_key), own, good[:-40] + bytes(40))
    text = f"{clinic.patient()}Document : bilan\n\nVoici.\n"
    mails = [with_file(clinic.lab, f"{text}{own_number(file)}\n", file) for file in files]
    words = {said(clinic, clinic.lab, mail) for mail in mails}
    assert len(words) == 1
    assert "n'a pas pu être déchiffrée" in words.pop()


@pytest.mark.promise(number=6)
def test_a_stranger_does_not_hear_whether_his_file_opens(clinic: Clinic) -> None:
    text, good = clinic.patient(), sealed(clinic.outsider, PDF)
    files = (
        good,
        good[:-3],
        clinic.outsider.certificate,
        sealed(clinic.outsider, text.encode()),
    )
    mails = [with_file(clinic.outsider, text, file) for file in files]
    words = {clinic.rejection(clinic.outsider, mail).text for mail in mails}
    assert len(words) == 1
    assert "ne sait pas qui" in words.pop()


def test_a_receipt_names_each_file_so_that_its_author_sees_one_that_was_added(
    clinic: Clinic,
) -> None:
    """A file that nobody signed, beside an armored text, may be anybody's on the way."""
    text = clinic.lab.inline(f"{with_dossier(clinic)}\nVoici.\n")
    parts = [
        mime.file_part(f"{name}.pgp", sealed(by, PDF, name))
        for by, name in ((clinic.lab, "bilan.pdf"), (clinic.outsider, "ajout.pdf"))
    ]
    (receipt,) = clinic.host.ask(clinic.lab, with_parts(text, *parts))
    assert "bilan.pdf" in receipt.text
    assert "ajout.pdf" in receipt.text
    assert "ne sont pas signées" in " ".join(receipt.text.split())
    signed = clinic.lab.partitioned(f"{with_dossier(clinic)}\nVoici.\n", {"bilan.pdf": PDF})
    (receipt,) = clinic.host.ask(clinic.lab, signed)
    assert "ne sont pas signées" not in " ".join(receipt.text.split())


@pytest.mark.parametrize("kind", ["file", "second", "damaged"])
def test_an_emergency_is_refused_for_nothing_that_stands_beside_it(
    kind: str, clinic: Clinic
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    mail = clinic.anne.pgp_mime(EMERGENCY + lines)
    file = sealed(clinic.outsider, EVIL)
    mails = {
        "file": lambda: with_parts(mail, mime.file_part("x.pgp", file)),
        "second": lambda: with_parts(mail, parted(clinic.lab.pgp_mime(lines))[1]),
        "damaged": lambda: with_file(clinic.anne, EMERGENCY + lines, file[:-3]),
    }
    answer, *_ = clinic.host.exchange(clinic.anne, mails[kind]())
    assert "n'a pas été traité" not in answer.subject
    assert "autres parties chiffrées" in " ".join(answer.text.split())
