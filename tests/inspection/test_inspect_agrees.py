"""What is told of a mail is what the pipeline does with it."""

import re
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from inspect_case import (
    CODE,
    HEADER,
    LETTER,
    Inspect,
    Said,
    armored,
    days_ago,
    enrol,
    inline,
    key_packet,
)

from rmp_milter.calls.memory import Memory
from rmp_milter.certificates import read_certificate
from rmp_milter.cli.cards import vouched
from rmp_milter.cli.leaves import operator
from rmp_milter.cli.stores import open_store, store_keys
from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Envelope, Verb
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.rules import BY_SIGNATURE
from rmp_milter.errors import MailError
from rmp_milter.keeper.openpgp.packets import SEIPD, frame
from rmp_milter.mail.incoming.armor import dearmor
from rmp_milter.milter import pipeline, process
from testbed.doctor import Doctor
from testbed.resealing import written_to
from testbed.service import rpps

pytestmark = pytest.mark.integration

EMERGENCY = "Demande : urgence\nMotif : patient inconscient aux urgences\n"


class Milter:
    """The milter's pipeline as it takes a mail from Postfix."""

    def __init__(self, file: Path) -> None:
        self.config = load(file)

    def take(self, mail: bytes) -> str:
        """Return the key of the refusal, or how the log says that the mail was done."""
        envelope = Envelope("somebody@else.where", ("rmp@rmp.test",), "", int(time.time()))
        with open_store(self.config) as store, Memory() as memory:
            means = process._means(
                self.config, store, store_keys(self.config), process.keepers_of(self.config)
            )
            memory.write(mail)
            try:
                word = pipeline.take(envelope, memory, means).partition(", answers ")[0]
            except MailError as error:
                return error.text
        refused = re.search(r" refused: (\S+)", word)
        return refused[1] if refused else word

    def change_key(self, doctor: Doctor) -> None:
        """Give a doctor's entry his certificate as it is now, usable or not."""
        binary = read_certificate(doctor.certificate).binary
        with operator(self.config) as keeper, open_store(self.config) as store:
            with store.snapshot() as view:
                found = view.doctor_by_fingerprint(doctor.fingerprint)
            assert found
            new = revised(found, certificate=binary)
            new = vouched(keeper, new, keeper.event("cle", found.rpps))
            store.commit(Changes(doctors=(new,)), int(time.time()))


@pytest.fixture(scope="module")
def milter(service: Path, keeper: None) -> Milter:  # noqa: ARG001 -- the keeper runs
    return Milter(service / "rmp.toml")


@pytest.fixture(scope="module")
def outsider(service: Path) -> Iterator[Doctor]:
    """Somebody with the service's key whom nobody enrolled."""
    with Doctor("Dr Lucie INCONNUE", "lucie@nulle.part") as lucie:
        lucie.import_key((service / "public" / "service.asc").read_bytes())
        yield lucie


@pytest.fixture(scope="module")
def patient(service: Path, paul: Doctor, milter: Milter) -> Iterator[Doctor]:
    """A patient who has a dossier and a key of his own."""
    with Doctor("Jean DUPONT", "jean@chez.example") as jean:
        jean.import_key((service / "public" / "service.asc").read_bytes())
        made = paul.pgp_mime(f"Demande : création\n{HEADER}Consentement : oui\n")
        assert milter.take(made) == "creation done"
        asked = f"Demande : clé du patient\n{HEADER}Courriel : {jean.mail}\n"
        given = paul.pgp_mime(asked, {"jean.asc": jean.certificate})
        assert milter.take(given) == "cle du patient done"
        yield jean


def told(said: Said) -> list[str]:
    """Return the keys of the refusals that are told."""
    found = said.at("opened", "refusals")
    assert isinstance(found, list)
    return [each["text"] for each in found]


def verdict(said: Said) -> str:
    """Return the key of the refusal that the verdict is, or nothing."""
    return "" if said.at("verdict", "outcome") == "taken" else str(said.at("verdict", "text"))


Judged = Callable[[bytes], str]


@pytest.fixture
def judged(inspect: Inspect, milter: Milter, config: tuple[str, str]) -> Judged:
    """What the command tells of a mail first, which is what the pipeline then does."""

    def of(mail: bytes) -> str:
        refusals = told(inspect.as_json(mail, *config))
        done = milter.take(mail)
        assert refusals[:1] == ([] if done.endswith(" done") else [done])
        return done

    return of


