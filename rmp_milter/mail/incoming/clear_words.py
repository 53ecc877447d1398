"""Whether a mail with encrypted files said something in clear: words of a person's.

Where the text of a mail travels open and only its files are encrypted, no header can be
taken from it, and the sender must hear that it was open. A footer or a disclaimer that a
server wrote is no such text, a blank one neither. In doubt it is: asking back harms nobody.
"""

import re
from collections.abc import Iterator, Sequence

from rmp_milter.mail.incoming import armor
from rmp_milter.mail.incoming.armor import OctetsKind
from rmp_milter.mail.incoming.beside import ClearWords
from rmp_milter.mail.incoming.charsets import decode
from rmp_milter.mail.incoming.htmltext import html_to_text
from rmp_milter.mail.incoming.leaves import Leaf
from rmp_milter.mail.incoming.transfer import first

_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_RULE = re.compile(r"[ \t]*[-_=*~#]{2}[-_=*~# \t]*")
_WORD = re.compile(r"[^\W\d_]{2}")
# What servers and phones say of a mail. "Virus" or "scanner" alone are a doctor's words.
_MAIL = re.compile(r"message|courriel|\be?-?mail|pi[eè]ces? jointes?|attachment", re.IGNORECASE)
_NOTICE = re.compile(
    r"confidenti|virus|destinataires?|recipients?|intended|d[eé]sinscri|d[eé]sabonn|unsubscri|"
    r"imprim|print|exp[eé]diteur externe|external|scanned|analys[eé]",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"sent from my|envoy[eé] (de|depuis|[aà] partir de) (mon|ma|outlook|yahoo|courrier)|"
    r"\bavast\b|mailing list|liste de diffusion|get outlook for|t[eé]l[eé]charger outlook",
    re.IGNORECASE,
)
_BEGIN, _END = "-----BEGIN PGP MESSAGE-----", b"-----END PGP MESSAGE-----"
_HTML = 256 * 1024  # octets of a page with armor that are looked at
_TAIL = 4096  # octets behind the armor that are looked at


def says_words(leaves: Sequence[Leaf], clear: ClearWords) -> bool:
    """Whether a loose text of the mail itself has words that no machine wrote."""
    return any(_says_words(clear.of(leaf)) for leaf in leaves if _is_own_text(leaf))


def _is_own_text(leaf: Leaf) -> bool:
    return leaf.is_loose_text and leaf.message is None and leaf.kind is OctetsKind.OTHER


def _says_words(words: str | None) -> bool:
    return words is None or any(_paragraphs(words))


def _paragraphs(words: str) -> Iterator[str]:
    """Yield the paragraphs that a person wrote: up to a rule, without notices."""
    for paragraph in _PARAGRAPH.split(words.replace("\r\n", "\n").replace("\r", "\n")):
        if _RULE.fullmatch(paragraph.strip().partition("\n")[0]):
            return
        if _WORD.search(paragraph) and not _is_notice(paragraph):
            yield paragraph


def _is_notice(paragraph: str) -> bool:
    said_of_a_mail = _MAIL.search(paragraph) and _NOTICE.search(paragraph)
    return bool(said_of_a_mail or _PHRASE.search(paragraph))


def words_around(leaf: Leaf) -> bool:
    """Whether words stand before or behind the armored message of a text."""
    if leaf.part.media_type == "text/html":
        return _around_in_page(first(leaf.octets(), _HTML))
    head = armor.leading_text(first(leaf.shown(), armor.HEAD))
    return _has_word(head) or _has_word(_behind(leaf.shown()))


def _around_in_page(page: bytes) -> bool:
    before, begun, rest = html_to_text(decode(page)).replace("\xa0", " ").partition(_BEGIN)
    behind = rest.rpartition(_END.decode())[2] if _END.decode() in rest else ""
    return bool(begun) and bool(_WORD.search(before) or _WORD.search(behind))


def _behind(chunks: Iterator[bytes]) -> bytes:
    """Return the beginning of what stands behind the last armor, all in one pass."""
    held, found = b"", b""
    for chunk in chunks:
        data = held + chunk
        at = data.rfind(_END)
        if at >= 0:
            found = data[at + len(_END) :][:_TAIL]
        elif found:
            found = (found + chunk)[:_TAIL]
        held = data[-len(_END) :]
    return found


def _has_word(octets: bytes) -> bool:
    return bool(_WORD.search(octets.decode("utf-8", "replace")))
