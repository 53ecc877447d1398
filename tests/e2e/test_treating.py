"""Point 3 of the rules: médecin traitant, locums, a doctor's new key, as a doctor reads them."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest
from clinic import PARIS, PDF, Clinic
from states import leaves_of

from rmp_milter.certificates import read_certificate
from rmp_milter.certificates.packets import packets
from rmp_milter.cli.cards import vouched
from rmp_milter.cli.leaves import operator
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes
from rmp_milter.handlers.people.keys import with_key
from rmp_milter.keeper.log.journal import Journal
from testbed import certificate_parts as certificates
from testbed.doctor import Doctor
from testbed.gpg import Standing
from testbed.openpgp_maker import PUBLIC_SUBKEY, packet
from testbed.reading import Opened

pytestmark = pytest.mark.integration

FILES = {"Radio.pdf": PDF}
NUMBERS = count(1)


@pytest.fixture
def pair(clinic: Clinic) -> tuple[Doctor, Doctor]:
    """Two doctors whom no other test changes."""
    number = next(NUMBERS)
    return (
        clinic.host.doctor(f"Dr Un NUMERO{number}", f"un{number}@cabinet.test"),
        clinic.host.doctor(f"Dr Deux NUMERO{number}", f"deux{number}@cabinet.test"),
    )


@pytest.fixture(scope="module")
def couple(clinic: Clinic) -> tuple[Doctor, Doctor]:
    """Two doctors for tests that change nothing but a patient of their own."""
    return (
        clinic.host.doctor("Dr Un COUPLE", "un@couple.test"),
        clinic.host.doctor("Dr Deux COUPLE", "deux@couple.test"),
    )


@pytest.fixture
def renewed(pair: tuple[Doctor, Doctor], clinic: Clinic) -> Iterator[Doctor]:
    """The first of the pair with another key, the service's certificate in hand."""
    with Doctor(pair[0].name, pair[0].mail) as same:
        same.import_key(clinic.host.service.certificate)
        yield same


def day(days: int = 0) -> str:
    return (datetime.now(PARIS) + timedelta(days)).strftime("%d/%m/%Y")


def filled(clinic: Clinic, treating: Doctor) -> tuple[str, str]:
    """Create a dossier with a résumé and a radiology report; return its lines and code."""
    lines = clinic.patient()
    code = clinic.create(lines, by=treating, summary="Résumé.", files=FILES)
    report = f"{lines}Document : Compte-rendu radiologie\n\nRadio.\n"
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(report, FILES))
    return lines, code


def consult(clinic: Clinic, doctor: Doctor, lines: str, more: int = 3) -> list[Opened]:
    return clinic.host.ask(doctor, doctor.pgp_mime("Demande : dossier\n" + lines), more)


def take_over(clinic: Clinic, doctor: Doctor, lines: str, code: str) -> Opened:
    text = f"Demande : médecin traitant\n{lines}Code : {code}\nConsentement : oui\n"
    (answer,) = clinic.host.ask(doctor, doctor.pgp_mime(text))
    return answer


def declare(clinic: Clinic, doctor: Doctor, locum: str, first: str, last: str) -> Opened:
    text = f"Demande : remplacement\nRemplaçant : {locum}\nDu : {first}\nAu : {last}\n"
    (answer,) = clinic.host.ask(doctor, doctor.pgp_mime(text))
    return answer


# Médecin traitant


def test_the_new_medecin_traitant_reads_everything_by_his_signature(
    clinic: Clinic, couple: tuple[Doctor, Doctor]
) -> None:
    old, new = couple
    lines, code = filled(clinic, old)
    answer = take_over(clinic, new, lines, code)
    assert "Vous êtes désormais le médecin traitant de TEST" in answer.text
    assert "ne peut pas lui être repris" in " ".join(answer.text.split())
    assert old.name in answer.text
    index, *documents = consult(clinic, new, lines)
    assert f"Médecin traitant : {new.name}" in index.text
    assert [document.files["Radio.pdf"] for document in documents] == [PDF, PDF]


