"""Mails that were not meant for the service: sealed anew, written to others, found somewhere."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from clinic import PARIS, PDF, Clinic

from testbed import mime, shapes
from testbed.doctor import Doctor
from testbed.reading import Opened
from testbed.resealing import armored, resealed, sealed_anew, signed_packets, written_to
from testbed.sending import Reply

pytestmark = pytest.mark.integration

SEEN, NOT_OURS = "a deja ete recu une fois", "Ce message a été écrit à d'autres"
UNBOUND = "rien n'y montre que vous l'avez écrit vous-même"
SERVICE = "rmp@rmp.test"
LOGIN = {"login": "anne", "password": "secret of anne"}
EVES = {"login": "eve", "password": "secret of eve"}


@pytest.fixture(scope="module")
def eve(clinic: Clinic) -> Doctor:
    """A colleague to whom the others write, enrolled, with an account of his own."""
    clinic.host.postfix.add_account("eve", "secret of eve")
    doctor = clinic.host.doctor("Dr Eve MALIN", "eve@other.test", account="eve")
    for other in (clinic.paul, clinic.anne):
        other.import_key(doctor.certificate)
    return doctor


def handed_on(clinic: Clinic, reader: Doctor, mail: bytes) -> bytes:
    return resealed(reader, mail, clinic.host.service.certificate)


def told(clinic: Clinic, doctor: Doctor, submit: Doctor, mail: bytes) -> Opened:
    """Have ``submit`` send a mail that is taken; return the one letter that ``doctor`` gets."""
    before = clinic.host.postfix.collected.count(doctor.mail)
    assert clinic.host.send(submit, mail).accepted
    (letter,) = clinic.host.answers(doctor, after=before)
    return letter


def flat(letter: Opened) -> str:
    return " ".join(letter.text.split())


def silent(clinic: Clinic, reader: Doctor, mail: bytes, author: Doctor) -> Reply:
    """Have a mail refused at SMTP time; nobody is told of it by mail."""
    clinic.host.settle()
    before = clinic.host.postfix.collected.count(author.mail)
    reply = clinic.rejection(reader, mail)
    clinic.host.settle()
    assert clinic.host.postfix.collected.count(author.mail) == before
    return reply


def days(first: int, last: int) -> str:
    today = datetime.now(PARIS)
    return (
        f"Du : {today + timedelta(first):%d/%m/%Y}\nAu : {today + timedelta(last):%d/%m/%Y}\n"
    )


def test_a_locum_cannot_declare_himself_again_by_the_mail_that_once_did(
    clinic: Clinic, eve: Doctor
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    text = f"Demande : remplacement\nRemplaçant : {eve.mail}\n{days(0, 90)}"
    declared = written_to(clinic.paul, (SERVICE, eve.mail), text, {})
    assert "Dr Eve MALIN" in clinic.host.ask(clinic.paul, declared)[0].text
    end = f"Demande : fin de remplacement\nRemplaçant : {eve.mail}\n"
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(end))
    again = handed_on(clinic, eve, declared)
    assert armored(again) != armored(declared)
    assert SEEN in silent(clinic, eve, again, clinic.paul).text
    letter = clinic.refusal(eve, eve.pgp_mime(f"Demande : dossier\n{lines}"))
    assert "Le code du patient manque" in letter.text


def test_a_signed_text_sealed_anew_with_other_files_beside_it_files_nothing(
    clinic: Clinic, eve: Doctor
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    key = clinic.host.service.certificate
    text = mime.crlf(f"{lines}\nVoici.\n".encode())
    sealed = clinic.anne.keyring.encrypt(text, [SERVICE, eve.mail], sign=True, armor=True)
    writer = shapes.Writer(clinic.anne.keyring, f"Anne <{clinic.anne.mail}>", SERVICE)
    mail = writer.mail("RMP", mime.ascii_part(sealed))
    clinic.host.ask(clinic.anne, mail)
    anew = mime.ascii_part(sealed_anew(signed_packets(eve, mail), key))
    other = mime.file_part(
        "r.pdf.pgp", eve.keyring.encrypt(PDF, [SERVICE], sign=True, armor=False)
    )
    parts = mime.multipart("mixed", [anew, other])
    assert SEEN in silent(clinic, eve, writer.mail("RMP", parts), clinic.anne).text


def test_a_letter_between_colleagues_is_not_filed_and_its_author_is_told_once(
    clinic: Clinic, eve: Doctor
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    before = clinic.documents()
    private = written_to(clinic.paul, (eve.mail,), f"{lines}\nEntre nous : un doute.\n", {})
    letter = told(clinic, clinic.paul, eve, handed_on(clinic, eve, private))
    assert NOT_OURS in flat(letter)
    assert "Entre nous" not in letter.text
    assert clinic.documents() == before
    assert SEEN in silent(clinic, eve, handed_on(clinic, eve, private), clinic.paul).text


def test_a_blind_copy_is_refused_with_what_to_do(clinic: Clinic, eve: Doctor) -> None:
    text = f"{clinic.patient()}\nVoici.\n"
    both = (eve.mail, SERVICE)
    blind = written_to(clinic.paul, both, text, {"r.pdf": PDF}, to=eve.mail)
    letter = clinic.refusal(clinic.paul, blind)
    assert "l'adresse du service en « À » ou « Copie »" in flat(letter)


@pytest.mark.promise(number=5)
def test_a_request_by_signature_alone_names_the_service_in_what_is_signed(
    clinic: Clinic,
) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    text = f"Demande : révocation du code\n{lines}"
    letter = clinic.refusal(clinic.paul, clinic.paul.signed_inside(text))
    assert "doit nommer le service dans son texte même" in flat(letter)
    assert f"\n    Service : {SERVICE}\n" in letter.text
    asked = clinic.anne.pgp_mime(f"Demande : index\n{lines}Code : {code}\n")
    assert "Dossier de" in clinic.host.ask(clinic.anne, asked)[0].text
    named = f"Demande : révocation du code\nService : {SERVICE}\n{lines}"
    (done,) = clinic.host.ask(clinic.paul, clinic.paul.signed_inside(named))
    assert "révoqué" in done.text


def test_an_emergency_is_answered_whomever_it_was_written_to(
    clinic: Clinic, eve: Doctor
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    text = f"Demande : urgence\n{lines}Motif : coma\n"
    mail = written_to(clinic.anne, (eve.mail,), text, {})
    letter = told(clinic, clinic.anne, eve, handed_on(clinic, eve, mail))
    assert "Cet accès en urgence" in letter.text


def test_an_unsigned_mail_is_of_no_use_under_another_account(
    clinic: Clinic, eve: Doctor
) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    texts = (f"Demande : dossier\n{lines}Code : {code}\n", f"Demande : dossier\n{lines[:-9]}\n")
    mails = [clinic.anne.pgp_mime(text, sign=False) for text in texts]
    letters = [clinic.host.ask(eve, mail, **EVES)[0] for mail in mails]
    assert UNBOUND in flat(letters[0])
    assert "\n    Auteur : [votre adresse inscrite]\n" in letters[0].text
    assert {letter.text for letter in letters} == {letters[0].text}
    index = clinic.host.ask(clinic.anne, b"X-Own: 1\r\n" + mails[0], **LOGIN)[0]
    assert "Dossier de" in index.text


@pytest.mark.parametrize(("age", "taken"), [(12, False), (2, True), (-3, False)])
def test_an_unsigned_mail_counts_some_days(
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
    age: int,
    taken: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    moment = format_datetime(datetime.now(UTC) - timedelta(age))
    with monkeypatch.context() as patch:
        patch.setattr(mime, "formatdate", lambda **_: moment)
        text = f"Demande : index\n{lines}Code : {code}\n"
        mail = clinic.anne.pgp_mime(text, sign=False)
    (letter,) = clinic.host.ask(clinic.anne, mail, **LOGIN)
    assert ("Dossier de" in letter.text, UNBOUND in flat(letter)) == (taken, not taken)


def test_an_unsigned_text_says_in_two_lines_who_wrote_it_and_when(clinic: Clinic) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    text = f"Demande : index\n{lines}Code : {code}\n"
    (letter,) = clinic.host.ask(clinic.anne, clinic.anne.inline(text, sign=False), **LOGIN)
    assert UNBOUND in flat(letter)
    today = f"{datetime.now(PARIS):%d/%m/%Y}"
    bound = f"{text}Auteur : {clinic.anne.mail}\nÉcrit le : {today}\n"
    (letter,) = clinic.host.ask(clinic.anne, clinic.anne.inline(bound, sign=False), **LOGIN)
    assert "Dossier de" in letter.text
