"""kill -9 before and after each thing that the keeper writes, whatever a mail asks.

A child makes the mail's calls and dies there; what it wrote is on disk, what it knew is gone, and
nothing was committed. The next keeper must go on from that: the cards fit, the mail comes again,
is done, has its leaf once, and is done no more.
"""

import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
from doing_case import Doing, adopted
from keeper_case import hosts_event, raw_leaves
from keeper_letters import CODES, DUPONT, START, Letter, Scribe
from openpgp.composed import SignedSecretKey
from world_case import Change, Refused, World

from rmp_milter.calls.protocol.cards import Forget
from rmp_milter.calls.protocol.leaves import Recorded
from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.log.journal import Journal
from testbed.folders import own_folder

CODE, OTHER_CODE = CODES
EVERY_POINT = range(40)
"""Before and behind each write, more than any mail has."""
BEHIND_WRITES = (0, *EVERY_POINT[1::2])
"""Before the first and behind each: before the next the same is on disk."""
WRITES = ("append", "change", "forget")
CREATION = Letter("alice1", "création", DUPONT, CODE)
DEPOSIT = Letter("eve1", "dépôt")
TAKEOVER = Letter("bob1", "médecin traitant", word=CODE)
CLOSURE = Letter("alice1", "clôture", word=CODE)
STORIES: dict[str, tuple[Letter, ...]] = {
    "a creation that adopts what waited": (DEPOSIT, CREATION),
    "a deposit": (CREATION, DEPOSIT),
    "a deposit that waits": (DEPOSIT,),
    "a consultation": (CREATION, DEPOSIT, Letter("bob1", "dossier", word=CODE)),
    "an emergency": (CREATION, DEPOSIT, Letter("bob1", "urgence")),
    "a takeover": (CREATION, DEPOSIT, TAKEOVER),
    "a contest": (CREATION, DEPOSIT, TAKEOVER, Letter("alice1", "contestation")),
    "a new code": (CREATION, Letter("alice1", "code", word=OTHER_CODE)),
    "a code revoked": (CREATION, Letter("alice1", "révocation du code")),
    "an opposition": (CREATION, Letter("alice1", "opposition", word="bob")),
    "a closure": (CREATION, CLOSURE),
    "the patient's key": (CREATION, DEPOSIT, Letter("alice1", "clé du patient", word="jean1")),
    "another key": (CREATION, DEPOSIT, Letter("alice1", "nouvelle clé", word="alice2")),
    "a locum": (Letter("alice1", "remplacement", word="bob"),),
}
"""Mails of which the last one is killed; the others are done before."""
ONCE = frozenset({"dossier", "urgence", "dépôt"})
"""What the store alone keeps from being done again: it changes no card."""
OVER_REPORTED = frozenset({"dépôt", "création"})
"""What has a leaf for each try: documents and dossiers are given another id each time."""


@pytest.fixture(scope="module")
def scribe(service: SignedSecretKey) -> Scribe:
    return Scribe(service, START)


@pytest.fixture
def worlds(service: SignedSecretKey, scribe: Scribe) -> Iterator[Callable[[], World]]:
    """Makes worlds, and ends them."""
    made: list[World] = []

    def world() -> World:
        made.append(World(service, scribe, own_folder("kill-"), START))
        return made[-1]

    yield world
    for each in made:
        each.desk.journal.close()
        shutil.rmtree(each.folder, ignore_errors=True)


def decided(world: World, letter: Letter) -> Change:
    mail = world.opened(letter)
    if mail is None:  # of a key that is in force no more
        raise Refused(Why.UNENTITLED, "nobody's")
    return Doing(world, mail, world.dossiers.get(letter.patient)).change()


def done(world: World, letter: Letter) -> None:
    assert world.commit(decided(world, letter)), letter


def killed(world: World, at: int, what: Callable[[], object]) -> bool:
    """Do something in a child that dies at its ``at``-th point; return whether it did."""
    world.desk.journal.close()
    child = os.fork()
    if not child:
        try:
            world.restart()
            _arm(at)
            what()
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    world.restart()
    assert status in {0, -signal.SIGKILL}
    return status != 0


