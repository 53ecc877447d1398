"""Taking the routing header off a text, code and attestation masked, the letter left behind.

It runs in the keeper, on decrypted text; what it returns as the header is what the milter
may know.
"""

import re

import msgspec

from rmp_milter.mail.header.around import NOT_UNDERSTOOD, OTHER, shown_request
from rmp_milter.mail.header.asked import asked_in
from rmp_milter.mail.header.block import before_signature
from rmp_milter.mail.header.cutting_reason import is_said, reason_of
from rmp_milter.mail.header.lines import (
    MAX_LINES,
    MAX_OCTETS,
    Line,
    bounded,
    lines_in,
    lines_of,
    rows_of,
)
from rmp_milter.mail.header.masking import MASK as MASK  # noqa: PLC0414 -- part of this interface
from rmp_milter.mail.header.masking import masked
from rmp_milter.mail.header.patients import others
from rmp_milter.mail.header.service_line import NAMED_BY_ADDRESS, address_in
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import Field, is_near_demand

# "le code est JzbV" in the words of another line.
_CODE_WORDS = re.compile(
    r"(?:c[oóòôö]d[eéèêë]s?|mots? de passe|mdp|password)\b.*", re.IGNORECASE
)
_MAX_TEXT = 1 << 20  # characters that are looked through for other patients and requests
_MAX_ROWS = 4000  # rows in which a request is looked for behind the header
_MAX_ROW = 400
_MAY_ASK = re.compile(r"[^:：=]{1,60}[:：=]")
_MAX_OTHERS = 3  # other patients who are named
_SECRET = frozenset({Field.CODE, Field.VITALE})
_REMARK = re.compile(r"(?<=\S)\s+\([^()]*\)\s*$")  # no code has brackets
_CODE_QUOTES = " \t*_\"'“”«»`"
_FREE = frozenset({Field.REASON, Field.DOCUMENT, Field.PRESCRIBER, Field.LETTERS})
# An attestation (compact JWS) that clients wrapped: pieces behind its word, alone on a line.
_TOKEN_BEGINS = re.compile(
    r"(?:vitale|attestation|card)[^\S\r\n]*+\*?[^\S\r\n]*+[:：=]", re.IGNORECASE
)
_TOKEN_PIECE = re.compile(
    r"[^\S\r\n]*+(?:\r{0,2}\n|\r)?+(?:[ \t\u00a0]*+[>|]){0,20}+[ \t\u00a0*]*+"
    r"([A-Za-z0-9_.-]++)(?=[ \t\u00a0*]*+(?:[\r\n]|\Z))"
)
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_-])ey[A-Za-z0-9_-]{14,}+\.[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}+"
)
_SIGNATURE = 86  # characters of 64 bytes in base64url: Ed25519's and P-256's
_LONG_PIECE = 20  # characters that no word of a letter has


class Cut(msgspec.Struct, frozen=True):
    """What :func:`cut` took off a text.

    ``header`` are the lines with code and attestation masked, ``code`` is the code (``""``
    if none), ``attestation`` what stood behind ``Vitale :`` (two that differ with a blank
    between them), ``reason`` the words of an emergency's or a justification's reason,
    ``found`` says whether there was a header at all, ``letter`` whether words follow it.
    """

    header: str
    code: str
    found: bool
    letter: bool = False
    attestation: str = ""
    reason: str = ""

    @property
    def has_secret(self) -> bool:
        """Whether the text must not be kept as it came."""
        return bool(self.code or self.attestation or self.reason)

    def __repr__(self) -> str:
        """Show nothing of the code."""
        return f"Cut(found={self.found})"


