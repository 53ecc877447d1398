"""Deposits through a real Postfix: waiting, prescribers, receipts, HPRIM, other onglets."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from clinic import PDF, Clinic

from testbed.host import Host
from testbed.reading import Opened
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

FILES = {"Radio.pdf": PDF}
SIZE_NOISE = 16
"""Octets: integers of OpenPGP lose leading zeros."""


def pending(clinic: Clinic) -> list[dict[str, str]]:
    return list(json.loads(clinic.host.service.rmp("pending", "list", "--json").stdout))


def chores(clinic: Clinic, *, days: int = 0) -> dict[str, int]:
    """Do the chores as they will be due in so many days."""
    at = (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    done = clinic.host.service.rmp("chores", "--at", at, "--json").stdout
    return dict(json.loads(done))


def index(clinic: Clinic, lines: str) -> str:
    """Return the index as the médecin traitant is sent it."""
    asked = clinic.paul.pgp_mime("Demande : index\n" + lines)
    (answer,) = clinic.host.ask(clinic.paul, asked)
    return answer.text


def without_patient(answer: Opened, lines: str) -> str:
    name = lines.splitlines()[0].removeprefix("Patient : ")
    assert name in answer.text
    return answer.text.replace(name, "NOM")


def sound(clinic: Clinic) -> bool:
    return "the store is sound" in clinic.host.service.rmp("store", "check").stdout.decode()


def hprim(name: str, first_name: str = "Jean", recipient: str = "") -> str:
    head = ["0001", name, first_name, "1 rue de l'Église", "", "69003 LYON", "30/01/1959", ""]
    head += ["REF", "12/11/2026", "LABO      Laboratoire", f"0123456789{recipient}", ""]
    return "\r\n".join(head) + "\r\n****LAB****\r\nRES|GLY|Glycémie|N|1,10\r\n****FIN****\r\n"


def name_in(lines: str) -> str:
    return lines.split()[2]


class TestWaiting:
    @pytest.mark.promise(number=6)
    def test_the_sender_cannot_tell_whether_the_patient_has_a_dossier(
        self, clinic: Clinic
    ) -> None:
        known, unknown = clinic.patient(), clinic.patient()
        clinic.create(known)
        before = len(pending(clinic))
        answers = [
            clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nVoici.\n", FILES))
            for lines in (known, unknown)
        ]
        assert [len(each) for each in answers] == [1, 1]
        (filed,), (waiting,) = answers
        assert without_patient(filed, known) == without_patient(waiting, unknown)
        assert filed.outer_subject == waiting.outer_subject
        sizes = [len(raw) for raw in clinic.host.postfix.wait_mail(clinic.lab.mail, 2)[-2:]]
        assert abs(sizes[0] - sizes[1]) <= SIZE_NOISE
        assert len(pending(clinic)) == before + 1

    @pytest.mark.promise(number=17)
    def test_what_waits_is_seen_by_the_host_without_any_name(self, clinic: Clinic) -> None:
        lines = clinic.patient()
        clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nVoici.\n", FILES))
        rows = pending(clinic)
        row = rows[-1]
        assert set(row) == {"reference", "since", "until", "depositor", "documents", "bytes"}
        assert len(row["depositor"]) == 11
        table = clinic.host.service.rmp("pending", "list").stdout.decode()
        assert row["reference"] in table
        assert name_in(lines) not in table + json.dumps(rows)

    def test_it_is_attached_when_the_dossier_appears(self, clinic: Clinic) -> None:
        lines = clinic.patient()
        clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nVoici.\n", FILES))
        waiting = len(pending(clinic))
        text = f"Demande : création\n{lines}Consentement : oui\n"
        (created,) = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(text))
        assert "Ces documents attendaient le dossier" in created.text
        assert "Laboratoire CENTRAL" in created.text
        assert len(pending(clinic)) == waiting - 1
        clinic.host.settle()
        clinic.paul.import_key(clinic.lab.certificate)
        asked = clinic.paul.pgp_mime("Demande : dossier\n" + lines)
        first, entry = clinic.host.ask(clinic.paul, asked, 2)
        assert "Laboratoire CENTRAL" in first.text
        assert entry.files["Radio.pdf"] == PDF
        accesses = clinic.paul.pgp_mime("Demande : accès\n" + lines)
        (listed,) = clinic.host.ask(clinic.paul, accesses)
        attached = "Laboratoire CENTRAL a fait rattacher des documents qui attendaient"
        assert attached in " ".join(listed.text.split())
        assert sound(clinic)

    def test_the_milter_attaches_it_by_itself(self) -> None:
        with Host({("milter", "chores_seconds"): "1"}, by_library=True) as host:
            paul = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
            lab = host.doctor("Laboratoire", "labo@labo.test", "laboratoire")
            lines = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
            host.ask(lab, lab.pgp_mime(f"{lines}\nVoici.\n", FILES))
            assert host.stored()["entries"] == 0
            created = f"Demande : création\n{lines}Consentement : oui\n"
            host.ask(paul, paul.pgp_mime(created))
            wait_until(lambda: host.stored()["entries"] == 1, 20, "the adoption")
            _, entry = host.ask(paul, paul.pgp_mime("Demande : dossier\n" + lines), 2)
            assert entry.files["Radio.pdf"] == PDF
            host.service.stop(Part.MILTER)  # the chores' thread ends with it
            assert "Traceback" not in host.service.all_logs()

    def test_in_vain_and_its_sender_is_told(self, clinic: Clinic) -> None:
        lines = clinic.patient()
        clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nVoici.\n", FILES))
        clinic.host.settle()
        before = clinic.host.postfix.collected.count(clinic.lab.mail)
        waited = len(pending(clinic))
        assert chores(clinic, days=29)["expired"] == 0
        assert chores(clinic, days=31)["expired"] == waited
        assert pending(clinic) == []
        *_, told = clinic.host.answers(clinic.lab, waited, after=before)
        assert told.subject.startswith("RMP : dépôt non gardé pour TEST")
        assert "n'ont trouvé aucun dossier.\nLe service ne les garde plus" in told.text
        assert "Radio.pdf" in told.text
        assert sound(clinic)

    def test_dropped_by_the_host_and_its_sender_is_told(self, clinic: Clinic) -> None:
        lines = clinic.patient()
        clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nVoici.\n", FILES))
        clinic.host.settle()
        before = clinic.host.postfix.collected.count(clinic.lab.mail)
        reference = pending(clinic)[-1]["reference"]
        clinic.host.service.rmp("pending", "drop", reference)
        assert reference not in [row["reference"] for row in pending(clinic)]
        (told,) = clinic.host.answers(clinic.lab, after=before)
        assert name_in(lines) in told.subject


class TestPrescriber:
    def test_gets_a_copy_at_once_and_no_access(self, clinic: Clinic) -> None:
        for has_dossier in (True, False):
            lines = clinic.patient()
            if has_dossier:
                clinic.create(lines)
            clinic.host.settle()
            before = clinic.host.postfix.collected.count(clinic.anne.mail)
            text = f"{lines}Prescripteur : Dr Anne AUTRE\n\nVoici.\n"
            (receipt,) = clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(text, FILES))
            assert (
                "Une copie chiffrée est envoyée au prescripteur, Dr Anne AUTRE" in receipt.text
            )
            clinic.anne.import_key(clinic.lab.certificate)
            letter, copy = clinic.host.answers(clinic.anne, 2, after=before)
            assert "vous nomme comme prescripteur" in letter.text
            assert copy.files["Radio.pdf"] == PDF
            asked = clinic.anne.pgp_mime("Demande : dossier\n" + lines)
            assert "code du patient manque" in " ".join(
                clinic.refusal(clinic.anne, asked).text.split()
            )

    def test_gets_bare_files_as_attachments_that_he_can_open(self, clinic: Clinic) -> None:
        lines = clinic.patient()
        before = clinic.host.postfix.collected.count(clinic.anne.mail)
        text = f"{lines}Prescripteur : anne@clinique.test\n\nVoici.\n"
        clinic.host.ask(clinic.lab, clinic.lab.partitioned(text, FILES))
        letter, copy = clinic.host.answers(clinic.anne, 2, after=before)
        assert "Radio.pdf" in letter.text
        assert copy.files["Radio.pdf"] == PDF

    def test_who_is_unknown_is_said(self, clinic: Clinic) -> None:
        lines = clinic.patient()
        clinic.create(lines)
        text = f"{lines}Prescripteur : Dr Personne\n\nVoici.\n"
        (receipt,) = clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(text))
        assert "« Dr Personne »\nn'a pas été trouvé" in receipt.text
        assert "Laboratoire CENTRAL" in index(clinic, lines)


class TestReceipts:
    def test_daily_ones_come_in_one_letter_and_none_means_none(self, clinic: Clinic) -> None:
        imagery = clinic.host.doctor("Imagerie du Lac", "lac@radio.test", "radiologue")
        rmp = clinic.host.service.rmp
        rmp("doctor", "set", imagery.mail, "--receipts", "daily")
        known, unknown = clinic.patient(), clinic.patient()
        clinic.create(known)
        for lines in (known, unknown):
            assert clinic.host.send(imagery, imagery.pgp_mime(f"{lines}\nVoici.\n")).accepted
        assert chores(clinic)["digests"] == 0
        assert chores(clinic, days=1)["digests"] == 1
        (digest,) = clinic.host.answers(imagery)
        assert digest.subject == "RMP : vos reçus de dépôt"
        assert name_in(known) in digest.text
        assert name_in(unknown) in digest.text
        rmp("doctor", "set", imagery.mail, "--receipts", "none")
        assert clinic.host.send(imagery, imagery.pgp_mime(f"{known}\nEncore.\n")).accepted
        clinic.host.settle()
        assert clinic.host.postfix.collected.count(imagery.mail) == 1
        refused = clinic.refusal(imagery, imagery.pgp_mime(f"{known}Prescripteur : X\n"))
        assert "ne contient rien à conserver" in refused.text


class TestHprim:
    @pytest.mark.parametrize("encoding", ["iso-8859-1", "mac_roman", "utf-8"])
    def test_an_attached_file_names_patient_and_prescriber(
        self, clinic: Clinic, encoding: str
    ) -> None:
        lines = clinic.patient()
        clinic.create(lines)
        file = hprim(name_in(lines), recipient="Dr Anne AUTRE").encode(encoding)
        mail = clinic.lab.pgp_mime("Résultats joints.\n", {"bilan.hpr": file})
        (receipt,) = clinic.host.ask(clinic.lab, mail)
        assert "« Biologie »" in receipt.text
        assert "bilan.hpr" in receipt.text
        assert "au prescripteur, Dr Anne AUTRE," in receipt.text
        assert "BIOLOGIE" in index(clinic, lines)

    def test_an_inline_text_with_old_line_ends(self, clinic: Clinic) -> None:
        lines = clinic.patient()
        clinic.create(lines)
        (receipt,) = clinic.host.ask(clinic.lab, clinic.lab.inline(hprim(name_in(lines))))
        assert name_in(lines) in receipt.text
        assert "BIOLOGIE" in index(clinic, lines)

    def test_messages_of_several_patients_each_go_to_their_own(self, clinic: Clinic) -> None:
        one, two = clinic.patient(), clinic.patient()
        clinic.create(one)
        clinic.create(two)
        parts = [hprim(name_in(lines)).encode("iso-8859-1") for lines in (one, two)]
        file = b"".join(parts) + b"****FINFICHIER****\r\n"
        mail = clinic.lab.pgp_mime("Résultats joints.\n", {"bilan.hpr": file})
        (receipt,) = clinic.host.ask(clinic.lab, mail)
        assert name_in(one) in receipt.text
        assert name_in(two) in receipt.text
        assert "a été\ndétaché" in receipt.text
        asked = clinic.paul.pgp_mime("Demande : dossier\n" + one)
        answer, document = clinic.host.ask(clinic.paul, asked, 2)
        assert "bilan-01.hpr" in answer.text
        assert document.files["bilan-01.hpr"] == parts[0]
        assert sound(clinic)

    def test_documents_beside_several_patients_are_nobodys_and_refused(
        self, clinic: Clinic
    ) -> None:
        text = hprim("UNTEL") + hprim("AUTREMENT")
        before = clinic.documents()
        refused = clinic.refusal(clinic.lab, clinic.lab.partitioned(text, FILES))
        assert "Envoyez un message par patient" in " ".join(refused.text.split())
        assert clinic.documents() == before


class TestReclassement:
    def test_the_medecin_traitant_moves_an_entry_by_mail(self, clinic: Clinic) -> None:
        lines = clinic.patient()
        clinic.create(lines)
        clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}Document : Note\n\nVoici.\n"))
        asked = f"Demande : reclassement\n{lines}Numéros : 1\nOnglet : Imagerie\n"
        (answer,) = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(asked))
        assert "l'onglet « Imagerie » se trouvent" in answer.text
        assert "quitte « Biologie »" in answer.text
        assert "IMAGERIE\n  1." in index(clinic, lines)
        refused = clinic.refusal(clinic.lab, clinic.lab.pgp_mime(asked))
        assert "n'est pas accordé" in refused.text
