"""What the service wrote comes back in a doctor's signed answer, whatever a stranger put in it.

An enrolled intruder names a file like the lines of a request; the médecin traitant thanks for
the index that lists it, with the index below.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from clinic import PDF, Clinic
from states import doctor_id, open_store, tries_of

from rmp_milter.dossier.model import Fault
from testbed.doctor import Doctor

pytestmark = pytest.mark.integration

QUOTED: dict[str, Callable[[str], str]] = {
    "marked": lambda text: (
        "Merci.\n\nLe 12/11/2026 à 10:00, RMP a écrit :\n"
        + "".join(f"> {line}\n" for line in text.splitlines())
    ),
    "not marked": lambda text: f"Merci.\n\n{text}",
    "right below": lambda text: f"Merci.\n{text}",
    "alone": str,
    "the index alone": lambda text: "\n".join(
        line for line in text.splitlines() if "remplacement" in line
    ),
}


@pytest.fixture(scope="module")
def eve(clinic: Clinic) -> Doctor:
    return clinic.host.doctor("Dr Eve MALIN", "eve@mal.test")


def locums_of(clinic: Clinic, doctor: Doctor) -> int:
    with open_store(clinic.host.service) as store, store.snapshot() as view:
        known = view.doctor_by_mail(doctor.mail)
    assert known is not None
    return len(known.locums)


def sent_back(clinic: Clinic, doctor: Doctor, words: str) -> list[str]:
    """Send the words, signed; return the subjects of what comes of it (thanks are quiet)."""
    collected = clinic.host.postfix.collected
    before = collected.count(doctor.mail)
    assert clinic.host.send(doctor, doctor.pgp_mime(words)).accepted
    clinic.host.settle()
    return [doctor.read(raw).subject for raw in collected.of(doctor.mail)[before:]]


def tries(clinic: Clinic) -> int:
    anne = doctor_id(clinic.host.service, clinic.anne.mail)
    return tries_of(clinic.host.service, Fault.SENDER, anne)


@pytest.fixture(scope="module")
def index(clinic: Clinic, eve: Doctor) -> str:
    """An index that lists a file which is named like a request."""
    lines = clinic.patient()
    clinic.create(lines)
    today = datetime.now(UTC)
    days = f"Du : {today:%d-%m-%Y}  Au : {today + timedelta(300):%d-%m-%Y}"
    name = f"Demande : remplacement  Remplaçant : {eve.mail}  {days}  Document : z.pdf"
    clinic.host.ask(eve, eve.pgp_mime(f"{lines}\nvoici\n", {name: PDF}))
    index, *_ = clinic.host.exchange(
        clinic.paul, clinic.paul.pgp_mime(f"Demande : dossier\n{lines}")
    )
    assert "Demande · remplacement" in index.text
    return index.text


@pytest.fixture(scope="module")
def created(clinic: Clinic) -> str:
    """An answer with a new code."""
    text = f"Demande : création\n{clinic.patient()}Consentement : oui\n"
    (answer,) = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(text))
    return answer.text


@pytest.fixture(scope="module")
def help_page(clinic: Clinic) -> str:
    (answer,) = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime("Demande : aide\n"))
    assert f"    Service : {clinic.host.service.address}\n" in answer.text
    return answer.text


@pytest.mark.promise(number=20)
@pytest.mark.parametrize("form", QUOTED)
def test_a_file_that_is_named_like_a_request_asks_for_nothing(
    clinic: Clinic, index: str, form: str
) -> None:
    before = locums_of(clinic, clinic.paul)
    said = sent_back(clinic, clinic.paul, QUOTED[form](index))
    assert not any("remplacement" in subject for subject in said)
    assert locums_of(clinic, clinic.paul) == before


@pytest.mark.promise(number=20)
@pytest.mark.parametrize("form", ["marked", "not marked", "right below"])
def test_the_answer_with_a_new_code_is_neither_a_code_nor_a_request(
    clinic: Clinic, created: str, form: str
) -> None:
    before = clinic.host.stored()
    tried = tries(clinic)
    sent_back(clinic, clinic.anne, QUOTED[form](created))
    assert clinic.host.stored() == before
    assert tries(clinic) == tried


@pytest.mark.promise(number=20)
@pytest.mark.parametrize("form", ["marked", "not marked", "right below", "alone"])
def test_the_help_page_asks_for_nothing(clinic: Clinic, help_page: str, form: str) -> None:
    before = clinic.host.stored()
    said = sent_back(clinic, clinic.paul, QUOTED[form](help_page))
    assert not any("mode d'emploi" in subject for subject in said)
    assert clinic.host.stored() == before
