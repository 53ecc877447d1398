"""A process that deposits without end and says what was acknowledged; run by the tests.

    python store_writer.py FOLDER THREADS [FSIZE]

Each acknowledged deposit is one line: its digest in hex. With FSIZE no file may grow
beyond so many bytes, as on a full disk; then a line ``failed REASON`` ends the run.
"""

import os
import resource
import sys
import threading
from pathlib import Path

from msgspec.structs import replace
from store_case import (
    KEYS,
    MAP_BYTES,
    NOW,
    a_deposit,
    a_letter,
    a_mail,
    an_emergency,
)

from rmp_milter.dossier.changes import Changes
from rmp_milter.store import StoreFailed
from rmp_milter.store.store import LmdbStore


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # at once and whole, whatever comes next


def deposit(store: LmdbStore, dossier_id: bytes) -> None:
    digest = os.urandom(32)
    entry = a_deposit(dossier_id, os.urandom(5000), os.urandom(300))
    mail = a_mail(entry.bodies[0].document_id)
    urgent = replace(an_emergency(dossier_id), reference=digest.hex()[:20])
    changes = Changes(
        digest=digest,
        entries=(entry,),
        outbox=(mail,),
        emergencies=(urgent,),
        postal=(a_letter(),),
    )
    store.commit(changes, NOW)
    say(digest.hex())


def work(store: LmdbStore, dossier_id: bytes) -> None:
    try:
        while True:
            deposit(store, dossier_id)
    except StoreFailed as failure:
        say(f"failed {failure.reason}")


def main() -> None:
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    if sys.argv[3:]:
        size = int(sys.argv[3])
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    store = LmdbStore.open(folder, KEYS, map_bytes=MAP_BYTES)
    with store.snapshot() as view:
        (dossier,) = view.dossiers_by_traits(["trait"])
    workers = [
        threading.Thread(target=work, args=(store, dossier.dossier_id)) for _ in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
