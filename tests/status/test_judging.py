"""What needs somebody is said, with what to do; of a service that is well, nothing."""

import pytest
from msgspec.structs import replace
from state_case import DAY, NOW, a_beat, a_held, a_log, a_state, some_witnesses

from rmp_milter.status.diary import HostWork, WorkDone
from rmp_milter.status.judging import needs_of
from rmp_milter.status.pulse import Pulse
from rmp_milter.status.state import Beat, OwnCertificate, Rows, State, StoreRoom

OLD = {work.value: WorkDone(NOW - 9 * DAY, fine=True) for work in HostWork}
FAULTY = {work.value: WorkDone(NOW - 9, fine=False, said="2 findings") for work in HostWork}
YOUNG = Beat(Pulse(1, NOW - 60, NOW, 0, {}), alive=True)


def test_of_a_service_that_is_well_nothing_is_said() -> None:
    assert needs_of(a_state()) == []


CASES = [
    (a_state(keeper=False), ["error: the keeper does not answer: every mail is put off"]),
    (a_state(keeper=None), []),
    (a_state(keeper=False, log=a_log()), []),  # it stands by
    (a_state(log=a_log(host="mail-2", waiting=())), []),
    (
        a_state(keeper=False, log=a_log(waiting=())),
        [
            "warning: the keeper here does not answer: nobody stands by for the one of mail-1",
        ],
    ),
    (
        a_state(keeper=False, log=a_log(led=False, waiting=())),
        [
            "error: the keeper does not answer: every mail is put off",
            "error: no keeper has the access log: every mail is put off, emergencies too",
        ],
    ),
    (
        a_state(log_away="cannot reach it"),
        ["error: which keeper has the access log cannot be asked: cannot reach it"],
    ),
    (a_state(witnesses=some_witnesses()), []),
    (
        a_state(witnesses=some_witnesses("silent", "refused", "wrong", met=False)),
        [
            "error: access log: the witness w1 is refused",
            "error: access log: the witness w2 is wrong",
            "warning: access log: the witness w0 is silent",
            "warning: access log: no checkpoint of the last day is cosigned",
        ],
    ),
    (
        replace(a_state(), held=None, why="it is gone"),
        ["error: the store cannot be read: it is gone"],
    ),
    (
        a_state(a_held(milter=Beat(None, alive=False))),
        ["error: the milter does not run: Postfix puts off every mail"],
    ),
    (
        a_state(a_held(courier=a_beat(NOW - 61))),
        ["error: the courier gives no sign of life: answers wait"],
    ),
    (
        a_state(a_held(rows=Rows(5, NOW - 901, 0))),
        ["error: answers do not leave: the longest is due for more than a quarter of an hour"],
    ),
    (
        a_state(a_held(rows=Rows(5, 0, 2))),
        ["warning: 2 answers were refused for good and are parked"],
    ),
    (
        a_state(a_held(room=StoreRoom(81, 100, 50, 100))),
        ["warning: 81% of the store's map is used: when it is full, every mail is put off"],
    ),
    (
        a_state(a_held(room=StoreRoom(1, 100, 4, 100))),
        ["error: 96% of the store's disk is used: when it is full, every mail is put off"],
    ),
    (
        a_state(a_held(checkpoint=0)),
        ["error: no checkpoint of the access log was sent since yesterday"],
    ),
    (a_state(a_held(checkpoint=0), checkpoints_wanted=False), []),
    (a_state(a_held(checkpoint=0, milter=YOUNG)), []),
    (
        a_state(a_held(diary={})),
        [
            "warning: rmp store check was never run here",
            "warning: rmp backup was never run here",
        ],
    ),
    (
        a_state(a_held(diary=OLD)),
        [
            "warning: rmp store check was run last 9 days ago",
            "warning: rmp backup was run last 9 days ago",
        ],
    ),
    (
        a_state(a_held(diary=FAULTY)),
        [
            "error: rmp store check found something the last time: 2 findings",
            "error: rmp backup found something the last time: 2 findings",
        ],
    ),
    (
        a_state(certificates=(OwnCertificate("S/MIME", NOW + 5 * DAY),)),
        ["warning: the service's S/MIME certificate ends in 5 days"],
    ),
    (
        a_state(certificates=(OwnCertificate("S/MIME", NOW),)),
        ["error: the service's S/MIME certificate has ended"],
    ),
]


@pytest.mark.parametrize(("state", "said"), CASES)
def test_what_needs_somebody(state: State, said: list[str]) -> None:
    needs = needs_of(state)
    assert [f"{need.severity}: {need.line}" for need in needs] == said
    assert all(need.hint for need in needs)


def test_the_worst_comes_first() -> None:
    state = a_state(a_held(diary={}, rows=Rows(5, NOW - 901, 1)), keeper=False)
    severities = [need.severity for need in needs_of(state)]
    assert severities == sorted(severities)
    assert {*severities} == {"error", "warning"}


def test_no_hint_leads_to_the_loss_of_what_is_there() -> None:
    hints = " ".join(need.hint for state, _ in CASES for need in needs_of(state))
    assert not any(word in hints for word in ("rmp init", "rm ", "delete", "remove"))
