"""Clôture: a dossier ends; nothing is added or read, and it is erased when the law allows."""

from rmp_milter.calls.authority import Close
from rmp_milter.dossier.model import Closure
from rmp_milter.dossier.rules import Act
from rmp_milter.dossier.takeovers import is_running
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.letters.notices import tell_concerned
from rmp_milter.handlers.letters.takeovers import until_words
from rmp_milter.handlers.way_in.admission import admit
from rmp_milter.handlers.way_in.amending import amend
from rmp_milter.handlers.way_in.entering import changed, settled
from rmp_milter.handlers.way_in.unlocking import prove, unlock
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, day, full_name


def handle(case: Case) -> Outcome:
    """Close the dossier, by the patient's own mail or by his médecin traitant with his code."""
    try:
        admission, dossier = prove(case, admit(case, Act.CLOTURE))
    except MailError as error:
        raise _explained(case, error) from error
    # Before its leaf, which would say that it was closed.
    if is_running(dossier.takeover, case.at):
        raise MailError("close-contestable", facts={"at": until_words(case, dossier)})
    unlock(case, admission, action=case.header.verb.value)
    closure = Closure(at=case.at, erase_at=case.at + case.bounds.retention)
    facts = {
        "patient": full_name(dossier.patient),
        "birth_date": birth_date(dossier.patient),
        "erase": day(closure.erase_at, case.clock),
    }
    card = amend(
        case, admission, Close(closure.erase_at), action=case.header.verb.value
    ).dossier
    effects = Effects(
        updates=changed(dossier, closure=closure, card=card),
        notices=tell_concerned(case, "closed-notice", dossier, erase=facts["erase"]),
    )
    letter = Letter(
        subject=text("subject-closed", case.language, patient=facts["patient"]),
        text=text("closed", case.language, **facts),
    )
    return Outcome(letter, settled(case, admission, effects))


def _explained(case: Case, error: MailError) -> MailError:
    """Return the refusal with who may close, where the sender is nobody who may.

    One that a code was tried for leaves something behind (it is a Refusal) and stays as it is.
    """
    plain = type(error) is MailError and error.text == "no-access"
    return MailError("close-by-whom") if plain and not case.doctor.patient_of else error
