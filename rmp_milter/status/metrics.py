"""A service's state as metrics, for a node exporter's textfile collector.

That reads the text format of Prometheus, 0.0.4
(https://prometheus.io/docs/instrumenting/exposition_formats/); names and the last line are as
OpenMetrics 1.0 wants them. No label says whose anything is.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from rmp_milter.status.diary import HostWork
from rmp_milter.status.pulse import BEAT_SECONDS, Tick
from rmp_milter.status.state import Beat, LogKeepers, State, StoreHeld, Witnesses

_MAILS = (Tick.TAKEN, Tick.REFUSED, Tick.DEFERRED)
_COUNTED = ("dossiers", "documents", "entries", "doctors", "deposits_waiting", "emergencies")


class Family(NamedTuple):
    """One metric: its name, kind and help, and its samples by their labels."""

    name: str
    kind: str
    help: str
    samples: Mapping[tuple[tuple[str, str], ...], float]


def exposition(state: State) -> str:
    """Return the whole text; what could not be asked is left out, not said to be 0."""
    families = [*_of_service(state), *_of_log(state.log), *_of_witnesses(state.witnesses)]
    if state.held is not None:
        families += _of_held(state.held, state.at)
    return "".join(f"{line}\n" for family in families for line in _lines(family)) + "# EOF\n"


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.kind}"
    for labels, value in family.samples.items():
        said = ",".join(f'{key}="{_escaped(word)}"' for key, word in labels)
        yield f"{family.name}{{{said}}} {value:.10g}" if said else f"{family.name} {value:.10g}"


def _escaped(word: str) -> str:
    """Return a label's value as the format wants it: a witness has the name that a file gives."""
    return word.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _one(value: float) -> dict[tuple[tuple[str, str], ...], float]:
    return {(): value}


def _by(
    label: str, values: Iterable[tuple[str, float]]
) -> dict[tuple[tuple[str, str], ...], float]:
    return {((label, word),): value for word, value in values}


def _of_service(state: State) -> Iterator[Family]:
    yield Family(
        "rmp_build_info",
        "gauge",
        "The version of rmp-milter.",
        _by("version", [(state.version, 1)]),
    )
    yield Family(
        "rmp_status_timestamp_seconds", "gauge", "When this was gathered.", _one(state.at)
    )
    if state.keeper is not None:
        stands_by = state.log is not None and state.log.stands_by_here
        yield Family(
            "rmp_keeper_up",
            "gauge",
            "Whether the keeper answers, or stands by for another.",
            _one(state.keeper or stands_by),
        )
    ends = [(each.kind, each.until) for each in state.certificates if each.until]
    yield Family(
        "rmp_certificate_end_timestamp_seconds",
        "gauge",
        "When the service's own certificates end.",
        _by("kind", ends),
    )
    yield Family(
        "rmp_store_readable",
        "gauge",
        "Whether the store could be read.",
        _one(bool(state.held)),
    )


def _of_log(log: LogKeepers | None) -> Iterator[Family]:
    if log is None:
        return
    yield Family("rmp_log_led", "gauge", "Whether a keeper has the access log.", _one(log.led))
    yield Family("rmp_log_epoch", "gauge", "How often it was taken over.", _one(log.epoch))
    yield Family(
        "rmp_log_epoch_start_timestamp_seconds",
        "gauge",
        "When it was taken over last.",
        _one(log.since),
    )
    yield Family(
        "rmp_keepers_standing_by",
        "gauge",
        "Keepers that would take it over.",
        _one(len(log.waiting)),
    )


