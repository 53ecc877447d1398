"""What a mail says of its author's program, remembered in the directory.

By it he is sent documents in AES-GCM as they are, and not sealed anew (the keeper's *readers*). An
emergency remembers nothing: what a second mail changed meanwhile must not have it decided again.
"""

from msgspec.structs import replace

from rmp_milter.dossier.model import Doctor, Verb
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome


def with_program(outcome: Outcome, case: Case) -> Outcome:
    """Return the outcome with the author's entry in which his program stands, if it is another.

    It goes into the entry that the mail makes anyway, where it makes one.
    """
    said, effects, own = case.opened.program, outcome.effects, case.doctor
    signed = case.sender.proof is Proof.SIGNATURE and case.header.verb is not Verb.URGENCE
    if said is None or said == own.program or not signed:
        return outcome
    made = [each for each in effects.doctors if each.doctor_id == own.doctor_id]
    others = tuple(each for each in effects.doctors if each.doctor_id != own.doctor_id)
    entry: Doctor = replace(made[0], program=said) if made else revised(own, program=said)
    return replace(outcome, effects=replace(effects, doctors=(*others, entry)))
