"""A state on one screen, and as metrics."""

import re

from msgspec.structs import replace
from state_case import NOW, a_beat, a_held, a_state

from rmp_milter.status.judging import needs_of
from rmp_milter.status.metrics import exposition
from rmp_milter.status.shown import WIDTH, lines_of, pairs_of
from rmp_milter.status.state import Beat, Rows, StoreRoom

SAMPLE = re.compile(r'rmp_[a-z_]+(\{[a-z]+="[^"\\\n]+"\})? -?[0-9.]+(e[+-][0-9]+)?')
WORST = a_state(
    a_held(
        milter=a_beat(taken=10**9, refused=10**6, deferred=10**6),
        courier=a_beat(sent=10**9, later=10**6, parked=10**6),
        rows=Rows(10**7, NOW - 10**6, 10**6),
        room=StoreRoom(98 * 10**12, 10**14, 10**12, 10**14),
        checkpoint=0,
        diary={},
    ),
    keeper=False,
)


def test_all_is_on_one_screen() -> None:
    for state in (a_state(), WORST, replace(a_state(), held=None), a_state(keeper=None)):
        pairs = [*pairs_of(state)]
        width = max(len(name) for name, _ in pairs) + 2
        assert len(pairs) <= 22
        assert all(width + len(said) <= WIDTH for _, said in pairs)
        assert all(len(line) <= WIDTH + 10 for line in lines_of(needs_of(state)))


def test_what_is_said_of_a_service_that_is_well() -> None:
    said = dict(pairs_of(a_state()))
    assert said["milter"] == "up 3 d, last mail 1 min ago"
    assert said["mails since"] == "10 taken, 2 refused, 1 put off"
    assert said["answers"] == "3 wait, the longest since 10 s; 0 parked"
    assert said["store"] == "1 GB used of at most 100 GB"
    assert said["backup"] == "1 d ago, all was well"
    assert said["keeper"] == "answers"


def test_a_process_that_is_gone_does_not_run() -> None:
    said = dict(pairs_of(a_state(a_held(milter=Beat(a_beat().pulse, alive=False)))))
    assert said["milter"] == "does not run"


def test_every_line_is_one_of_the_format() -> None:
    for state in (a_state(), WORST, replace(a_state(), held=None)):
        *lines, end = exposition(state).splitlines()
        assert end == "# EOF"
        names = set()
        for line in lines:
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:]
                assert kind in {"gauge", "counter"}
                assert (kind == "counter") == name.endswith("_total")
                assert name not in names
                names.add(name)
            elif not line.startswith("# HELP "):
                assert SAMPLE.fullmatch(line), line
                assert re.split(r"[{ ]", line)[0] in names


def test_figures_are_those_of_the_state() -> None:
    lines = exposition(a_state()).splitlines()
    assert 'rmp_mails_total{result="taken"} 10' in lines
    assert 'rmp_process_up{process="courier"} 1' in lines
    assert 'rmp_outbox_rows{state="waiting"} 3' in lines
    assert "rmp_outbox_due_seconds 10" in lines
    assert 'rmp_records{kind="dossiers"} 12' in lines


def test_what_could_not_be_asked_is_not_said_to_be_nothing() -> None:
    unread = exposition(replace(a_state(keeper=None), held=None))
    assert "rmp_store_readable 0" in unread
    assert "rmp_keeper_up" not in unread
    assert "rmp_records" not in unread
