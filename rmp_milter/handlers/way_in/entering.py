"""Going into a dossier for one of the patient's wishes: admitted once, one leaf, one way in."""

from collections.abc import Sequence

import msgspec

from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.rules import Act
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Notice, Refusal
from rmp_milter.handlers.letters.notices import tell_of_proven
from rmp_milter.handlers.sight.seen import Seen, seen
from rmp_milter.handlers.way_in.admission import Admission, admit, spent
from rmp_milter.handlers.way_in.naming import entries_named
from rmp_milter.handlers.way_in.unlocking import forgiven, prove, unlock
from rmp_milter.mail.outgoing.wording import ranges


class Entered(msgspec.Struct, frozen=True):
    """A dossier whose way in was gone, and what the sender sees of it.

    ``picked`` are the entries that the header names by the numbers which he reads.
    """

    admission: Admission
    dossier: Dossier
    visible: tuple[Seen, ...]
    picked: tuple[Seen, ...]


def enter(case: Case, act: Act) -> Entered:
    """Judge the sender's right and go the way in; the leaf names the entries picked.

    Raises as :func:`admit`, :func:`prove` and :func:`entries_named` do; ``no-such-entry``
    only once inside, since it says that there is a dossier. The leaf then names no entry.
    """
    admission, dossier = prove(case, admit(case, act))
    entries = case.view.entries(dossier.dossier_id)
    visible = seen(dossier, entries, admission.relation, case.doctor.doctor_id)
    picked: tuple[Seen, ...] = ()
    missing: MailError | None = None
    try:
        picked = entries_named(case, admission, dossier, visible)
    except Refusal:
        raise  # it has its leaf
    except MailError as error:
        missing = error
    unlock(case, admission, entries=own_numbers(picked), action=case.header.verb.value)
    if missing:
        raise missing
    return Entered(admission, dossier, visible, picked)


def own_numbers(picked: Sequence[Seen]) -> tuple[int, ...]:
    """Return the entries' numbers in the dossier, which the log and the masks go by."""
    return tuple(each.filed.number for each in picked)


def tell_of_masks(
    case: Case, entered: Entered, key: str, those: Sequence[Seen]
) -> tuple[Notice, ...]:
    """Tell whoever governs of entries that somebody masked or showed by code or card.

    By the numbers that he reads, who sees all; of what they are nothing is said.
    """
    if not those:
        return ()
    return tell_of_proven(
        case,
        entered.admission.way,
        key,
        entered.dossier,
        count=str(len(those)),
        numbers=ranges(own_numbers(those), case.language),
    )


def settled(case: Case, admission: Admission, effects: Effects) -> Effects:
    """Return the effects with what the way in leaves: a card used, wrong codes forgotten."""
    return msgspec.structs.replace(
        effects,
        once=(*effects.once, *spent(case)),
        cleared=tuple(dict.fromkeys((*effects.cleared, *forgiven(admission)))),
    )


def changed(dossier: Dossier, **fields: object) -> tuple[DossierUpdate, ...]:
    """Return the update that gives the dossier new values in these fields."""
    return (DossierUpdate(revised(dossier, **fields)),)
