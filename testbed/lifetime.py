"""Things of the testbed that live as long as a ``with`` block."""

from abc import abstractmethod
from typing import Self

from rmp_milter.disk.closing import Closing


class Starting(Closing):
    """A thing that is started when the block begins, and closed if that fails."""

    @abstractmethod
    def start(self) -> None:
        """Start it; return when it works."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self
