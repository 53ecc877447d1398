"""Guesses at codes, counted here: whoever asks the keeper directly has no more tries than mails.

The milter counts as well, to answer in words and to tell the médecin traitant. Calls that run
at the same moment are counted when they have ended: so many more may pass as there are workers.
"""

import hashlib

from rmp_milter.dossier.cards import DossierCard
from rmp_milter.dossier.model import Patient
from rmp_milter.keeper.authority.ground import Ground
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.keys.sealing import framed
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.tries import EVERYBODY, of_dossier, of_nobody, of_person

MONTH = 30 * 86_400
_FORGIVEN = "forgiven"


def is_resting(desk: Desk, dossier: DossierCard, now: int, *, of_before: bool) -> bool:
    """Whether the dossier's code is not tried now; one ``of_before`` may be short."""
    rules, subject = desk.rules, of_dossier(dossier.dossier)
    with desk.journal.own() as own:
        if own.tries.recent(subject, now - rules.window + 1) >= rules.wrong_codes:
            return True
        month = own.tries.recent(subject, now - MONTH + 1)
        return of_before and month >= rules.old_wrong_codes


def is_throttled(desk: Desk, person: bytes, now: int) -> bool:
    """Whether a sender, or everybody together, has tried too often."""
    rules, since = desk.rules, now - desk.rules.window + 1
    with desk.journal.own() as own:
        own_tries = own.tries.recent(of_person(person), since)
        return (
            own_tries >= rules.sender_codes
            or own.tries.recent(EVERYBODY, since) >= rules.global_codes
        )


def refusal_counted(desk: Desk, ground: Ground, *, by_code: bool) -> list[bytes]:
    """Return against whom a refusal counts; a card's against nobody's dossier."""
    subjects = [of_person(ground.sender.person), EVERYBODY]
    if by_code and ground.dossier is not None:
        subjects.append(of_dossier(ground.dossier.dossier))
    elif by_code:
        header = ground.ticket.header(ground.share)
        patient = Patient(header.birth_name, header.first_names, header.birth_date)
        subjects.append(of_nobody(desk.sealer.nobody(patient)))
    return subjects


def forgive(desk: Desk, dossier_id: bytes, act: bytes, now: int) -> None:
    """Forget a dossier's wrong codes, now that the right one came: once for each mail.

    One that is shown again and again would let whoever has it guess without end.
    """
    subject = of_dossier(dossier_id)
    with desk.journal.own() as own:
        has_any = own.tries.recent(subject, 0) > 0
    if has_any:
        desk.journal.change(lambda own: _forgive(own, dossier_id, act, desk, now))


def _forgive(own: Own, dossier_id: bytes, act: bytes, desk: Desk, now: int) -> None:
    pardon = hashlib.sha256(framed(b"rmp forgiven", act, dossier_id)).digest()
    if own.acts.read(pardon) is None:
        own.acts.note(pardon, _FORGIVEN, dossier_id, now + desk.rules.remembered)
        own.tries.clear(of_dossier(dossier_id))
