"""Another primary key of the service, for the day on which the old one has leaked.

The new one signs from the keeper's next start on; both open mail until a day. It is handed out as
another subkey is (:mod:`.service_rotation`), and what was killed goes on in the same way.
"""

import time
from pathlib import Path

from rmp_milter.certificates import read_certificate
from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole, write_whole
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import as_owner
from rmp_milter.host.service_rotation import CERTIFICATE
from rmp_milter.keeper.keys.checks import check_own, contents, raw_value
from rmp_milter.keeper.keys.former_service import (
    DAY,
    former_service_name,
    former_service_names,
)
from rmp_milter.keeper.keys.key_files import OWNERS, read_private
from rmp_milter.keeper.keys.keys import SERVICE, Keys, load_keys, new_service_key
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.place import LogPlace


def begin_primary(config: Config, days: int) -> str:
    """Make another primary key, the former opening for so many ``days``; return its file.

    As long as the present one is not handed out, it makes no other. Raises
    :class:`.KeyFileError`, :class:`.JournalError`, :class:`.CertificateError` and ``OSError``.
    """
    handed = read_certificate((config.paths.public / CERTIFICATE).read_bytes()).fingerprint
    folder = config.paths.keeper
    return as_owner(folder, lambda: _begun(folder, log_of(config), handed.lower(), days), str)


def _begun(folder: Path, log: LogPlace, handed: str, days: int) -> str:
    keys = load_keys(folder)
    with Journal(log) as journal:
        check_own(keys, journal.key_values())
        present = keys.service.fingerprint.lower()
        copy = _named(keys, present)
        if present != handed and not copy and (former := _named(keys, handed)):
            # Whatever was killed: the present key alone counts.
            journal.note_key_values({SERVICE: (raw_value(SERVICE, contents(keys)[SERVICE]),)})
            return former
        name = copy or _kept(folder, days)
        _replace(folder, name, keys, journal)
        return name


def _named(keys: Keys, fingerprint: str) -> str:
    """Return the file of the former key of this fingerprint, empty for none."""
    same = (
        each.name for each in keys.former_service if each.fingerprint.lower() == fingerprint
    )
    return next(same, "")


def _kept(folder: Path, days: int) -> str:
    until = time.strftime("%Y%m%d", time.gmtime(time.time() + days * DAY))
    name = former_service_name(until, former_service_names(folder))
    write_whole(folder / name, read_private(folder / SERVICE), OWNERS)
    return name


def _replace(folder: Path, name: str, keys: Keys, journal: Journal) -> None:
    content, fingerprint = new_service_key(folder)
    present = contents(keys)[SERVICE]
    old, value = raw_value(SERVICE, present), raw_value(SERVICE, fingerprint)
    # Whatever is killed between these: either file is known again at the next start.
    journal.note_key_values({name: (raw_value(name, present),), SERVICE: (old, value)})
    replace_whole(folder / SERVICE, content, OWNERS)
    journal.note_key_values({SERVICE: (value,)})
