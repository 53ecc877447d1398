"""Of all that have a store open one does what only one may do, and readers are shared out."""

from store_case import KEYS

from rmp_milter.store.engines import Engine
from rmp_milter.store.surface import Store


def test_who_is_alone_leads(store: Store) -> None:
    assert store.leads()
    assert store.leads()


def test_a_courier_that_is_alone_has_all_readers(store: Store, engine: Engine) -> None:
    assert store.leads()
    readers = [f"dr{number}@x.test" for number in range(5)]
    with engine.outbox(KEYS.outbox) as outbox:
        assert outbox.leases.take(readers, 3) == {*readers[:3]}
        assert outbox.leases.take(readers, 9) == {*readers}
        assert outbox.leases.renew(readers) == {*readers}
        assert outbox.leases.give_back(readers)
        assert outbox.leases.seconds > 0