@pytest.mark.parametrize(
    "lines",
    [
        HEADER,
        "Patient : DUPONT Jean\nNé le : vers 1959\n",
        "Patient : DUPONT\nNé le : inconnu\n",
        "Patient : homme, la soixantaine ?\n",
        "",
    ],
)
def test_an_emergency_is_refused_for_nothing_in_its_header(
    judged: Judged, paul: Doctor, lines: str
) -> None:
    assert judged(paul.pgp_mime(EMERGENCY + lines)) == "urgence done"


def test_no_problem_is_told_of_an_emergency(
    inspect: Inspect, paul: Doctor, config: tuple[str, str]
) -> None:
    mail = paul.pgp_mime(f"{EMERGENCY}Né le : vers 1959\n")
    assert inspect.as_json(mail, *config).at("opened", "problems") == []


@pytest.mark.parametrize("request_line", ["Demande : dossier\n", "Demande : accès\n"])
def test_a_patient_need_not_write_who_he_is(
    judged: Judged, patient: Doctor, request_line: str
) -> None:
    assert judged(patient.pgp_mime(request_line)).endswith(" done")


def test_a_patients_mail_has_other_problems_all_the_same(
    judged: Judged, patient: Doctor
) -> None:
    mail = patient.pgp_mime("Demande : dossier\nDepuis : un certain temps\n")
    assert judged(mail) == "header-problems"


def test_a_doctor_must_write_who_the_patient_is(judged: Judged, paul: Doctor) -> None:
    assert judged(paul.pgp_mime("Demande : dossier\n")) == "header-problems"


def test_a_request_that_is_not_in_service_is_refused_as_such(
    judged: Judged, paul: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "HANDLERS", {})
    monkeypatch.setattr("rmp_milter.cli.inspect.HANDLERS", {})
    assert judged(paul.pgp_mime("Demande : droits\n")) == "not-in-service"


NUMBERS = count(2)


@pytest.fixture
def elder(service: Path, config: tuple[str, str], milter: Milter) -> Iterator[Doctor]:  # noqa: ARG001 -- the keeper runs
    """An enrolled doctor whose key is a month old."""
    number = next(NUMBERS)
    with days_ago(30):
        doctor = Doctor("Dr Lente HORLOGE", f"lente{number}@cab.example")
    with doctor:
        doctor.import_key((service / "public" / "service.asc").read_bytes())
        enrol(service, config, doctor, rpps(number))
        yield doctor


@pytest.mark.parametrize(
    ("days", "text", "done"),
    [
        (2, f"{HEADER}\n{LETTER}", "depot done"),
        (9, f"{HEADER}\n{LETTER}", "stale"),
        (9, f"{EMERGENCY}Né le : vers 1959\n", "urgence done"),
    ],
)
def test_an_old_signature_refuses_what_is_no_emergency(
    judged: Judged, elder: Doctor, days: int, text: str, done: str
) -> None:
    with days_ago(days):
        mail = elder.pgp_mime(text)
    assert judged(mail) == done


@pytest.fixture(scope="module")
def other() -> Iterator[Doctor]:
    """Somebody else whose key opens a mail."""
    with Doctor("Un AUTRE", "autre@lecteur.example") as someone:
        yield someone


@pytest.fixture
def coded(elder: Doctor, other: Doctor, milter: Milter) -> bytes:
    """A mail with a code, for service and other, by whom nothing can be encrypted to."""
    elder.import_key(other.certificate)
    text = f"Demande : dossier\n{HEADER}Code : {CODE}\n".encode()
    readers = [elder.service, other.mail]
    mail = inline(elder.keyring.encrypt(text, readers, sign=True, armor=False))
    with days_ago(1):
        elder.keyring._gpg("--quick-set-expire", elder.fingerprint, "seconds=3600", "*")
    milter.change_key(elder)
    return mail


def test_a_code_is_not_tried_where_no_answer_can_be_sealed(
    judged: Judged, coded: bytes
) -> None:
    assert judged(coded) == "expired-key"


def test_with_a_key_file_whom_the_code_is_from_is_looked_up(
    inspect: Inspect, coded: bytes, other: Doctor, config: tuple[str, str]
) -> None:
    key = other.keyring.export_secret()
    assert told(inspect.with_key(coded, key, *config)) == ["expired-key"]
    assert told(inspect.with_key(coded, key)) == []


