"""From unlabelled octets of French medical software to text: UTF-8, windows-1252 or MacRoman.

Which of the last two it is shows in the letters: read the wrong way, French words hold
capitals amid small letters, and signs that no word has.
"""

import re
from itertools import islice

_FRENCH = frozenset("éèêëàâäçîïôöùûüÿœæñÉÈÊËÀÂÄÇÎÏÔÖÙÛÜŸŒÆÑ")
_LOOKED_AT = 262_144
_MOST_SIGNS = 200  # signs beyond ASCII that are looked at: a few words tell
_BEYOND = re.compile(r"[^\x00-\x7f]")


def text_of_octets(data: bytes) -> str:
    """Return the text; octets that are of no charset become U+FFFD. Never raises."""
    plain = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return plain.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start >= len(plain) - 3:
            return plain[: error.start].decode()  # a text that was cut inside a character
    western = plain.decode("windows-1252", errors="replace")
    mac = plain.decode("mac_roman", errors="replace")
    return mac if _likelihood(mac) > _likelihood(western) else western


def _likelihood(text: str) -> int:
    """Return how French the letters beyond ASCII are: one up or down for each."""
    sample = text[:_LOOKED_AT]
    signs = (
        (found[0], found.start()) for found in islice(_BEYOND.finditer(sample), _MOST_SIGNS)
    )
    return sum(
        1 if _is_likely(sample[at - 1 : at], sign, sample[at + 1 : at + 2]) else -1
        for sign, at in signs
        if sign.isalpha() or _in_word(sample, at)
    )


def _in_word(text: str, at: int) -> bool:
    return text[at - 1 : at].isalpha() or text[at + 1 : at + 2].isalpha()


def _is_likely(before: str, sign: str, after: str) -> bool:
    """Return whether a sign fits between its neighbours."""
    if sign not in _FRENCH:
        return sign in "’«»°"
    return sign.islower() or not (before.islower() or (before.isalpha() and after.islower()))
