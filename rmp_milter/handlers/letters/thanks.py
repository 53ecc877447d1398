"""The answer to a mail that is nothing but thanks: nothing was done, said once a thread."""

import hashlib

from rmp_milter.dossier.changes import Once
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter

_REMEMBERED = 30 * 86_400  # seconds; after that a thread is a new one


def answer_to_thanks(case: Case) -> Outcome:
    """Say that nothing was done; nothing at all where that was said in this thread.

    Two machines that thank each other would not stop else. Thanks that belong to no thread
    are one thread a sender.
    """
    said = hashlib.sha256(case.doctor.doctor_id + case.thread.encode()).digest()
    once = Once(b"thanks " + said, case.at + _REMEMBERED)
    if case.view.happened(once.value):
        return Outcome(None)
    letter = Letter(
        subject=text("subject-thanks", case.language), text=text("thanks", case.language)
    )
    return Outcome(letter, Effects(once=(once,)))
