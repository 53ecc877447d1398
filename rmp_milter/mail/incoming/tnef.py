"""Outlook's ``winmail.dat`` (MS-OXTNEF): a mail's text and files, packed into one part.

The octets are decoded by tnefparse. It was not written for hostile ones: it copies what is
left for every object, counts as far as a length field says, and opens embedded messages
without end. So the framing is walked here first, within bounds and once, and the library is
given small streams of well-formed objects with the few properties that are asked for; the
files' octets are taken out as they stand.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from tnefparse import TNEF
from tnefparse import properties as mapi

from rmp_milter.mail.incoming.charsets import decode, known
from rmp_milter.mail.incoming.file_names import file_name, media_type

MAX_FILES = 200
MAX_DEPTH = 4  # messages in messages
_MAX_OBJECTS = 4000
_MAX_VALUES = 20_000  # of properties, all together
_SIGNATURE = 0x223E9F78
_OBJECT = struct.Struct("<BHHI")  # level, name, type, length (MS-OXTNEF, 2.1.3)
_CHECKSUM = 2
_CODE_PAGE = 8  # octets of OemCodepage, two numbers
_WESTERN = 1252
_MESSAGE_LEVEL, _ATTACHMENT_LEVEL = TNEF.LVL_MESSAGE, TNEF.LVL_ATTACHMENT
_SLACK = bytes(12)  # the library leaves out an object with less behind it
_EMBEDDED = bytes.fromhex("0703020000000000c000000000000046")  # IID_IMessage
_FIXED = {0x02: 2, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 2}
_FIXED |= {0x14: 8, 0x40: 8, 0x48: 16}  # property types of a fixed size (MS-OXCDATA, 2.11.1)
_VARIABLE = frozenset({0x00, 0x0D, 0x1E, 0x1F, 0x102})
_MANY, _NAMED = 0x1000, 0x8000
_ASKED = frozenset(
    {
        *(mapi.MAPI_BODY, mapi.MAPI_BODY_HTML, mapi.MAPI_ATTACH_FILENAME),
        *(mapi.MAPI_ATTACH_LONG_FILENAME, mapi.MAPI_ATTACH_MIME_TAG),
    }
)


class TnefError(ValueError):
    """No TNEF, or one that is damaged or beyond the bounds."""


class TnefFile(NamedTuple):
    """A file that was packed in; ``name`` is empty where it has none."""

    name: str
    media_type: str
    data: memoryview


class Unpacked(NamedTuple):
    """The message's text, plain and as HTML as far as they are there, and its files."""

    plain: str
    html: str
    files: tuple[TnefFile, ...]


class _Object(NamedTuple):
    level: int
    name: int
    kind: int
    data: memoryview


class _Property(NamedTuple):
    """``start`` and ``end`` are where it stands in its list, ``value`` what it holds."""

    ident: int
    start: int
    end: int
    value: memoryview
    many: bool


def unpacked(data: bytes | memoryview) -> Unpacked:
    """Return what the octets of a ``winmail.dat`` hold; embedded messages are unpacked too.

    A text of an embedded message comes as a file: it is somebody else's. Raises
    :class:`TnefError`.
    """
    return _Unpacking().message(memoryview(data), MAX_DEPTH)