def test_the_former_one_is_told_and_reads_no_more(
    clinic: Clinic, couple: tuple[Doctor, Doctor]
) -> None:
    old, new = couple
    lines, code = filled(clinic, old)
    clinic.host.settle()
    before = clinic.host.postfix.collected.count(old.mail)
    take_over(clinic, new, lines, code)
    (notice,) = clinic.host.answers(old, after=before)
    assert notice.subject == "RMP : information"
    assert f"a choisi un autre médecin traitant, {new.name}" in " ".join(notice.text.split())
    refused = clinic.refusal(old, old.pgp_mime("Demande : dossier\n" + lines))
    assert "Le code du patient manque" in refused.text


def test_what_comes_after_the_change_has_a_packet_for_the_new_one_only(
    clinic: Clinic, pair: tuple[Doctor, Doctor]
) -> None:
    old, new = pair
    lines, code = filled(clinic, old)
    take_over(clinic, new, lines, code)
    listed = new.pgp_mime("Demande : liste\nNom : TEST\n")
    (before,) = clinic.host.ask(new, listed)
    assert "2 document(s) que vous n'avez pas encore reçu(s)" in " ".join(before.text.split())
    report = f"{lines}Document : biologie\n\nAprès.\n"
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(report))
    *_, last = consult(clinic, new, lines, 4)
    assert "Après." in last.text
    (after,) = clinic.host.ask(new, new.pgp_mime("Demande : liste\nNom : TEST\n\n.\n"))
    assert "pas encore reçu" not in after.text
    (his,) = clinic.host.ask(old, old.pgp_mime("Demande : liste\nNom : TEST\n"))
    assert "0 de vos patients ont un nom qui commence par « TEST »" in his.text


def test_a_wrong_code_changes_no_medecin_traitant(
    clinic: Clinic, couple: tuple[Doctor, Doctor]
) -> None:
    old, new = couple
    lines, _ = filled(clinic, old)
    text = f"Demande : médecin traitant\n{lines}Code : faux\nConsentement : oui\n"
    known = clinic.refusal(new, new.pgp_mime(text))
    text = f"Demande : médecin traitant\n{clinic.patient()}Code : faux\nConsentement : oui\n"
    unknown = clinic.refusal(new, new.pgp_mime(text))
    assert known.text == unknown.text
    assert len(consult(clinic, old, lines)) == 3


def test_without_consent_nothing_changes(clinic: Clinic, couple: tuple[Doctor, Doctor]) -> None:
    old, new = couple
    lines, code = filled(clinic, old)
    text = f"Demande : changement de médecin traitant\n{lines}Code : {code}\n"
    refused = clinic.refusal(new, new.pgp_mime(text))
    assert "une ligne Consentement" in " ".join(refused.text.split())


# Locums


def test_a_locum_reads_lists_and_adds_in_the_name_of_the_doctor(
    clinic: Clinic, pair: tuple[Doctor, Doctor]
) -> None:
    doctor, locum = pair
    lines, _ = filled(clinic, doctor)
    before = clinic.host.postfix.collected.count(locum.mail)
    answer = declare(clinic, doctor, locum.mail, day(), day(6))
    assert f"{locum.name}, du {day()} au {day(6)} inclus" in answer.text
    (notice,) = clinic.host.answers(locum, after=before)
    assert f"{doctor.name} vous a déclaré(e) comme remplaçant(e)" in notice.text
    _, *documents = consult(clinic, locum, lines)
    assert [document.files["Radio.pdf"] for document in documents] == [PDF, PDF]
    (listed,) = clinic.host.ask(locum, locum.pgp_mime("Demande : liste\nNom : TEST\n"))
    assert lines.splitlines()[0].removeprefix("Patient : ") in listed.text
    clinic.host.ask(locum, locum.pgp_mime(f"{lines}Document : consultation\n\nVu.\n"))
    index, *_ = consult(clinic, doctor, lines, 4)
    assert f"{locum.name} (remplaçant de {doctor.name})" in " ".join(index.text.split())
    assert f"Médecin traitant : {doctor.name}" in index.text


