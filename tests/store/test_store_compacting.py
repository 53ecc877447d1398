"""A store without its freed pages: what was erased is in the copy no more."""

import subprocess
import sys
from pathlib import Path

import pytest
from store_case import DAY, KEYS, NOW, a_deposit, close, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.store.check.whole import check
from rmp_milter.store.compacting import compact
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.store import LmdbStore

BODY = b"the body of an erased document " * 2000
HOLD_OPEN = """
import sys
from pathlib import Path
from store_case import KEYS
from rmp_milter.store.store import LmdbStore

with LmdbStore.open(Path(sys.argv[1]), KEYS, map_bytes=0):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_what_was_erased_is_in_the_copy_no_more(
    store: LmdbStore, folder: Path, tmp_path: Path
) -> None:
    dossier_id = with_dossier(store, "name")
    kept = a_deposit(with_dossier(store, "other"), b"kept " * 2000)
    store.commit(Changes(entries=(a_deposit(dossier_id, BODY), kept)), NOW)
    close(store, dossier_id)
    store.commit(Changes(erased=(dossier_id,)), NOW + 10 * DAY)
    store.close()
    target = tmp_path / "compact"
    compact(folder, KEYS, target)
    assert BODY in (folder / "data.mdb").read_bytes()
    assert BODY[:1000] not in (target / "data.mdb").read_bytes()
    assert check(target, KEYS).findings == ()
    assert check(target, KEYS).counts == check(folder, KEYS).counts
    assert (target.stat().st_mode, target.stat().st_gid) == (
        folder.stat().st_mode,
        folder.stat().st_gid,
    )


def test_a_store_that_a_process_has_open_is_left_alone(
    store: LmdbStore, folder: Path, tmp_path: Path
) -> None:
    store.close()
    command = [sys.executable, "-c", HOLD_OPEN, str(folder)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="stop milter and courier first"):
            compact(folder, KEYS, tmp_path / "compact")
        other.communicate("")
    assert not (tmp_path / "compact").exists()
    compact(folder, KEYS, tmp_path / "compact")
