import msgspec
import pytest

from rmp_milter.calls.protocol.opening import Signature, Standing, Trust
from rmp_milter.dossier.model import Doctor, Verb
from rmp_milter.errors import MailError
from rmp_milter.mail.meaning.understanding import (
    Arrival,
    InService,
    OwnWords,
    check_age,
    check_arrival,
    check_request,
    understood,
)

DAY = 86_400


@pytest.mark.parametrize("created", [0, 100 * DAY, 93 * DAY, 101 * DAY])
def test_a_signature_of_these_days_is_taken(created: int) -> None:
    check_age(Signature(Trust.GOOD, "f1", created=created), 100 * DAY, 7)


@pytest.mark.parametrize("trust", Trust)
def test_an_older_signature_is_stale_whatever_it_is_worth(trust: Trust) -> None:
    with pytest.raises(MailError, match="stale"):
        check_age(Signature(trust, "f1", created=93 * DAY - 1), 100 * DAY, 7)


DOCTOR = Doctor(
    doctor_id=bytes(16),
    name="Dr Anne MOREL",
    rpps="10003456786",
    mail="anne@cab.example",
    profession="médecin",
    certificate=b"to which nothing can be encrypted",
    fingerprint="f1",
    key_ids=(),
)
PATIENT = msgspec.structs.replace(DOCTOR, rpps="", patient_of=bytes(16))
NOTHING = Signature(Trust.NONE)


def problems(lines: str, doctor: Doctor | None) -> list[str]:
    return [problem.word for problem in understood(OwnWords(lines), 2026, doctor).problems]


def test_a_doctor_and_a_stranger_must_say_who_the_patient_is() -> None:
    lines = "Demande : dossier\n"
    assert problems(lines, DOCTOR) == problems(lines, None) == ["Patient", "Né le"]


def test_a_patient_need_not_say_who_he_is() -> None:
    assert problems("Demande : dossier\n", PATIENT) == []


def test_what_a_patient_says_must_be_right_all_the_same() -> None:
    lines = "Demande : masquage\nNé le : demain\n"
    assert problems(lines, PATIENT) == ["Né le", "Numéros"]


@pytest.mark.parametrize("doctor", [DOCTOR, PATIENT, None])
def test_an_emergencys_header_has_no_problem(doctor: Doctor | None) -> None:
    header = understood(OwnWords("Demande : urgence\nNé le : vers 1959\n"), 2026, doctor)
    assert (header.problems, header.born_years) == ((), (1957, 1961))


def test_a_code_whose_answer_cannot_be_sealed_is_refused() -> None:
    header = understood(OwnWords("Demande : dossier\n"), 2026, DOCTOR)
    with pytest.raises(MailError, match="expired-key"):
        check_arrival(Arrival(NOTHING, has_code=True, at=DAY), header, DOCTOR, 7)


@pytest.mark.parametrize(("has_code", "doctor"), [(False, DOCTOR), (True, None)])
def test_without_code_or_known_sender_his_key_does_not_matter(
    has_code: bool,  # noqa: FBT001 -- a parameter of the test
    doctor: Doctor | None,
) -> None:
    header = understood(OwnWords("Demande : dossier\n"), 2026, doctor)
    check_arrival(Arrival(NOTHING, has_code, DAY), header, doctor, 7)


def test_an_old_signature_refuses_all_but_an_emergency() -> None:
    old = Arrival(Signature(Trust.GOOD, "f1", created=1), has_code=True, at=100 * DAY)
    check_arrival(old, understood(OwnWords("Demande : urgence\n"), 2026, DOCTOR), DOCTOR, 7)
    with pytest.raises(MailError, match="stale"):
        check_arrival(old, understood(OwnWords("Demande : aide\n"), 2026, DOCTOR), DOCTOR, 7)


def checked(lines: str, service: InService) -> None:
    header = understood(OwnWords(lines), 2026, DOCTOR)
    check_request(header, Standing.HEADER, service, has_documents=False)


def test_a_mail_for_another_service_is_refused_unless_it_is_an_emergency() -> None:
    lines = "Demande : aide\nService : {}\n"
    service = InService(Verb, ("rmp@chu.example", "rmp-test@chu.example"))
    for address in service.addresses:
        checked(lines.format(address), service)
    checked(lines.format("Cardiologie"), service)
    with pytest.raises(MailError, match="other-service"):
        checked(lines.format("rmp@autre.example"), service)
    checked(lines.format("rmp@autre.example"), InService(Verb))
    checked(lines.format("rmp@autre.example").replace("aide", "urgence"), service)


def test_a_patient_who_leaves_a_slot_is_asked_back() -> None:
    lines = "Demande : accès\nPatient : [NOM Prénom]\n"
    assert problems(lines, PATIENT) == ["Patient"]
