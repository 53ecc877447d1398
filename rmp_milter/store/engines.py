"""What each engine does with a store: opened, checked, copied, migrated, under other keys, moved.

The processes have what it opens (:mod:`.surface`); the rest is for the host's commands. Errors are
those of the surface.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from rmp_milter.store.surface import DUPLICATE_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rmp_milter.engine.transaction import WholeMoment
    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.surface import Outbox, Store

    Progress = Callable[[int, int], None]
    """Is told how many records of how many are done."""

    Tell = Callable[[str, int, int], None]
    """Is told what is under way, and how much of how much is done."""


class StoreReport(msgspec.Struct, frozen=True):
    """What was found: no ``findings`` in a sound store; ``counts`` of records by table.

    ``notes`` say what is to be done to one that may be sound.
    """

    findings: tuple[str, ...]
    counts: dict[str, int]
    notes: tuple[str, ...] = ()


class Earlier(Enum):
    """What an earlier call, which was cut off, has left of a move."""

    NONE = "none"
    FITS = "fits"
    FOREIGN = "foreign"  # of a store that was changed since, or by another version


class Migration(NamedTuple):
    """A move from the format ``found`` to ``wanted``; the same where there is nothing to do.

    ``earlier``: what fits is gone on with, what is foreign thrown away. ``room``: the bytes that
    it takes at most while it goes on. ``clear``, ``back`` and ``abandon`` are lines for a shell:
    what removes what the store was before, what puts it back, what removes what an earlier call
    has left.
    """

    found: int
    wanted: int
    earlier: Earlier
    room: int
    clear: str
    back: str
    abandon: str

    @property
    def steps(self) -> range:
        """The formats from which a step is taken, in order; none where it is there."""
        return range(self.found, self.wanted)


class Rotation(NamedTuple):
    """A key that another one followed.

    ``ended``: a call before had written the store anew, and this one ended it. ``clear`` are
    lines for a shell, which remove what still lies beside the store under the key of before.
    ``nameless``: it is opened once a server's administrator has given it its name
    (:meth:`Engine.rotation_groundwork`), by hosts that have the key.
    """

    ended: bool
    clear: tuple[str, ...]
    nameless: bool = False


class PreparedRotation(NamedTuple):
    """What of a rotation lies beside a store in use, of which only the finish is missing.

    ``which`` key it is of, ``at`` which time it was begun (epoch seconds), how many bytes of
    ``room`` it takes. It is ``ready``, or ``under_way``, or was cut off. ``earlier``: an earlier
    call had prepared it. ``thrown_away`` says why what an earlier call had done was of no use.
    """

    which: str
    ready: bool
    under_way: bool
    at: int
    room: int
    earlier: bool = False
    thrown_away: str = ""


class StoreMoment(Protocol):
    """A store as it is at one moment; good as long as its block lasts.

    ``size`` is about how many bytes it takes. Written under the name ``file``, alone in a
    folder, it is the same store again, in which what was erased is no more.
    """

    @property
    def file(self) -> str:
        """The name."""

    @property
    def size(self) -> int:
        """About how many bytes :meth:`write` writes."""

    def release(self) -> None:
        """Let others commit from now on; it takes nothing away from this moment."""

    def write(self, fd: int) -> None:
        """Write all of it to ``fd``, which may be a pipe; raises :class:`StoreFailed`."""


class KeySuccession(Protocol):
    """One of the store's keys and the one that follows; all steps are durable on return."""

    @property
    def which(self) -> str:
        """The key's name."""

    @property
    def begun(self) -> bool:
        """Whether there is a next key."""

    def present(self) -> StoreKeys:
        """Return the keys in their places."""

    def following(self) -> StoreKeys:
        """Return the keys with the next one among them."""

    def begin(self) -> StoreKeys:
        """Make a next key; return as :meth:`following`."""

    def forget(self) -> None:
        """Destroy a next key under which nothing is sealed."""

    def settle(self, next_row: int) -> None:
        """Put the next key in its place; ``next_row`` of the outbox is nobody's yet."""


class Leaving(Protocol):
    """A store that nobody writes to as long as its block lasts, for another engine to take over."""

    @property
    def moment(self) -> WholeMoment:
        """All its records."""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""

    def settle(self) -> None:
        """Have it be a store no more: another engine has all of it. Durable on return."""


