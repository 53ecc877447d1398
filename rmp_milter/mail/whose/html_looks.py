"""What a style shows and what it hides (CSS as mail uses it).

Hidden are: ``display:none`` and its like, size nought, the colour of the ground, what is
moved out of sight. Some of it is inherited and can be undone further in.
"""

import re
import sys
from typing import NamedTuple

Colour = tuple[int, int, int]

_WHITE = (255, 255, 255)
_NEAR = 16  # a colour that differs no more from its ground is not seen
_SMALL = {"px": 1.0, "pt": 1.0, "em": 0.1, "rem": 0.1, "ex": 0.1, "%": 10.0, "": 1.0}
_FAR = -99.0  # a place out of sight, in whatever unit
_FAINT = 0.1  # a share of colour that nobody sees
_SHORT_HEX = 4  # digits of a colour that has one for each part
_THIN = 0.5  # a share of ground that lets another one through
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)", re.DOTALL)
_LENGTH = re.compile(r"([-+]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))(px|pt|r?em|ex|%|)(?![\w%])")
_FONT_SIZE = re.compile(r"(?:^|\s)((?:\d|\.)[\d.]{0,9}(?:px|pt|r?em|ex|%|))(?=\s*/|\s|$)")
_RGB = re.compile(
    r"rgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*(?:[,/]\s*"
    r"(\d{1,9}(?:\.\d{0,9})?%?|\.\d{1,9}%?))?"
)
_HEX = re.compile(r"#([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![\w])")
_NAMES: dict[str, Colour] = {
    "white": _WHITE,
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255),
    "floralwhite": (255, 250, 240),
    "whitesmoke": (245, 245, 245),
    "window": _WHITE,
    "black": (0, 0, 0),
    "windowtext": (0, 0, 0),
    "red": (255, 0, 0),
    "blue": (0, 0, 255),
    "navy": (0, 0, 128),
    "green": (0, 128, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "yellow": (255, 255, 0),
}
_WORD = re.compile(r"[a-z]{3,20}")
_MATTERS = (
    "color",
    "background",
    "background-color",
    "font-size",
    "font",
    "visibility",
    "display",
)
_BLOCKS = frozenset({"block", "flex", "grid", "table", "list-item", "table-row", "flow-root"})