def test_a_key_that_has_expired_refuses_what_it_signed(
    judged: Judged, milter: Milter, elder: Doctor
) -> None:
    with days_ago(2):
        mail = elder.pgp_mime(f"{HEADER}\n{LETTER}")
        elder.keyring._gpg("--quick-set-expire", elder.fingerprint, "seconds=3600")
    milter.change_key(elder)
    assert judged(mail) == "expired-key"


def test_a_forged_text_is_refused(judged: Judged, paul: Doctor) -> None:
    mail = paul.signed_inside(HEADER, {}, forged=HEADER.replace("Jean", "Luc"))
    assert judged(mail) == "bad-signature"


def test_without_a_service_an_emergency_is_no_less_one(
    inspect: Inspect, anne: Doctor, secret_key: bytes
) -> None:
    mail = anne.pgp_mime(f"{EMERGENCY}Né le : vers 1959\n")
    assert told(inspect.with_key(mail, secret_key)) == []


def many(last: bytes) -> bytes:
    """Return a mail with more encrypted parts than the keeper takes, and one more."""
    part = b"Content-Type: application/octet-stream; name=a.pgp\n\n"
    sealed = key_packet("0123456789abcdef") + frame(SEIPD, b"\x01" + bytes(60))
    parts = [part + armored(sealed) for _ in range(257)]
    body = b"".join(b"--b\n%s\n" % each for each in [*parts, part + last])
    return b"Content-Type: multipart/mixed; boundary=b\n\n" + body + b"--b--\n"


@pytest.mark.parametrize(
    ("mail", "refused"),
    [
        (b"Content-Type: text/plain\n\nBonjour\n", "not-encrypted"),
        (many(b""), "too-large"),
        (many(b"-----BEGIN PGP MESSAGE-----\n\n"), "too-large"),
    ],
)
def test_a_shape_is_refused_as_by_the_pipeline(
    inspect: Inspect, milter: Milter, config: tuple[str, str], mail: bytes, refused: str
) -> None:
    assert verdict(inspect.as_json(mail, *config)) == refused
    assert milter.take(mail) == refused


def test_a_file_that_is_encrypted_twice_over_is_refused_by_keeper_and_key_file(
    inspect: Inspect, milter: Milter, paul: Doctor, anne: Doctor, secret_key: bytes
) -> None:
    files = {"radio.pdf": b"%PDF"}
    assert milter.take(paul.layered(HEADER, files)) == "layered"
    said = inspect.with_key(anne.layered(HEADER, files), secret_key)
    assert (said.status, said.at("verdict", "text")) == (1, "layered")
    assert said.at("opened", "header") == HEADER.splitlines()


CLEAR_PDF = (
    b'Content-Type: application/pdf; name="DUPONT Jean : bilan.pdf"\r\n'
    b"Content-Disposition: attachment\r\n\r\n%PDF-1.4 in clear"
)
FOOTER = b"Content-Type: text/plain\r\n\r\n-- \r\nCHU de Test\r\n"


def beside(mail: bytes, part: bytes) -> bytes:
    """Return the mail as a gateway leaves it that adds a part beside the whole content."""
    head, _, body = mail.partition(b"\r\nContent-Type:")
    parts = [b"Content-Type:" + body, part]
    joined = b"".join(b"--gate\r\n" + each + b"\r\n" for each in parts)
    outer = b"\r\nContent-Type: multipart/mixed; boundary=gate\r\n\r\n"
    return head + outer + joined + b"--gate--\r\n"


def test_a_file_in_clear_is_refused_by_letter_to_whom_is_known(
    inspect: Inspect, milter: Milter, config: tuple[str, str], paul: Doctor
) -> None:
    mail = beside(paul.pgp_mime(f"{HEADER}\n{LETTER}"), CLEAR_PDF)
    said = inspect.as_json(mail, *config)
    assert (said.status, said.at("verdict", "text")) == (1, "clear-attachment")
    assert "DUPONT Jean · bilan.pdf" in str(said.at("verdict", "sentence"))
    assert milter.take(mail) == "clear-attachment"


def test_a_file_in_clear_refuses_no_emergency(
    inspect: Inspect, milter: Milter, config: tuple[str, str], paul: Doctor
) -> None:
    mail = beside(paul.pgp_mime(EMERGENCY + HEADER), CLEAR_PDF)
    assert inspect.as_json(mail, *config).at("verdict", "outcome") == "taken"
    assert milter.take(mail) == "urgence done"


