"""The way in: a decrypted text, plain or HTML, with an owner for each line."""

from rmp_milter.mail.whose import html_page, plain
from rmp_milter.mail.whose.judging import judged
from rmp_milter.mail.whose.words import Words


def read_plain(text: str, *, flowed: bool = False, delsp: bool = False) -> Words:
    """Return the lines of a plain text; ``flowed`` and ``delsp`` are its Content-Type's.

    Never raises. The time is linear in the size.
    """
    return judged(plain.read(text, flowed=flowed, delsp=delsp))


def read_html(html: str) -> Words:
    """Return the lines of an HTML text, as a reader sees them.

    What no reader sees is there too, as a foreign line that is not ``shown``. Never raises.
    The time is linear in the size, and bounded for what lies beyond the bounds.
    """
    return judged(html_page.read(html))
