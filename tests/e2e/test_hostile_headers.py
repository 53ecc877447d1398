"""Wrong, partial and hostile headers: answered or refused in French, and nothing stays.

Whatever is sent, no code that stands in it anywhere is shown in an answer or a log.
"""

import re
from collections.abc import Iterator

import pytest
from clinic import PDF, Clinic, small_clinic

pytestmark = pytest.mark.integration

SECRET = "Xq7Ztr9KwP"
MARIE = "Patient : DUPONT Marie\nNé le : 02/03/1970\n"
ASKED = f"Demande : dossier\n{MARIE}Code : {SECRET}\n"
TOKEN = "ey" + "J" * 40 + "." + SECRET + "A" * 40 + "." + "b" * 86
MEGABYTE = 1 << 20

HOSTILE: dict[str, str] = {
    "two patients": f"{MARIE}Patient : DURAND Paul\n\nVoici.\n",
    "two dates": f"{MARIE}Né le : 03/03/1970\n\nVoici.\n",
    "two requests": f"Demande : dossier\nDemande : création\n{MARIE}Code : {SECRET}\n",
    "two codes": f"{ASKED}Code : {SECRET}2\n",
    "two attestations": f"Demande : dossier\n{MARIE}Vitale : {TOKEN}\nVitale : {TOKEN}x\n",
    "names that contradict": f"{MARIE}Nom : DURAND\nPrénom : Paul\n\nVoici.\n",
    "consent that contradicts": f"Demande : création\n{MARIE}Consentement : oui\n"
    f"Consentement : non\nCode : {SECRET}\n",
    "no name": "Né le : 02/03/1970\n\nVoici.\n",
    "no date": "Patient : DUPONT Marie\n\nVoici.\n",
    "an impossible date": "Patient : DUPONT Marie\nNé le : 31/02/1970\n\nVoici.\n",
    "a wrong number": f"{MARIE}NIR : 1 70 03 75 116 001 00\n\nVoici.\n",
    "no header at all": "Bonjour,\n\nVoici le bilan.\n",
    "a megabyte of header lines": "Demande : dossier\n" + MARIE * (MEGABYTE // 44),
    "a megabyte in one line": f"Patient : {'A' * MEGABYTE}\nNé le : 02/03/1970\n\nVoici.\n",
    "a megabyte before the header": "x" * 70 + "\n" + "y" * MEGABYTE + "\n" + MARIE,
    "a megabyte of code": f"Demande : dossier\n{MARIE}Code : {SECRET * (MEGABYTE // 10)}\n",
    "control characters": f"Demande : dossier\n{MARIE}Code :\x00\x07\x1b[31m {SECRET}\x08\n",
    "control characters in a name": "Patient : DU\x00PO\x1b[2JNT Marie\nNé le : bof\n\nVoici.\n",
    "html": f"<html><body><b>Demande :</b> dossier<br>{MARIE}<script>x</script></body>\n",
    "html in a name": f"Nom : <img src=x onerror=y>\nPrénom : Marie\n{MARIE}\nVoici.\n",
    "look-alike letters": "Patient : DUPОNT Marie\nNé le : 02/03/1970\n\nVoici.\n",
    "look-alike words": f"Dеmandе : dossier\nPatiеnt : DUPONT Marie\nCоde : {SECRET}\n",
    "marks of direction": f"Demande : \u202ereissod\u202c\n{MARIE}Code : \u202e{SECRET}\n",
    "invisible signs": f"De\u200bmande : dos\u00adsier\n{MARIE}Co\u200bde : {SECRET}\n",
    "a code among words": f"Demande : dossier\n{MARIE}Document : le code est {SECRET}\n",
    "a code behind a name": f"Demande : dossier\n{MARIE.strip()}     Code : {SECRET}\n",
    "a code without colon": f"Demande : dossier\n{MARIE}Code {SECRET}\n",
    "a code in a reason": f"Demande : dossier\n{MARIE}Motif : code: {SECRET}\n",
    "a code as an unknown word": f"Demande : dossier\n{MARIE}Mot de passe : {SECRET}\n",
    "a code for a verb": f"Demande : {MARIE}Code : {SECRET}\nDemande : code {SECRET}\n",
    "numbers beyond all bounds": f"{ASKED}Numéros : 1-1000000000\n",
    "a number beyond all bounds": f"{ASKED}Numéros : {'9' * 5000}\n",
    "a hundred thousand numbers": f"{ASKED}Numéros : {','.join(map(str, range(1, 20_000)))}\n",
    "numbers backwards": f"{ASKED}Numéros : 9-1\n",
    "placeholders": f"Demande : {{patient}} %s {{0.__class__}}\n{MARIE}Code : {SECRET}\n",
    "a header for the answer": "Patient : DUPONT\rSubject: achat\rBcc: x@x.test\n\nVoici.\n",
    "no line ends": f"Demande : dossier {MARIE.replace(chr(10), ' ')} Code : {SECRET}",
    "old line ends": f"{MARIE}Né le : 03/03/1970\n\nVoici.\n".replace("\n", "\r"),
}


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    settings = {("rules", "sender_codes"): "900", ("limits", "message_bytes"): "8000000"}
    with small_clinic(settings) as made:
        yield made


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.promise(number=11)
def test_it_is_refused_in_french_and_nothing_is_kept(clinic: Clinic, what: str) -> None:
    before = clinic.host.stored()
    seen = clinic.host.postfix.collected.count(clinic.anne.mail)
    mail = clinic.anne.pgp_mime(HOSTILE[what], {"bilan.pdf": PDF})
    reply = clinic.host.send(clinic.anne, mail)
    if reply.accepted:
        (letter,) = clinic.host.answers(clinic.anne, after=seen)
        assert letter.subject == "RMP : votre message n'a pas été traité"
        assert SECRET not in letter.text
        assert not re.search(r"[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u200b]", letter.text)
        assert all(len(line) < 300 for line in letter.text.splitlines())
        said = r"\b(n'a pas|n'ont pas|n'a été|n'est pas|manque|Trop de|Cette demande)\b"
        assert re.search(said, letter.text)
    else:
        assert 500 <= reply.code < 600, reply
        assert "n'a ete" in reply.text, reply
        assert SECRET not in reply.text
    assert clinic.host.stored() == before


@pytest.mark.promise(number=4)
def test_no_code_is_in_any_log(clinic: Clinic) -> None:
    mail = clinic.anne.pgp_mime(ASKED)
    clinic.host.ask(clinic.anne, mail)
    for text in (clinic.host.service.all_logs(), clinic.host.postfix.plan.log.read_text()):
        assert text
        assert SECRET not in text
    folder = clinic.host.service.folder
    held = [file for file in folder.rglob("*") if file.is_file()]
    assert held
    assert not [file.name for file in held if SECRET.encode() in file.read_bytes()]


@pytest.mark.promise(number=11)
def test_the_service_stands_after_all_of_it(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nVoici.\n"))
    clinic.host.service.rmp("store", "check")