FILE = (
    b"Content-Type: application/octet-stream; name=x.pgp\r\n"
    b"Content-Disposition: attachment; filename=x.pgp\r\n\r\n"
)


def sealed_file(doctor: Doctor, data: bytes, *, sign: bool = True) -> bytes:
    """Return a file encrypted by itself, armored."""
    return doctor.keyring.encrypt(
        data, [doctor.service], sign=sign, armor=True, file_name="x.pdf"
    )


def damaged(file: bytes) -> bytes:
    binary = bytearray(b"".join(dearmor([file])))
    binary[-5] ^= 1
    return armored(bytes(binary))


BESIDE: dict[str, tuple[str, Callable[[Doctor, Doctor, str], bytes]]] = {
    "a file beside a whole": (
        "sealed-beside",
        lambda paul, _, text: beside(paul.pgp_mime(text), FILE + sealed_file(paul, b"%PDF")),
    ),
    "a second text": (
        "second-body",
        lambda paul, _, text: beside(
            paul.inline(text), b"Content-Type: text/plain\r\n\r\n" + sealed_file(paul, b"x")
        ),
    ),
    "damaged": (
        "file-unreadable",
        lambda paul, _, text: beside(
            paul.inline(text), FILE + damaged(sealed_file(paul, b"%PDF"))
        ),
    ),
    "no armor": (
        "file-unreadable",
        lambda paul, _, text: beside(
            paul.inline(text), FILE + b"-----BEGIN PGP MESSAGE-----\r\n\r\n"
        ),
    ),
    "signed by another": (
        "file-signature",
        lambda paul, other, text: beside(paul.inline(text), FILE + sealed_file(other, b"%PDF")),
    ),
    "a mail": (
        "file-mail",
        lambda paul, _, text: beside(
            paul.inline(text), FILE + sealed_file(paul, b"Content-Type: text/plain\r\n\r\nx")
        ),
    ),
    "his own": (
        "",
        lambda paul, _, text: beside(paul.inline(text), FILE + sealed_file(paul, b"%PDF")),
    ),
}


@pytest.mark.parametrize("kind", BESIDE)
def test_what_is_encrypted_beside_a_text_is_refused_alike_by_all(  # noqa: PLR0913, PLR0917 -- fixtures
    inspect: Inspect,
    milter: Milter,
    config: tuple[str, str],
    paul: Doctor,
    outsider: Doctor,
    kind: str,
) -> None:
    refused, compose = BESIDE[kind]
    mail = compose(paul, outsider, f"{HEADER}\n{LETTER} ({kind})")
    assert verdict(inspect.as_json(mail, *config)) == refused
    assert milter.take(mail) == (refused or "depot done")
    urgent = compose(paul, outsider, f"{EMERGENCY}{HEADER}\n({kind})\n")
    assert inspect.as_json(urgent, *config).at("verdict", "outcome") == "taken"
    assert milter.take(urgent) == "urgence done"


@pytest.mark.parametrize("kind", BESIDE)
def test_a_key_that_is_handed_over_tells_the_same_where_no_signer_is_known(
    inspect: Inspect, anne: Doctor, secret_key: bytes, kind: str
) -> None:
    refused, compose = BESIDE[kind]
    said = inspect.with_key(compose(anne, anne, f"{HEADER}\n{LETTER}"), secret_key)
    assert verdict(said) == ("" if refused == "file-signature" else refused)


def test_what_a_gateway_added_is_told_as_dropped(
    inspect: Inspect, milter: Milter, config: tuple[str, str], paul: Doctor
) -> None:
    mail = beside(paul.pgp_mime(f"{HEADER}\n{LETTER}"), FOOTER)
    said = inspect.as_json(mail, *config)
    assert (said.status, said.at("dropped")) == (0, ["footer"])
    assert milter.take(mail) == "depot done"


