"""What a call of the keeper rests on: ticket and cards, as the store keeps them. Pure.

The keeper judges by these alone; whom it shall look at is presented, the sender before all.
"""

from rmp_milter.calls.authority import Authority, Candidate
from rmp_milter.dossier.model import Doctor, Dossier, ReplyForm
from rmp_milter.errors import try_again
from rmp_milter.handlers.asking.case import Case, Occasion


def candidate(doctor: Doctor, newer: bytes = b"") -> Candidate:
    """Return somebody as the keeper is shown him, vouched for or not; ``newer`` as below."""
    more = tuple(each.certificate for each in doctor.credentials)
    translated = doctor.reply_form is ReplyForm.LISIBLE
    gcm = doctor.program.opens_gcm
    return Candidate(doctor.card, doctor.certificate, newer, more, translated, gcm)


def person(doctor: Doctor, newer: bytes = b"") -> Candidate:
    """Return somebody of the directory as the keeper knows him.

    ``newer`` is a later copy of his certificate. Raises :class:`MailError` 451 for one whom the
    keeper has not vouched for yet.
    """
    check_vouched(doctor.card)
    return candidate(doctor, newer)


def authority(
    case: Case,
    dossier: Dossier | None = None,
    *persons: Doctor | None,
    ticket: bytes = b"",
    share: int = 0,
    newer: bytes = b"",
) -> Authority:
    """Return what a call for this mail rests on: its sender first, then ``persons``.

    ``ticket`` is that of a way in that was gone, the mail's own without it; ``newer`` a later
    copy of the sender's certificate. Where a decoy stands in a dossier's place there is none.
    Raises as :func:`person` does.
    """
    others = {each.doctor_id: each for each in persons if each}
    others.pop(case.doctor.doctor_id, None)
    return Authority(
        ticket=ticket or case.ticket,
        dossier=_card(dossier),
        persons=(
            person(case.doctor, newer or case.sender.newer),
            *map(person, others.values()),
        ),
        share=share,
    )


def unasked(occasion: Occasion, dossier: Dossier, *persons: Doctor) -> Authority:
    """Return what a call rests on that needs no mail; one that there is comes along."""
    if isinstance(occasion, Case):
        return authority(occasion, dossier, *persons)
    return unasked_by(dossier, *persons)


def unasked_by(dossier: Dossier, *persons: Doctor) -> Authority:
    """Return what a call rests on for which no mail asks."""
    return Authority(dossier=_card(dossier), persons=tuple(map(person, persons)))


def _card(dossier: Dossier | None) -> bytes:
    if dossier is None:
        return b""
    check_vouched(dossier.card)
    return dossier.card


def check_vouched(card: bytes) -> None:
    """Raise :class:`MailError` 451 where the store is from before there were cards."""
    if not card:
        raise try_again("unavailable", "no card yet: rmp store vouch")
