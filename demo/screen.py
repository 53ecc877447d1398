"""What the demonstration prints: numbered steps, mails in a frame, proofs with a tick."""

import time
from collections.abc import Iterable, Iterator

from testbed.gpg import Standing, Verdict
from testbed.outlook import OpenedMail
from testbed.reading import Opened

_STANDING = {
    Standing.GOOD: "good signature",
    Standing.BAD: "BAD signature",
    Standing.UNKNOWN: "signature by a key that is not in this keyring",
    Standing.EXPIRED: "signature by an expired key",
}


class Screen:
    """Prints steps with the time since the start; knows the names behind fingerprints."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._step = 0
        self._began = time.monotonic()
        self.names: dict[str, str] = {}
        self.failed = 0

    @property
    def seconds(self) -> float:
        """The time since the start."""
        return time.monotonic() - self._began

    def step(self, what: str) -> None:
        """Begin the next step."""
        self._step += 1
        print(f"\n[{self._step:2}/{self._steps}] {self.seconds:5.1f} s  {what}", flush=True)

    def say(self, line: str) -> None:
        """Print a line below the step."""
        print(f"          {line}", flush=True)

    def mail(self, opened: Opened, reader: str) -> None:
        """Print a mail as gpg shows it to ``reader``."""
        self._frame(f"{reader} sees, opened with gpg:", self._lines(opened))

    def smime(self, opened: OpenedMail, reader: str) -> None:
        """Print a mail as openssl shows it to ``reader``."""
        self._frame(f"{reader} sees, opened with openssl:", _smime_lines(opened))

    @staticmethod
    def _frame(title: str, lines: Iterable[str]) -> None:
        print(f"          ┌─ {title}")
        for line in lines:
            print(f"          │ {line}")
        print(f"          └{'─' * 40}", flush=True)

    def proof(self, claim: str, *, holds: bool) -> None:
        """Print whether a claim holds, and remember if it does not."""
        self.failed += not holds
        self.say(f"{'✔' if holds else '✘ NOT SO:'} {claim}")

    def _lines(self, opened: Opened) -> list[str]:
        shown = [f"Subject: {opened.subject}", f"   (in clear: {opened.outer_subject})"]
        shown += [
            f"gpg: {self._verdict(verdict)}" for verdict in dict.fromkeys(opened.verdicts)
        ]
        shown += ["", *opened.text.rstrip().splitlines()]
        shown += [f"📎 {name}, {len(data)} bytes" for name, data in opened.files.items()]
        return shown

    def _verdict(self, verdict: Verdict) -> str:
        who = self.names.get(verdict.signer, verdict.signer)
        return f"{_STANDING[verdict.standing]}: {who}"


def texts_of(opened: OpenedMail) -> Iterator[str]:
    """Yield the texts of a mail in their order, as deep as they lie."""
    for part in opened.message.walk():
        if part.get_content_type() == "text/plain" and not part.get_filename():
            yield part.get_content().rstrip()


def _smime_lines(opened: OpenedMail) -> Iterator[str]:
    yield f"Subject: {opened.message['Subject'] or '(none)'}"
    yield f"openssl: good signature: {opened.signer}" if opened.signer else "not signed"
    for text in texts_of(opened):
        yield from ("", *text.splitlines())
    yield from (f"📎 {name}, {len(data)} bytes" for name, data in opened.files.items())
