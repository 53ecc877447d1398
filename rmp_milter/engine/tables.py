"""What tables are to an engine: names, and whether their records are large."""

from enum import StrEnum


class EngineTable(StrEnum):
    """Tables by name; who has some lists them in a class below this one."""

    @property
    def in_parts(self) -> bool:
        """Whether a record may be as large as a mail: an engine may keep it in parts."""
        return False
