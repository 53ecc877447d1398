"""Révocation du code: until there is a new one, no code opens the dossier."""

import msgspec

from rmp_milter.calls.authority import NoCode
from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.letters.notices import tell_concerned
from rmp_milter.handlers.way_in.amending import amend_entered
from rmp_milter.handlers.way_in.entering import changed, enter, settled
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name


def handle(case: Case) -> Outcome:
    """Take the code away: until there is a new one no code opens the dossier."""
    entered = enter(case, Act.NOUVEAU_CODE)
    dossier = entered.dossier
    key, effects = "code-revoked-before", Effects()
    if dossier.slots.code:
        key = "code-revoked"
        slots = msgspec.structs.replace(dossier.slots, code=None)
        effects = Effects(
            updates=changed(dossier, slots=slots, card=amend_entered(case, entered, NoCode())),
            notices=tell_concerned(case, "code-revoked-notice", dossier),
        )
    patient = full_name(dossier.patient)
    letter = Letter(
        subject=text("subject-code", case.language, patient=patient),
        text=text(key, case.language, patient=patient, birth_date=birth_date(dossier.patient)),
    )
    return Outcome(letter, settled(case, entered.admission, effects))
