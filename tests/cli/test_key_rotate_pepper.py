"""``rmp key rotate pepper``: in its order, its files, and what it says of codes of before."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rmp_case import AGAIN, PlayedKeeper, Rmp, Said
from test_store_vouch import ANNE, DOSSIER, ERASED, OTHER, a_doctor, a_dossier

from rmp_milter.calls.protocol.cards import Show
from rmp_milter.calls.protocol.rotating import Recard
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config, load
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import NO_PEPPER, Closure, CodeSlot, Slots
from rmp_milter.host import key_replacing, pepper_rotation
from rmp_milter.host.key_checks import key_findings
from rmp_milter.host.key_proofs import look
from rmp_milter.keeper.keys.checks import check_own
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import Keys, load_keys
from rmp_milter.keeper.keys.peppers import pepper_id
from rmp_milter.keeper.log.journal import Journal

NOW = int(time.time())
OLD = b"a Vitale slot of before"
COMMAND = ("key", "rotate", "pepper")


@pytest.fixture
def config(service: Path) -> Config:
    return load(service / "rmp.toml")


def as_of_before(config: Config) -> None:
    """Leave the service without a key of its own by which mails are known again."""
    (config.paths.keeper / "acts.key").unlink()
    with Journal(config.paths.keeper / "log") as journal:
        journal.note_key_values({"acts.key": ()})


def taken_up(config: Config) -> None:
    """Have a keeper stand there that was started a while ago, the key being older."""
    config.sockets.keeper.touch()
    os.utime(config.paths.keeper / "pepper.key", (NOW - 1000, NOW - 1000))
    os.utime(config.sockets.keeper, (NOW - 500, NOW - 500))


def former(config: Config) -> list[str]:
    return sorted(each.name for each in config.paths.keeper.glob("pepper-*.key"))


def keys(config: Config) -> Keys:
    """Return the keys of a keeper that starts now, which knows all of them again."""
    found = load_keys(config.paths.keeper)
    with Journal(config.paths.keeper / "log") as journal:
        assert check_own(found, journal.key_values()) == ()
    return found


def fill(config: Config, pepper: bytes, card: bytes = b"card") -> None:
    """An open dossier with both slots, a closed one, an erased one, somebody of the directory."""
    code = CodeSlot(b"s" * 16, b"n" * 12, b"c" * 48, folded=True, pepper=pepper)
    dossiers = (
        a_dossier(DOSSIER, card=b"card", slots=Slots(code, b"custody", OLD)),
        a_dossier(
            OTHER,
            card=card,
            slots=Slots(None, b"custody"),
            closure=Closure(NOW, NOW + 5),
        ),
        a_dossier(ERASED, card=b"card", closure=Closure(NOW, NOW)),
    )
    with open_store(config) as store:
        anne = a_doctor(ANNE, 1, card=b"person")
        store.commit(Changes(doctors=(anne,), dossiers=dossiers), NOW)
        store.commit(Changes(erased=(ERASED,)), NOW)


def cards_of(config: Config) -> list[bytes]:
    with open_store(config, read_only=True) as store, store.snapshot() as view:
        found = [view.dossier(each) for each in (DOSSIER, OTHER, ERASED)]
        anne = view.doctor(ANNE)
        assert anne
        return [anne.card, *(each.card for each in found if each)]


def slots_of(config: Config) -> Slots:
    with open_store(config, read_only=True) as store, store.snapshot() as view:
        found = view.dossier(DOSSIER)
        assert found
        return found.slots


def rotated(rmp: Rmp, config: Config) -> Said:
    rmp(*COMMAND)
    taken_up(config)
    return rmp(*COMMAND, "--end")


def test_all_cards_go_over_and_codes_keep_what_they_need(
    rmp: Rmp, config: Config, keeper: PlayedKeeper
) -> None:
    before = keys(config)
    fill(config, before.peppers.present_id)
    assert "no former key of pepper.key" in rmp(*COMMAND, "--end").err
    said = rmp(*COMMAND)
    (name,) = former(config)
    assert (said.status, f"keeper/{name} is the former pepper" in said.out) == (0, True)
    assert keys(config).former_peppers[0].pepper == before.pepper != keys(config).pepper
    assert keys(config).acts == before.acts
    taken_up(config)
    (finding,) = [each for each in key_findings(config) if name in each.line]
    assert ("cards may be" in finding.line, "pepper --end" in finding.hint) == (True, True)
    done = rmp(*COMMAND, "--end")
    assert done.status == 0, done.err
    assert "2 of dossiers, 1 of persons, 0 of deposits" in done.out
    assert f"{name} is gone" in done.out
    assert "by a former pepper still: 1" in done.out
    assert cards_of(config) == [b"person+", b"card+", b"card+", b""]
    assert slots_of(config).vitale == AGAIN
    assert former(config) == []
    (kept,) = keys(config).kept
    assert (kept.pepper_id, bool(kept.codes), kept.first) == (
        before.peppers.present_id,
        True,
        b"",
    )
    assert before.pepper not in {each.secret for each in keys(config).peppers.code_keys}
    shown = [each.cards for each in keeper.requests if isinstance(each, Show)]
    assert shown == [(b"person+",), (b"card+", b"card+")]
    assert look(config).unproven == []
    listed = {each["file"]: each for each in json.loads(rmp("key", "list", "--json").out)}
    assert listed["keeper/pepper.key.former"]["use"] == "1 codes"


def test_codes_are_ended_at_a_second_word(
    rmp: Rmp, config: Config, keeper: PlayedKeeper
) -> None:
    fill(config, keys(config).peppers.present_id)
    rmp(*COMMAND)
    taken_up(config)
    assert "pepper --end" in rmp(*COMMAND, "--end-codes").err
    rmp(*COMMAND, "--end")
    asked = rmp(*COMMAND, "--end-codes")
    assert (asked.status, "would be ended: 1" in asked.out) == (1, True)
    assert slots_of(config).code is not None
    done = rmp(*COMMAND, "--end-codes", "--yes")
    assert (done.status, "codes ended: 1" in done.out) == (0, True), done
    assert "no patient's code is under a former pepper" in done.out
    assert slots_of(config).code is None
    (kept,) = keys(config).kept
    assert (kept.codes, kept.first) == (b"", b"")
    ends = [
        each.ends_code
        for call in keeper.requests
        if isinstance(call, Recard)
        for each in call.cards
    ]
    assert sum(ends) == 1


def test_words_that_say_nothing_together_do_nothing(rmp: Rmp, config: Config) -> None:
    for options in (("--end", "--end-codes"), ("--yes",), ("--end", "--yes")):
        assert rmp(*COMMAND, *options).status == 2
    assert former(config) == []


def test_a_service_from_before_keeps_its_first_pepper_for_mails_and_old_slots(
    rmp: Rmp, config: Config
) -> None:
    as_of_before(config)
    first = keys(config).pepper
    assert keys(config).known_by == first
    fill(config, NO_PEPPER)
    rotated(rmp, config)
    assert keys(config).known_by == first
    (kept,) = keys(config).kept
    assert (kept.codes, kept.first) == (b"", first)
    rotated(rmp, config)  # once more
    one, two = keys(config).kept
    assert (one, two.codes, two.first) == (kept, b"", b"")
    assert keys(config).known_by == first
    assert keys(config).peppers.first == first


@pytest.mark.parametrize("lost", ["pepper-", "acts.key", "pepper.key.former"])
def test_a_keeper_that_has_lost_one_of_them_does_not_start(
    rmp: Rmp, config: Config, lost: str
) -> None:
    """What it could not tell it would refuse, for a wrong reason: so mails are put off instead."""
    fill(config, keys(config).peppers.present_id)
    if lost != "pepper-":
        rotated(rmp, config)
    rmp(*COMMAND)
    (file,) = [each for each in config.paths.keeper.iterdir() if each.name.startswith(lost)]
    file.unlink()
    with pytest.raises(KeyFileError, match=file.name):
        keys(config)


def test_a_card_that_cannot_be_made_is_named_and_the_pepper_stays(
    rmp: Rmp, config: Config
) -> None:
    fill(config, NO_PEPPER, card=b"noise")
    said = rotated(rmp, config)
    assert (said.status, f"dossier {OTHER.hex()}: not a card" in said.err) == (1, True)
    assert len(former(config)) == 1
    assert cards_of(config)[:3] == [b"person+", b"card+", b"noise"]


def test_a_host_may_accept_them_by_his_own_word(rmp: Rmp, config: Config) -> None:
    fill(config, keys(config).peppers.present_id)
    rotated(rmp, config)
    names = ("acts.key", "pepper.key.former")
    with Journal(config.paths.keeper / "log") as journal:
        journal.note_key_values(dict.fromkeys(names, ()))
    assert {*look(config).unproven} == {*names}
    said = rmp("key", "prove", *(word for name in names for word in ("--accept", name)))
    assert [f"{name}: is this service's" in said.out for name in names] == [True, True]
    assert look(config).unproven == []


def test_no_other_pepper_is_made_before_the_last_change_is_ended(
    rmp: Rmp, config: Config
) -> None:
    rmp(*COMMAND)
    present = keys(config).pepper
    assert rmp(*COMMAND).status == 0  # the keeper was not started since: the same once more
    taken_up(config)
    said = rmp(*COMMAND)
    assert (said.status, "pepper --end" in said.err) == (1, True)
    assert keys(config).pepper == present


class Killed(Exception):  # noqa: N818 -- what happens to a command
    """In the place of a kill."""


FILES_WRITTEN = [
    (place, name)
    for place in (pepper_rotation, key_replacing)
    for name in ("write_whole", "replace_whole")
]


@pytest.mark.parametrize("at", range(6))
def test_whoever_is_killed_leaves_keys_that_are_known_again(
    rmp: Rmp, config: Config, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    as_of_before(config)
    fill(config, NO_PEPPER)
    first = keys(config).pepper
    with killed_at(monkeypatch, at):
        pepper_rotation.begin_pepper(config)
    loaded = load_keys(config.paths.keeper)
    assert first in {loaded.pepper, *(each.pepper for each in loaded.former_peppers)}
    with Journal(config.paths.keeper / "log") as journal:
        check_own(loaded, journal.key_values())  # it starts
    said = rotated(rmp, config)
    assert said.status == 0, said
    assert keys(config).known_by == keys(config).kept[0].first == first


@pytest.mark.parametrize("at", range(4))
def test_a_kill_at_the_end_is_gone_on_with(
    rmp: Rmp, config: Config, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    fill(config, keys(config).peppers.present_id)
    rotated(rmp, config)
    rmp(*COMMAND)
    taken_up(config)
    ids = keys(config).peppers.ids
    with killed_at(monkeypatch, at):
        pepper_rotation.end(config)
    loaded = load_keys(config.paths.keeper)
    with Journal(config.paths.keeper / "log") as journal:
        check_own(loaded, journal.key_values())
    assert loaded.peppers.ids == ids
    assert rmp(*COMMAND, "--end").status == 0
    assert keys(config).peppers.ids == ids
    assert former(config) == []


@contextmanager
def killed_at(monkeypatch: pytest.MonkeyPatch, at: int) -> Iterator[None]:
    """Have the command end at its step of this number: a file written, a value noted."""
    left = [at]

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def step(*given: object) -> object:
            if not left[0]:
                raise Killed
            left[0] -= 1
            return real(*given)

        return step

    with monkeypatch.context() as patch:
        for place, name in FILES_WRITTEN:
            patch.setattr(place, name, counted(getattr(place, name)))
        patch.setattr(Journal, "note_key_values", counted(Journal.note_key_values))
        with pytest.raises(Killed):
            yield


def test_a_slots_pepper_is_named_by_what_shows_nothing_of_it() -> None:
    assert pepper_id(bytes(32)) != pepper_id(b"\x01" * 32)
    assert len(pepper_id(bytes(32))) == len(NO_PEPPER)
