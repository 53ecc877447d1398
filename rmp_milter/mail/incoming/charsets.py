"""From octets to text, whatever the label says: mail lies about its charset.

Used for header fields, file names and bodies. Nothing here raises on any input.
"""

import codecs
import re

# Codecs that Python knows but no mail means: transformations, or slow on purpose-made input.
_NEVER = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
# Labels that senders write for windows-1252 (as in the WHATWG encoding standard) or for
# whatever their machine uses.
_LOOSE = frozenset({"ascii", "iso8859-1"})
_LATIN_9 = str.maketrans("¤¦¨´¸¼½¾", "€ŠšŽžŒœŸ")
_LABEL_LIMIT = 40
_ASCII = b"****FIN****\r\n"
_HALF_PAIRS = re.compile("[\ud800-\udfff]")


def decode(data: bytes, label: str = "") -> str:
    """Return ``data`` as text: as ``label`` says if that fits, else UTF-8, else windows-1252.

    Octets that windows-1252 does not define become U+FFFD, and so does half a surrogate
    pair (UTF-7 can say it): no encoder would take the text again.
    """
    if data.isascii() and not label:
        return data.decode("ascii")
    for charset in (_codec(label), "utf-8"):
        try:
            return _HALF_PAIRS.sub("\N{REPLACEMENT CHARACTER}", data.decode(charset))
        except (UnicodeError, ValueError):
            continue
    return data.decode("windows-1252", errors="replace")


def decode_unsigned(data: bytes, label: str) -> str:
    """Return ``data`` as text where nobody signed the label that says how.

    Whoever sends it on may write any: it must not make other lines or words of the same octets.
    So UTF-8 if it is that, else windows-1252, or the few letters by which Latin-9 differs.
    """
    try:
        return data.decode()
    except UnicodeError:
        text = data.decode("windows-1252", errors="replace")
    return text.translate(_LATIN_9) if _lookup(label) == "iso8859-15" else text


def known(label: str) -> bool:
    """Return whether ``label`` names a charset that mail may use."""
    return bool(label) and _lookup(label) not in {"", *_NEVER}


def only_label_tells(label: str) -> bool:
    """Return whether ``label`` names a charset that the octets do not show by themselves.

    One in which ASCII stands for itself; UTF-8 shows, and windows-1252 is often said of others.
    """
    name = _lookup(label)
    if name in {"", "utf-8", "cp1252", *_LOOSE, *_NEVER}:
        return False
    try:
        return _ASCII.decode(name) == _ASCII.decode()
    except (UnicodeError, ValueError):
        return False


def _codec(label: str) -> str:
    name = _lookup(label)
    return "utf-8" if name in {"", *_LOOSE, *_NEVER} else name


def _lookup(label: str) -> str:
    if not label or len(label) > _LABEL_LIMIT:
        return ""
    try:
        name = codecs.lookup(label).name
        b" ".decode(name)  # a LookupError for codecs that are no charsets (base64, zip...)
    except LookupError:
        return ""
    except (UnicodeError, ValueError):
        pass  # one octet is no character there, as in UTF-16
    return name
