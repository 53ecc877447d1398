"""Messages bent in their structure, by changes that a fuzzer draws."""

from collections.abc import Sequence

from testbed.cms_tree import Branch, tree

TAGS = [0, 1, 2, 3, 4, 5, 6, 0x0C, 0x17, 0x24, 0x30, 0x31, 0x80, 0xA0, 0xA1, 0xA2, 0xBF]
VALUES = [b"", b"\0", b"\xff", b"\x80", b"\0" * 16, b"\x7f" * 70, b"\4\0", b"\0\0", b"\x24\x80"]
_LAST_OF_TREE = 6


def bent(data: bytes, how: Sequence[tuple[int, int, int]]) -> bytes:
    """Return the message after changes to its tree; the last kinds change its octets."""
    whole = tree(data)
    cuts = [each for each in how if each[0] > _LAST_OF_TREE]
    for kind, where, what in how:
        branches = whole.all()
        _bend(branches[where % len(branches)], kind, what)
    made = whole.octets()
    for kind, where, what in cuts:
        at = where % (len(made) + 1)
        made = made[:at] + (
            VALUES[what % len(VALUES)] + made[at:] if kind == _LAST_OF_TREE + 1 else b""
        )
    return made


def _bend(branch: Branch, kind: int, what: int) -> None:
    inside = branch.inside
    match kind:
        case 0:
            branch.tag = TAGS[what % len(TAGS)]
        case 1:
            branch.content = VALUES[what % len(VALUES)]
        case 2 if inside:
            inside.insert(what % len(inside), inside[what % len(inside)])
        case 3 if inside:
            del inside[what % len(inside)]
        case 4:
            branch.open = not branch.open
        case 5:
            branch.inside = [Branch(0x30, branch.content, inside)] * (what % 40)
        case 6 if branch.content:
            at = what % len(branch.content)
            octet = bytes((branch.content[at] ^ (1 << what % 8),))
            branch.content = branch.content[:at] + octet + branch.content[at + 1 :]