def _arm(at: int) -> None:
    """Let this process die before (even) or after (odd) one of its durable writes."""
    left = [at]

    def point() -> None:
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1

    def dying(write: Callable[..., object]) -> Callable[..., object]:
        def written(*arguments: object, **named: object) -> object:
            point()
            made = write(*arguments, **named)
            point()
            return made

        return written

    for name in WRITES:
        setattr(Journal, name, dying(getattr(Journal, name)))


def assert_stands(world: World) -> None:
    assert set(world.stands().values()) <= {"current", "next"}


def leaves_of(world: World) -> Counter[tuple[str, str, str]]:
    """Return how often each act has a leaf for each dossier."""
    leaves = map(json.loads, raw_leaves(world.desk.journal))
    return Counter((each["action"], each["request"], each["patient"]) for each in leaves)


@pytest.mark.promise(number=7)
@pytest.mark.promise(number=8)
@pytest.mark.parametrize(
    "points", [BEHIND_WRITES, pytest.param(EVERY_POINT, marks=pytest.mark.soak)], ids=len
)
@pytest.mark.parametrize("name", STORIES)
def test_a_mail_is_done_once_wherever_the_keeper_dies(
    name: str, points: Sequence[int], worlds: Callable[[], World]
) -> None:
    *before, letter = STORIES[name]
    for at in points:
        world = worlds()
        for each in before:
            done(world, each)
        if not killed(world, at, partial(decided, world, letter)):
            break
        assert_stands(world)
        done(world, letter)
        assert_stands(world)
        tries = 2 if letter.asks in OVER_REPORTED else 1
        assert max(leaves_of(world).values()) <= tries
        _look(world)
        if letter != CLOSURE:  # nobody shows a closed dossier's card any more
            assert set(world.stands().values()) == {"current"}
        if letter.asks not in ONCE:
            with pytest.raises(Refused):
                decided(world, letter)
    assert 1 < at < points[-1], "as many points as the mail has writes"


def _look(world: World) -> None:
    """Let mails of others show the keeper every card that the store has."""
    for member in world.members.values():
        world.opened(Letter(member.key, "aide"))
        if member.said.is_doctor:
            decided(world, Letter(member.key, "dépôt", number=5))


@pytest.mark.promise(number=7)
def test_what_waited_is_adopted_once_wherever_the_keeper_dies(
    worlds: Callable[[], World],
) -> None:
    for at in BEHIND_WRITES:
        world = worlds()
        late = decided(world, DEPOSIT)
        done(world, CREATION)
        assert world.commit(late)
        (parked,) = world.parked
        kept = world.dossiers[DUPONT]
        if not killed(world, at, partial(adopted, world, parked, kept)):
            break
        assert_stands(world)
        made = Change(Letter("", "rattachement"), dossier=adopted(world, parked, kept))
        assert world.commit(made)
        assert max(leaves_of(world).values()) == 1
        assert len(world.dossiers[DUPONT].documents) == 1
    assert at > 1


@pytest.mark.promise(number=16)
def test_an_erasure_is_given_again_wherever_the_keeper_dies(
    worlds: Callable[[], World],
) -> None:
    for at in BEHIND_WRITES:
        world = worlds()
        for each in (CREATION, DEPOSIT, CLOSURE):
            done(world, each)
        dossier = world.dossiers[DUPONT].said.dossier
        erasing = Forget(dossier, hosts_event("effacement"))
        if not killed(world, at, partial(world.operator, erasing)):
            break
        # Closed it is in any case; the command is given again.
        with pytest.raises(Refused):
            decided(world, Letter("bob1", "dossier", word=CODE))
        assert isinstance(world.operator(erasing), Recorded)
        assert set(world.stands().values()) == {"current", "gone"}
        del world.dossiers[DUPONT]
        done(world, Letter("bob1", "création", word=OTHER_CODE))
        assert_stands(world)
    assert at > 1