def test_a_locum_carries_out_a_patients_wish_in_the_name_of_the_doctor(
    clinic: Clinic, pair: tuple[Doctor, Doctor]
) -> None:
    doctor, locum = pair
    lines, code = filled(clinic, doctor)
    declare(clinic, doctor, locum.mail, day(), day(6))
    clinic.host.settle()
    wish = locum.pgp_mime(f"Demande : masquage\n{lines}Numéros : 2\n")
    (answer,) = clinic.host.ask(locum, wish)
    assert "Ces documents sont masqués" in answer.text
    clinic.host.settle()
    index, *_ = consult(clinic, clinic.anne, f"{lines}Code : {code}\n", 2)
    assert "Radiologie" not in index.text
    clinic.host.settle()
    accesses = doctor.pgp_mime("Demande : accès\n" + lines)
    (listed,) = clinic.host.ask(doctor, accesses)
    said = f"{locum.name}, remplaçant de {doctor.name}, a masqué (document 2)"
    assert said in " ".join(listed.text.split())


def test_before_his_days_a_locum_needs_the_code(
    clinic: Clinic, pair: tuple[Doctor, Doctor]
) -> None:
    doctor, locum = pair
    lines, _ = filled(clinic, doctor)
    declare(clinic, doctor, locum.name, day(1), day(6))
    refused = clinic.refusal(locum, locum.pgp_mime("Demande : dossier\n" + lines))
    assert "Le code du patient manque" in refused.text


def test_a_locum_ends_when_the_doctor_says_so(
    clinic: Clinic, pair: tuple[Doctor, Doctor]
) -> None:
    doctor, locum = pair
    lines, _ = filled(clinic, doctor)
    declare(clinic, doctor, locum.mail, day(), day(6))
    consult(clinic, locum, lines)
    text = f"Demande : fin de remplacement\nRemplaçant : {locum.mail}\n"
    (answer,) = clinic.host.ask(doctor, doctor.pgp_mime(text))
    assert "est terminé" in answer.text
    clinic.host.settle()
    mail = locum.pgp_mime("Demande : dossier\n" + lines + "\nEncore.\n")
    assert "Le code du patient manque" in clinic.refusal(locum, mail).text


def test_a_locum_who_is_not_enrolled_is_explained(
    clinic: Clinic, couple: tuple[Doctor, Doctor]
) -> None:
    text = f"Demande : remplacement\nRemplaçant : Dr Nul PART\nDu : {day()}\nAu : {day()}\n"
    refused = clinic.refusal(couple[0], couple[0].pgp_mime(text))
    assert "n'a pas été trouvé avec certitude" in refused.text.replace("\n", " ")


# A new key


def new_key(of: Doctor) -> str:
    return f"Demande : nouvelle clé\nEmpreinte : {of.fingerprint.upper()}\n"


def test_a_new_key_signed_with_the_old_one_opens_every_dossier(
    clinic: Clinic, pair: tuple[Doctor, Doctor], renewed: Doctor
) -> None:
    old, other = pair
    first, second = filled(clinic, old), filled(clinic, old)
    elsewhere, _ = filled(clinic, other)
    mail = old.pgp_mime(new_key(renewed), {"nouvelle.asc": renewed.certificate})
    before = clinic.host.postfix.collected.count(old.mail)
    assert clinic.host.send(old, mail).accepted
    raw = clinic.host.postfix.wait_mail(old.mail, before + 2, 20)[before:]
    answer, notice = renewed.read(raw[0]), old.read(raw[1])
    assert "Votre nouvelle clé est enregistrée" in answer.text
    assert "2 dossier(s), soit 4 document(s)" in answer.text
    assert [verdict.standing for verdict in answer.verdicts] == [Standing.GOOD]
    assert "prévenez tout de suite" in notice.text
    for lines, _ in (first, second):
        _, *documents = consult(clinic, renewed, lines)
        assert [document.files["Radio.pdf"] for document in documents] == [PDF, PDF]
    assert len(consult(clinic, other, elsewhere)) == 3
    assert "ne sait pas qui" in clinic.rejection(old, old.pgp_mime("Demande : aide\n")).text