class _Unpacking:
    """One unpacking, with what is left of its bounds."""

    def __init__(self) -> None:
        self._objects = _MAX_OBJECTS
        self._values = _MAX_VALUES
        self._files = MAX_FILES

    def message(self, data: memoryview, depth: int) -> Unpacked:
        if not depth:
            raise TnefError("messages in messages without end")
        objects = list(self._walk(data))
        page = _code_page(objects)
        own, attachments = _grouped(objects)
        read = _decoded([page, *map(self._with_asked, own)])
        files = [file for each in attachments for file in self._attached(each, page, depth)]
        return Unpacked(_text(read.body, page), _text(read.htmlbody, page), tuple(files))

    def _walk(self, data: memoryview) -> Iterator[_Object]:
        if len(data) < 6 or int.from_bytes(data[:4], "little") != _SIGNATURE:  # noqa: PLR2004 -- signature and key
            raise TnefError("no TNEF")
        at = 6
        # Gateways leave a line end or a signature behind it.
        while at < len(data) and data[at] in {_MESSAGE_LEVEL, _ATTACHMENT_LEVEL}:
            start = at + _OBJECT.size
            if start > len(data):
                raise TnefError("cut short")
            level, name, kind, length = _OBJECT.unpack_from(data, at)
            if start + length + _CHECKSUM > len(data):
                raise TnefError("cut short")
            self._objects -= 1
            if self._objects < 0:
                raise TnefError("too many objects")
            yield _Object(level, name, kind, data[start : start + length])
            at = start + length + _CHECKSUM

    def _attached(
        self, objects: list[_Object], page: _Object, depth: int
    ) -> Iterator[TnefFile]:
        """Yield the file of one attachment, or all of those of an embedded message.

        One without octets (Outlook's links to a file elsewhere) is an error: it would be lost.
        """
        self._files -= 1
        if self._files < 0:
            raise TnefError("too many files")
        by_name = {each.name: each for each in objects}
        data = by_name[TNEF.ATTATTACHDATA].data if TNEF.ATTATTACHDATA in by_name else None
        listed = by_name.get(TNEF.ATTATTACHMENT)
        packed = self._packed(listed) if data is None and listed else None
        name, kind = _named(_decoded([page, *map(self._with_asked, objects)]), by_name, page)
        found = packed if data is None else data
        if found is None:
            raise TnefError("a file without octets")
        if packed is not None and bytes(packed[:16]) == _EMBEDDED:
            yield from _as_files(self.message(packed[16:], depth - 1), name)
        else:
            yield TnefFile(name, kind, found)

    def _packed(self, listed: _Object) -> memoryview | None:
        """Return the object that an attachment holds in the place of octets."""
        for each in self._properties(listed.data):
            if each.ident == mapi.MAPI_ATTACH_DATA_OBJ and not each.many:
                return each.value
        return None

    def _with_asked(self, one: _Object) -> _Object:
        """Return the object; a list of properties with those alone that are asked for."""
        if one.name not in {TNEF.ATTMAPIPROPS, TNEF.ATTATTACHMENT}:
            return one
        asked = [
            bytes(one.data[each.start : each.end])
            for each in self._properties(one.data)
            if each.ident in _ASKED and not each.many
        ]
        listed = len(asked).to_bytes(4, "little") + b"".join(asked)
        return one._replace(data=memoryview(listed))

    def _properties(self, listed: memoryview) -> Iterator[_Property]:
        """Walk a list of properties (MS-OXTNEF, 2.1.3.4), as far as it is understood."""
        reader = _Numbers(listed)
        for _ in range(reader.number(4)):
            start = reader.at
            kind, ident = reader.number(2), reader.number(2)
            if ident >= _NAMED:
                reader.pass_name()
            many = bool(kind & _MANY)
            values = self._take(reader.number(4) if many or kind in _VARIABLE else 1)
            value = memoryview(b"")
            for _value in range(values):
                value = reader.value(kind & ~_MANY)
            reader.align(start)
            yield _Property(ident, start, reader.at, value, many or values != 1)

    def _take(self, values: int) -> int:
        self._values -= values + 1
        if self._values < 0:
            raise TnefError("too many properties")
        return values


class _Numbers:
    """Reads little-endian numbers and values one behind the other."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self.at = 0

    def number(self, size: int) -> int:
        return int.from_bytes(self._octets(size), "little")

    def value(self, kind: int) -> memoryview:
        if kind in _FIXED:
            return self._octets(_FIXED[kind])
        if kind not in _VARIABLE:
            raise TnefError("a property of an unknown type")
        found = self._octets(self.number(4))
        self.align(self.at - len(found))
        return found

    def pass_name(self) -> None:
        """Pass over the name of a property: a GUID, then a number or words."""
        self._octets(16)
        in_words = self.number(4)
        size = self.number(4) if in_words else 4
        start = self.at
        self._octets(size)
        self.align(start)

    def align(self, start: int) -> None:
        """Go on to a multiple of four octets behind ``start``, or to the end."""
        self.at = min(self.at + (start - self.at) % 4, len(self._data))

    def _octets(self, size: int) -> memoryview:
        found = self._data[self.at : self.at + size]
        if len(found) != size:
            raise TnefError("a list of properties is cut short")
        self.at += size
        return found


def _code_page(objects: list[_Object]) -> _Object:
    """Return the object that names the code page: the message's if Python knows it."""
    for each in objects:
        if each.name == TNEF.ATTOEMCODEPAGE and len(each.data) >= _CODE_PAGE // 2:
            number = int.from_bytes(each.data[:4], "little")
            if known(_label(number)):
                return each
    western = memoryview(_WESTERN.to_bytes(_CODE_PAGE, "little"))
    return _Object(_MESSAGE_LEVEL, TNEF.ATTOEMCODEPAGE, 6, western)


