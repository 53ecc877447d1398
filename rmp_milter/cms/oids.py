"""Object identifiers: their octets to and from numbers with dots (X.690, 8.19)."""


def dotted(content: bytes) -> str:
    """Return the numbers of an identifier's content; of 64 octets at most, they are short."""
    numbers, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        return ""
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def encoded(numbers: str) -> bytes:
    """Return the content of an identifier that is given with dots."""
    first, second, *rest = (int(each) for each in numbers.split("."))
    return b"".join(_base128(each) for each in (40 * first + second, *rest))


def _base128(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(reversed(octets))


DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
ENVELOPED_DATA = "1.2.840.113549.1.7.3"
AUTH_ENVELOPED_DATA = "1.2.840.113549.1.9.16.1.23"
