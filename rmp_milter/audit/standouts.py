"""Why a figure stands out, in a sentence."""

from collections.abc import Sequence

from rmp_milter.audit.thief import PartOf
from rmp_milter.audit.unusual import WHOLE, Standout
from rmp_milter.phrases.phrase import Phrase

_COUNTED = {
    "emergencies": Phrase(
        "{count} emergencies; nine in ten of {colleagues} colleagues have {usual} at most"
    ),
    "one_name": Phrase(
        "other patients of one name on {count} days; nine in ten of {colleagues} colleagues have"
        " {usual} at most"
    ),
    "one_patient": Phrase(
        "one and the same patient on {count} days; nine in ten of {colleagues} colleagues have"
        " {usual} at most"
    ),
}
_SHARED = {
    "unknown": Phrase(
        "{part} of {whole} for patients not known before; nine in ten of {colleagues} colleagues"
        " have {percent} % at most"
    ),
    "at_night": Phrase(
        "{part} of {whole} at night; nine in ten of {colleagues} colleagues have {percent} % at"
        " most"
    ),
    "unjustified": Phrase(
        "{part} of {whole} never justified; nine in ten of {colleagues} colleagues have"
        " {percent} % at most"
    ),
}


_OF_A_MONTH = Phrase(
    "{count} emergencies; usual are {usual} at most (nine in ten of {colleagues} colleagues, and"
    " the doctor's other months)"
)


def why(found: Standout) -> Phrase:
    """Return the sentence, without a full stop."""
    if isinstance(found.value, PartOf):
        return Phrase(
            _SHARED[found.figure],
            part=found.value.part,
            whole=found.value.whole,
            colleagues=found.colleagues,
            percent=round(100 * found.usual),
        )
    of_a_month = found.figure == "emergencies" and found.period != WHOLE
    return Phrase(
        _OF_A_MONTH if of_a_month else _COUNTED[found.figure],
        count=found.value,
        colleagues=found.colleagues,
        usual=f"{found.usual:g}",
    )


def entries_of(entries: Sequence[int], most: int) -> Phrase:
    """Return a line that names the entries, ``most`` of them."""
    named = ", ".join(map(str, entries[:most]))
    if len(entries) <= most:
        return Phrase("Entries {named}", named=named)
    return Phrase("Entries {named} and {more} more", named=named, more=len(entries) - most)
