"""The reason of an emergency access or of its justification: words that only auditors read.

Cut off in the keeper like a code. Of any other request ``Motif`` stays in the header.
"""

from collections.abc import Iterable, Sequence

from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.lines import Line
from rmp_milter.mail.header.masking import MASK, masked
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import Field, verb_of

MAX_REASON = 2000
"""Characters that are kept of a reason; a longer one ends in ``[...]``."""
_CUT_OFF = " [...]"
_SECRET = frozenset({Verb.URGENCE, Verb.JUSTIFICATION})


def is_reason_secret(header: Sequence[Line]) -> bool:
    """Return whether the header asks for what has a secret reason.

    One that nobody understands (``Demande : urgance``) counts as well: better a reason
    hidden too many than one shown.
    """
    asked = (line.value for line in header if line.field is Field.REQUEST and line.value)
    verbs = [verb_of(value) for value in asked]
    return any(verb is None or verb in _SECRET for verb in verbs)


def reason_of(
    header: Sequence[Line],
    letter: Sequence[Line],
    secrets: Iterable[str],
    mask: str,
    *,
    whole: bool,
) -> str:
    """Return the reason's words, at most :data:`MAX_REASON` characters; empty if none.

    What follows the header belongs to it: all there is to a justification, and what
    completes the ``Motif`` of an emergency, where a letter alone is no reason (it may be
    no more than a signature). A slot that is not filled in says that there is none, whatever
    follows. ``secrets`` (codes, attestations) are masked in it. Unless
    the lines are the ``whole`` text, it says that it was cut.
    """
    said = [line.value for line in header if line.field is Field.REASON and line.value]
    stated = [value for value in said if is_said(value)]
    asked = {verb_of(line.value) for line in header if line.field is Field.REQUEST}
    if not stated and (said or Verb.JUSTIFICATION not in asked):
        return ""
    reason = "\n".join([*stated, *(written(line) for line in letter)]).strip()
    for secret in secrets:
        reason = masked(reason, secret, mask)
    return bounded_reason(reason, whole=whole)


def bounded_reason(reason: str, *, whole: bool = True) -> str:
    """Return the reason with a mark at its end where it is too long, or not ``whole``."""
    if reason and (len(reason) > MAX_REASON or not whole):
        return reason[: MAX_REASON - len(_CUT_OFF)] + _CUT_OFF
    return reason


def is_said(reason: str) -> bool:
    """Return whether these are words: dots, or a slot that nobody filled in, are none.

    Nor is a mask: it is what we wrote in a secret's place, sent back.
    """
    if MASK in reason:
        return False
    return any(map(str.isalnum, reason)) and not is_slot(Field.REASON, reason)


def written(line: Line) -> str:
    """Return a line as it was written, as far as it can be told."""
    return f"{line.word} : {line.value}" if line.word else line.value
