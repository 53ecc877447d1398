"""Outlook's ``winmail.dat`` (MS-OXTNEF), as Outlook writes it or with whatever lies are wanted."""

import struct

SIGNATURE = b'\x78\x9f>"\x01\x00'
BODY, HTML, LONG_NAME, MIME_TAG, DATA_OBJ = 0x1000, 0x1013, 0x3707, 0x370E, 0x3701
STRING, UNICODE, BINARY, OBJECT = 0x1E, 0x1F, 0x102, 0x0D
EMBEDDED = bytes.fromhex("0703020000000000c000000000000046")
RENDDATA, TITLE, ATTACHDATA, ATTACHMENT = 0x9002, 0x8010, 0x800F, 0x9005
MAPIPROPS, OEM_CODE_PAGE, PLAIN_BODY = 0x9003, 0x9007, 0x800C


def item(level: int, name: int, data: bytes, kind: int = 6) -> bytes:
    """Return one object with its checksum (2.1.3); ``level`` 1 is the message, 2 a file."""
    checksum = sum(data) & 0xFFFF
    return (
        struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", checksum)
    )


def variable(ident: int, data: bytes, kind: int = BINARY) -> bytes:
    """Return one property of a variable size (2.1.3.4)."""
    padding = bytes(-len(data) % 4)
    return struct.pack("<HHII", kind, ident, 1, len(data)) + data + padding


def unicode(ident: int, text: str) -> bytes:
    """Return one property in words."""
    return variable(ident, f"{text}\0".encode("utf-16-le"), UNICODE)


def listed(*properties: bytes) -> bytes:
    """Return a list of properties."""
    return struct.pack("<I", len(properties)) + b"".join(properties)


def attachment(name: str, data: bytes | None, *properties: bytes, title: bytes = b"") -> bytes:
    """Return the objects of one file; without ``data`` its properties hold it."""
    short = title or name.encode("windows-1252", "replace")[:12]
    parts = [item(2, RENDDATA, bytes(14)), item(2, TITLE, short + b"\0", 1)]
    if data is not None:
        parts.append(item(2, ATTACHDATA, data))
    named = [unicode(LONG_NAME, name)] if name else []
    return b"".join([*parts, item(2, ATTACHMENT, listed(*named, *properties))])


def tnef(*objects: bytes, page: int = 1252) -> bytes:
    """Return the whole: signature, version, code page, objects."""
    version = item(1, 0x9006, b"\x00\x00\x01\x00", 8)
    code_page = item(1, OEM_CODE_PAGE, struct.pack("<II", page, 0))
    return SIGNATURE + version + code_page + b"".join(objects)


def message(text: str = "", html: bytes = b"") -> bytes:
    """Return the object of a message's own properties."""
    found = [unicode(BODY, text)] if text else []
    return item(1, MAPIPROPS, listed(*found, *([variable(HTML, html)] if html else [])))