class Engine(Protocol):
    """A store in its place, not opened: made, opened, verified, moved.

    All raise :class:`StoreError`, and :class:`OtherFormatError` for a store of another format
    than this version's, of which nothing was looked at. Keys that are not the store's own are
    refused before anything is read or written by them. What is missing is never made anew,
    empty.
    """

    def create(self, keys: StoreKeys) -> None:
        """Make a new, empty store, durable on return; one that is there is never touched.

        Milter and courier can both write it, whatever the umask is.
        """

    def open(
        self,
        keys: StoreKeys,
        *,
        read_only: bool = False,
        duplicate_days: int = DUPLICATE_DAYS,
    ) -> Store:
        """Open the store; other processes may have it open as well.

        ``duplicate_days`` is how long a mail's digest is remembered. A store opened
        ``read_only`` refuses every commit with :class:`StoreFailed`.
        """

    def outbox(self, key: bytes, *, clock: Callable[[], float] = ...) -> Outbox:
        """Open the outbox by its key alone, beside the open store.

        ``clock`` (epoch seconds) says when a row was sent, for the life of its note.
        """

    def check(
        self, keys: StoreKeys, progress: Progress = ..., *, copy: bool = False
    ) -> StoreReport:
        """Verify every record and every index, both ways, by code apart from what writes.

        It reads one moment of a store that may be in use. ``progress`` is told now and then
        how far it is. The lines name tables and identifiers, nobody and nothing else. Of a
        ``copy``, which no process has open, nothing in its folder is touched.
        """

    def moment(self) -> AbstractContextManager[StoreMoment]:
        """Give one moment of a store that may be in use, for a copy of it.

        All that was told to be committed is in it, and nothing is committed until it is
        released: so what else has to be of the same moment can be taken meanwhile.
        """

    def planned(self) -> Migration:
        """Return what :meth:`migrate` would do; the store may be in use."""

    def migrate(self, keys: StoreKeys, tell: Tell) -> Migration:
        """Move the store to this version's format; durable on return.

        Nobody may have it open. A step that fails, a full disk or a kill leave the store as it
        was, of the one format or of the other. A call that was killed is gone on with by the
        next, unless the store was changed since; one that failed is begun anew. What the store
        was before is kept until the host removes it.
        """

    def prepare_rotation(self, succession: KeySuccession, tell: Tell) -> PreparedRotation:
        """Seal the store anew under the key that follows, in a copy; others may have it open.

        What is changed since, :meth:`rotate` brings to the copy. Durable on return; who was
        killed is gone on with by a second call. Of what fails nothing is left.
        """

    def abandon_rotation(self, succession: KeySuccession) -> bool:
        """Throw away what was prepared; return whether anything was. Others may have it open."""

    def waiting_rotation(self) -> PreparedRotation | None:
        """Return what is prepared, or was begun; None where nothing is."""

    def rotate(
        self, succession: KeySuccession, tell: Tell, *, prepared_only: bool = False
    ) -> Rotation:
        """Seal the store anew under the key that follows; durable on return.

        What was prepared is finished; ``prepared_only`` refuses where nothing was. Nobody may
        have it open: :class:`InUseError` where somebody has, or where that cannot be seen and
        it was not asked for a finish. It is verified before and after. What fails, a full disk or a
        kill leave store and keys as they were, or the store sealed under a key that is at hand
        (``succession.begun``), and a second call ends it.
        """

    def compact(self, keys: StoreKeys, target: Path) -> tuple[str, ...]:
        """Write the store into ``target`` (absent or empty) without what was erased from it.

        Nobody may have it open. Returns what the host does then, a line each.
        """

    def is_elsewhere(self) -> bool:
        """Whether there is a store, of whatever format, outside of its folder: on a server.

        It is asked; raises :class:`StoreError` where it does not answer.
        """

    def groundwork(self, milter: str, courier: str) -> str:
        """Return what a server's administrator says to it before a store can be made.

        The two are roles, each with the least rights that its process needs. Empty where there
        is no server.
        """

    def rotation_groundwork(self, milter: str, courier: str) -> str:
        """Return what a server's administrator says to it now for :meth:`rotate`.

        Before it, what makes the place in which another store is prepared; behind it, what gives
        that the name of the one that it has followed. Empty where there is no server.
        """

    def leaving(self) -> AbstractContextManager[Leaving]:
        """Give the store for another engine to take over; nobody may have it open."""

    def take_over(self, keys: StoreKeys, left: Leaving, tell: Tell) -> None:
        """Make this engine's store of what another leaves; durable on return.

        It is compared record by record and verified before it is a store. What a call before
        has begun is gone on with.
        """
