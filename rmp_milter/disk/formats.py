"""What a format on disk is called and numbered, so that another one is told before it is read.

A number is raised when what is written changes: an older program would misread it, or
refuse it record by record, with words that frighten. By the number it is one line.
"""

from typing import NamedTuple


class Format(NamedTuple):
    """The name of what is kept, and the number of the format that this version writes.

    The mark that lies on disk is both, such as ``rmp-milter store 1``.
    """

    name: str
    number: int

    @property
    def mark(self) -> bytes:
        """What is written beside the content."""
        return f"{self.name} {self.number}".encode()

    def number_in(self, mark: bytes) -> int:
        """Return the number that a mark on disk says; 0 where it is none of this name."""
        digits = mark.removeprefix(f"{self.name} ".encode())
        number = int(digits) if digits.isdigit() else 0
        return number if self._replace(number=number).mark == mark else 0

    def refusal(self, found: int) -> str:
        """Say why what is of the number ``found``, another than ours, is not read."""
        if found > self.number:
            return (
                f"is of format {found}, written by a later version of rmp-milter: "
                f"this one reads format {self.number}"
            )
        return f"is of format {found}, older than format {self.number} of this version"
