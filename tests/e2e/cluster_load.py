"""Mail for a service on two hosts: letters filed, indexes read, each sent until it was taken.

As mail servers do it: what one host did not take, or gave no answer to, goes to the other.
"""

from __future__ import annotations

import re
import smtplib
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from test_kills import with_message_id

from testbed.history import HistoryRecorder, Seen, Written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cluster_house import ClusterHouse

    from testbed.doctor import Doctor

PATIENTS = ("CHARGE", "FARDEAU")
_ROW = re.compile(r"^ +(\d+)\. .*?\b(Lettre \d+),", re.MULTILINE)
_OF = re.compile(rb"^(In-Reply-To|Message-ID): (\S+)", re.MULTILINE | re.IGNORECASE)


def lines_of(name: str) -> str:
    return f"Patient : {name} Jean\nNé le : 30/01/1959\n"


@dataclass
class Asked:
    """A mail, whose dossier it names, and when it was sent first and taken."""

    message_id: str
    dossier: str
    letter: str
    """What it files; nothing where it asks for the index."""
    invoked: float
    taken: float | None = None


@dataclass
class ClusterLoad:
    """Senders at both hosts; the first half file, the second half read."""

    house: ClusterHouse
    doctor: Doctor
    seed: int
    pause: float = 0.1
    """Seconds between one mail that was taken and the next, of each sender."""
    asked: list[Asked] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, writers: int = 3, readers: int = 1) -> None:
        for number in range(writers + readers):
            work = threading.Thread(target=self._run, args=(number, number < writers))
            self._threads.append(work)
            work.start()

    def end(self) -> None:
        """Let each have its mail taken, and stop."""
        self.stop.set()
        for thread in self._threads:
            thread.join(180)
        assert not [thread for thread in self._threads if thread.is_alive()]

    def taken(self) -> list[Asked]:
        return [each for each in self.asked if each.taken is not None]

    def _run(self, number: int, files: bool) -> None:  # noqa: FBT001 -- which of the two it is
        chance = Random(f"{self.seed} {number}")  # noqa: S311 -- chooses hosts, no secrets
        while not self.stop.wait(self.pause):
            own, name = next(self._numbers), chance.choice(PATIENTS)
            letter = f"Lettre {own}" if files else ""
            text = f"Document : {letter}\n\nTexte.\n" if files else ""
            head = "" if files else "Demande : index\n"
            mail = self.doctor.pgp_mime(f"{head}{lines_of(name)}{text}")
            one = Asked(f"<{own}@load.test>", name, letter, time.monotonic())
            self.asked.append(one)
            self._until_taken(one, with_message_id(mail, one.message_id), chance)

    def _until_taken(self, one: Asked, mail: bytes, chance: Random) -> None:
        hosts = chance.sample(self.house.hosts, k=len(self.house.hosts))
        for turn in count():
            try:
                reply = hosts[turn % len(hosts)].send(self.doctor, mail)
            except (OSError, smtplib.SMTPException):
                pass  # nobody there, or gone before it answered: taken or not
            else:
                if reply.accepted:
                    one.taken = time.monotonic()
                    return
                if 500 <= reply.code < 600:
                    self.refused.append(str(reply))
                    return
            time.sleep(0.1)

    def answers(self) -> dict[str, dict[str, bytes]]:
        """Return the answers to each request by their Message-IDs: one that came twice is one."""
        found = dict[str, dict[str, bytes]]()
        for raw in self.house.mailbox(self.doctor.mail):
            said = {name.lower(): value.decode() for name, value in _OF.findall(_head(raw))}
            if b"in-reply-to" in said:
                found.setdefault(said[b"in-reply-to"], {})[said[b"message-id"]] = raw
        return found

    def history(self) -> HistoryRecorder:
        """Return what was filed and what was shown, by the answers that arrived."""
        answers, recorder = self.answers(), HistoryRecorder()
        for one in self.asked:
            if one.letter:
                recorder.written.append(
                    Written("a doctor", one.dossier, one.invoked, one.taken, one.letter)
                )
            elif one.taken is not None:
                (raw,) = answers[one.message_id].values()
                rows = sorted((int(row[0]), row[1]) for row in _ROW.findall(self._text(raw)))
                shown = tuple(letter for _, letter in rows)
                recorder.seen.append(
                    Seen(one.message_id, one.dossier, one.invoked, one.taken, shown)
                )
        return recorder

    def _text(self, raw: bytes) -> str:
        return self.doctor.read(raw).text


def _head(raw: bytes) -> bytes:
    return raw.split(b"\n\n", 1)[0]
