"""Emergencies by mail to a service with a filled store: alone, and while deposits come in."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median

import emergency
import load
from costs import spent
from filling import Filled
from population import THIS_YEAR
from writing import pen_of

from rmp_milter.dossier.model import Dossier
from testbed.doctor import Doctor
from testbed.host import ADDRESS, Host

OTHER = "Patient : AUTRE Jean\nNé le : 30/01/1959\n"
SENDERS = 8
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Load:
    """So many deposits a second, for so many seconds."""

    rate: int = 20
    seconds: int = 20


@dataclass(frozen=True)
class Answers:
    """Of some emergencies: medians of seconds until the answer and of processor; the longest.

    ``rate`` is how many deposits a second were taken meanwhile.
    """

    arrived: float
    longest: float
    processor: float = 0.0
    rate: float = 0.0


@dataclass(frozen=True)
class ByMail:
    """An emergency by name and age, with nothing else to do and while deposits come in."""

    alone: Answers
    among: Answers

    def lines(self) -> list[str]:
        """Return the lines that are printed."""
        alone, among = self.alone, self.among
        return [
            (
                f"emergency by name and age, by mail: {alone.arrived:.3f} s until its answer has"
                f" arrived (the longest {alone.longest:.3f}), {1000 * alone.processor:.0f} ms of"
                " processor in all processes"
            ),
            (
                f"  while {among.rate:.1f} deposits a second came in: {among.arrived:.3f} s (the"
                f" longest {among.longest:.3f}), {among.arrived / alone.arrived:.1f} times"
            ),
        ]

    def grown_from(self, small: "ByMail") -> str:
        """Return how much more it is than with fewer dossiers."""
        times = (
            self.alone.processor / small.alone.processor,
            self.alone.arrived / small.alone.arrived,
            self.among.arrived / small.among.arrived,
        )
        return (
            "emergency by name and age, by mail: {:.2f} times the processor time, {:.2f} times"
            " until its answer has arrived, {:.2f} while deposits come in"
        ).format(*times)


def emergencies(host: Host, filled: Filled, tries: int, pressure: Load) -> ByMail:
    """Compare an emergency by name and age with the same while deposits come in."""
    treating = host.doctor("Dr Banc D'ESSAI", "d@cabinet.test")
    calm = host.doctor("Dr Calme", "calme@cabinet.test")
    creation = f"Demande : création\n{OTHER}Consentement : oui\n"
    host.ask(treating, treating.pgp_mime(creation))
    _check_answer(host, calm, filled.sample[0])
    requests = [
        emergency.request_of(calm, lines_of(each)) for each in filled.sample[1 : 2 * tries + 1]
    ]
    alone = _one_by_one(host, calm, requests[:tries])
    pen = pen_of(treating, host.service.certificate)
    text = f"{OTHER}Document : biologie\n\nVoici.\n"
    mails = [pen.deposit(text, 5_000) for _ in range(pressure.rate * pressure.seconds)]
    among = _among(host, calm, requests[tries:], mails, pressure)
    return ByMail(alone, among)


def in_turn(hosts: Sequence[tuple[Host, Filled]], tries: int) -> list[Answers]:
    """Ask several hosts, with nothing else to do, one after the other and again.

    So what the machine does besides falls on all of them alike.
    """
    asking = list[tuple[Host, Doctor, list[bytes]]]()
    for host, filled in hosts:
        calm = host.doctor("Dr Calme", "calme@cabinet.test")
        _check_answer(host, calm, filled.sample[0])
        some = filled.sample[1 : tries + 1]
        asking.append(
            (host, calm, [emergency.request_of(calm, lines_of(each)) for each in some])
        )
    found = [list[Answers]() for _ in asking]
    for number in range(tries):
        for answers, (host, calm, requests) in zip(found, asking, strict=True):
            answers.append(_one_by_one(host, calm, requests[number : number + 1]))
    return [
        Answers(
            median(each.arrived for each in answers),
            max(each.longest for each in answers),
            mean(each.processor for each in answers),  # Linux counts it in ticks
        )
        for answers in found
    ]


def lines_of(dossier: Dossier) -> str:
    """Return how an emergency names a patient of whom name and about an age are known."""
    patient = dossier.patient
    age = THIS_YEAR - int(patient.birth_date[:4])
    first = patient.first_names.partition(",")[0]
    return f"Patient : {patient.birth_name} {first}\nÂge : {age} ans\n"


def _check_answer(host: Host, doctor: Doctor, dossier: Dossier) -> None:
    """Have one emergency answered and read: what is measured shall be a list with the patient."""
    request = emergency.request_of(doctor, lines_of(dossier))
    (answer,) = host.ask(doctor, request)
    name = dossier.patient.birth_name
    if name not in answer.text:
        raise RuntimeError(f"the answer does not list {name}: {answer.text}")
    host.settle(PATIENCE_SECONDS)


def _one_by_one(host: Host, doctor: Doctor, requests: Sequence[bytes]) -> Answers:
    host.postfix.collected.clear()
    pids, waits = host.service.pids(), list[float]()
    before = spent(pids)
    for request in requests:
        waits.append(emergency.ask(host, doctor, request).arrived)
        host.settle(PATIENCE_SECONDS)
    return Answers(median(waits), max(waits), (spent(pids) - before) / len(waits))


def _among(
    host: Host,
    doctor: Doctor,
    requests: Sequence[bytes],
    mails: Sequence[bytes],
    pressure: Load,
) -> Answers:
    """Ask while deposits come in, at even times within theirs."""
    host.postfix.collected.clear()
    results, waits = list[load.Result](), list[float]()
    coming = threading.Thread(target=lambda: results.append(_deposits(host, mails, pressure)))
    coming.start()
    for moment, request in _at(requests, pressure.seconds):
        time.sleep(max(moment - time.perf_counter(), 0))
        waits.append(emergency.ask(host, doctor, request).arrived)
    coming.join()
    if results[0].refused:
        raise RuntimeError(f"refused: {results[0].refused[0]}")
    host.settle(PATIENCE_SECONDS)
    return Answers(median(waits), max(waits), rate=results[0].rate)


def _at(requests: Sequence[bytes], seconds: float) -> Iterator[tuple[float, bytes]]:
    """Yield each request with the moment at which to send it; the first second is left out."""
    began = time.perf_counter() + 1
    for number, request in enumerate(requests):
        yield began + number * (seconds - 1) / len(requests), request


def _deposits(host: Host, mails: Sequence[bytes], pressure: Load) -> load.Result:
    port = host.postfix.smtp_port
    return load.run(port, "d@cabinet.test", ADDRESS, iter(mails), SENDERS, rate=pressure.rate)
