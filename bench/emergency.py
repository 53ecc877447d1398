"""How long an emergency waits for its answer, with nothing else to do and among many mails."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import load
from writing import Pen, pen_of

from rmp_milter.certificates import read_certificate
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load as load_settings
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import OutgoingMail, Slice
from testbed.doctor import Doctor
from testbed.host import ADDRESS, Host
from testbed.service import Part, Service
from testbed.worst_mails import KINDS, Target

CALM = "Patient : CALME Jean\nNé le : 30/01/1959\n"
RESTING = "Patient : REPOS Jean\nNé le : 30/01/1959\n"
OTHER = "Patient : AUTRE Jean\nNé le : 30/01/1959\n"
WRONG_CODES = 11
SENDERS = 20
PATIENCE_SECONDS = 300
POLL_SECONDS = 0.005


@dataclass(frozen=True)
class Scene:
    """A host, a doctor whom nothing holds up, one who is throttled, and who deposits."""

    host: Host
    calm: Doctor
    throttled: Doctor
    pen: Pen


@dataclass(frozen=True)
class Answered:
    """Seconds to the 250 and to the first answer's arrival; mails to others until then."""

    accepted: float
    arrived: float
    left: int


def emergency(others: int, tries: int) -> list[str]:
    """Compare an emergency without load with one while ``others`` wait, in turn.

    Half of the others are answers in the outbox, twenty mails to each reader, as many as the
    courier takes in hand of one; half are deposits that come in from twenty senders at once.
    """
    with Host() as host:
        scene = _scene(host)
        alone, among = [], []
        for _ in range(tries):
            alone.append(_ask_alone(scene))
            among.append(_ask_among(scene, others))
    ratios = [one.arrived / two.arrived for one, two in zip(among, alone, strict=True)]
    slower = median(one.arrived for one in among) / median(one.arrived for one in alone)
    return [
        (
            f"emergency while {others} other mails wait, sender throttled, code resting:"
            f" {slower:.1f} times one without load until its first answer has arrived"
            f" ({min(ratios):.1f} to {max(ratios):.1f}; {_seconds(among)} against"
            f" {_seconds(alone)}, medians of {tries})"
        ),
        (
            f"  of it to the 250: {median(one.accepted for one in among):.2f} s against"
            f" {median(one.accepted for one in alone):.2f} s;"
            f" {others - median(one.left for one in among):.0f} of the others waited still"
        ),
    ]


def strangers(size: int) -> list[str]:
    """Have an emergency answered while twenty strangers send the worst mails, kind by kind.

    Each sends one mail of about ``size`` bytes after the other until it is answered, once under
    an address of their own and once under that of the doctor who asks.
    """
    with Host() as host:
        scene = _scene(host)
        service = read_certificate(host.service.certificate).binary
        known = bytes.fromhex(scene.calm.fingerprint[-16:])
        found = []
        for sender in ("eve@stranger.test", scene.calm.mail):
            target = Target(service, sender, ADDRESS, known)
            mails = {kind: make(target, size) for kind, make in KINDS.items()}
            took = {kind: _ask_flooded(scene, sender, mail) for kind, mail in mails.items()}
            worst = max(took, key=lambda kind: took[kind])
            found.append(
                f"emergency while {SENDERS} strangers send as {sender} the worst mails known, of"
                f" {size // 1000} KB: {median(took.values()):.2f} s until its first answer has"
                f" arrived, {took[worst]:.2f} s with the worst ({worst})"
            )
    return found


def _ask_flooded(scene: Scene, sender: str, mail: bytes) -> float:
    """Return the seconds to an emergency's first answer while strangers send ``mail``."""
    request = request_of(scene.calm, CALM)
    scene.host.postfix.collected.clear()
    port, done = scene.host.postfix.smtp_port, threading.Event()
    flood = threading.Thread(
        target=load.run, args=(port, sender, ADDRESS, _until(done, mail), SENDERS)
    )
    flood.start()
    time.sleep(1)
    answered = ask(scene.host, scene.calm, request)
    done.set()
    flood.join()
    scene.host.settle(PATIENCE_SECONDS)
    return answered.arrived


def _until(done: threading.Event, mail: bytes) -> Iterator[bytes]:
    while not done.is_set():
        yield mail


def _seconds(answered: list[Answered]) -> str:
    return f"{median(one.arrived for one in answered):.2f} s"


