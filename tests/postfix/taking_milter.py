"""A milter that takes the service's mail and notes whom each mail was for: a test's own.

Started as ``taking_milter.py SOCKET NOTES ADDRESS``; a line of NOTES is
``taken|passed recipient login``.
"""

import sys
from pathlib import Path

import Milter

SOCKET, NOTES, SERVICE = sys.argv[1:4]


class Taking(Milter.Base):
    def envfrom(self, _sender: str, *_options: str) -> int:
        self.login = self.getsymval("{auth_authen}") or "-"
        self.recipients: list[str] = []
        return int(Milter.CONTINUE)

    def envrcpt(self, recipient: str, *_options: str) -> int:
        self.recipients.append(recipient.strip("<>").lower())
        return int(Milter.CONTINUE)

    def eom(self) -> int:
        local, _, domain = SERVICE.partition("@")
        ours = [one for one in self.recipients if one.startswith(local) and domain in one]
        with Path(NOTES).open("a") as notes:
            verdict = "taken" if ours else "passed"
            notes.writelines(f"{verdict} {one} {self.login}\n" for one in self.recipients)
        return int(Milter.DISCARD if ours else Milter.CONTINUE)


Milter.factory = Taking
Milter.runmilter("taking", SOCKET, 30)
