"""Another DKIM key: made beside the present one, published, put in its place, the old one ended.

The file of a key names its selector, so one rename changes both; all else can be done again. What
the old key signed is verified by its record, which stays until the host ends it.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

from rmp_milter.config import Config
from rmp_milter.courier.dkim_key import (
    DKIM_KEY,
    DKIM_NEXT,
    DKIM_RECORD,
    dns_record,
    make_dkim_key,
    read_dkim_key,
    selector_of,
)
from rmp_milter.disk.new_files import replace_whole, sync_folder
from rmp_milter.host.owners import as_owner


def present_record(config: Config) -> str:
    """Return the DNS record of the key that signs. Raises :class:`.DkimKeyError`."""
    return as_owner(config.paths.courier, lambda: _record(config, DKIM_KEY), str)


def begin(config: Config) -> str:
    """Make the next key, unless one waits; lay out both records; return that of the next.

    Raises :class:`.DkimKeyError` and ``OSError``.
    """

    def made() -> list[str]:
        file = config.paths.courier / DKIM_NEXT
        if not file.exists():
            make_dkim_key(file, _new_selector(config))
        return [_record(config, DKIM_KEY), _record(config, DKIM_NEXT)]

    records = as_owner(config.paths.courier, made, list[str])
    _lay_out(config, "".join(records))
    return records[1]


def activate(config: Config) -> bool:
    """Put the next key in the present one's place; whether there was one.

    Raises ``OSError``. The records stay as they are: what is under way was signed by the old one.
    """

    def activated() -> bool:
        folder = config.paths.courier
        if not (folder / DKIM_NEXT).exists():
            return False
        read_dkim_key(folder / DKIM_NEXT)
        (folder / DKIM_NEXT).replace(folder / DKIM_KEY)
        sync_folder(folder)
        return True

    return as_owner(config.paths.courier, activated, bool)


def end_old(config: Config) -> str:
    """Lay out the record of the key that signs alone, and return it."""
    record = present_record(config)
    _lay_out(config, record)
    return record


def _record(config: Config, name: str) -> str:
    file = config.paths.courier / name
    selector = selector_of(file, config.dkim.selector) if file.exists() else ""
    return dns_record(read_dkim_key(file), config.dkim.domain, selector)


def _new_selector(config: Config) -> str:
    """Return a selector that was none before: the configuration's with the minute."""
    now = datetime.fromtimestamp(time.time(), UTC)
    return f"{config.dkim.selector}-{now:%Y%m%d%H%M}"


def _lay_out(config: Config, records: str) -> None:
    file: Path = config.paths.public / DKIM_RECORD
    replace_whole(file, records.encode(), 0o644)
