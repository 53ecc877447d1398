"""What a keeper does first after its pepper was changed: patients' digests go on to the new one.

Before the first call, in one transaction: who is killed begins again, and no call ever meets
digests of two peppers in the tables. Calls that come meanwhile wait.
"""

from collections.abc import Sequence

from rmp_milter.keeper.keys.key_files import PUT_BACK, KeyFileError
from rmp_milter.keeper.keys.peppers import Peppers
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.place import LogPlace


def carry_on(peppers: Peppers, place: LogPlace) -> None:
    """Carry what the log's own tables hold on to the present pepper.

    Raises :class:`.KeyFileError` where they are under one that is unknown, and
    :class:`~.log.journal.JournalError`.
    """

    def since(mark: bytes) -> Sequence[bytes]:
        keys = peppers.traits_since(mark)
        if keys is None:
            line = f"{place}: its tables are under another pepper than those that are there"
            raise KeyFileError(line, PUT_BACK)
        return keys

    with Journal(place) as journal:
        journal.carry(peppers.present_id, since)