def test_a_key_that_is_somebody_elses_is_refused(
    clinic: Clinic, couple: tuple[Doctor, Doctor]
) -> None:
    old, other = couple
    mail = old.pgp_mime(new_key(other), {"nouvelle.asc": other.certificate})
    assert "ne peut pas être enregistrée" in clinic.refusal(old, mail).text.replace("\n", " ")


def test_a_colleague_cannot_squat_a_doctors_next_key(
    clinic: Clinic, pair: tuple[Doctor, Doctor], renewed: Doctor
) -> None:
    """Eve's certificate has his next keys appended: a subkey of his, his primary as a subkey."""
    his, eve = pair
    primary, *_, encryption, binding = packets(read_certificate(renewed.certificate).binary)
    grafts = (packet(PUBLIC_SUBKEY, primary.content), encryption.whole, binding.whole)
    evil = certificate_of(eve.mail) + b"".join(grafts)
    stated = f"Demande : nouvelle clé\nEmpreinte : {read_certificate(evil).fingerprint}\n"
    assert clinic.host.send(eve, eve.pgp_mime(stated, {"k.asc": armored(evil)})).accepted
    clinic.host.settle()
    mail = his.pgp_mime(new_key(renewed), {"nouvelle.asc": renewed.certificate})
    before = clinic.host.postfix.collected.count(his.mail)
    assert clinic.host.send(his, mail).accepted
    raw = clinic.host.postfix.wait_mail(his.mail, before + 2, 20)[before:]
    assert "Votre nouvelle clé est enregistrée" in renewed.read(raw[0]).text


def test_several_keys_in_one_file_are_refused_as_such(
    clinic: Clinic, pair: tuple[Doctor, Doctor], renewed: Doctor
) -> None:
    his, eve = pair
    for file in (
        renewed.certificate + eve.certificate,
        armored(b"".join(read_certificate(each.certificate).binary for each in (renewed, eve))),
    ):
        mail = his.pgp_mime(new_key(renewed), {"nouvelle.asc": file})
        refused = clinic.refusal(his, mail).text.replace("\n", " ")
        assert "un fichier joint contient plusieurs clés" in refused


def certificate_of(mail: str) -> bytes:
    own = certificates.pair()
    named = certificates.named(own.primary, who=f"Eve <{mail}>")
    return own.primary.primary() + named + own.reading


def armored(data: bytes) -> bytes:
    head, end = (
        f"-----{word} PGP PUBLIC KEY BLOCK-----\n".encode() for word in ("BEGIN", "END")
    )
    return head + b"\n" + base64.encodebytes(data) + end


def test_a_key_that_comes_unasked_changes_nothing(
    clinic: Clinic, pair: tuple[Doctor, Doctor], renewed: Doctor
) -> None:
    """Clients enclose keys by themselves; a stranger's may come along as well."""
    old, other = pair
    files = {"nouvelle.asc": renewed.certificate}
    refused = clinic.refusal(old, old.pgp_mime("Demande : nouvelle clé\n", files)).text
    assert "Empreinte" in refused
    refused = clinic.refusal(old, old.pgp_mime(new_key(other), files)).text
    assert "Aucune clé jointe ne porte l'empreinte" in refused


