"""Another key of the access log: made beside the present one, taken up when the keeper starts.

The keeper alone writes and signs the hand-over, before it answers anybody. Then the key's file is
replaced, each step whole: whatever was killed goes on with the next start. The former key signs
nothing from then on; its file stays for a log of before that is put back, until the host ends it.
"""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole, sync_folder, write_whole
from rmp_milter.host.key_replacing import command, former_of
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import as_owner
from rmp_milter.keeper.keys.checks import check_own, raw_value
from rmp_milter.keeper.keys.former_keys import MOST_FORMER, former_name, former_names
from rmp_milter.keeper.keys.key_files import OWNERS, RAW_KEY, KeyFileError, raw_file, read_raw
from rmp_milter.keeper.keys.keys import LOG, LOG_NEXT, LogKey, load_keys, load_log_key
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.postfix.facts import PostfixFinding, error, warning

WAITS = "the log is handed over to it when the keeper starts"
RESTART = "back it up; start the keeper anew"


def begin(config: Config) -> str:
    """Make the next key, unless one waits; return its verifier key, as auditors will hold it.

    Raises :class:`.KeyFileError`, :class:`.JournalError` and ``OSError``.
    """
    folder = config.paths.keeper
    return as_owner(folder, lambda: _begun(folder, log_of(config)), str)


def _begun(folder: Path, log: LogPlace) -> str:
    keys = load_keys(folder)
    with Journal(log) as journal:
        check_own(keys, journal.key_values())
        if not is_waiting(folder):
            journal.check_signer(keys.log)
            there = former_names(folder, LOG)
            if len(there) >= MOST_FORMER:
                line = f"{folder}: {len(there)} former keys of {LOG} are there already"
                raise KeyFileError(line, command(LOG, "--end"))
            new = secrets.token_bytes(RAW_KEY)
            write_whole(folder / LOG_NEXT, raw_file(new), OWNERS)
        return str(verifier_key(_next(folder), journal.origin))


def is_waiting(folder: Path) -> bool:
    """Whether a key waits in the keeper's folder."""
    return (folder / LOG_NEXT).exists()


def _next(folder: Path) -> LogKey:
    return LogKey.from_private_bytes(read_raw(folder / LOG_NEXT))


def take_up(folder: Path, log: LogPlace, now: int) -> str:
    """Hand the log over to the key that waits, and put it into its place; return its verifier key.

    For the keeper that starts, while no other one runs; before its keys are looked at, since what a
    backup of keys from in between holds is put right here. Raises :class:`.KeyFileError`,
    :class:`.JournalError` and ``OSError``.
    """
    keys, following = load_keys(folder), _next(folder)
    with Journal(log) as journal:
        if not journal.is_handed_to(following):
            check_own(keys, journal.key_values())
            journal.hand_over(keys.log, following, now)
        if keys.log.private_bytes_raw() != following.private_bytes_raw():
            _put_in_place(folder, journal, keys.log.private_bytes_raw(), now)
        value = raw_value(LOG, following.private_bytes_raw())
        journal.note_key_values({LOG: (value,)})
        (folder / LOG_NEXT).unlink()
        sync_folder(folder)
        return str(verifier_key(following, journal.origin))


def _put_in_place(folder: Path, journal: Journal, former: bytes, now: int) -> None:
    """Keep the former key under its own name, and replace it, so that either is known again."""
    there = former_names(folder, LOG)
    if not any(read_raw(folder / name) == former for name in there):
        day = time.strftime("%Y%m%d", time.gmtime(now))
        write_whole(folder / former_name(LOG, day, there), raw_file(former), OWNERS)
    following = read_raw(folder / LOG_NEXT)
    values = raw_value(LOG, former), raw_value(LOG, following)
    journal.note_key_values({LOG: values})
    replace_whole(folder / LOG, raw_file(following), OWNERS)


def end(config: Config) -> list[str]:
    """Take the former keys' files away; return their names.

    Raises as :func:`begin`, also where the log was not handed over yet.
    """
    folder = config.paths.keeper
    return as_owner(folder, lambda: _ended(folder, log_of(config)), list[str])


def _ended(folder: Path, log: LogPlace) -> list[str]:
    if is_waiting(folder):
        raise KeyFileError(f"{folder / LOG_NEXT}: waits still: {WAITS}", RESTART)
    names = former_names(folder, LOG)
    if not names:
        raise KeyFileError(f"{folder}: no former key of {LOG} is there", "rmp key list")
    with Journal(log) as journal:
        journal.check_signer(load_log_key(folder))
    for name in names:
        (folder / name).unlink(missing_ok=True)
    sync_folder(folder)
    return names


def log_key_findings(config: Config) -> Iterator[PostfixFinding]:
    """Say what of a change of the log's key is not ended.

    Raises :class:`.KeyFileError` and ``OSError`` where the files cannot be read.
    """
    folder = config.paths.keeper
    if as_owner(folder, lambda: is_waiting(folder), bool):
        yield warning(f"{folder / LOG_NEXT}: {WAITS}", RESTART)
        return
    if fault := as_owner(folder, lambda: _fault(folder, log_of(config)), str):
        yield error(
            f"{folder / LOG}: {fault}", "put back the key that the log was handed over to"
        )
        return
    for name in former_of(config, LOG):
        line = f"{folder / name}: signs nothing any more"
        yield warning(line, f"{command(LOG, '--end')} takes it away")


def _fault(folder: Path, log: LogPlace) -> str:
    key = load_log_key(folder)
    try:
        with Journal(log) as journal:
            journal.check_signer(key)
    except JournalError as fault:
        return str(fault)
    return ""
