"""What the tests of this folder do with an engine and its store."""

import threading
from collections.abc import Callable

import pytest
from engines import Tried
from store_case import KEYS, NOW, filled

from rmp_milter.dossier.changes import Changes
from rmp_milter.store.engines import Engine
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Store


def made(engine: Engine) -> Store:
    engine.create(KEYS)
    return engine.open(KEYS)


def fill(engine: Engine) -> None:
    """Make a store with records of every kind, and close it."""
    with made(engine) as store, engine.outbox(KEYS.outbox, clock=lambda: NOW) as outbox:
        filled(store)
        outbox.sent(1)
        outbox.sent(2)
        store.commit(Changes(bounced=(2,)), NOW)
        outbox.park(3, "relay refused")


def findings(engine: Engine) -> tuple[str, ...]:
    return engine.check(KEYS).findings


def clean(engine: Engine) -> bool:
    return findings(engine) == ()


def refused(store: Store, changes: Changes) -> str:
    """Commit what must not be written, and return why it is not."""
    with pytest.raises(Conflict) as conflict:
        store.commit(changes, NOW)
    return conflict.value.reason


def run_all(works: list[Callable[[], None]]) -> None:
    """Run each in a thread of its own, all at once, to the end."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def meet(tried: Tried, store: Store, works: list[Callable[[], None]]) -> None:
    """Run ``works`` while nobody can commit, so that all but the first wait together.

    Each is begun when the one before it waits.
    """
    threads = [threading.Thread(target=work) for work in works]
    with tried.held(store):
        threads[0].start()
        wait_until(lambda: tried.has_turn(store))
        for number, thread in enumerate(threads[1:], 1):
            thread.start()
            wait_until(lambda number=number: tried.waiting(store) == number)
    for thread in threads:
        thread.join()


def wait_until(there: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if there():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come to that")