def cut(text: str) -> Cut:
    """Take the header off the text: its known lines, up to the empty line behind them.

    A greeting before it, quoting, columns and wide spacing are tolerated. Lines that are
    not known are not repeated (they may be the letter): of ``Mot : valeur`` the word is
    kept, of others a mark. Two codes that differ are both masked and left for
    :func:`rmp_milter.mail.header.routing.parse` to refuse. The reason of an emergency may be
    medical: its words are taken out, so that the milter knows only whether there is one.

    The whole text is looked through for a second patient, and for a request that stands
    apart; of both the milter is told without the letter's words.
    """
    lines = lines_of(_unwrapped(text))
    # What stands behind the lines that are read as a header; some of it may be among them.
    rows = rows_of(text[:_MAX_TEXT])
    far = lines_in(
        row[:_MAX_ROW] for row in rows[_head_rows(text) : _MAX_ROWS] if _MAY_ASK.match(row)
    )
    asked = asked_in(lines, far)
    header = list(asked.lines)
    lost = lines[asked.end :]
    codes = [
        _REMARK.sub("", line.value).strip(_CODE_QUOTES)
        for line in header
        if line.field is Field.CODE
    ]
    given = list(dict.fromkeys(code for code in codes if is_said(code)))
    secret = _SECRET | {Field.REASON} if asked.hides_reason else _SECRET
    shown = [_shown(line, given) for line in header if line.field not in secret]
    hidden = [f"{Field.CODE} : {MASK}"] * len(given) or [f"{Field.CODE} :"] * bool(codes)
    tokens = _tokens(header)
    if tokens or any(line.field is Field.VITALE for line in header):
        hidden.append(f"{Field.VITALE} : {MASK}" if tokens else f"{Field.VITALE} :")
    reason = ""
    if asked.hides_reason:
        whole = len(lines) < MAX_LINES
        reason = reason_of(header, before_signature(lost), [*given, *tokens], MASK, whole=whole)
        hidden += [f"{Field.REASON} : {MASK}"] * bool(reason)
    # An emergency does not wait because of whoever else stands in its text with a date of birth.
    named = others(rows, header, in_rows=not asked.hides_reason) if header else ()
    marks = [f"{OTHER} : {who}" for who in named]
    told = [*shown, *hidden, *(_stray(*each) for each in asked.strays), *marks[:_MAX_OTHERS]]
    return Cut(
        header="\n".join(told),
        code=given[0] if given else "",
        found=bool(told),
        letter=_has_words(lines[asked.end :]),
        attestation=" ".join(tokens),
        reason=reason,
    )


def _head_rows(text: str) -> int:
    """Return how many rows of the text are read whole as its beginning."""
    whole = len(rows_of(text[:MAX_OCTETS])) - (len(text) > MAX_OCTETS)
    return min(whole, MAX_LINES)


def _tokens(header: list[Line]) -> list[str]:
    """Return what stands behind ``Vitale :``, and attestations among other words."""
    found: list[str] = []
    for line in header:
        if line.field is Field.VITALE and not is_slot(Field.VITALE, line.value):
            found.append("".join(line.value.split()))
        else:
            found += _TOKEN.findall(line.value)
    return list(dict.fromkeys(token for token in found if token))


def _unwrapped(text: str) -> str:
    """Return the text's beginning with each attestation on one line again.

    It is one word of some hundred characters: clients break the line before it and in it.
    """
    text = text[: 2 * MAX_OCTETS]
    pieces, at = list[str](), 0
    for word in _TOKEN_BEGINS.finditer(text):
        token, end = _token_at(text, word.end())
        if token and word.end() > at:
            pieces += [text[at : word.end()], " ", token]
            at = end
    return "".join([*pieces, text[at:]])


def _token_at(text: str, at: int) -> tuple[str, int]:
    """Put the pieces that follow together; return them and where they end."""
    token = ""
    while piece := _TOKEN_PIECE.match(text, at):
        if len(piece[1]) < _LONG_PIECE and (not token or _is_whole(token)):
            break
        token += piece[1]
        at = piece.end()
    return token, at


def _is_whole(token: str) -> bool:
    return token.count(".") > 1 and len(token.rpartition(".")[2]) >= _SIGNATURE


def _has_words(lines: list[Line]) -> bool:
    return any(not line.is_blank for line in before_signature(lines))


def _stray(word: str, value: str) -> str:
    return f"{_plain_word(word)} : {value}"


def _plain_word(word: str) -> str:
    """Return a word that is not known, unless a code may stand in it."""
    return NOT_UNDERSTOOD if _CODE_WORDS.search(word) else word


def _shown(line: Line, codes: list[str]) -> str:
    if line.field in NAMED_BY_ADDRESS:
        return f"{line.word} : {address_in(line.value)}".rstrip()  # else a letterhead's
    if line.field is None:
        word = _plain_word(line.word or NOT_UNDERSTOOD)
        if is_near_demand(line.word):
            return f"{word} : {shown_request(line.value)}"
        return word if word == NOT_UNDERSTOOD else f"{word} :"
    if line.field is Field.REQUEST and _CODE_WORDS.search(line.value):
        # "nouveau code" shows none; "code JzbV" must not become a request for a new one.
        return f"{line.word} : {shown_request(line.value)}"
    plain = _TOKEN.sub(MASK, line.value)
    value = _CODE_WORDS.sub(f"code {MASK}", bounded(plain))
    if line.field in _FREE:
        for code in codes:
            value = masked(value, code, MASK)
    return f"{line.word} : {value}"
