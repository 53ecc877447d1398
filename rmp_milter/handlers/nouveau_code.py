"""Nouveau code: the patient gets a new code in the place of the old one."""

import msgspec

from rmp_milter.calls.protocol.answering import CODE_MARK
from rmp_milter.calls.protocol.releasing import Recode, Recoded
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.model import Dossier, Fault, Slots, Strike
from rmp_milter.dossier.rules import Act, Relation, Way
from rmp_milter.dossier.weak_codes import guessable
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.letters.notices import tell_concerned
from rmp_milter.handlers.way_in.admission import Admission, admit
from rmp_milter.handlers.way_in.entering import changed, settled
from rmp_milter.handlers.way_in.unlocking import ground, refused, way_in_of
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.slip import SLIP_NAME, code_slip
from rmp_milter.mail.outgoing.spelling import SPELLED_MARKS
from rmp_milter.mail.outgoing.wording import birth_date, full_name

_NUMBER_SIGNS = 15
_CHOOSES = frozenset({Relation.TREATING, Relation.PATIENT})
"""Who needs no code to make one, so that a line ``Code`` of theirs is the new one."""


def handle(case: Case) -> Outcome:
    """Put the dossier under a new code, which the answer tells once.

    The médecin traitant and the patient may give it (``Code :``). Anybody else's ``Code :``, a
    locum's too, is the old one, which proves his right; the keeper draws the new one.
    """
    admission = admit(case, Act.NOUVEAU_CODE)
    recoded = _recode(case, admission)
    dossier = admission.dossier
    if dossier is None:
        raise MailError("no-access", detail="no dossier")
    effects = Effects(
        updates=changed(dossier, slots=_slots(dossier, recoded), card=recoded.card),
        cleared=(Strike(Fault.DOSSIER, dossier.dossier_id, 0),),
        notices=tell_concerned(case, "code-renewed-notice", dossier),
    )
    letter = _code_letter(case, dossier, recoded.held_code)
    return Outcome(letter, settled(case, admission, effects))


def _slots(dossier: Dossier, recoded: Recoded) -> Slots:
    """Return the ways in as they are now; the card's may have been made beside the code."""
    vitale = dossier.slots.vitale or recoded.vitale
    return msgspec.structs.replace(dossier.slots, code=recoded.code, vitale=vitale)


def _card_number(dossier: Dossier | None) -> str:
    """Return the number that the patient's card shall open by, where it does not yet.

    Blanks stand in its place, so that the call has one size whoever is asked for.
    """
    number = dossier.patient.nir if dossier and not dossier.slots.vitale else ""
    return number.ljust(_NUMBER_SIGNS)


def _recode(case: Case, admission: Admission) -> Recoded:
    dossier = admission.dossier
    dossier_id = dossier.dossier_id if dossier else bytes(16)
    chosen = admission.way is not Way.CODE and admission.relation in _CHOOSES
    # Without the patient's code or card it is the custody slot that opens the dossier.
    opened_by = admission.way if admission.way in {Way.CODE, Way.VITALE} else Way.CUSTODY
    request = Recode(
        by=ground(case, admission),
        way_in=way_in_of(admission),
        event=event(
            case,
            admission.act.value,
            dossier_id,
            way=opened_by,
            acting_for=admission.acting_for,
        ),
        chosen=chosen and case.opened.has_code,
        nir=_card_number(dossier),
        guessable=guessable(dossier.patient, dossier.sheet.used_name)
        if chosen and dossier
        else (),
    )
    try:
        return case.keeper.recode(request)
    except MailError as error:
        if error.text == "weak-code":
            raise MailError("weak-new-code") from error
        raise refused(case, admission, error) from error


def _code_letter(case: Case, dossier: Dossier, held_code: bytes) -> Letter:
    """Return the answer with the new code and a new slip, as at the creation."""
    patient = full_name(dossier.patient)
    treating = case.view.doctor(dossier.treating)
    name = treating.name if treating else "-"
    today = day_of(case.at, case.clock)
    return Letter(
        subject=text("subject-code", case.language, patient=patient),
        text=text(
            "code-renewed",
            case.language,
            patient=patient,
            birth_date=birth_date(dossier.patient),
            code=CODE_MARK,
            spelled=SPELLED_MARKS[case.language],
            slip=SLIP_NAME,
        ),
        held_code=held_code,
        files=(code_slip(dossier.patient, name, dossier.sheet, today, case.language),),
    )
