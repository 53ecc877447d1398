"""A store in PostgreSQL sealed under another key: in a schema beside it, which takes its place.

What is prepared of it lies in files, as of any store (:mod:`.preparing`), and in that schema, which
the server's administrator has made. The finish compares the store with the file that it was
copied to, brings what differs to the schema, and in the same commit makes that the store. Then the
next key takes the present one's place; between the two a second call ends it. The schema's name is
the administrator's to change.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rmp_milter.engine.filling import fill
from rmp_milter.engine.postgresql import following
from rmp_milter.engine.postgresql.access import PostgresqlAccess
from rmp_milter.engine.postgresql.connecting import connected
from rmp_milter.engine.postgresql.following import followed
from rmp_milter.engine.postgresql.moving import leaving, moment_over
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from rmp_milter.engine.postgresql.schema import check_format, give_format, is_there
from rmp_milter.store.carrying import Sides
from rmp_milter.store.catching_up import carried, see_counts
from rmp_milter.store.differences import store_read
from rmp_milter.store.engines import Rotation
from rmp_milter.store.format.codecs import OutboxCodecs
from rmp_milter.store.format.failures import InUseError, StoreError
from rmp_milter.store.format.keys import StoreKeyError
from rmp_milter.store.format.own_keys import check_all
from rmp_milter.store.format.tables import OUTBOX_LEDGER_KEY, StoreTable
from rmp_milter.store.moving import MOVED, write_file
from rmp_milter.store.postgresql.schema import LAYOUT
from rmp_milter.store.prepared import Stage, fitting, nothing_to_finish, told_as_waiting, turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.engine.postgresql.moving import PostgresqlLeaving
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.engine.transaction import ReadTransaction
    from rmp_milter.store.engines import KeySuccession, Tell
    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.in_use import SeeRoom
    from rmp_milter.store.prepared import RotationPlace


class ServerInUse:
    """A store on a server, that others may have open."""

    def __init__(self, place: PostgresqlPlace, folder: Path) -> None:
        """``folder`` is where what is prepared of it lies as well."""
        self.place = place
        self.folder = folder
        self.named = f"the store in {place}"

    def check_own(self, keys: StoreKeys) -> None:
        """Try the keys."""
        with connected(self.place) as connection:
            check_format(connection, self.place, LAYOUT)
            _check_keys(PostgresqlReads(connection, self.place.schema), keys, str(self.place))

    def check_beside(self, which: str) -> None:
        """See that the next schema is made, and that the names can be changed in the end."""
        with connected(self.place) as connection:
            following.check_former_gone(connection, self.place)
            if not following.is_made(connection, self.place.next, LAYOUT):
                made = f"rmp key rotate {which} --sql, for the server's administrator"
                raise StoreError(f"{self.place.next} is to be made first: {made}")

    def copy(self, place: Path, see: SeeRoom) -> None:
        """Write what it has in one moment."""
        with connected(self.place) as connection:
            moment = moment_over(connection, self.place.schema)
            size = moment.size()
            see(size)
            write_file(moment, place, size)

    def has_beside(self, keys: StoreKeys) -> bool:
        """Whether the next schema is filled under these keys."""
        there = self.place.next
        with connected(there) as connection:
            try:
                _check_keys(PostgresqlReads(connection, there.schema), keys, str(there))
            except StoreKeyError:
                return False
            return True

    def lay_beside(self, written: Path, tell: Tell) -> None:
        """Fill the next schema, and compare it record by record."""
        with store_read(written) as store, followed(self.place, LAYOUT) as tables:
            fill(store, tables, MOVED, tell)

    def clear_beside(self) -> None:
        """Empty the next schema, if there is one."""
        with connected(self.place) as connection:
            made = following.is_made(connection, self.place.next, LAYOUT)
        if made:
            with followed(self.place, LAYOUT) as tables:
                tables.clear()


def rotate(
    store: ServerInUse, succession: KeySuccession, tell: Tell, *, asked_for: bool
) -> Rotation:
    """Finish what is prepared, where that is ``asked_for``, or end what a call before has done.

    Durable on return, and on the standbys that commits wait for. Raises :class:`StoreError`.
    """
    place = store.place
    with turn(store.folder, store.named) as beside:
        found = _sealed_before(place, succession)
        if found is None:
            if not asked_for:
                raise InUseError(f"whether others have {store.named} open cannot be seen")
            _finish(place, beside, succession, tell)
        if found is None or succession.begun:
            _settle(found or place.next, succession)
        beside.leave()
    gone = f"psql -c 'DROP SCHEMA \"{place.before.schema}\" CASCADE' {place.dbname}".rstrip()
    return Rotation(found is not None, (gone,), nameless=found != place)


def _sealed_before(place: PostgresqlPlace, succession: KeySuccession) -> PostgresqlPlace | None:
    """Return where the store is that a call before has sealed; None where none has.

    Raises :class:`StoreKeyError` where neither the present key nor the next one is its own.
    """
    there = place.next
    with connected(place) as connection:
        if is_there(connection, there, LAYOUT) and not is_there(connection, place, LAYOUT):
            keys = succession.following() if succession.begun else succession.present()
            _check_keys(PostgresqlReads(connection, there.schema), keys, str(there))
            return there
        check_format(connection, place, LAYOUT)
        reads = PostgresqlReads(connection, place.schema)
        try:
            _check_keys(reads, succession.present(), str(place))
        except StoreKeyError:
            if not succession.begun:
                raise
            _check_keys(reads, succession.following(), str(place))
            return place  # its name was changed before the key took its place
        return None


def _settle(place: PostgresqlPlace, succession: KeySuccession) -> None:
    """Have the next key take the present one's place, what was committed being on all disks."""
    access = PostgresqlAccess(place)
    try:
        access.write(lambda _txn: None)
        with access.looking() as txn:
            sealed = bytes(txn.get(StoreTable.META, OUTBOX_LEDGER_KEY) or b"")
    finally:
        access.close()
    ledger = OutboxCodecs(succession.following().outbox).ledger
    succession.settle(ledger.open(OUTBOX_LEDGER_KEY, sealed).next_row)


def _finish(
    place: PostgresqlPlace, beside: RotationPlace, succession: KeySuccession, tell: Tell
) -> None:
    mark, why = fitting(beside, succession)
    if mark is None or mark.stage is not Stage.READY:
        raise StoreError(nothing_to_finish(mark, why))
    there = place.next
    with (
        told_as_waiting(beside),
        _next_to_itself(place, there, succession) as left,
        store_read(beside.base) as was,
    ):
        sides, room = Sides(was, left.moment), 2 * left.size
        comparing = functools.partial(tell, "comparing")
        with carried(sides, beside.next, succession, room, comparing) as becomes:
            following.written_again(left, there, becomes, becomes.touched.items())
            give_format(left.turn, there, LAYOUT, {})
            see_counts(becomes, PostgresqlReads(left.turn, there.schema))
            following.take_place(left)


@contextmanager
def _next_to_itself(
    place: PostgresqlPlace, there: PostgresqlPlace, succession: KeySuccession
) -> Iterator[PostgresqlLeaving]:
    """Give the store, to which nobody writes, what is to follow being whole and one's own."""
    with followed(place, LAYOUT), leaving(place, LAYOUT) as left:
        following.check_former_gone(left.turn, place)
        reads = PostgresqlReads(left.turn, there.schema)
        _check_keys(reads, succession.following(), str(there))
        yield left


def _check_keys(reads: ReadTransaction, keys: StoreKeys, where: str) -> None:
    check_all(lambda key: bytes(reads.get(StoreTable.META, key) or b""), keys, where)
