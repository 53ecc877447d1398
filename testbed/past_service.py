"""A service as the first format has it, kept in ``tests/fixtures``: unpacked and counted.

Every later format must read it, or bring it to where it reads it. Its keys are thrown away:
they guard nothing.
"""

import json
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rmp_milter.config import Config, load
from rmp_milter.dossier.model import Dossier
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Snapshot

FORMAT_1 = Path(__file__).parents[1] / "tests" / "fixtures" / "format-1"
ARCHIVE, MANIFEST = "service.tar.xz", "manifest.json"

Tally = dict[str, dict[str, int]]


def unpack(folder: Path) -> Path:
    """Unpack the service into ``folder``; return its configuration file."""
    with tarfile.open(FORMAT_1 / ARCHIVE) as tar:
        tar.extraction_filter = lambda member, _path: member  # the modes count
        tar.extractall(folder)  # noqa: S202 -- an archive of the repository's own
    return folder / "rmp" / "rmp.toml"


def manifest() -> dict[str, Any]:
    """Return what was said of the service when it was made: ``counts`` and ``known``."""
    described: dict[str, Any] = json.loads((FORMAT_1 / MANIFEST).read_text())
    del described["counts"]["tables"]["index"]  # in later formats it leads from more
    return described


def of_then(counts: dict[str, int]) -> dict[str, int]:
    """Return the counts of the tables that the first format had."""
    then = manifest()["counts"]["tables"]
    return {table: count for table, count in counts.items() if table in then}


def tally(file: Path) -> Tally:
    """Count what the service of this configuration file holds, kind by kind.

    What came into the store with a later format is made of what is counted, and left out.
    """
    config = load(file)
    return {**_of_store(config), **_of_log(config)}


def _of_store(config: Config) -> Tally:
    paths = config.paths
    keys = read_store_keys(paths.milter, paths.outbox_key)
    engine = engine_at(paths.store, config.store)
    counted: Tally = {"tables": of_then(engine.check(keys).counts)}
    with engine.open(keys) as store, store.snapshot() as view:
        counted |= {
            "dossiers": _count(_of_dossiers(view)),
            "entries": _count(_of_entries(view)),
        }
        counted |= {"doctors": _count(_of_doctors(view)), "others": _count(_of_others(view))}
    with engine.outbox(keys.outbox) as outbox:
        counted["outbox"] = _count(row.state.value for row in outbox.rows(sent=True))
    return counted


def _of_dossiers(view: Snapshot) -> Iterator[str]:
    for dossier in view.dossiers():
        yield _state(dossier)
        said = {
            "with code": dossier.slots.code,
            "with Vitale slot": dossier.slots.vitale,
            "with number": dossier.patient.nir,
            "with sheet": dossier.sheet.phone or dossier.sheet.address,
            "changed": dossier.revision,
            "seen": dossier.seen,
        }
        yield from (word for word, there in said.items() if there)
        yield from ["masks"] * len(dossier.masks) + ["refilings"] * len(dossier.refilings)
        yield from ["opposed"] * len(dossier.opposed)


def _state(dossier: Dossier) -> str:
    if dossier.closure is None:
        return "open"
    return "erased" if dossier.closure.erased_at else "closed"


def _of_entries(view: Snapshot) -> Iterator[str]:
    for dossier in view.dossiers():
        for each in view.entries(dossier.dossier_id):
            yield each.entry.onglet.value
            yield from (document.container.value for document in each.entry.documents)
            said = {
                "replaces": each.entry.replaces,
                "by a locum": each.entry.acting_for,
                "with prescriber": each.entry.prescriber,
                "for standing readers": any(each.standing for each in each.entry.documents),
            }
            yield from (word for word, there in said.items() if there)


def _of_doctors(view: Snapshot) -> Iterator[str]:
    for doctor in view.doctors():
        yield "patient" if doctor.patient_of else doctor.profession
        yield f"answers {doctor.reply_form.value}"
        yield f"receipts {doctor.receipts.value}"
        said = {"account": doctor.account, "hprim": doctor.hprim, "locums": doctor.locums}
        yield from (word for word, there in said.items() if there)
        yield from ["receipt line"] * len(view.receipt_lines(doctor.doctor_id))


def _of_others(view: Snapshot) -> Iterator[str]:
    for emergency in view.emergencies():
        yield f"emergency {emergency.state.value}"
        yield f"patient told by {emergency.patient_told.value}"
        yield from ["reminder"] * len(emergency.reminded)
    yield from ("letter" for _ in view.postal())
    yield from ("waiting deposit" for _ in view.waiting())


def _of_log(config: Config) -> Tally:
    with Journal(config.paths.keeper / "log") as journal:
        with journal.snapshot() as seen:
            leaves = [json.loads(leaf) for leaf in seen.entries(0, len(journal))]
        with journal.snapshot() as log:
            reasons = sum(1 for _ in log.reasons(len(leaves)))
    actions = _count(f"{leaf['action']} {leaf['outcome']}" for leaf in leaves)
    return {"log": {"leaves": len(leaves), "reasons": reasons}, "leaves": actions}


def _count(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words))