def _of_witnesses(witnesses: Witnesses | None) -> Iterator[Family]:
    if witnesses is None:
        return
    yield Family(
        "rmp_witness_policy_met",
        "gauge",
        "Whether a checkpoint of the last day is cosigned as the policy asks.",
        _one(witnesses.met),
    )
    yield Family(
        "rmp_witness_cosigned_timestamp_seconds",
        "gauge",
        "When a witness cosigned last; 0: not of late.",
        _by("witness", [(each.name, each.cosigned) for each in witnesses.each]),
    )
    for name, help_, troubles in (
        ("silent", "Whether a witness has cosigned nothing for a day.", {"silent"}),
        ("refused", "Whether it refuses, or signed wrongly.", {"refused", "wrong"}),
    ):
        said = [(each.name, each.trouble in troubles) for each in witnesses.each]
        yield Family(f"rmp_witness_{name}", "gauge", help_, _by("witness", said))


def _of_held(held: StoreHeld, now: int) -> Iterator[Family]:
    beats = (("milter", held.milter), ("courier", held.courier))
    up = [(name, _is_up(beat, now)) for name, beat in beats]
    yield Family("rmp_process_up", "gauge", "Whether a process lives.", _by("process", up))
    started = [(name, beat.pulse.started) for name, beat in beats if beat.pulse]
    yield Family(
        "rmp_process_start_timestamp_seconds",
        "gauge",
        "When a process was started.",
        _by("process", started),
    )
    yield from _traffic(held)
    yield from _rows(held, now)
    yield from _sizes(held)
    yield from _works(held)


def _is_up(beat: Beat, now: int) -> bool:
    return beat.alive and beat.pulse is not None and now - beat.pulse.at < 6 * BEAT_SECONDS


def _traffic(held: StoreHeld) -> Iterator[Family]:
    for name, beat, help_ in (
        ("mails", held.milter, "Mails since the milter's start, by what Postfix was answered."),
        ("answers", held.courier, "Tries to send an answer since the courier's start."),
    ):
        if beat.pulse is not None:
            counts = [(tick.value, count) for tick, count in beat.pulse.counts.items()]
            yield Family(f"rmp_{name}_total", "counter", help_, _by("result", counts))
            yield Family(
                f"rmp_last_{name}_timestamp_seconds",
                "gauge",
                f"When the last of the {name} was dealt with.",
                _one(beat.pulse.last),
            )


def _rows(held: StoreHeld, now: int) -> Iterator[Family]:
    rows = [("waiting", held.rows.waiting), ("parked", held.rows.parked)]
    yield Family("rmp_outbox_rows", "gauge", "Answers in the outbox.", _by("state", rows))
    age = now - held.rows.due_since if held.rows.due_since else 0
    yield Family(
        "rmp_outbox_due_seconds", "gauge", "For how long the longest answer is due.", _one(age)
    )
    yield Family(
        "rmp_emergencies_open",
        "gauge",
        "Emergency accesses that are to be looked into.",
        _one(held.emergencies_open),
    )
    yield Family(
        "rmp_checkpoint_timestamp_seconds",
        "gauge",
        "For when the last daily checkpoint was sent; 0: not in three days.",
        _one(held.checkpoint),
    )


def _sizes(held: StoreHeld) -> Iterator[Family]:
    records = [(name, held.counts[name]) for name in _COUNTED]
    yield Family("rmp_records", "gauge", "What the store holds.", _by("kind", records))
    room = held.room
    # A server sets no most: to divide by none would be an alert.
    sizes = [("used", room.used), *([("most", room.most)] if room.most else [])]
    yield Family("rmp_store_bytes", "gauge", "Of the store's map.", _by("what", sizes))
    disk = [("free", room.free), ("whole", room.disk)]
    yield Family("rmp_disk_bytes", "gauge", "Of the store's disk.", _by("what", disk))


def _works(held: StoreHeld) -> Iterator[Family]:
    done = [(work.value, found) for work in HostWork if (found := held.last(work))]
    yield Family(
        "rmp_work_timestamp_seconds",
        "gauge",
        "When the host last did a work.",
        _by("work", [(name, each.at) for name, each in done]),
    )
    yield Family(
        "rmp_work_fine",
        "gauge",
        "Whether all was well then.",
        _by("work", [(name, each.fine) for name, each in done]),
    )
