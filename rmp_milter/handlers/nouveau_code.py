"""The patient's code: a new one in the old one's place, or none at all."""

from collections.abc import Generator

import msgspec

from rmp_milter.calls.protocol import CODE_MARK, Recode, Recoded, Reply, Request
from rmp_milter.dossier.model import Dossier, Fault, Strike
from rmp_milter.dossier.rules import Act, Way
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import Asked, Effects, Outcome, Steps, View, event, expect
from rmp_milter.handlers.letters.notices import tell_concerned
from rmp_milter.handlers.sight.sight import SEES_ALL
from rmp_milter.handlers.way_in.admission import Admission, admit
from rmp_milter.handlers.way_in.entering import changed, enter, settled
from rmp_milter.handlers.way_in.unlocking import opening_of, refused
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.slip import SLIP_NAME, code_slip
from rmp_milter.mail.outgoing.wording import birth_date, full_name


def renew(asked: Asked, view: View, language: Language) -> Steps:
    """Put the dossier under a new code, which the answer tells once.

    The médecin traitant (locum) and the patient may give it (``Code :``). Anybody else's
    ``Code :`` is the old one, which proves his right; the keeper draws the new one.
    """
    admission = admit(asked, Act.CODE, view)
    recoded = yield from _recode(asked, admission, view, language)
    dossier = admission.dossier
    if dossier is None:
        raise MailError("no-access", detail="no dossier")
    effects = Effects(
        updates=changed(
            dossier, slots=msgspec.structs.replace(dossier.slots, code=recoded.code)
        ),
        cleared=(Strike(Fault.DOSSIER, dossier.dossier_id, 0),),
        notices=tell_concerned("code-renewed-notice", dossier, asked, view, language),
    )
    letter = _code_letter(asked, dossier, recoded.held_code, view, language)
    return Outcome(letter, settled(asked, admission, effects))


def _recode(
    asked: Asked, admission: Admission, view: View, language: Language
) -> Generator[Request, Reply, Recoded]:
    dossier = admission.dossier
    dossier_id = dossier.dossier_id if dossier else bytes(16)
    chosen = admission.way is not Way.CODE and admission.relation in SEES_ALL
    # Without the patient's code or card it is the custody slot that opens the dossier.
    opened_by = admission.way if admission.way in {Way.CODE, Way.VITALE} else Way.CUSTODY
    request = Recode(
        digest=asked.digest,
        dossier_id=dossier_id,
        opening=opening_of(asked, admission),
        event=event(
            asked,
            admission.act.value,
            dossier_id,
            way=opened_by,
            acting_for=admission.acting_for,
        ),
        held_code=asked.opened.held_code if chosen else b"",
    )
    try:
        reply = yield request
    except MailError as error:
        if error.text == "weak-code":
            raise MailError("weak-new-code") from error
        raise refused(asked, admission, view, language, error) from error
    return expect(reply, Recoded)


def _code_letter(
    asked: Asked, dossier: Dossier, held_code: bytes, view: View, language: Language
) -> Letter:
    """Return the answer with the new code and a new slip, as at the creation."""
    patient = full_name(dossier.patient)
    treating = view.doctor(dossier.treating)
    name = treating.name if treating else "-"
    return Letter(
        subject=text("subject-code", language, patient=patient),
        text=text(
            "code-renewed",
            language,
            patient=patient,
            birth_date=birth_date(dossier.patient),
            code=CODE_MARK,
            slip=SLIP_NAME,
        ),
        held_code=held_code,
        files=(code_slip(dossier.patient, name, dossier.sheet, asked.at, language),),
    )


def revoke(asked: Asked, view: View, language: Language) -> Steps:
    """Take the code away: until there is a new one no code opens the dossier."""
    entered = yield from enter(asked, Act.CODE, view, language)
    dossier = entered.dossier
    key, effects = "code-revoked-before", Effects()
    if dossier.slots.code:
        key = "code-revoked"
        slots = msgspec.structs.replace(dossier.slots, code=None)
        effects = Effects(
            updates=changed(dossier, slots=slots),
            notices=tell_concerned("code-revoked-notice", dossier, asked, view, language),
        )
    patient = full_name(dossier.patient)
    letter = Letter(
        subject=text("subject-code", language, patient=patient),
        text=text(key, language, patient=patient, birth_date=birth_date(dossier.patient)),
    )
    return Outcome(letter, settled(asked, entered.admission, effects))
