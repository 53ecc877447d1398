"""The RPPS number: 11 digits, the last of which checks the others (Luhn, ISO/IEC 7812-1)."""

_DIGITS = 11


def rpps_valid(number: str) -> bool:
    """Whether ``number`` is 11 ASCII digits of which the last is the right check digit."""
    if len(number) != _DIGITS or not (number.isascii() and number.isdigit()):
        return False
    others = sum(int(digit) for digit in number[-1::-2])
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (others + doubled) % 10 == 0
