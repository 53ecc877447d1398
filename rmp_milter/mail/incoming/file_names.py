"""Header values: parameters and file names, in every spelling that clients use.

RFC 2231 (charsets, percent signs, continuations), RFC 2047 (encoded words, which clients
put into quoted parameters although the RFC forbids it), raw 8-bit octets, and mixtures.
Nothing here raises: what cannot be decoded is kept as it is.
"""

import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from rmp_milter.mail.incoming.charsets import decode, known

NAME_LIMIT = 255  # characters of a file name; longer ones lose their middle
_VALUE_LIMIT = 16_384  # characters of a field that are looked at for parameters
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_EXTENDED = re.compile(r"([^*]+)\*(\d{1,3})?(\*)?")
_LABELLED = re.compile(r"([A-Za-z0-9_.:+-]{0,40})'([A-Za-z0-9-]{0,20})'")
_WORD = re.compile(
    r"=\?([\w.:+-]{1,40})(?:\*[\w-]{0,20})?\?([bBqQ])\?([^?]*)\?=(?:\s+(?==\?))?"
)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def media_type(value: str) -> str:
    """Return the media type of a Content-Type value in lower case, or ``""`` if it has none."""
    word = value.partition(";")[0].strip().lower()
    return word if re.fullmatch(r"[^\s/;]+/[^\s/;]+", word) else ""


def first_word(value: str) -> str:
    """Return what stands before the parameters, in lower case."""
    return value.partition(";")[0].strip().lower()


def parameters(value: str) -> dict[str, str]:
    """Return the parameters of a Content-Type or Content-Disposition value.

    Names are lower case; RFC 2231 pieces are joined and decoded, and go before a plain
    parameter of the same name; the first of two equal names counts.
    """
    if ";" not in value:
        return {}
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    if ";" not in value:  # no parameter begins: most fields, and those that are not there
        return plain
    for name, text in _pairs(value[:_VALUE_LIMIT]):
        extended = _EXTENDED.fullmatch(name)
        if extended is None:
            plain.setdefault(name, text)
        else:
            base, number, star = extended.groups()
            coded = star is not None or number is None
            pieces.setdefault(base, {}).setdefault(int(number or 0), (text, coded))
    return plain | {base: _join(found) for base, found in pieces.items()}


def file_name(*candidates: str) -> str:
    """Return the first usable file name among parameter values: decoded, without its path.

    Control characters and marks that turn the direction of writing are taken out.
    """
    for candidate in candidates:
        name = _UNSEEN.sub("", decode_words(candidate)).strip()
        name = re.split(r"[/\\]", name)[-1].strip()
        if name not in {"", ".", ".."}:
            return _shorten(name)
    return ""


def decode_words(value: str) -> str:
    """Return the value with its RFC 2047 encoded words decoded.

    Neighbouring words of one charset are joined before decoding, since clients cut
    characters in two between words.
    """
    if "=?" not in value:
        return value
    out: list[str] = []
    pending, label, end = b"", "", 0
    for word in _WORD.finditer(value):
        data = _word_octets(word)
        if pending and (word.start() > end or word[1].lower() != label):
            out.append(decode(pending, label))
            pending = b""
        out.append(value[end : word.start()])
        pending, label, end = pending + data, word[1].lower(), word.end()
    return "".join([*out, decode(pending, label), value[end:]])


def _word_octets(word: re.Match[str]) -> bytes:
    text = _octets(word[3])
    if word[2] in "qQ":
        return binascii.a2b_qp(text, header=True)
    try:
        return binascii.a2b_base64(text + b"==")
    except binascii.Error:
        return text


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    for found in _PARAMETER.finditer(value):
        yield found[1].lower(), _unquote(found[2].strip())


def _unquote(text: str) -> str:
    if not text.startswith('"'):
        return text
    inner = text[1:-1] if text.endswith('"') and len(text) > 1 else text[1:]
    # Only these two: a Windows path in a careless client's name keeps its backslashes.
    return re.sub(r'\\(["\\])', r"\1", inner)


def _join(pieces: dict[int, tuple[str, bool]]) -> str:
    """Join RFC 2231 continuations in the order of their numbers.

    The charset is said once, in the first piece; some senders say it in others too.
    """
    out: list[str] = []
    pending, label = b"", ""
    for number, (text, coded) in sorted(pieces.items()):
        said = _LABELLED.match(text) if coded else None
        if said and (number == 0 or known(said[1])):
            out.append(decode(pending, label))
            pending, label, text = b"", said[1], text[said.end() :]  # noqa: PLW2901 -- the rest
        pending += unquote_to_bytes(_octets(text)) if coded else _octets(text)
    return "".join([*out, decode(pending, label)])


def _shorten(name: str) -> str:
    """Keep the beginning and the ending, by which a file is known."""
    if len(name) <= NAME_LIMIT:
        return name
    return f"{name[: NAME_LIMIT - 33]}…{name[-32:]}"
