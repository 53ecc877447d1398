"""A state on one screen, and as metrics."""

import re

from msgspec.structs import replace
from state_case import NOW, a_beat, a_held, a_log, a_state, some_witnesses

from rmp_milter.status.judging import needs_of
from rmp_milter.status.metrics import exposition
from rmp_milter.status.shown import WIDTH, lines_of, pairs_of
from rmp_milter.status.state import Beat, Rows, StoreRoom, Witness, Witnesses

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
    log=a_log(host="h" * 64, led=False, waiting=("w" * 50, "v" * 50)),
    witnesses=some_witnesses(*["silent", "refused", "wrong"] * 5),
)
SHARED = a_state(log=a_log(host="mail-2", waiting=("mail-1",)), witnesses=some_witnesses())


def test_all_is_on_one_screen() -> None:
    without = replace(a_state(), held=None)
    for state in (a_state(), SHARED, WORST, without, a_state(keeper=None)):
        pairs = [*pairs_of(state)]
        width = max(len(name) for name, _ in pairs) + 2
        assert len(pairs) <= (24 if state is WORST else 22)
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


def test_a_server_has_no_most_that_a_store_could_come_near() -> None:
    held = a_held(room=StoreRoom(10**9, 0, 10**12, 2 * 10**12))
    assert dict(pairs_of(a_state(held)))["store"] == "1 GB on its server"
    text = "".join(exposition(a_state(held)))
    assert 'rmp_store_bytes{what="used"} 1000000000' in text
    assert 'rmp_store_bytes{what="most"}' not in text  # the alert divides by it


def test_which_keeper_has_the_log_and_who_stands_by() -> None:
    said = dict(pairs_of(SHARED))
    assert said["keeper"] == "answers"
    assert said["access log"] == "mail-2 has it since 3 d (epoch 4); mail-1 standing by"
    other = dict(pairs_of(a_state(keeper=False, log=a_log())))
    assert other["keeper"] == "stands by"
    assert other["access log"] == "mail-1 has it since 3 d (epoch 4); mail-2 standing by"
    nobody = dict(pairs_of(a_state(keeper=False, log=a_log(led=False, waiting=()))))
    assert nobody["keeper"] == "does not answer"
    assert nobody["access log"] == "nobody has it; before, mail-1 (epoch 4); nobody standing by"


def test_which_witness_cosigned_when_and_which_did_not() -> None:
    assert dict(pairs_of(SHARED))["witnesses"] == "ars 3 h ago, ordre 1 min ago"
    troubled = a_state(witnesses=some_witnesses("silent", "refused"))
    assert dict(pairs_of(troubled))["witnesses"] == (
        "ars 3 h ago, ordre 1 min ago, w0 silent, never, w1 REFUSES"
    )
    assert "witnesses" not in dict(pairs_of(a_state()))


def test_a_process_that_is_gone_does_not_run() -> None:
    said = dict(pairs_of(a_state(a_held(milter=Beat(a_beat().pulse, alive=False)))))
    assert said["milter"] == "does not run"


def test_every_line_is_one_of_the_format() -> None:
    for state in (a_state(), SHARED, WORST, replace(a_state(), held=None)):
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


def test_figures_of_keepers_and_witnesses() -> None:
    lines = exposition(SHARED).splitlines()
    assert {"rmp_log_led 1", "rmp_log_epoch 4", "rmp_keepers_standing_by 1"} <= {*lines}
    assert f'rmp_witness_cosigned_timestamp_seconds{{witness="ordre"}} {NOW - 60}' in lines
    assert 'rmp_witness_silent{witness="ars"} 0' in lines
    standing_by = exposition(a_state(keeper=False, log=a_log())).splitlines()
    assert "rmp_keeper_up 1" in standing_by
    down = exposition(a_state(keeper=False, log=a_log(waiting=()))).splitlines()
    assert "rmp_keeper_up 0" in down
    troubled = exposition(a_state(witnesses=some_witnesses("wrong", met=False))).splitlines()
    assert 'rmp_witness_refused{witness="w0"} 1' in troubled
    assert "rmp_witness_policy_met 0" in troubled


def test_a_witness_of_any_name_makes_no_line_of_its_own() -> None:
    named = Witnesses((Witness('x"} 1\nevil{a="\\', NOW),), met=True)
    lines = exposition(a_state(witnesses=named)).splitlines()
    assert not any(line.startswith("evil") for line in lines)
    assert r'rmp_witness_silent{witness="x\"} 1\nevil{a=\"\\"} 0' in lines
