"""The store's keys are others: what was filed is read, what waits leaves, what comes is taken."""

import json
import re
from collections.abc import Iterator

import pytest
from clinic import PDF

from rmp_milter.store.format.keys import read_index_keys
from testbed.command import CommandError
from testbed.host import Host
from testbed.sending import send
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LINES = "Patient : CLEFS Jeanne\nNé le : 30/01/1959\n"
OTHER_LINES = "Patient : ATTEND Louise\nNé le : 30/01/1960\n"
HELP = "Demande : aide\n\n"
REPORT = b"""\
From: MAILER-DAEMON@mx.example\r
Subject: Undelivered\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; lab@cabinet.test\r
Action: failed\r
Status: 5.1.1\r
--b--\r
"""


@pytest.fixture
def host() -> Iterator[Host]:
    with Host(by_library=True) as host:
        yield host


def return_path(raw: bytes) -> str:
    found = re.search(rb"^Return-Path: *<([^>\n]+)>", raw, re.MULTILINE)
    assert found
    return found[1].decode()


def bounced(host: Host) -> int:
    return [row["state"] for row in host.outbox()].count("bounced")


def test_the_keys_are_others_and_the_service_goes_on(host: Host) -> None:
    paul = host.doctor("Dr Paul CLE", "paul@cabinet.test")
    lab = host.doctor("Dr Lab CLE", "lab@cabinet.test", "biologiste")
    host.ask(paul, paul.pgp_mime(f"Demande : création\n{LINES}Consentement : oui\n"))
    letter = lab.pgp_mime(f"{LINES}\nLa lettre de devant.\n", {"Radio.pdf": PDF})
    host.ask(lab, letter)
    host.ask(lab, lab.pgp_mime(f"{OTHER_LINES}\nElle attend.\n"))  # nobody's dossier yet
    host.settle()
    sent_before = return_path(host.postfix.wait_mail(lab.mail, 1)[-1])
    read_before = len(host.postfix.wait_mail(paul.mail, 1))

    host.service.stop(Part.COURIER)
    assert host.send(paul, paul.pgp_mime(HELP)).accepted  # its answer waits
    with pytest.raises(CommandError, match="stop milter and courier first"):
        host.service.rmp("key", "rotate", "metadata", "--finish")
    host.service.stop(Part.MILTER)
    files = [
        host.service.folder / each
        for each in ("milter/metadata.key", "milter/index.key", "shared/outbox.key")
    ]
    old = [read_index_keys(file) for file in files]
    for which in ("metadata", "index", "outbox"):
        host.service.rmp("key", "rotate", which)
    assert all(read_index_keys(file) != key for file, key in zip(files, old, strict=True))
    host.service.start(Part.MILTER, Part.COURIER)
    host.service.wait_ready()

    (help_text,) = host.answers(paul, after=read_before)
    assert "mode d'emploi" in help_text.subject
    before = host.stored()["documents"]
    assert host.send(lab, letter).accepted  # a retry: it is done
    replay = re.sub(rb"(?m)^Message-ID:.*$", b"Message-ID: <other@cabinet.test>\r", letter)
    refused = host.send(lab, replay)
    assert (refused.code, "a deja ete recu" in refused.text) == (550, True)
    assert host.stored()["documents"] == before
    host.ask(lab, lab.pgp_mime(f"{LINES}\nLa lettre de derrière.\n"))
    read = host.exchange(paul, paul.pgp_mime(f"Demande : dossier\n{LINES}"))
    words = "\n".join(each.text for each in read)
    assert "La lettre de devant." in words
    assert "La lettre de derrière." in words
    host.ask(paul, paul.pgp_mime(f"Demande : création\n{OTHER_LINES}Consentement : oui\n"))
    read = host.exchange(paul, paul.pgp_mime(f"Demande : dossier\n{OTHER_LINES}"))
    assert any("Elle attend." in each.text for each in read)  # adopted
    urgent = "Demande : urgence\nPatient : CLEF Jeane\nÂge : environ 67\nMotif : inconsciente\n"
    (listed, *_) = host.ask(lab, lab.pgp_mime(urgent))
    assert "CLEFS Jeanne" in listed.text

    assert b"the store is sound" in host.service.rmp("store", "check").stdout
    said = host.service.rmp("check", "--no-postfix", check=False).stdout.decode()
    assert "rotate" not in said
    listed = json.loads(host.service.rmp("key", "list", "--json").stdout)
    assert {each["use"] for each in listed} == {"in use", "kept"}

    # A bounce of what left under the former key, and one of what leaves under the present.
    assert bounced(host) == 0
    assert send(host.postfix.smtp_port, REPORT, "", [sent_before]).accepted
    wait_until(lambda: bounced(host) == 1, 20, "the bounce of before")
    gone = host.doctor("Dr Parti CLE", "parti@unreachable.test")
    assert host.send(gone, gone.pgp_mime(HELP)).accepted
    wait_until(lambda: bounced(host) == 2, 20, "the bounce of now")
