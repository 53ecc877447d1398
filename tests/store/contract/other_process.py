"""Another process on the same store; run by the tests.

    python other_process.py ENGINE PLACE doctor NUMBER
    python other_process.py ENGINE PLACE deposits

``doctor`` commits one and prints how many there are. ``deposits`` deposits without end, by
four threads, and prints the digest of each deposit that was acknowledged, a line each.
"""

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[3]))

from engines import TRIED
from store_case import KEYS, NOW, a_doctor
from store_writer import say, work

from rmp_milter.dossier.changes import Changes


def main() -> None:
    name, place, act, *more = sys.argv[1:]
    with TRIED[name](Path(place)).engine.open(KEYS) as store:
        if act == "doctor":
            store.commit(Changes(doctors=(a_doctor(int(*more)),)), NOW)
            say(str(store.stats()["doctors"]))
            return
        with store.snapshot() as view:
            (dossier,) = view.dossiers_by_traits(["trait"])
        threads = [
            threading.Thread(target=work, args=(store, dossier.dossier_id)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
