"""A store sealed under another key, and the key's file: both old, or both new in the end.

A second store is written beside the first (:mod:`.resealing`), verified by ``rmp store check``'s
own code, and takes its place by a rename; then the next key takes the present one's place by
another. Between the two the store is the next key's and the file is not yet: nothing opens, the
next key lies beside, and a second call ends it. Before that all is as it was.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING

import lmdb

from rmp_milter.disk.new_files import sync_folder
from rmp_milter.disk.room import said
from rmp_milter.store.beside import (
    DATA,
    check_room,
    clear,
    make_like,
    opened,
    place_beside,
    verify,
)
from rmp_milter.store.format import version
from rmp_milter.store.format.alone import alone
from rmp_milter.store.format.codecs import OutboxCodecs
from rmp_milter.store.format.failures import OtherFormatError, StoreError
from rmp_milter.store.format.keys import StoreKeyError
from rmp_milter.store.format.own_keys import check_keys
from rmp_milter.store.format.tables import OUTBOX_LEDGER_KEY
from rmp_milter.store.resealing import reseal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.surface import KeySuccession, Tell

PLACE = "rotation"


def rotate(folder: Path, succession: KeySuccession, tell: Tell) -> bool:
    """Seal the store under the next key; return whether a call before had done that already.

    Durable on return. Raises :class:`StoreError` where a process has the store open, and where
    something failed; then store and keys are as they were, or a second call ends it.
    """
    with alone(folder):
        if succession.begun and _is_sealed_under_next(folder, succession):
            succession.settle(_next_row(folder, succession.following()))
            clear(folder, PLACE)
            return True
        present = succession.present()
        check_own(folder, present)
        with _told_as_before(folder, succession):
            succession.forget()  # of a call that was killed: nothing is sealed under it
            following = succession.begin()
        with place_beside(folder, PLACE) as place:
            with _told_as_before(folder, succession):
                _make(folder, place, present, following, tell)
            (place / DATA).replace(folder / DATA)
        sync_folder(folder)
        succession.settle(_next_row(folder, following))
    return False


def check_own(folder: Path, keys: StoreKeys) -> None:
    """Raise :class:`StoreError` unless the keys are those of the store, which is of our format."""
    try:
        with opened(folder, read_only=True, lock=False) as handle:
            version.check_format(handle, folder)
            meta = version.open_table(handle, "meta")
            with handle.begin(buffers=True) as txn:
                check_keys(txn, meta, keys, folder)
    except (OtherFormatError, StoreKeyError):
        raise
    except (StoreError, lmdb.Error) as error:
        raise StoreError(f"{folder} holds no store: {error}") from error


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


def _make(
    folder: Path, place: Path, present: StoreKeys, following: StoreKeys, tell: Tell
) -> None:
    check_room(folder)
    # A chain that was tampered with would be made whole under the next key.
    verify(folder, present, "the store", functools.partial(tell, "verifying"))
    reseal(folder, place, present, following, functools.partial(tell, "sealing"))
    verify(place, following, "the new store", functools.partial(tell, "verifying anew"))
    make_like(place / DATA, folder / DATA)


@contextmanager
def _told_as_before(folder: Path, succession: KeySuccession) -> Iterator[None]:
    try:
        yield
    except (StoreError, lmdb.Error, OSError) as error:
        why = said(error, folder)  # before there is room again
        succession.forget()
        line = f"the store in {folder} and its keys stay as they were: {why}"
        raise StoreError(line) from error


def _next_row(folder: Path, keys: StoreKeys) -> int:
    """Return the first row number of the outbox that is not given out."""
    with opened(folder, read_only=True, lock=False) as handle:
        meta = version.open_table(handle, "meta")
        with handle.begin() as txn:
            sealed = txn.get(OUTBOX_LEDGER_KEY, b"", db=meta)
    return OutboxCodecs(keys.outbox).ledger.open(OUTBOX_LEDGER_KEY, sealed).next_row
