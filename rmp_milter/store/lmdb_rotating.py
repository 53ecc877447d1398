"""A store sealed under another key, and the key's file: both old, or both new in the end.

A second store is written beside the first, verified by ``rmp store check``'s own code, and takes
its place by a rename; then the next key takes the present one's place by another. Between the
two the store is the next key's and the file is not yet: nothing opens, the next key lies beside,
and a second call ends it. Before that all is as it was.

What was prepared while the services ran (:mod:`.preparing`) has only to be brought to where the
store is by now (:mod:`.catching_up`).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rmp_milter.disk.new_files import sync_folder
from rmp_milter.store.begun import StoreFile
from rmp_milter.store.beside import DATA, check_own, check_room, make_like, opened, verify
from rmp_milter.store.catching_up import StorePlaces, catch_up
from rmp_milter.store.format import version
from rmp_milter.store.format.alone import alone
from rmp_milter.store.format.codecs import OutboxCodecs
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import StoreKeyError
from rmp_milter.store.format.tables import OUTBOX_LEDGER_KEY
from rmp_milter.store.prepared import (
    Stage,
    fitting,
    nothing_to_finish,
    told_as_before,
    told_as_waiting,
    turn,
)
from rmp_milter.store.resealing import reseal

if TYPE_CHECKING:
    from pathlib import Path

    from rmp_milter.store.engines import KeySuccession, Tell
    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.prepared import RotationMark, RotationPlace


def rotate(
    folder: Path, succession: KeySuccession, tell: Tell, *, prepared_only: bool = False
) -> bool:
    """Seal the store under the next key; return whether a call before had done that already.

    What is prepared is finished; where nothing is, all is done now, unless ``prepared_only``.
    Durable on return. Raises :class:`StoreError` where a process has the store open, and where
    something failed; then store and keys are as they were, or a second call ends it.
    """
    with alone(folder), turn(folder) as beside:
        if succession.begun and _is_sealed_under_next(folder, succession):
            return _settled(folder, beside, succession, ended=True)
        check_own(folder, succession.present())
        mark, why = fitting(beside, succession)
        if mark is not None and mark.stage is Stage.READY:
            _finish(folder, beside, mark, succession, tell)
        elif prepared_only:
            raise StoreError(nothing_to_finish(mark, why))
        else:
            _do_whole(folder, beside, succession, tell)
        sync_folder(folder)
        return _settled(folder, beside, succession, ended=False)


def _settled(
    folder: Path, beside: RotationPlace, succession: KeySuccession, *, ended: bool
) -> bool:
    beside.leave()
    succession.settle(_next_row(folder, succession.following()))
    return ended


def _is_sealed_under_next(folder: Path, succession: KeySuccession) -> bool:
    try:
        check_own(folder, succession.present())
    except StoreKeyError as error:
        try:
            check_own(folder, succession.following())
        except StoreKeyError:
            raise error from None  # neither: what is wrong is the key in its place
        return True
    return False


def _do_whole(
    folder: Path, beside: RotationPlace, succession: KeySuccession, tell: Tell
) -> None:
    with told_as_before(beside, succession):
        beside.discard()
        succession.forget()  # of a call that was killed: nothing is sealed under it
        following = succession.begin()
        place = beside.empty(beside.next)
    try:
        with told_as_before(beside, succession):
            _make(folder, place, succession.present(), following, tell)
        (place / DATA).replace(folder / DATA)
    finally:
        beside.discard()


def _make(
    folder: Path, place: Path, present: StoreKeys, following: StoreKeys, tell: Tell
) -> None:
    check_room(folder)
    # A chain that was tampered with would be made whole under the next key.
    verify(folder, present, "the store", functools.partial(tell, "verifying"))
    reseal(folder, place, present, following, functools.partial(tell, "sealing"))
    verify(place, following, "the new store", functools.partial(tell, "verifying anew"))
    make_like(place / DATA, folder / DATA)


def _finish(
    folder: Path,
    beside: RotationPlace,
    mark: RotationMark,
    succession: KeySuccession,
    tell: Tell,
) -> None:
    with told_as_waiting(beside):
        if beside.change() == mark.change:
            beside.note(replace(mark, against=StoreFile.of(folder / DATA)))
            catch_up(
                StorePlaces(beside.base, folder, beside.next),
                succession.present(),
                succession.following(),
                functools.partial(tell, "comparing"),
            )
        make_like(beside.next / DATA, folder / DATA)
        (beside.next / DATA).replace(folder / DATA)


def _next_row(folder: Path, keys: StoreKeys) -> int:
    """Return the first row number of the outbox that is not given out."""
    with opened(folder, read_only=True, lock=False) as handle:
        meta = version.open_table(handle, "meta")
        with handle.begin() as txn:
            sealed = txn.get(OUTBOX_LEDGER_KEY, b"", db=meta)
    return OutboxCodecs(keys.outbox).ledger.open(OUTBOX_LEDGER_KEY, sealed).next_row
