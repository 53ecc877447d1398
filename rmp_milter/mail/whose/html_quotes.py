"""What clients write around a quotation in HTML, by element, class and name."""

import re
from enum import Enum, auto

from rmp_milter.mail.whose.html_tokens import Tag

_PREFIX = re.compile(
    r"\A(?:x_)+"
)  # Outlook on the web puts it before all names of a mail it quotes
# Behind these all is somebody else's. Those that are containers do not hold it: Thunderbird
# puts a forwarded mail's HTML into its own as it is, and an end tag in it gets out.
_BEHIND = frozenset(
    {
        *("moz-forward-container", "appendonsend", "divrplyfwdmsg", "zwchr", "__divider__"),
        "mail-editor-reference-message-container",  # Outlook on telephones
        "olk_src_body_section",  # Outlook for Mac
    }
)


class Quote(Enum):
    """What an element says of the words in it, or behind it."""

    NONE = auto()
    SURE = auto()  # only clients write it, around what is quoted
    PERHAPS = auto()  # a paragraph that its author set in looks the same
    BEHIND = auto()  # all that follows to the end of the text
    RULED = auto()  # a line is drawn, as above a header block


def quote_of(tag: Tag, said: dict[str, str]) -> Quote:
    """Return what a start tag, with the properties that it declares, says of a quotation."""
    names = names_of(tag)
    if names & _BEHIND:
        return Quote.BEHIND
    if tag.name == "blockquote" and _cites(tag):
        return Quote.SURE
    if tag.name == "blockquote" or any("quote" in name for name in names) or _has_bar(said):
        return Quote.PERHAPS
    is_ruled = tag.name == "hr" or _draws(said.get("border-top", ""))
    return Quote.RULED if is_ruled else Quote.NONE


def names_of(tag: Tag) -> frozenset[str]:
    """Return the tag's classes and other names, in small letters and without prefixes."""
    said = (tag.attributes.get(name, "") for name in ("class", "id", "data-marker"))
    return frozenset(_PREFIX.sub("", word) for word in " ".join(said).lower().split())


def _cites(tag: Tag) -> bool:
    return "cite" in tag.attributes or tag.attributes.get("type", "").strip().lower() == "cite"


def _has_bar(said: dict[str, str]) -> bool:
    """Return whether a line is drawn on the left, and not all around."""
    left = said.get("border-left", "") or said.get("border-left-width", "")
    return _draws(left) and not _draws(said.get("border-right", "") or said.get("border", ""))


def _draws(border: str) -> bool:
    """Return whether the value of a border draws one."""
    words = border.split()
    return bool(words) and not any(
        word in {"none", "hidden", "0", "0px", "0pt"} for word in words
    )