def _label(number: int) -> str:
    return "utf-8" if number == 65001 else f"cp{number}"  # noqa: PLR2004 -- Windows' number of it


def _grouped(objects: list[_Object]) -> tuple[list[_Object], list[list[_Object]]]:
    """Return what is the message's, and what is each attachment's."""
    own = [each for each in objects if each.name in {TNEF.ATTBODY, TNEF.ATTMAPIPROPS}]
    attachments: list[list[_Object]] = []
    for each in objects:
        if each.name == TNEF.ATTATTACHRENDDATA:
            attachments.append([])
        if attachments and each.level == _ATTACHMENT_LEVEL:
            attachments[-1].append(each)
    return own, attachments


def _decoded(objects: list[_Object]) -> TNEF:
    """Have the library decode these objects, without the octets of files."""
    needed = {TNEF.ATTOEMCODEPAGE, TNEF.ATTBODY, TNEF.ATTMAPIPROPS}
    needed |= {TNEF.ATTATTACHRENDDATA, TNEF.ATTATTACHMENT}
    stream = b"".join(
        _OBJECT.pack(each.level, each.name, each.kind, len(each.data))
        + bytes(each.data)
        + bytes(_CHECKSUM)
        for each in objects
        if each.name in needed
    )
    head = _SIGNATURE.to_bytes(4, "little") + bytes(2)
    try:
        return TNEF(head + stream + _SLACK, do_checksum=False)
    except MemoryError:
        raise  # no fault of the octets
    except Exception as error:  # noqa: BLE001 -- others' parser on a stranger's octets
        raise TnefError(f"not decoded: {type(error).__name__}") from None


def _named(read: TNEF, objects: dict[int, _Object], page: _Object) -> tuple[str, str]:
    """Return the attachment's file name and its media type, as far as they are there."""
    said: dict[int, str] = {}
    for attachment in read.attachments:
        said |= {each.name: _text(each.data, page) for each in attachment.mapi_attrs}
    title = objects.get(TNEF.ATTATTACHTITLE)
    short = _text(bytes(title.data), page) if title else ""
    name = file_name(
        said.get(mapi.MAPI_ATTACH_LONG_FILENAME, ""),
        short,
        said.get(mapi.MAPI_ATTACH_FILENAME, ""),
    )
    return name, media_type(
        said.get(mapi.MAPI_ATTACH_MIME_TAG, "")
    ) or "application/octet-stream"


def _text(value: object, page: _Object) -> str:
    """Return a text of the library's, which comes decoded or not."""
    if isinstance(value, bytes):
        number = int.from_bytes(page.data[:4], "little")
        # Octets that are UTF-8 by chance are none of another code page's; Outlook's HTML is either.
        value = decode(value, "utf-8" if number == _WESTERN else _label(number))
    return value.rstrip("\0").replace("\r\n", "\n") if isinstance(value, str) else ""


def _as_files(message: Unpacked, name: str) -> Iterator[TnefFile]:
    """Yield an embedded message as files: its text first, if it has one."""
    words = message.plain or message.html
    if words.strip():
        kind, ending = ("text/plain", "txt") if message.plain else ("text/html", "html")
        data = memoryview(words.encode("utf-8", "replace"))
        yield TnefFile(f"{name or 'message'}.{ending}", kind, data)
    yield from message.files
