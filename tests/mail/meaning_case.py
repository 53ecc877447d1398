"""Texts as their readers see them, and what they mean."""

from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.mail.incoming.mimetree import scan
from rmp_milter.mail.meaning.meaning import Meaning, asked, meaning
from rmp_milter.mail.meaning.whole import meaning_of_mail
from rmp_milter.mail.whose.reading import read_plain

YEAR = 2026
HEADER = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
LETTER = "\nCher confrère, thorax normal.\n"
URGENT = f"Demande : urgence\n{HEADER}Motif : trouvé inconscient\n"
ATTRIBUTION = "\nLe 12/11/2026 à 10:12, RMP a écrit :\n"


def of_text(text: str) -> Meaning:
    return meaning(read_plain(text), YEAR)


def of_entity(*parts: str) -> Meaning:
    """Return what an entity means whose parts are given with their own header lines."""
    data = mixed("mixed", *parts).encode()
    return meaning_of_mail(data, scan(data), 1 << 20, YEAR).meaning


def mixed(kind: str, *parts: str, boundary: str = "b") -> str:
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n'
    return head + "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"


def plain(text: str, more: str = "") -> str:
    return f"Content-Type: text/plain; charset=utf-8\n{more}\n{text}"


def html(text: str) -> str:
    return f"Content-Type: text/html; charset=utf-8\n\n{text}"


def verb_of(read: Meaning) -> str:
    return header_of(read).verb.value


def header_of(read: Meaning) -> RoutingHeader:
    return asked(read, YEAR)


def quoted(text: str) -> str:
    return "".join(f"> {line}\n" for line in text.splitlines())
