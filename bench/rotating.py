"""How long another key of the store takes: beside the services, and of their standing still."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from asking import Filing
from filling import Filled, fill_service
from population import Place
from scaling import Progress

from rmp_milter.cli.stores import engine_of, open_store
from rmp_milter.config import Config, load
from rmp_milter.store.format.succession import Rotated, Succession
from testbed.host import Host
from testbed.postgres import PrivatePostgres

CHANGED = 1_000


def rotations(size: int) -> Iterator[str]:
    """Yield a line for each of the three keys of a store that is filled, then for one call."""
    with closing(Host()) as host:
        config = load(host.service.config)
        filled = fill_service(host.service, size, Place.MAINLAND, Progress())
        file = config.paths.store / "data.mdb"
        yield f"{size:,} dossiers, {file.stat().st_size / 1e6:.0f} MB:"
        for which in Rotated:
            yield _beside(config, filled, which)
        yield _at_once(config, Rotated.METADATA)


def on_a_server(size: int) -> Iterator[str]:
    """Yield a line for each of the three keys of such a store, moved to a server on this disk."""
    durable = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}
    with TemporaryDirectory(prefix="rmp-pg-", dir="/var/tmp") as place, ExitStack() as opened:
        host = opened.enter_context(closing(Host()))
        server = opened.enter_context(PrivatePostgres(durable, Path(place)))
        server.run_sql("CREATE ROLE root LOGIN")
        filled = fill_service(host.service, size, Place.MAINLAND, Progress())
        at = {"engine": "postgresql", "host": str(server.folder), "database": "postgres"}
        host.service.configure({("store", name): f'"{said}"' for name, said in at.items()})
        server.run_sql(host.service.rmp("store", "init", "--sql").stdout.decode())
        host.service.rmp("store", "move")
        config = load(host.service.config)
        yield f"{size:,} dossiers on a server:"
        for which in Rotated:
            groundwork = ("key", "rotate", which.value, "--sql")
            server.run_sql(host.service.rmp(*groundwork).stdout.decode())
            yield _beside(config, filled, which)
            server.run_sql(host.service.rmp(*groundwork).stdout.decode())
            server.run_sql("DROP SCHEMA rmp_before CASCADE")


def _beside(config: Config, filled: Filled, which: Rotated) -> str:
    engine, began = engine_of(config), time.perf_counter()
    engine.prepare_rotation(_succession(config, which), Progress())
    prepared = time.perf_counter() - began
    _change(config, filled)
    compared = list[float]()
    began = time.perf_counter()
    engine.rotate(
        _succession(config, which),
        lambda *_: compared.append(time.perf_counter() - began),
        prepared_only=True,
    )
    stopped = time.perf_counter() - began
    with suppress(FileNotFoundError):
        _succession(config, which).before.unlink()
    return (
        f"  {which}: prepared in {prepared:.1f} s, finished in {stopped:.2f} s"
        f" behind {CHANGED:,} deposits, of which comparing took {compared[-1]:.2f} s"
    )


def _at_once(config: Config, which: Rotated) -> str:
    began = time.perf_counter()
    engine_of(config).rotate(_succession(config, which), Progress())
    return f"  {which}, in one call: {time.perf_counter() - began:.1f} s"


def _succession(config: Config, which: Rotated) -> Succession:
    paths = config.paths
    return Succession(paths.milter, paths.outbox_key, which, int(time.time()))


def _change(config: Config, filled: Filled) -> None:
    """File a document in each of so many dossiers, receipt and all."""
    with open_store(config) as store:
        filing = Filing(store)
        for dossier in filled.sample[:CHANGED]:
            filing.deposit(dossier)