def _scene(host: Host) -> Scene:
    """Make the dossiers, have one doctor throttled and one dossier's code rest."""
    treating = host.doctor("Dr Banc D'ESSAI", "d@cabinet.test")
    calm = host.doctor("Dr Calme", "calme@cabinet.test")
    throttled = host.doctor("Dr Freine", "freine@cabinet.test")
    for lines in (CALM, RESTING, OTHER):
        creation = f"Demande : création\n{lines}Consentement : oui\n"
        host.ask(treating, treating.pgp_mime(creation))
        summary = f"{lines}Document : Résumé médical\n\nRien de connu.\n"
        host.ask(treating, treating.pgp_mime(summary))
    for number in range(WRONG_CODES):
        wrong = f"Demande : dossier\n{RESTING}Code : faux{number}\n"
        (refused,) = host.ask(throttled, throttled.pgp_mime(wrong))
    if "Trop de demandes" not in refused.text:
        raise RuntimeError("the sender is not throttled")
    return Scene(host, calm, throttled, pen_of(treating, host.service.certificate))


def _ask_alone(scene: Scene) -> Answered:
    scene.host.postfix.collected.clear()
    answered = ask(scene.host, scene.calm, request_of(scene.calm, CALM))
    scene.host.settle(PATIENCE_SECONDS)
    return answered


def _ask_among(scene: Scene, others: int) -> Answered:
    """Ask while the others wait; return when all of them are done."""
    service, port = scene.host.service, scene.host.postfix.smtp_port
    request = request_of(scene.throttled, RESTING)  # gpg's own time shall not count
    text = f"{OTHER}Document : biologie\n\nVoici.\n"
    deposits = iter([scene.pen.deposit(text, 5_000) for _ in range(others // 2)])
    scene.host.postfix.collected.clear()
    service.stop(Part.COURIER)
    _let_wait(service, others - others // 2)
    results: list[load.Result] = []
    coming = threading.Thread(
        target=lambda: results.append(
            load.run(port, "d@cabinet.test", ADDRESS, deposits, SENDERS)
        )
    )
    service.start(Part.COURIER)
    coming.start()
    mailbox = Mailbox(scene.host.postfix.plan.maildir / "new")
    while len(mailbox.names()) < others // 20:  # courier and senders are at work
        time.sleep(POLL_SECONDS)
    answered = ask(scene.host, scene.throttled, request)
    coming.join()
    if results[0].refused:
        raise RuntimeError(f"refused: {results[0].refused[0]}")
    scene.host.settle(PATIENCE_SECONDS)
    return answered


def request_of(doctor: Doctor, lines: str) -> bytes:
    """Return the emergency of a patient whom these lines name."""
    return doctor.pgp_mime(f"Demande : urgence\n{lines}Motif : coma\n")


def ask(host: Host, doctor: Doctor, request: bytes) -> Answered:
    """Hand an emergency to Postfix; return when its first answer is in the mailbox."""
    port, folder = host.postfix.smtp_port, host.postfix.plan.maildir / "new"
    mailbox = Mailbox(folder)
    began = time.perf_counter()
    result = load.run(port, doctor.mail, ADDRESS, iter([request]), 1)
    accepted = time.perf_counter() - began
    if result.refused:
        raise RuntimeError(f"refused: {result.refused[0]}")
    while not mailbox.has_new(doctor.mail):
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise TimeoutError("the emergency is not answered")
        time.sleep(POLL_SECONDS)
    return Answered(accepted, time.perf_counter() - began, len(mailbox.names()) - 1)


class Mailbox:
    """The Maildir of all, looked into so often that each file is read once only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = self.names()

    def names(self) -> set[str]:
        """Return the names of all mails that arrived."""
        if not self._folder.is_dir():
            return set()
        with os.scandir(self._folder) as found:
            return {each.name for each in found}

    def has_new(self, address: str) -> bool:
        """Whether one of the mails since the last look is for ``address``."""
        new = self.names() - self._known
        self._known |= new
        line = f"Delivered-To: {address}\n".encode()
        return any(line in (self._folder / name).read_bytes()[:4096] for name in new)


def _let_wait(service: Service, amount: int) -> None:
    """Put so many mails to others into the outbox, in the size of a receipt."""
    with open_store(load_settings(service.config)) as store:
        store.commit(Changes(outbox=tuple(map(_waiting, range(amount)))), int(time.time()))


def _waiting(number: int) -> OutgoingMail:
    head = f"From: {ADDRESS}\r\nSubject: RMP\r\nMessage-ID: <{number}@wait.test>\r\n\r\n"
    text = Slice(head.encode() + b"Une ligne de texte.\r\n" * 150)
    return OutgoingMail(f"attend{number // 20}@cabinet.test", f"<{number}@wait.test>", (text,))
