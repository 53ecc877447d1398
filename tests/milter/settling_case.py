"""What is settled: the case of a mail that brought nothing, of any sender."""

from typing import Any

from rmp_milter.calls.protocol.opening import Opened, Signature, Trust
from rmp_milter.dossier.model import Doctor, Onglet
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers.asking.case import Case, Sender
from rmp_milter.mail.header.routing import parse
from rmp_milter.milter.answering.settling import Brought

NOTHING = Brought((), memoryview(b""), memoryview(b""), lambda _document: None)


def case_of(sender: Doctor) -> Case:
    """Return a case that was decided: nobody is asked any more, and nothing looked at."""
    nobody: Any = None
    return Case(
        digest=b"d",
        at=5,
        view=nobody,
        keeper=nobody,
        mail_from=sender.mail,
        sender=Sender(sender, Proof.SIGNATURE),
        header=parse("", 2026),
        opened=Opened("", Signature(Trust.GOOD, sender.fingerprint), ()),
        language="fr",
        new_id=lambda: bytes(16),
        classify=lambda *_: (Onglet.DIVERS, ""),
    )
