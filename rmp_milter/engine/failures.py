"""What an engine raises, so that each caller knows what was and what was not done."""


class StoreError(Exception):
    """Something about what is stored is not as it must be; one clear line for an admin.

    It names tables and identifiers, never what a record holds.
    """


class NotReachedError(StoreError):
    """A server cannot be reached, or lets nobody in; nothing that it has was looked at."""

    hint = (
        "is the server there, and does it let this process in (docs/postgresql.md, When it is not"
        " reached)? nothing is to be put back"
    )


class OtherFormatError(StoreError):
    """What is stored is of another format than this version's; nothing in it was looked at."""


class NotInTimeError(StoreError):
    """What others hold was not free in time; of what waited for it nothing was done."""


class UnknownEndError(StoreError):
    """What became of the last commit is not known; the same command, given again, finds out."""


class StoreFailed(StoreError):  # noqa: N818 -- named for what happened, as callers say it
    """The engine cannot be used any more; the process is to end.

    Raised to every caller whose changes were under way, of which nothing was kept, and
    to every later one. ``reason`` is ``full`` (disk or map; ``detail`` says which), ``failed``
    (any other fault of the engine) or ``closed``.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"store {reason}: {detail}" if detail else f"store {reason}")
        self.reason = reason
        self.detail = detail


class LostMomentError(StoreFailed):
    """What a moment showed can be read no further: the way to its server was lost meanwhile.

    The store may well be there, and nothing was written by who only reads: whoever can begin
    anew on another moment may do so.
    """

    def __init__(self, detail: str) -> None:
        super().__init__("failed", detail)