def test_without_a_key_the_doctor_is_told_to_attach_one(
    clinic: Clinic, couple: tuple[Doctor, Doctor]
) -> None:
    mail = couple[0].pgp_mime(new_key(couple[1]))
    assert "Joignez votre nouvelle clé" in clinic.refusal(couple[0], mail).text.replace(
        "\n", " "
    )


# A lost key


def test_the_patients_code_makes_a_lost_key_good_for_his_dossier(
    clinic: Clinic, pair: tuple[Doctor, Doctor], renewed: Doctor
) -> None:
    """The directory has the new key; the packets of what was filed before are for the old one."""
    old, _ = pair
    lines, code = filled(clinic, old)
    rekey(clinic, renewed, only_the_directory=True)
    index = consult(clinic, renewed, lines, 1)[0]
    assert "pour une autre de vos clés" in index.text
    answer = take_over(clinic, renewed, lines, code)
    assert "Vous restez le médecin traitant" in " ".join(answer.text.split())
    _, *documents = consult(clinic, renewed, lines + "\nEncore.\n")
    assert [document.files["Radio.pdf"] for document in documents] == [PDF, PDF]


def test_the_host_makes_a_lost_key_good_with_two_named_persons(
    clinic: Clinic, pair: tuple[Doctor, Doctor], renewed: Doctor
) -> None:
    old, _ = pair
    both = [filled(clinic, old)[0] for _ in range(2)]
    said = rekey(clinic, renewed)
    assert (said["dossiers"], said["documents"]) == (2, 4)
    assert rekey(clinic, renewed)["documents"] == 0
    for lines in both:
        _, *documents = consult(clinic, renewed, lines)
        assert [document.files["Radio.pdf"] for document in documents] == [PDF, PDF]
    assert clinic.host.service.rmp("store", "check").returncode == 0
    with Journal(clinic.host.service.folder / "keeper" / "log") as log:
        leaves = leaves_of(log)
    named = [leaf for leaf in leaves if leaf.get("witnesses") == ["Jeanne ROY", "Luc SAND"]]
    assert [leaf["proof"] for leaf in named[-4:]] == [
        *("host", "host+custody", "host+custody", "host")
    ]


def test_a_locum_that_the_host_declares_reads(
    clinic: Clinic, pair: tuple[Doctor, Doctor]
) -> None:
    doctor, locum = pair
    lines, _ = filled(clinic, doctor)
    today = datetime.now(PARIS).strftime("%Y-%m-%d")
    between = ("--from", today, "--to", today)
    clinic.host.service.rmp("doctor", "locum", doctor.mail, "--locum", locum.mail, *between)
    assert len(consult(clinic, locum, lines)) == 3


def rekey(
    clinic: Clinic, renewed: Doctor, *, only_the_directory: bool = False
) -> dict[str, object]:
    """Have the host enrol a doctor's new key; with or without the dossiers that he treats."""
    service = clinic.host.service
    key = service.root / f"{renewed.fingerprint}.asc"
    key.write_bytes(renewed.certificate)
    names = ("--witness", "Jeanne ROY", "--witness", "Luc SAND", "--json")
    if only_the_directory:
        shown = json.loads(service.rmp("doctor", "show", renewed.mail, "--json").stdout)
        change_key_only(clinic, str(shown["rpps"]), renewed)
        return {}
    said = service.rmp("doctor", "rekey", renewed.mail, "--key", str(key), *names).stdout
    found: dict[str, object] = json.loads(said)
    return found


def change_key_only(clinic: Clinic, number: str, renewed: Doctor) -> None:
    """Write the new key into the directory, as if the host's command had ended there."""
    config = load(clinic.host.service.config)
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as snapshot:
            known = snapshot.doctor_by_rpps(number)
        assert known is not None
        new = with_key(known, read_certificate(renewed.certificate))
        new = vouched(keeper, new, keeper.event("cle", number))
        store.commit(Changes(doctors=(new,)), int(time.time()))
