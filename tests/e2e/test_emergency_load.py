"""An emergency while all that may be throttled is, and many other mails wait or come in."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from clinic import Clinic, small_clinic
from states import named, open_store, tries_of

from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Fault, OutgoingMail, Slice
from testbed.service import Part, Service

pytestmark = pytest.mark.integration

WAITING, COMING, AT_ONCE = 60, 24, 8
WRONG_CODES = 3
SETTINGS = {
    ("rules", "wrong_codes"): str(WRONG_CODES),
    ("rules", "sender_codes"): "4",
    # One line to Postfix, so that there is one order in which mails leave.
    ("courier", "senders"): "1",
}

_QUEUED = re.compile(rb"with E?SMTP id (\w+)")
_DELIVERED_TO = re.compile(rb"^Delivered-To: (\S+)", re.MULTILINE)


def test_it_is_answered_before_all_others_while_sender_and_code_rest() -> None:
    with small_clinic(SETTINGS) as clinic:
        lines = throttled(clinic)
        coming = deposits(clinic)
        asked = clinic.anne.pgp_mime(f"Demande : urgence\n{lines}Motif : coma\n")
        clinic.host.settle()
        clinic.host.service.stop(Part.COURIER)
        clinic.host.postfix.collected.clear()
        let_wait(clinic.host.service)

        with ThreadPoolExecutor(AT_ONCE) as senders:
            mails = [(clinic.lab, one) for one in coming]
            mails.insert(COMING // 2, (clinic.anne, asked))
            replies = [senders.submit(clinic.host.send, *each) for each in mails]
        assert all(reply.result().accepted for reply in replies)
        assert len(clinic.host.outbox()) == WAITING + COMING + 3

        clinic.host.service.start(Part.COURIER)
        clinic.host.settle()
        index, summary = clinic.host.answers(clinic.anne, 2)
        assert "Cet accès en urgence" in index.text
        assert "Voici : Résumé." in summary.text
        left = recipients_in_order(clinic)
        assert left[:3] == [clinic.anne.mail, clinic.anne.mail, clinic.paul.mail]
        others = [waiting(number) for number in range(WAITING)] + [clinic.lab.mail] * COMING
        assert sorted(left[3:]) == sorted(others)


def throttled(clinic: Clinic) -> str:
    """Return the lines of a patient whose code rests; Anne is throttled from then on."""
    lines = clinic.patient()
    clinic.create(lines)
    text = f"{lines}Document : Résumé médical\n\nVoici : Résumé.\n"
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(text))
    for number in range(5):
        wrong = f"Demande : dossier\n{lines}Code : faux{number}\n"
        refused = clinic.refusal(clinic.anne, clinic.anne.pgp_mime(wrong))
    assert "Trop de demandes" in refused.text
    name = lines.split()[2]
    with open_store(clinic.host.service) as store:
        dossier_id = named(store, name).dossier_id
    assert tries_of(clinic.host.service, Fault.DOSSIER, dossier_id) >= WRONG_CODES
    return lines


def deposits(clinic: Clinic) -> list[bytes]:
    """Return a laboratory's mails, written before so that they can come all at once.

    For another patient: what comes for this one would be in the emergency's answer.
    """
    other = clinic.patient()
    clinic.create(other)
    text = f"{other}Document : Biologie\n\nBilan"
    return [clinic.lab.pgp_mime(f"{text} {number}.\n") for number in range(COMING)]


def waiting(number: int) -> str:
    return f"attend{number}@cabinet.test"


def let_wait(service: Service) -> None:
    """Put answers to many others into the outbox."""
    with open_store(service) as store:
        mails = tuple(
            OutgoingMail(
                waiting(number),
                f"<attend{number}@rmp.test>",
                (Slice(b"From: rmp@rmp.test\r\nSubject: RMP\r\n\r\nAccus\r\n"),),
            )
            for number in range(WAITING)
        )
        store.commit(Changes(outbox=mails), int(time.time()))


def recipients_in_order(clinic: Clinic) -> list[str]:
    """Return to whom mails left, in the order in which Postfix took them.

    Its long queue identifiers begin with the time, in signs that sort as it does; the
    order of files in the Maildir is that of deliveries that run side by side.
    """
    found = []
    for mail in clinic.host.postfix.collected.everything():
        queued, recipient = _QUEUED.search(mail), _DELIVERED_TO.search(mail)
        assert queued
        assert recipient
        found.append((queued[1], recipient[1].decode()))
    return [recipient for _, recipient in sorted(found)]
