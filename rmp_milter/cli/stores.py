"""Opening the store for a command, as the user that owns it."""

from collections.abc import Iterator
from contextlib import contextmanager

from rmp_milter.cli.errors import refusing
from rmp_milter.config import Config
from rmp_milter.host.owners import become_owner
from rmp_milter.store.engines import Engine
from rmp_milter.store.format.failures import OtherFormatError, StoreError
from rmp_milter.store.format.keys import StoreKeys, read_key, read_store_keys
from rmp_milter.store.format.succession import unfinished, unfinished_told
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Outbox, Store

RIGHTS_HINT = "run it as root, or as the user that owns the store"


def engine_of(config: Config) -> Engine:
    """Return the engine of the store that is configured; nothing is opened."""
    return engine_at(config.paths.store, config.store)


def store_keys(config: Config) -> StoreKeys:
    """Read the store's three keys; raises :class:`StoreError`."""
    return read_store_keys(config.paths.milter, config.paths.outbox_key)


@contextmanager
def reachable() -> Iterator[None]:
    """Refuse what the block's opening of a store may raise, with what most often helps.

    Another format is no question of rights, and its line says what to do.
    """
    with refusing(StoreError, hint=RIGHTS_HINT), refusing(OtherFormatError):
        yield


@contextmanager
def _reachable_by_keys(config: Config) -> Iterator[None]:
    """Refuse as :func:`reachable`; keys in the midst of a rotation are said to be."""
    paths = config.paths
    with reachable(), unfinished_told(paths.milter, paths.outbox_key):
        yield


def refuse_keys_in_between(config: Config) -> None:
    """Refuse where a rotation was interrupted and the store's keys are not in their places.

    Who verifies by other keys would find every record damaged. Raises
    :class:`rmp_milter.cli.errors.CommandError`.
    """
    if unfinished(config.paths.milter, config.paths.outbox_key):
        with open_store(config, read_only=True):
            pass


@contextmanager
def open_store(config: Config, *, read_only: bool = False) -> Iterator[Store]:
    """Open the store beside a running milter; root becomes its owner first.

    Raises :class:`rmp_milter.cli.errors.CommandError`.
    """
    become_owner(config.paths.store)
    with _reachable_by_keys(config):
        store = engine_of(config).open(
            store_keys(config),
            read_only=read_only,
            duplicate_days=config.milter.duplicate_days,
        )
    with store, refusing(StoreError):
        yield store


@contextmanager
def open_outbox(config: Config) -> Iterator[Outbox]:
    """Open the outbox beside a running courier; root becomes the store's owner first.

    Raises :class:`rmp_milter.cli.errors.CommandError`.
    """
    become_owner(config.paths.store)
    with _reachable_by_keys(config):
        key = read_key(config.paths.outbox_key)
        outbox = engine_of(config).outbox(key)
    with outbox, refusing(StoreError):
        yield outbox
