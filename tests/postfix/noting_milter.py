"""The milter's own callbacks before a pipeline that only notes whom each mail was for.

Started as ``noting_milter.py SOCKET NOTES ADDRESS``; a line of NOTES is
``taken recipient recipient…``.
"""

import sys
from pathlib import Path

from rmp_milter.calls.memory import Memory
from rmp_milter.dossier.model import Envelope
from rmp_milter.milter.callbacks import Rules, listen

SOCKET, NOTES, SERVICE = sys.argv[1:4]


def note(envelope: Envelope, memory: Memory) -> str:
    """Note the recipients that the mail has for us."""
    memory.close()
    with Path(NOTES).open("a") as notes:
        notes.write(f"taken {' '.join(envelope.recipients)}\n")
    return "noted"


rules = Rules((SERVICE,), 1_000_000, "fr", note, lambda: None)
listen(rules, SOCKET, 0o777, None, 30)
