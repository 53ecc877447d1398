"""A secret that a mail states in its place, taken out where the mail repeats it elsewhere."""

import re

from rmp_milter.dossier.spoken import spoken
from rmp_milter.dossier.weak_codes import SHORTEST_CODE

MASK = "••••"  # of one length, whatever the code's
_EXACTLY = 3  # signs from which on it is sought at all
_LONGEST = 64  # signs of what may be a code; an attestation is longer, and copied as it is
_BETWEEN = r"[\W_]{0,3}"


def masked(words: str, secret: str, mask: str) -> str:
    """Return the words with the mask in the secret's place, as often as it stands there.

    One that may be a code of today's is found in any case and grouping, since it opens in
    any. Shorter ones are found as they are stated: in small letters, or with something
    between, they are other words and numbers. The time is linear in the words.
    """
    if len(secret) < _EXACTLY:
        return words
    words = words.replace(secret, mask)
    signs = spoken(secret)
    # No letter or digit can be taken for what stands between two: nothing is tried twice.
    if SHORTEST_CODE <= len(signs) <= _LONGEST and signs.isalnum():
        words = re.sub(_BETWEEN.join(signs), mask, words, flags=re.IGNORECASE)
    return words
