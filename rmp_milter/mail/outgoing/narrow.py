"""The words of a letter as they leave: the service's address in them, in narrow lines.

Clients wrap what they quote at 72 characters or so. A line that they break could begin with
what stood in its middle, so ours are short enough to stay whole behind ``> `` three deep.
"""

import re
from textwrap import wrap

from rmp_milter.mail.catalogue import slots

WIDTH = 66
_GLUE = "\N{NO-BREAK SPACE}"
_OPENING, _CLOSING = re.compile("« "), re.compile(" (?=[»:;?!])")
_BULLET = re.compile(r" *(?:[-–•] |\d+\. )?")


def ready(words: str, service: str) -> str:
    """Return a letter's text with ``service``, our address, for the slot, and in narrow lines."""
    for each in slots.slot(slots.SERVICE):
        words = words.replace(each, service)
    return narrow(words)


def narrow(words: str) -> str:
    """Return the words in lines of at most :data:`WIDTH` characters, but for longer words.

    Lines that are too long are broken; what follows such a line in its paragraph flows on.
    A list's line goes on behind its dash, an indented one at its indentation.
    """
    lines: list[str] = []
    carried = ""
    for line in words.split("\n"):
        flows = bool(line) and not _indent(line)
        if carried and not flows:
            lines.append(carried)
            carried = ""
        broken = _broken(f"{carried} {line}" if carried else line)
        carried = broken.pop() if flows and len(line) > WIDTH else ""
        lines += broken
    return "\n".join([*lines, *([carried] if carried else [])])


def _indent(line: str) -> str:
    """Return what stands before the words of a list's line, or of an indented one."""
    found = _BULLET.match(line)
    return found[0] if found else ""


def _broken(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    # French marks stay with their word.
    glued = _OPENING.sub(f"«{_GLUE}", _CLOSING.sub(_GLUE, line))
    broken = wrap(
        glued,
        WIDTH,
        subsequent_indent=" " * len(_indent(line)),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [part.replace(_GLUE, " ") for part in broken]
