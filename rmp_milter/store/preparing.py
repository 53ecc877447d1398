"""The long part of a rotation, beside a store in use: all but what is changed meanwhile.

One moment of the store is copied, verified, written anew under the next key
(:mod:`.resealing`) and verified again, each step on disk before the next, all that in files
whatever the engine is (:mod:`.in_use`). A call that was killed is gone on with. The store is read
once, as for a backup, and not written to; what is changed in it is carried over when it is stopped
(:mod:`.catching_up`).
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rmp_milter.disk.new_files import sync_folder
from rmp_milter.store.beside import check_own, see_room, verify
from rmp_milter.store.engines import PreparedRotation
from rmp_milter.store.prepared import RotationPlace, Stage, fitting, told_as_before, turn
from rmp_milter.store.resealing import reseal

if TYPE_CHECKING:
    from pathlib import Path

    from rmp_milter.store.engines import KeySuccession, Tell
    from rmp_milter.store.in_use import StoreInUse
    from rmp_milter.store.prepared import RotationMark

COPIES = 2.5
"""So many times the store's size must be free: two copies, and the services go on writing."""


def prepare(store: StoreInUse, succession: KeySuccession, tell: Tell) -> PreparedRotation:
    """Do all of a rotation that can be done while the store is in use; durable on return.

    What an earlier call has done is gone on with, or thrown away where it does not fit. Raises
    :class:`StoreError`; then nothing is left beside the store.
    """
    with turn(store.folder, store.named) as beside:
        store.check_own(succession.present())  # before a next key is destroyed
        store.check_beside(succession.which)
        mark, why = fitting(beside, succession)
        if (
            mark is not None
            and mark.stage is Stage.READY
            and not _lies_beside(store, succession)
        ):
            mark = replace(mark, stage=Stage.WRITTEN)
        earlier = mark is not None and mark.stage is Stage.READY
        with told_as_before(beside, succession):
            if mark is None:
                mark = _begun(beside, succession)
            mark = _Preparing(store, beside, succession, tell).go_on(mark)
        return PreparedRotation(
            which=mark.which,
            ready=True,
            under_way=False,
            at=mark.at,
            room=beside.bytes(),
            earlier=earlier,
            thrown_away=why,
        )


def _lies_beside(store: StoreInUse, succession: KeySuccession) -> bool:
    return store.has_beside(succession.following())


def abandon(store: StoreInUse, succession: KeySuccession) -> bool:
    """Throw away what was prepared, with the next key; return whether anything was.

    The store may be in use. Raises :class:`StoreError`, also where it is under the next key.
    """
    with turn(store.folder, store.named) as beside:
        store.check_own(succession.present())
        fitting(beside, succession)  # which raises where it is another key's
        there = succession.begun or beside.found() is not None
        store.clear_beside()
        beside.discard()
        succession.forget()
        return there


def waiting_in(folder: Path) -> PreparedRotation | None:
    """Return what of a rotation lies beside the store; nothing is opened."""
    beside = RotationPlace(folder)
    mark = beside.found()
    if mark is None:
        return None
    return PreparedRotation(
        which=mark.which,
        ready=mark.stage is Stage.READY,
        under_way=beside.is_under_way(),
        at=mark.at,
        room=beside.bytes(),
    )


def _begun(beside: RotationPlace, succession: KeySuccession) -> RotationMark:
    beside.discard()
    succession.forget()
    succession.begin()
    return beside.begin(succession.which, int(time.time()))


class _Preparing:
    """The steps, in the order of :class:`Stage`."""

    def __init__(
        self, store: StoreInUse, beside: RotationPlace, succession: KeySuccession, tell: Tell
    ) -> None:
        self._store = store
        self._beside = beside
        self._present, self._following = succession.present(), succession.following()
        self._tell = tell

    def go_on(self, mark: RotationMark) -> RotationMark:
        """Take the steps that are still to be taken, and note each."""
        steps = {
            Stage.COPIED: self._copy,
            Stage.VERIFIED: self._verify,
            Stage.WRITTEN: self._write,
            Stage.READY: self._verify_anew,
        }
        done = [*Stage].index(mark.stage)
        for stage in [*Stage][done + 1 :]:
            steps[stage]()
            mark = replace(mark, stage=stage)
            if stage is Stage.READY:
                mark = replace(mark, change=self._beside.change())
            self._beside.note(mark)
        return mark

    def _copy(self) -> None:
        place = self._beside.empty(self._beside.base)
        self._store.copy(place, self._see_room)
        sync_folder(self._beside.place)
        check_own(place, self._present)
        self._tell("copying", 1, 1)

    def _see_room(self, size: int) -> None:
        see_room(self._store.folder, int(COPIES * size), "two more copies of the store need")
        self._tell("copying", 0, 1)

    def _verify(self) -> None:
        # A chain that was tampered with would be made whole under the next key.
        told = functools.partial(self._tell, "verifying")
        verify(self._beside.base, self._present, "the store", told)

    def _write(self) -> None:
        place = self._beside.empty(self._beside.next)
        told = functools.partial(self._tell, "sealing")
        reseal(self._beside.base, place, self._present, self._following, told)
        sync_folder(place)
        sync_folder(self._beside.place)

    def _verify_anew(self) -> None:
        told = functools.partial(self._tell, "verifying anew")
        verify(self._beside.next, self._following, "the new store", told)
        self._store.lay_beside(self._beside.next, self._tell)
