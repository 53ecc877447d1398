"""The header in front of a translated document, which the milter writes: what may stand in it.

A milter in foreign hands must not end the header before the keeper's own words, nor describe them
as something else than text.
"""

import re

from rmp_milter.keeper.authority.refusals import Unentitled

MAX_HEAD = 16_384  # octets
_FOLDED = rb" [!-~\x80-\xff][ -~\x80-\xff]{0,990}\r\n"
_FIELD = re.compile(
    rb"(MIME-Version|Subject|From|To|Date):(?:" + _FOLDED + rb"| ?\r\n)(?:" + _FOLDED + rb")*"
)


def checked_head(head: bytes) -> bytes:
    """Return the header lines as they came; raise :class:`Unentitled` for any others.

    Each of the fields of :data:`_FIELD` once at most, in lines that end in CRLF.
    """
    seen = set()
    at = 0
    while at < len(head) <= MAX_HEAD:
        found = _FIELD.match(head, at)
        if found is None or found[1] in seen:
            break
        seen.add(found[1])
        at = found.end()
    if at != len(head):
        raise Unentitled("a header that is none of an answer")
    return head
