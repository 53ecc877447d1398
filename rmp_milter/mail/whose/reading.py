"""The way in: a decrypted text, with an owner for each line."""

from rmp_milter.mail.whose import plain
from rmp_milter.mail.whose.judging import judged
from rmp_milter.mail.whose.words import Words


def read_plain(text: str, *, flowed: bool = False, delsp: bool = False) -> Words:
    """Return the lines of a plain text; ``flowed`` and ``delsp`` are its Content-Type's.

    Never raises. The time is linear in the size.
    """
    return judged(plain.read(text, flowed=flowed, delsp=delsp))