class Look(NamedTuple):
    """How text looks in an element. ``colour`` and ``ground`` are None where not known.

    ``gone`` holds for all that is inside, ``perhaps_gone`` too; ``small`` and ``invisible``
    until something inside says otherwise.
    """

    gone: bool = False
    perhaps_gone: bool = False
    small: bool = False
    invisible: bool = False
    clear: bool = False  # text without a colour
    colour: Colour | None = (0, 0, 0)
    ground: Colour | None = _WHITE
    keeps_lines: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether nobody sees the text."""
        return self.gone or self.small or self.invisible or self.clear or self._is_lost()

    def _is_lost(self) -> bool:
        if self.colour is None or self.ground is None:
            return False
        return all(
            abs(one - two) <= _NEAR for one, two in zip(self.colour, self.ground, strict=True)
        )


def declarations(style: str) -> dict[str, str]:
    """Return the properties that a style declares, in small letters, the last one winning."""
    plain = _ESCAPE.sub(_unescaped, _COMMENT.sub(" ", style)).lower()
    pairs = (piece.partition(":") for piece in plain.split(";"))
    said = {
        name.strip(): value.partition("!")[0].strip() for name, colon, value in pairs if colon
    }
    return {name: value for name, value in said.items() if name and value}


def looks(outer: Look, said: dict[str, str]) -> Look:
    """Return the look inside an element that declares this, in an element of the outer look."""
    if not said:
        return outer
    size = said.get("font-size") or _size_in(said.get("font", ""))
    invisible = {"hidden": True, "collapse": True, "visible": False}.get(
        said.get("visibility", ""), outer.invisible
    )
    colour, clear = _colour(outer, said.get("-webkit-text-fill-color") or said.get("color", ""))
    return Look(
        gone=outer.gone or hides(said),
        perhaps_gone=outer.perhaps_gone,
        small=is_small(size) if size else outer.small,
        invisible=invisible,
        clear=clear,
        colour=colour,
        ground=_ground(outer, said),
        keeps_lines=_keeps_lines(outer, said.get("white-space", "")),
    )


def breaks_lines(said: dict[str, str]) -> bool:
    """Return whether an element that declares this stands on lines of its own."""
    return said.get("display", "") in _BLOCKS


def matters(said: dict[str, str]) -> bool:
    """Return whether a rule that declares this can have to do with what is hidden."""
    return vanishes(said) or any(name in said for name in _MATTERS)


def vanishes(said: dict[str, str]) -> bool:
    """Return whether this hides text, whatever its colour and ground."""
    return looks(Look(), {name: said[name] for name in said if "color" not in name}).is_hidden


def hides(said: dict[str, str]) -> bool:
    """Return whether this takes the element and all in it out of sight."""
    return (
        said.get("display", "").startswith("none")
        or said.get("mso-hide", "") == "all"
        or said.get("content-visibility", "") == "hidden"
        or _is_transparent(said)
        or _is_closed(said)
        or _is_far(said)
        or _is_clipped(said)
    )


def is_small(size: str) -> bool:
    """Return whether letters of this size cannot be read."""
    found = _LENGTH.match(size)
    return found is not None and float(found[1]) <= _SMALL[found[2]]


def colour_of(value: str) -> Colour | None:
    """Return the first colour in the value, None if there is none that is known."""
    if found := _HEX.search(value):
        digits = _doubled(found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    if found := _RGB.search(value):
        return int(found[1]), int(found[2]), int(found[3])
    names = (_NAMES.get(word[0]) for word in _WORD.finditer(value))
    return next((colour for colour in names if colour), None)


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[2]
    code = int(found[1], 16)
    return chr(code) if code <= sys.maxunicode else "?"


def _size_in(font: str) -> str:
    found = _FONT_SIZE.search(font)
    return found[1] if found else ""


def _colour(outer: Look, value: str) -> tuple[Colour | None, bool]:
    """Return the colour of the text, and whether it has none."""
    if not value or value in {"inherit", "unset", "currentcolor"}:
        return outer.colour, outer.clear
    transparent = value == "transparent" or _alpha(value) <= _FAINT
    return colour_of(value), transparent


def _alpha(value: str) -> float:
    """Return how much of the colour covers what is behind it: 1 all of it."""
    if (found := _RGB.search(value)) and found[4]:
        return _parts(found[4])[0]
    found = _HEX.search(value)
    digits = _doubled(found[1]) if found else ""
    return int(digits[6:] or "ff", 16) / 255


def _doubled(digits: str) -> str:
    """Return the digits of a colour, two for each of its parts."""
    return digits if len(digits) > _SHORT_HEX else "".join(sign * 2 for sign in digits)


def _parts(value: str) -> list[float]:
    """Return the numbers in the value, percentages as parts of one."""
    return [number / 100 if "%" in value else number for number in _numbers(value)]


def _ground(outer: Look, said: dict[str, str]) -> Colour | None:
    value = said.get("background-color") or said.get("background", "")
    if "url(" in said.get("background-image", "") + said.get("background", ""):
        return None
    if (
        not value
        or value in {"none", "transparent", "inherit", "initial"}
        or _alpha(value) < _THIN
    ):
        return outer.ground
    return colour_of(value)


def _keeps_lines(outer: Look, white_space: str) -> bool:
    if not white_space or white_space == "inherit":
        return outer.keeps_lines
    return white_space.startswith(("pre", "break-spaces"))


def _numbers(value: str) -> list[float]:
    return [float(found[1]) for found in _LENGTH.finditer(value)]


def _is_closed(said: dict[str, str]) -> bool:
    """Return whether the element is a box of no size that shows nothing outside."""
    if not said.get("overflow", "").startswith(("hidden", "clip")):
        return False
    sizes = (said.get(size, "") for size in ("height", "max-height", "width", "max-width"))
    return any(numbers and numbers[0] <= 1 for numbers in map(_numbers, sizes))


def _is_far(said: dict[str, str]) -> bool:
    """Return whether the element, or its text, is moved out of sight."""
    moves = ["text-indent", "margin-left", "margin-top", "margin", "transform"]
    if said.get("position", "") in {"absolute", "fixed", "relative"}:
        moves += ["left", "top", "right", "bottom"]
    return any(min(_numbers(said.get(move, "")), default=0.0) <= _FAR for move in moves)


def _is_transparent(said: dict[str, str]) -> bool:
    parts = _parts(said.get("opacity", ""))
    return bool(parts) and parts[0] <= _FAINT


def _is_clipped(said: dict[str, str]) -> bool:
    clip = said.get("clip", "")
    if clip.startswith("rect") and all(number <= 1 for number in _numbers(clip)):
        return True
    path, transform = said.get("clip-path", ""), said.get("transform", "")
    return path.startswith(("inset(50%", "inset(100%", "circle(0")) or "scale(0)" in transform
