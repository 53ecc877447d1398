"""A message as a tree of tags, to build hostile ones from real ones."""

from dataclasses import dataclass, field

from rmp_milter.cms.tlv import CONSTRUCTED, Tlv, Walker, framed, reading


@dataclass
class Branch:
    """An element: ``content`` of a primitive one, else what it holds."""

    tag: int
    content: bytes = b""
    inside: list["Branch"] = field(default_factory=list)
    open: bool = False
    """No length is said."""

    def octets(self) -> bytes:
        """Return the element with all that it holds."""
        content = self.content + b"".join(each.octets() for each in self.inside)
        if self.open:
            return bytes((self.tag, 0x80)) + content + b"\0\0"
        return framed(self.tag, content)

    def at(self, *places: int) -> "Branch":
        """Return what lies at these places, one level each; from the end if negative."""
        return self.inside[places[0]].at(*places[1:]) if places else self

    def all(self) -> list["Branch"]:
        """Return the element and all below it."""
        return [self, *(deeper for each in self.inside for deeper in each.all())]


def tree(data: bytes) -> Branch:
    """Return the one element that ``data`` is; raises CmsError for what is none."""
    walker = Walker(reading(data), 0, len(data))
    return _branch(data, walker, walker.whole())


def _branch(data: bytes, walker: Walker, element: Tlv) -> Branch:
    if not element.tag & CONSTRUCTED:
        return Branch(element.tag, data[element.content : element.end])
    inside = [_branch(data, walker, each) for each in walker.children(element)]
    return Branch(element.tag, inside=inside, open=element.after != element.end)
