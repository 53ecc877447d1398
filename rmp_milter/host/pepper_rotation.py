"""Another pepper, on the keeper's side: its files, and which codes are under which one.

A former pepper is whole as long as cards may be under it. Then what is left of it is a line in one
file: by what a patient's digests go on, and, while there are any, what his code's slot needs.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole, write_whole
from rmp_milter.dossier.model import NO_PEPPER
from rmp_milter.host.key_replacing import begin, former_of, take_away
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import as_owner
from rmp_milter.keeper.keys.checks import check_own, raw_value
from rmp_milter.keeper.keys.kept_peppers import KEPT, kept_file
from rmp_milter.keeper.keys.key_files import OWNERS, raw_file
from rmp_milter.keeper.keys.keys import ACTS, PEPPER, load_keys
from rmp_milter.keeper.keys.peppers import KeptPepper, Peppers, kept_of, pepper_id
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at

_AT_ONCE = 1
"""Whole former peppers: another is made when no card is under the last one."""


def begin_pepper(config: Config) -> str:
    """Make another pepper; return the file of the former one. Raises as :func:`.begin`.

    By what mails are known again stays: of a service from before it had a key of its own for
    that, it is the first pepper.
    """
    folder = config.paths.keeper
    as_owner(folder, lambda: _with_acts_key(folder, log_of(config)), int)
    return begin(config, PEPPER, most=_AT_ONCE)


def _with_acts_key(folder: Path, log: LogPlace) -> int:
    keys = load_keys(folder)
    with Journal(log) as journal:
        unproven = check_own(keys, journal.key_values())
        if keys.acts and ACTS not in unproven:
            return 0
        if not keys.acts:
            write_whole(folder / ACTS, raw_file(keys.known_by), OWNERS)
        # Behind the file: a keeper never misses one that is noted.
        journal.note_key_values({ACTS: (raw_value(ACTS, keys.known_by),)})
    return 1


def present_id(config: Config) -> bytes:
    """Return the id of the present pepper. Raises :class:`.KeyFileError` and ``OSError``."""
    folder = config.paths.keeper
    return as_owner(folder, lambda: load_keys(folder).peppers.present_id, bytes)


def is_any_kept(config: Config) -> bool:
    """Whether there was another pepper that was ended; raises as :func:`present_id`."""
    folder = config.paths.keeper
    return as_owner(folder, lambda: bool(load_keys(folder).kept), bool)


def codes_under(config: Config) -> dict[str, int]:
    """Return how many codes' slots are under the pepper of each id (hex), the store's user's look.

    Raises :class:`.StoreError` and ``OSError``.
    """
    return as_owner(config.paths.store, lambda: _codes_under(config), dict[str, int])


def codes_of_before(config: Config) -> int:
    """Return how many codes are under a former pepper; raises as the two above do.

    A slot that names none is under the first one, whichever that is.
    """
    folder = config.paths.keeper
    own = as_owner(folder, lambda: [*_own_ids(load_keys(folder).peppers)], list[str])
    return sum(count for each, count in codes_under(config).items() if each not in own)


def _own_ids(peppers: Peppers) -> list[str]:
    never_changed = [NO_PEPPER.hex()] if not peppers.before else []
    return [peppers.present_id.hex(), *never_changed]


def _codes_under(config: Config) -> dict[str, int]:
    paths, found = config.paths, Counter[str]()
    keys = read_store_keys(paths.milter, paths.outbox_key)
    opened = engine_at(paths.store, config.store).open(keys, read_only=True)
    with opened as store, store.snapshot() as view:
        for each in view.dossiers():
            if each.slots.code:
                found[each.slots.code.pepper.hex()] += 1
    return dict(found)


def end(config: Config) -> list[str]:
    """Keep of former peppers what is in use still; return the files that are gone.

    Only once no card is under them. Raises :class:`.KeyFileError`, :class:`.JournalError`,
    :class:`.StoreError` and ``OSError``.
    """
    folder, under = config.paths.keeper, codes_under(config)
    as_owner(folder, lambda: _keep(folder, log_of(config), under), int)
    take_away(config, former := former_of(config, PEPPER))
    return former


def _keep(folder: Path, log: LogPlace, under: Mapping[str, int]) -> int:
    keys = load_keys(folder)
    kept = what_is_kept(keys.peppers, under)
    if not kept:
        return 0
    old, value = (raw_value(KEPT, kept_file(each)) for each in (keys.kept, kept))
    with Journal(log) as journal:
        # Whatever is killed between these: either file is known again at the next start.
        if keys.kept:
            journal.note_key_values({KEPT: (old, value)})
        replace_whole(folder / KEPT, kept_file(kept), OWNERS)
        journal.note_key_values({KEPT: (value,)})
    return len(kept)


def what_is_kept(peppers: Peppers, under: Mapping[str, int]) -> tuple[KeptPepper, ...]:
    """Return what is kept of former peppers, where so many codes are ``under`` each id (hex)."""
    whole = {pepper_id(each): each for each in peppers.former}
    kept = {each.pepper_id: each for each in peppers.kept}
    found = list[KeptPepper]()
    for place, each in enumerate(peppers.ids[:-1]):
        one = kept_of(whole[each], is_first=not place) if each in whole else kept[each]
        codes = one.codes if under.get(each.hex()) else b""
        first = one.first if under.get(NO_PEPPER.hex()) else b""
        found.append(one._replace(codes=codes, first=first))
    return tuple(found)
