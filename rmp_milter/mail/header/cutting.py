"""Taking the routing header off a text, code and attestation masked, the letter left behind.

It runs in the keeper, on decrypted text; what it returns as the header is what the milter
may know.
"""

import re
from itertools import takewhile

import msgspec

from rmp_milter.mail.header.cutting_reason import is_reason_secret, reason_of, written
from rmp_milter.mail.header.lines import MAX_LINES, MAX_OCTETS, Line, bounded, lines_of
from rmp_milter.mail.header.service_line import address_in
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import BEGINNERS, Field

MASK = "••••"  # of one length, whatever the code's
NOT_UNDERSTOOD = "(ligne non comprise)"  # stands for a line whose words are kept back
# "le code est JzbV" in the words of another line.
_CODE_WORDS = re.compile(r"(?<![^\W_])c[oóòôö]d[eéèêë]\b.*", re.IGNORECASE)
_GREETING = 12  # lines before the header, empty ones not counted
# Words that no letter begins with: they belong to the header even behind an empty line.
_LATE = frozenset({Field.CODE, Field.REQUEST, Field.CONSENT, Field.VITALE})
_STRAY = 3  # lines that may stand between two known ones
_GAP = 2  # empty lines between two lines of a widely spaced header
_SECRET = frozenset({Field.CODE, Field.VITALE})
_CODE_QUOTES = " \t*_\"'“”«»`"
_FREE = frozenset({Field.REASON, Field.DOCUMENT, Field.PRESCRIBER, Field.LETTERS})
_WRAPPED = 40  # characters below which no client wraps a line
_SHORTEST_CODE = 3  # from which on the code is sought in other lines too
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
    """
    lines = lines_of(_unwrapped(text))
    header, end = _header_lines(lines, long_reason=True)
    hidden = is_reason_secret(header)
    if not hidden:
        header, end = _header_lines(lines)
    codes = [line.value.strip(_CODE_QUOTES) for line in header if line.field is Field.CODE]
    given = list(
        dict.fromkeys(code for code in codes if code and not is_slot(Field.CODE, code))
    )
    code = given[0] if given else ""
    secret = _SECRET | {Field.REASON} if hidden else _SECRET
    shown = [_shown(line, given) for line in header if line.field not in secret]
    masked = [f"{Field.CODE} : {MASK}"] * len(given) or [f"{Field.CODE} :"] * bool(codes)
    tokens = _tokens(header)
    if tokens or any(line.field is Field.VITALE for line in header):
        masked.append(f"{Field.VITALE} : {MASK}" if tokens else f"{Field.VITALE} :")
    reason = ""
    if hidden:
        letter, whole = _written(lines[end:]), len(lines) < MAX_LINES
        reason = reason_of(header, letter, [*given, *tokens], MASK, whole=whole)
        masked += [f"{Field.REASON} : {MASK}"] * bool(reason)
    return Cut(
        header="\n".join([*shown, *masked]),
        code=code,
        found=bool(header),
        letter=_has_words(lines[end:]),
        attestation=" ".join(tokens),
        reason=reason,
    )


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
    return any(not line.is_blank for line in _written(lines))


def _written(lines: list[Line]) -> list[Line]:
    """Return what is written there before a signature block (``-- ``)."""
    return list(takewhile(lambda line: line.word or line.value != "--", lines))


def _header_lines(lines: list[Line], *, long_reason: bool = False) -> tuple[list[Line], int]:
    """Return the header's lines, and where what follows it begins.

    With ``long_reason`` all lines behind ``Motif :`` are its own, up to an empty line or a
    known word.
    """
    start = _start(lines)
    if start is None:
        return [], 0
    taken, stray = [lines[start]], list[Line]()
    wide = _gap(lines, start + 1) > 0
    at = end = start + 1
    while at < len(lines):
        line = lines[at]
        if line.is_blank:
            gap = _gap(lines, at)
            if not gap or not (wide or lines[at + gap].field in _LATE):
                break
            at += gap
            continue
        if line.field is not None:
            taken += [*stray, line]
            stray = []
            end = at + 1
        elif _goes_on(taken[-1], line, long_reason=long_reason) and not stray:
            taken[-1] = _continued(taken[-1], line)
            end = at + 1
        elif len(stray) == _STRAY:
            break
        else:
            stray.append(line)
        at += 1
    return taken, end


def _start(lines: list[Line]) -> int | None:
    written = 0
    for at, line in enumerate(lines):
        if line.field in BEGINNERS:
            return at
        written += not line.is_blank
        if written > _GREETING:
            break
    return None


def _gap(lines: list[Line], at: int) -> int:
    """Return how many empty lines stand at ``at`` before a known line; 0 if another way."""
    for gap in range(_GAP + 1):
        if at + gap >= len(lines):
            return 0
        if not lines[at + gap].is_blank:
            return gap if lines[at + gap].field is not None else 0
    return 0


def _goes_on(line: Line, following: Line, *, long_reason: bool) -> bool:
    """Return whether the following line, whose word is not known, is more of this one."""
    if long_reason and line.field is Field.REASON:
        return not is_slot(Field.REASON, line.value)
    return _flows_on(line) and not following.word


def _flows_on(line: Line) -> bool:
    """Return whether the line was wrapped by a client (RFC 3676), not ended by its author.

    Only long free text is: a blank behind a date is a slip, and what follows the letter.
    """
    return line.flows and line.field in _FREE and len(line.value) >= _WRAPPED


def _continued(line: Line, following: Line) -> Line:
    value = f"{line.value} {written(following)}".strip()
    return Line(line.word, value, line.field, following.flows)


def _shown(line: Line, codes: list[str]) -> str:
    if line.field is Field.SERVICE:
        return f"{line.word} : {address_in(line.value)}".rstrip()  # else a letterhead's
    if line.field is None:
        return f"{line.word} :" if line.word else NOT_UNDERSTOOD
    plain = _TOKEN.sub(MASK, line.value)
    value = _CODE_WORDS.sub(f"code {MASK}", bounded(plain))
    if line.field in _FREE:
        for code in codes:
            value = value.replace(code, MASK) if len(code) >= _SHORTEST_CODE else value
    return f"{line.word} : {value}"
