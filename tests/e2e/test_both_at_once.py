"""Mails for one dossier in the same moment, through as many connections: one outcome for all.

One that is held, its answer sealed and nothing committed, while another changes what it rests on;
and whole crowds, as they come.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing

import pytest
from clinic import Clinic
from keeper_proxy import KeeperProxy
from test_at_once import SECONDS, Stored
from test_change_points import check_sound

from rmp_milter.calls.protocol.answering import Seal
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.cards import dossier_card
from rmp_milter.handlers.filing.key_packets import own_packets
from testbed.doctor import Doctor

pytestmark = pytest.mark.integration

REFUSED = "RMP : votre message n'a pas été traité"


@pytest.fixture
def three(clinic: Clinic) -> list[Doctor]:
    """Three doctors whom no other test changes."""
    number = next(clinic.names)
    return [
        clinic.host.doctor(f"Dr {name} FOULE{number}", f"{name}{number}@cabinet.test")
        for name in ("prime", "second", "tiers")
    ]


def while_sealed(
    clinic: Clinic, sender: Doctor, text: str, other: Callable[[], object]
) -> None:
    """Send a mail; when its answer is sealed, let another mail be done before its commit."""
    sealed, go, accepted = threading.Event(), threading.Event(), list[bool]()
    mail = sender.pgp_mime(text)

    def passing(request: Request, reply: Reply | None) -> bool:
        if isinstance(request, Seal) and reply is not None and not sealed.is_set():
            sealed.set()
            return go.wait(SECONDS)
        return True

    with closing(KeeperProxy(clinic.host.service.keeper_socket)) as proxy:
        proxy.passing = passing
        sending = threading.Thread(
            target=lambda: accepted.append(clinic.host.send(sender, mail).accepted)
        )
        sending.start()
        try:
            assert sealed.wait(SECONDS), clinic.host.service.all_logs()
            other()
        finally:
            go.set()
            sending.join(SECONDS)
    assert accepted == [True], clinic.host.service.all_logs()
    clinic.host.settle()


def together(clinic: Clinic, mails: Sequence[tuple[Doctor, bytes]]) -> None:
    """Send all mails at once, each again until it is accepted, as mail servers do."""
    begin = threading.Barrier(len(mails))
    accepted: list[bool] = []

    def send(sender: Doctor, mail: bytes) -> None:
        begin.wait(SECONDS)
        tries = (clinic.host.send(sender, mail).accepted for _ in range(5))
        accepted.append(any(tries))

    threads = [threading.Thread(target=send, args=each) for each in mails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * SECONDS)
    assert accepted == [True] * len(mails), clinic.host.service.all_logs()
    clinic.host.settle()


def takeover(lines: str, code: str) -> str:
    return f"Demande : médecin traitant\n{lines}Code : {code}\nConsentement : oui\n"


def answers_of(clinic: Clinic, doctor: Doctor, before: int) -> list[str]:
    """Return the subjects of what somebody was sent since."""
    count = clinic.host.postfix.collected.count(doctor.mail) - before
    return [each.subject for each in clinic.host.answers(doctor, count, after=before)]


@pytest.mark.promise(number=14)
def test_a_consultation_by_a_code_that_is_renewed_meanwhile_is_refused(
    clinic: Clinic, three: list[Doctor]
) -> None:
    treating, reader, _ = three
    lines = clinic.patient()
    code = clinic.create(lines, by=treating)
    clinic.host.ask(treating, treating.pgp_mime(f"{lines}Document : résumé\n\nVoici.\n"))
    clinic.host.settle()
    before = clinic.host.postfix.collected.count(reader.mail)
    renewal = treating.pgp_mime(f"Demande : code\n{lines}")
    asked = f"Demande : dossier\n{lines}Code : {code}\n"
    while_sealed(clinic, reader, asked, lambda: clinic.host.ask(treating, renewal))
    assert answers_of(clinic, reader, before) == [REFUSED]


@pytest.mark.promise(number=7)
def test_a_takeover_that_meets_a_deposit_reads_that_too(
    clinic: Clinic, three: list[Doctor]
) -> None:
    first, second, _ = three
    lines = clinic.patient()
    code = clinic.create(lines, by=first)
    report = clinic.lab.pgp_mime(f"{lines}Document : biologie\n\nAu même moment.\n")
    text = takeover(lines, code)
    while_sealed(clinic, second, text, lambda: clinic.host.ask(clinic.lab, report))
    _, letter = clinic.host.ask(second, second.pgp_mime(f"Demande : dossier\n{lines}"), 2)
    assert "Au même moment." in letter.text


def test_two_takeovers_at_once_follow_each_other(clinic: Clinic, three: list[Doctor]) -> None:
    first, second, third = three
    lines = clinic.patient()
    code = clinic.create(lines, by=first)
    text = takeover(lines, code)
    together(clinic, [(second, second.pgp_mime(text)), (third, third.pgp_mime(text))])
    stored = Stored(clinic, lines)
    card = dossier_card(stored.dossier.card)
    assert (card.treating, card.takeover) == (stored.dossier.treating, stored.dossier.takeover)
    assert stored.treating.mail in {second.mail, third.mail}
    # It is contested by whom it was taken from, by two in a row.
    clinic.host.ask(first, first.pgp_mime(f"Demande : contestation\n{lines}"))
    assert Stored(clinic, lines).treating.mail == first.mail


@pytest.mark.promise(number=9)
def test_whoever_comes_at_once_nobody_is_sealed_to_who_no_longer_treats(
    clinic: Clinic, three: list[Doctor]
) -> None:
    first, second, third = three
    lines = clinic.patient()
    code = clinic.create(lines, by=first)
    letters = [
        (each, each.pgp_mime(f"{lines}Document : biologie\n\nLettre {number}.\n"))
        for number, each in enumerate([clinic.lab, clinic.anne, clinic.lab, third, clinic.lab])
    ]
    takeovers = [(each, each.pgp_mime(takeover(lines, code))) for each in (second, third)]
    together(clinic, [*letters[:3], *takeovers, *letters[3:]])
    stored = Stored(clinic, lines)
    card = dossier_card(stored.dossier.card)
    assert (card.revision, card.treating) == (2, stored.dossier.treating)
    assert stored.treating.mail in {second.mail, third.mail}
    assert len(stored.entries) == len(letters)
    with open_store(load(clinic.host.service.config)) as store, store.snapshot() as view:
        documents = [each.entry.documents[0] for each in stored.entries]
        assert all(own_packets(each, stored.treating, view) for each in documents)
    for each, document in zip(stored.entries, documents, strict=True):
        readers = {one.fingerprint for one in document.standing}
        assert len(readers) == 1
        assert (first.fingerprint.lower() in readers) is (each.entry.under == 0)
    check_sound(clinic)
