"""Changing what governs a dossier: the keeper is asked once the way in was gone.

Its answer is the next card, which is committed with the change that it goes with.
"""

from collections.abc import Sequence

from rmp_milter.calls.authority import Wish
from rmp_milter.calls.protocol.cards import Amend, Amended
from rmp_milter.dossier.model import Doctor, Document
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.way_in.admission import Admission
from rmp_milter.handlers.way_in.entering import Entered, own_numbers
from rmp_milter.handlers.way_in.unlocking import ground, leaf_of


def amend(
    case: Case,
    admission: Admission,
    wish: Wish,
    *persons: Doctor | None,
    documents: Sequence[Document] = (),
    action: str = "",
) -> Amended:
    """Have the wish done by whom the way in admitted; return the next cards.

    ``persons`` are those whom the wish concerns; ``documents`` and ``action`` are those of
    the way in's leaf, which the keeper finds again.
    """
    leaf = leaf_of(case, admission, documents, (), action)
    return case.keeper.amend(Amend(wish, leaf, ground(case, admission, *persons)))


def amend_entered(case: Case, entered: Entered, wish: Wish, *persons: Doctor) -> bytes:
    """Have the wish done by whom :func:`~.entering.enter` let in; return the dossier's card."""
    admission, action = entered.admission, case.header.verb.value
    leaf = leaf_of(case, admission, (), own_numbers(entered.picked), action)
    return case.keeper.amend(Amend(wish, leaf, ground(case, admission, *persons))).dossier
