"""Of all that have a store open one does what only one may do."""

from store_case import KEYS

from rmp_milter.store.surface import Engine, Store


def test_who_is_alone_leads(store: Store, engine: Engine) -> None:
    with engine.outbox(KEYS.outbox) as outbox:
        assert store.leads()
        assert store.leads()
        assert outbox.leads()
