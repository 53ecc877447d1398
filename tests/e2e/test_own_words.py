"""Only what the sender meant, through a real Postfix: the attacks that worked, and answers."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from clinic import PDF, Clinic
from states import open_store

from testbed.doctor import Doctor
from testbed.reading import Opened

pytestmark = pytest.mark.integration

REFERENCE = re.compile(r"U-[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}")
NOTHING_DONE = "rien n'a été fait"


def quoted(text: str, *, attribution: str = "Le 12/11/2026 à 10:12, RMP a écrit :") -> str:
    marked = "".join(f"> {line}\n" for line in text.splitlines())
    return f"Merci beaucoup.\nDr Paul DEMO\n\n{attribution}\n{marked}"


def revisions(clinic: Clinic) -> list[object]:
    """Return all that a request might have changed."""
    clinic.host.settle()
    with open_store(clinic.host.service) as store, store.snapshot() as view:
        return [*view.dossiers(), *view.doctors()]


@pytest.mark.promise(number=5)
@pytest.mark.parametrize(
    "lines",
    [
        "Demande : remplacement\nRemplaçant : anne@clinique.test\nDu : {today}\nAu : {later}\n",
        "Demande : nouvelle clé\n",
        "Demande : révocation du code\n{patient}",
        "Demande : masquage\n{patient}Numéros : 1\n",
        "Demande : médecin traitant\n{patient}Code : {code}\nConsentement : oui\n",
        "Demande : clôture\n{patient}Code : {code}\n",
    ],
)
def test_a_strangers_request_quoted_below_thanks_does_nothing(
    clinic: Clinic, lines: str
) -> None:
    patient = clinic.patient()
    code = clinic.create(patient)
    today = datetime.now(UTC)
    request = lines.format(
        patient=patient,
        code=code,
        today=f"{today:%d/%m/%Y}",
        later=f"{today + timedelta(300):%d/%m/%Y}",
    )
    before = revisions(clinic)
    # Thanks are answered once a day: of these mails only the first one is.
    assert clinic.host.send(clinic.paul, clinic.paul.pgp_mime(quoted(request))).code == 250
    assert revisions(clinic) == before


def test_thanks_are_answered_once_a_thread(clinic: Clinic) -> None:
    first = clinic.lab.pgp_mime("Merci.\n")
    (answer,) = clinic.host.ask(clinic.lab, first)
    assert NOTHING_DONE in answer.text
    count = clinic.host.postfix.collected.count(clinic.lab.mail)
    assert clinic.host.send(clinic.lab, clinic.lab.pgp_mime("Merci encore !\n")).code == 250
    clinic.host.settle()
    assert clinic.host.postfix.collected.count(clinic.lab.mail) == count


def test_a_question_to_a_colleague_is_told_that_nobody_reads_it(clinic: Clinic) -> None:
    text = "Quelle dose d'apixaban avez-vous retenue ?\n"
    before = clinic.documents()
    (answer,) = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(text))
    assert answer.subject == "RMP : votre message n'a pas été traité"
    assert clinic.documents() == before


def test_two_patients_in_one_mail_are_not_filed(clinic: Clinic) -> None:
    one, other = clinic.patient(), clinic.patient()
    before = clinic.documents()
    mail = clinic.lab.pgp_mime(f"{one}\nVoici.\n\n{other}\nEt voilà.\n", {"a.pdf": PDF})
    clinic.refusal(clinic.lab, mail)
    assert clinic.documents() == before


def test_an_hprim_file_of_somebody_else_is_not_filed(clinic: Clinic) -> None:
    lines = ["12345", "MARTIN", "Luc", "1 rue X", "", "75001 PARIS", "01/01/1970", "", "R1"]
    hprim = "\r\n".join([*lines, "12/11/2026", "LABO      Labo", "DEMO      Dr DEMO", "", "CR"])
    before = clinic.documents()
    mail = clinic.lab.pgp_mime(
        f"{clinic.patient()}\nVoici.\n", {"r.hpr": hprim.encode("latin-1")}
    )
    clinic.refusal(clinic.lab, mail)
    assert clinic.documents() == before


def urgent(clinic: Clinic, doctor: Doctor) -> Opened:
    patient = clinic.patient()
    clinic.create(patient)
    text = f"Demande : urgence\n{patient}Motif : coma\n"
    return clinic.host.ask(doctor, doctor.pgp_mime(text))[0]


def test_a_plain_signed_reply_justifies_an_emergency(clinic: Clinic) -> None:
    answer = urgent(clinic, clinic.anne)
    reference = REFERENCE.search(answer.text)
    assert reference
    reply = quoted(answer.text).replace("Merci beaucoup.", "AVC, thrombolyse à décider.")
    (said,) = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(reply))
    assert reference[0] in said.text
    with open_store(clinic.host.service) as store, store.snapshot() as view:
        emergency = view.emergency(reference[0])
    assert emergency is not None
    assert emergency.justified_at


def test_a_plain_reply_that_is_not_his_justifies_nothing(clinic: Clinic) -> None:
    answer = urgent(clinic, clinic.anne)
    reply = quoted(answer.text).replace("Merci beaucoup.", "AVC, thrombolyse à décider.")
    refused = clinic.refusal(clinic.paul, clinic.paul.pgp_mime(reply))
    assert "référence" in refused.text
    with open_store(clinic.host.service) as store, store.snapshot() as view:
        reference = REFERENCE.search(answer.text)
        assert reference
        emergency = view.emergency(reference[0])
    assert emergency is not None
    assert not emergency.justified_at
