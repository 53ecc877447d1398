"""A process that makes a store, writes to it and says what was acknowledged; traced by the tests.

    python recorded_writer.py FOLDER THREADS DEPOSITS

Each acknowledgement is one line: ``created``, ``seen DIGEST`` for a deposit, ``sent ROW``
for an answer that is off the outbox.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from store_case import KEYS, MAP_BYTES, NOW, a_deposit, a_mail, make_store, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.store import Store
from rmp_milter.store.lmdb_outbox import LmdbOutbox


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # at once and whole, whatever comes next


def deposit(store: Store, dossier_id: bytes, number: int) -> None:
    digest = os.urandom(32)
    entry = a_deposit(dossier_id, os.urandom(5000 + 900 * number % 9000), os.urandom(300))
    mail = a_mail(entry.bodies[0].document_id)
    store.commit(Changes(digest=digest, entries=(entry,), outbox=(mail,)), NOW + number)
    say(f"seen {digest.hex()}")


def send_some(outbox: LmdbOutbox) -> None:
    with outbox.snapshot() as snapshot:
        rows = tuple(snapshot.due(NOW + 1_000_000, 2))
    for row in rows:
        outbox.sent(row.row)
        say(f"sent {row.row}")


def main() -> None:
    folder, threads, deposits = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with (
        make_store(folder) as store,
        LmdbOutbox.open(folder, KEYS.outbox, MAP_BYTES, clock=lambda: NOW) as outbox,
    ):
        say("created")
        dossier_id = with_dossier(store, "trait")

        def work(first: int) -> None:
            for number in range(first, deposits, threads):
                deposit(store, dossier_id, number)
                if first == 0:  # pages that become free are what a later commit overwrites
                    send_some(outbox)

        with ThreadPoolExecutor(threads) as workers:
            for done in workers.map(work, range(threads)):  # raises what a thread raised
                assert done is None


if __name__ == "__main__":
    main()
