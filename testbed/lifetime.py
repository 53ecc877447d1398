"""Things of the testbed that live as long as a ``with`` block."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Closing(ABC):
    """A thing that is closed when the block ends, however it ends."""

    @abstractmethod
    def close(self) -> None:
        """End what runs and remove what was made."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


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
