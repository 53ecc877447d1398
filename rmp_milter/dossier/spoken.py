"""References and codes that people say, type and copy by hand.

They are written in 31 signs, without I, L, O, 0 and 1, in groups of four. Whoever reads one
back may do it in small letters, with blanks or dashes anywhere or with none: two that are
the same when :func:`spoken` are the same.
"""

import unicodedata

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No two of them are taken for each other, on paper or on the telephone."""

GROUP = 4
_AROUND = frozenset("ZPC")  # blanks, punctuation with all dashes, what is not seen
_MINUS = "−"  # a sign of mathematics to Unicode, a dash to whoever types it
_CAPITALS = {ord(small): ord(small.upper()) for small in "abcdefghijklmnopqrstuvwxyz"}


def spoken(typed: str) -> str:
    """Return what counts of a reference or a code: capitals and digits, one after the other.

    Case, blanks, dashes of every kind, punctuation around and between, full width and what
    is not seen do not count. Any other sign stays, so that it never fits by being left out.
    """
    plain = unicodedata.normalize("NFKC", typed).translate(_CAPITALS)
    kept = (sign for sign in plain if sign != _MINUS and not _is_around(sign))
    return unicodedata.normalize("NFKC", "".join(kept))


def grouped(signs: str, between: str = " ") -> str:
    """Return the signs in groups of four, as they are shown."""
    return between.join(signs[at : at + GROUP] for at in range(0, len(signs), GROUP))


def reference(kind: str, signs: str) -> str:
    """Return a reference as it is written: one letter for its kind, then groups of four."""
    return f"{kind}-{grouped(signs, '-')}"


def reference_typed(typed: str) -> str:
    """Return the reference that somebody typed as the service writes it, for a look-up.

    What is none comes back as none: nothing is found under it.
    """
    said = spoken(typed)
    return reference(said[:1], said[1:])


def signs_of(number: int, count: int) -> str:
    """Return ``count`` signs of :data:`ALPHABET` that a large number stands for."""
    signs = ""
    for _ in range(count):
        number, at = divmod(number, len(ALPHABET))
        signs += ALPHABET[at]
    return signs


def _is_around(sign: str) -> bool:
    return unicodedata.category(sign)[0] in _AROUND
