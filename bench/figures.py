"""What the bench measures, each as a function that returns its figures."""

import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import load
from writing import pen_of

from testbed.doctor import Doctor
from testbed.host import ADDRESS, Host
from testbed.postfix import PrivatePostfix
from testbed.service import Part

LINES = "Patient : MESURE Jean\nNé le : 30/01/1959\n"


@dataclass
class Stand:
    """A host under measurement, the same Postfix without a milter, and a doctor."""

    host: Host
    bare: PrivatePostfix
    doctor: Doctor


def written(stand: Stand, lines: str, size: int, amount: int) -> list[bytes]:
    """Return so many deposits, each written anew with an attachment of ``size`` bytes."""
    pen = pen_of(stand.doctor, stand.host.service.certificate)
    text = f"{lines}Document : biologie\n\nVoici.\n"
    return [pen.deposit(text, size) for _ in range(amount)]


def deposits(stand: Stand, size: int, senders: int, amount: int, rounds: int) -> list[str]:
    """Compare accepted deposits a second with the same Postfix without a milter."""
    ratios, rates, waits = [], [], []
    for _ in range(rounds):
        mails = written(stand, LINES, size, amount)
        with_milter = _burst(stand.host.postfix.smtp_port, mails, senders)
        without = _burst(stand.bare.smtp_port, mails, senders)
        ratios.append(with_milter.rate / without.rate)
        rates.append(with_milter.rate)
        waits += [one / median(without.waits) for one in with_milter.waits]
        _settle(stand)
    waits.sort()
    return [
        (
            f"deposits, {len(mails[0]) // 1000} KB mails, {senders} sender(s):"
            f" {median(ratios):.2f} of Postfix alone"
            f" ({min(ratios):.2f} to {max(ratios):.2f}; {median(rates):.0f} mails/s)"
        ),
        (
            f"  final dot to 250: {median(waits):.1f} times Postfix's median,"
            f" 99th percentile {waits[len(waits) * 99 // 100]:.1f} times"
        ),
    ]


def _burst(port: int, mails: list[bytes], senders: int) -> load.Result:
    result = load.run(port, "d@cabinet.test", ADDRESS, iter(mails), senders)
    if result.refused:
        raise RuntimeError(f"refused: {result.refused[0]}")
    return result


def _settle(stand: Stand) -> None:
    """Let the receipts of a burst leave, so that they do not weigh on the next one."""
    while b"[]" not in stand.host.service.rmp("outbox", "list", "--json").stdout:
        time.sleep(0.2)
    stand.host.postfix.wait_empty_queue(120)


def consultation(stand: Stand, documents: int, size: int) -> list[str]:
    """Compare a consultation with reading the same bytes from files."""
    lines = "Patient : LECTURE Jean\nNé le : 30/01/1959\n"
    doctor, host = stand.doctor, stand.host
    host.ask(doctor, doctor.pgp_mime(f"Demande : création\n{lines}Consentement : oui\n"))
    mails = written(stand, lines, size, documents)
    result = load.run(host.postfix.smtp_port, doctor.mail, ADDRESS, iter(mails), senders=4)
    if result.refused:
        raise RuntimeError(f"refused: {result.refused[0]}")
    _settle(stand)
    before = host.postfix.collected.count(doctor.mail)
    asked = doctor.pgp_mime(f"Demande : dossier\n{lines}")
    accepted = load.run(host.postfix.smtp_port, doctor.mail, ADDRESS, iter([asked]), 1).waits[0]
    began = time.perf_counter()
    while host.postfix.collected.count(doctor.mail) < before + documents + 1:
        time.sleep(0.02)
    arrived = accepted + time.perf_counter() - began
    read = _read_files(documents, size)
    return [
        (
            f"consultation of {documents} documents of {size // 1000} KB, against reading files"
            f" of the same size: {accepted / read:.1f} times to the 250,"
            f" {arrived / read:.0f} times until the last answer is in the mailbox"
            f" ({accepted:.2f} s, {arrived:.1f} s)"
        ),
    ]


def wrong_codes(stand: Stand, asker: Doctor, documents: int, pairs: int) -> list[str]:
    """Compare a wrong code for a dossier with one for a patient whom nobody knows.

    The mails of a pair go one after the other, in turn the one and the other first.
    """
    lines = "Patient : DEVINE Jean\nNé le : 30/01/1959\n"
    doctor, port = stand.doctor, stand.host.postfix.smtp_port
    creation = f"Demande : création\n{lines}Consentement : oui\n"
    stand.host.ask(doctor, doctor.pgp_mime(creation))
    _burst(port, written(stand, lines, 1000, documents), senders=4)
    _settle(stand)
    waits: dict[str, list[float]] = {"DEVINE": [], "PERSONNE": []}
    for number in range(pairs):
        for name in sorted(waits, reverse=bool(number % 2)):
            asked = (
                f"Demande : dossier\nPatient : {name} Jean\nNé le : 30/01/1959\nCode : Faux\n"
            )
            mail = iter([asker.pgp_mime(asked)])
            waits[name] += load.run(port, asker.mail, ADDRESS, mail, 1).waits
    known, nobody = waits.values()
    longer = sum(one > other for one in known for other in nobody) / (len(known) * len(nobody))
    return [
        (
            f"wrong code, a dossier of {documents} documents against nobody: median"
            f" {median(known) / median(nobody):.3f} times, longer in {longer:.0%} of all pairs"
            f" (50% tells nothing; {pairs} mails each)"
        ),
        f"  quartiles of nobody's: {_spread(nobody)}; of the dossier's: {_spread(known)}",
    ]


def _spread(waits: list[float]) -> str:
    """Return the quartiles, each as a multiple of the median."""
    middle = median(waits)
    return ", ".join(f"{each / middle:.2f}" for each in quantiles(waits, n=4))


def _read_files(amount: int, size: int) -> float:
    folder = Path(tempfile.mkdtemp(prefix="rmp-bench-", dir="/tmp"))
    try:
        for number in range(amount):
            (folder / str(number)).write_bytes(bytes(size))
        began = time.perf_counter()
        total = sum(len((folder / str(number)).read_bytes()) for number in range(amount))
        assert total == amount * size
        return time.perf_counter() - began
    finally:
        shutil.rmtree(folder)


def memory(stand: Stand, size: int) -> list[str]:
    """Return the peak memory of the processes with one large mail, in times its size.

    What was resident before it came is told apart: the pages of the store's file that a
    process has read count as its own there, though the system takes them back at will.
    """
    (mail,) = written(stand, LINES, size, 1)
    pids = {part: stand.host.service.pids_of(part) for part in (Part.KEEPER, Part.MILTER)}
    before = {}
    for pid in (pid for group in pids.values() for pid in group):
        before[pid] = _memory(pid, "VmRSS")
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # resets the peak, proc(5)
    _burst(stand.host.postfix.smtp_port, [mail], 1)
    lines = []
    for part, group in pids.items():
        peak, more = max(
            (_memory(pid, "VmHWM"), _memory(pid, "VmHWM") - before[pid]) for pid in group
        )
        lines.append(
            f"peak memory of the {part} with a {len(mail) // 1_000_000} MB mail:"
            f" {peak / len(mail):.1f} times its size, {more / len(mail):.1f} more than before"
        )
    return lines


def _memory(pid: int, which: str) -> int:
    """Return a line of proc(5)'s status in bytes."""
    found = re.search(rf"{which}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0