def test_a_list_mail_is_a_persons_if_somebody_enrolled_signed_it(
    inspect: Inspect, milter: Milter, config: tuple[str, str], paul: Doctor, outsider: Doctor
) -> None:
    bulk = b"Precedence: bulk\r\n"
    mail = bulk + paul.pgp_mime(f"{HEADER}\n{LETTER}")
    assert inspect.as_json(mail, *config).at("verdict", "outcome") == "taken"
    assert milter.take(mail) == "depot done"
    machines = [
        bulk + outsider.pgp_mime(f"{HEADER}\n{LETTER}"),
        bulk + paul.pgp_mime(f"{HEADER}\n{LETTER}", sign=False),
        bulk + paul.signed_inside(HEADER, {}, forged=HEADER.replace("Jean", "Luc")),
        bulk + beside(paul.pgp_mime(HEADER, sign=False), CLEAR_PDF),
        bulk + b"Content-Type: text/plain\r\n\r\nBonjour\r\n",
    ]
    for machine in machines:
        assert inspect.as_json(machine, *config).at("automatic") == "Precedence"
        assert milter.take(machine) == "automatic (Precedence)"


def test_what_outlook_packed_is_told_alike_by_keeper_and_key_file(
    inspect: Inspect,
    config: tuple[str, str],
    paul: Doctor,
    anne: Doctor,
    secret_key: bytes,
) -> None:
    names = ["", "winmail.dat", "écho.pdf"]
    by_keeper = inspect.as_json(
        paul.packed(f"{HEADER}\n{LETTER}", {"écho.pdf": b"%PDF"}), *config
    )
    by_key = inspect.with_key(
        anne.packed(f"{HEADER}\n{LETTER}", {"écho.pdf": b"%PDF"}), secret_key
    )
    for said in (by_keeper, by_key):
        parts = said.at("opened", "parts")
        assert isinstance(parts, list)
        assert [part["name"] for part in parts] == names


LETTERED = f"{HEADER}\n{LETTER}"
NOBODY = HEADER.replace("DUPONT", "PERSONNE")
REVOCATION = f"Demande : révocation du code\n{NOBODY}"


@pytest.mark.parametrize(
    ("write", "readers", "expected"),
    [
        (lambda doctor: doctor.pgp_mime(REVOCATION), "named", "code-missing"),
        (lambda doctor: doctor.signed_inside(REVOCATION), "unnamed", "service-unnamed"),
        (
            lambda doctor: doctor.signed_inside(f"{REVOCATION}Service : rmp@rmp.test\n"),
            "unnamed",
            "code-missing",
        ),
        (
            lambda doctor: written_to(doctor, ("rmp@rmp.test",), LETTERED, to="x@y.test"),
            "others",
            "not-for-us",
        ),
    ],
)
def test_whom_a_mail_names_is_told_as_the_pipeline_has_it(  # noqa: PLR0913, PLR0917 -- fixtures and parameters
    inspect: Inspect,
    milter: Milter,
    config: tuple[str, str],
    paul: Doctor,
    write: Callable[[Doctor], bytes],
    readers: str,
    expected: str,
) -> None:
    mail = write(paul)
    said = inspect.as_json(mail, *config)
    assert said.at("opened", "readers") == readers
    told = [] if expected == "code-missing" else [expected]
    refusals = said.at("opened", "refusals")
    assert isinstance(refusals, list)
    assert [each["text"] for each in refusals] == told
    assert milter.take(mail) == expected


TODAY = time.strftime("%d/%m/%Y")
MORE = {
    Verb.REMPLACEMENT: f"Remplaçant : a@b.test\nDu : {TODAY}\nAu : {TODAY}\n",
    Verb.NOUVELLE_CLE: f"Empreinte : {'ab' * 20}\n",
    Verb.LEVEE_D_OPPOSITION: "Médecin : a@b.test\n",
    Verb.DEMASQUAGE: "Numéros : 1\n",
    Verb.CLE_DU_PATIENT: "Courriel : a@b.test\n",
}


@pytest.mark.promise(number=5)
@pytest.mark.parametrize("verb", sorted(BY_SIGNATURE))
def test_no_request_by_signature_alone_gets_anywhere_without_the_services_name(
    milter: Milter, paul: Doctor, verb: Verb
) -> None:
    lines = f"Demande : {verb.value}\n{NOBODY}{MORE.get(verb, '')}"
    assert milter.take(paul.signed_inside(lines)) == "service-unnamed"
    elsewhere = paul.signed_inside(f"{lines}Service : rmp@autre.test\n")
    assert milter.take(elsewhere) == "other-service"
    named = paul.signed_inside(f"{lines}Service : rmp@rmp.test\n")
    assert milter.take(named) not in {"service-unnamed", "header-problems"}
