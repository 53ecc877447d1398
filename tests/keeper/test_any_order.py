"""Any mails in any order, with commits that fail, come late or never: what always holds.

A real desk with a real log on disk, letters that a real key signed, and a store beside it that
may lose a change, show an older card or hand a mail in again. However it goes: what the store has
is what the keeper goes by, or the next of it; nobody is handed a key without a right to it; what
was done and is known is not done again; and what came to nothing can be done once more.
"""

import shutil
from typing import Any, NamedTuple

import pytest
from doing_case import Doing, adopted
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from keeper_case import event, hosts_event
from keeper_letters import CODES, DOCTORS, DUPONT, JEAN, MARTIN, START, Letter, Scribe
from openpgp.composed import SignedSecretKey
from rights_case import check_contest, check_rights
from world_case import Change, Kept, Mail, Refused, World

from rmp_milter.calls.authority import Authority
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.cards import Forget
from rmp_milter.calls.protocol.leaves import Recorded
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import Release
from rmp_milter.keeper.log.known import of_dossier
from testbed.folders import own_folder

HOUR = 3600
TREATING, FORMER, OTHER, ANYBODY = "who treats", "who treated", "another", "anybody"
WAYS = {
    "création": (OTHER,),
    "dépôt": (OTHER, TREATING),
    "dossier": (OTHER, OTHER, JEAN),
    "urgence": (OTHER,),
    "médecin traitant": (OTHER, FORMER, OTHER, FORMER),
    "contestation": (FORMER, FORMER, JEAN, TREATING),
    "code": (TREATING, JEAN, TREATING),
    "révocation du code": (TREATING, JEAN),
    "clôture": (TREATING,),
    "opposition": (TREATING, JEAN),
    "clé du patient": (TREATING, TREATING),
    "nouvelle clé": (TREATING, FORMER, JEAN),
    "remplacement": (TREATING,),
}
"""Who asks what as a rule: so that much of it is done, and the rest is tried too."""
ALL = [asks for asks, ways in WAYS.items() for _ in ways]


REFUSALS = frozenset({Why.UNENTITLED, Why.MOVED, Why.REPLAYED, Why.WRONG_CODE})


class Asked(NamedTuple):
    """What is asked, drawn before it is known who stands where."""

    asks: str
    who: str
    patient: str
    right: bool
    name: str
    number: int


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """Draw a request."""
    asks = draw(st.sampled_from(ALL))
    return Asked(
        asks,
        draw(st.sampled_from((*WAYS[asks], ANYBODY))),
        draw(st.sampled_from((DUPONT, DUPONT, DUPONT, MARTIN))),
        draw(st.sampled_from((True, True, True, False))),
        draw(st.sampled_from((*DOCTORS, JEAN))),
        draw(st.integers(0, 1)),
    )


class Orders(RuleBasedStateMachine):
    """Mails, and what may become of them on their way."""

    service: SignedSecretKey
    scribe: Scribe

    @initialize(who=st.sampled_from(DOCTORS), code=st.sampled_from(CODES))
    def begin(self, who: str, code: str) -> None:
        """Start with one dossier: most mails are about one that is there."""
        self.folder = own_folder("order-")
        self.world = World(self.service, self.scribe, self.folder, START)
        self.world.answered = self._answered
        self.underway: list[Change] = []
        self.lost: dict[Letter, tuple[dict[bytes, bytes], int]] = {}
        self.letters: list[Letter] = []
        self._send(Letter(f"{who}1", "création", DUPONT, code))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.desk.journal.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _answered(self, mail: Mail, request: Request) -> None:
        check_rights(self.world, mail, request)
        check_contest(request, self.world.now)

    def _letter(self, asked: Asked) -> Letter:
        """Return the letter of who stands there now, signed by his key of the moment."""
        who = self._who(asked)
        member = self.world.members.get(who)
        key = member.key if member else f"{who}1"
        return Letter(key, asked.asks, asked.patient, self._word(asked, key), asked.number)

    def _who(self, asked: Asked) -> str:
        kept = self.world.dossiers.get(asked.patient)
        names = {each.said.person: name for name, each in self.world.members.items()}
        treating = names[kept.said.treating] if kept else DOCTORS[asked.number]
        takeover = kept.said.takeover if kept else None
        match asked.who:
            case "who treats":
                return treating
            case "who treated" if takeover:
                return names[takeover.former]
            case "jean":
                return JEAN
            case "another" | "who treated":
                others = [each for each in DOCTORS if each != treating]
                return others[asked.number]
        return asked.name

    def _word(self, asked: Asked, key: str) -> str:
        name, first = key.rstrip("0123456789"), key.endswith("1")
        kept = self.world.dossiers.get(asked.patient)
        match asked.asks:
            case "nouvelle clé":
                return f"{name}{2 if first else 1}"
            case "clé du patient":
                return f"jean{1 + asked.number}"
            case "opposition" | "remplacement":
                return asked.name if asked.name in DOCTORS else DOCTORS[asked.number]
            case "création" | "code":
                return CODES[asked.number]
            case "médecin traitant" | "clôture" | "dossier":
                in_force = self.world.codes.get(kept.said.code, "") if kept else ""
                return in_force if asked.right and in_force else CODES[asked.number]
        return ""

    def _decided(self, letter: Letter, kept: Kept | None = None) -> Change | None:
        """Have a letter decided, on the stored cards as a rule; None where it is refused."""
        mail = self.world.opened(letter)
        shown = kept or self.world.dossiers.get(letter.patient)
        if mail is None or (shown is None and letter.asks not in {"création", "dépôt"}):
            return None
        if letter.asks == "création" and shown is not None:
            return None  # the milter sees that one is there
        try:
            return Doing(self.world, mail, shown).change()
        except Refused as refused:
            if refused.why not in REFUSALS:
                raise
            return None

    def _send(self, letter: Letter) -> bool:
        self.letters.append(letter)
        change = self._decided(letter)
        return change is not None and self.world.commit(change)

    @rule(some=st.lists(asked(), min_size=1, max_size=4))
    def mails(self, some: list[Asked]) -> None:
        """Most mails are decided and committed at once."""
        for each in some:
            self._send(self._letter(each))

    @rule(drawn=asked())
    def mail_that_is_lost(self, drawn: Asked) -> None:
        """The milter dies between the last reply and the commit."""
        letter = self._letter(drawn)
        self.letters.append(letter)
        if letter in self.world.committed:
            return
        before = (self.world.cards(), self.world.now)
        if self._decided(letter) is not None:
            self.lost[letter] = before

    @rule(drawn=asked())
    def mail_that_waits(self, drawn: Asked) -> None:
        """Another one may be decided before this one is committed."""
        letter = self._letter(drawn)
        self.letters.append(letter)
        if (change := self._decided(letter)) is not None:
            self.underway.append(change)

    @precondition(lambda self: self.underway)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        change = data.draw(st.sampled_from(self.underway))
        self.underway.remove(change)
        self.world.commit(change)

    @precondition(lambda self: self.lost)
    @rule(data=st.data())
    def lost_mail_comes_again(self, data: st.DataObject) -> None:
        letter = data.draw(st.sampled_from(list(self.lost)))
        before = self.lost.pop(letter)
        same = (self.world.cards(), self.world.now) == before
        change = self._decided(letter)
        if same:
            assert change is not None, letter
        if change is not None and letter not in self.world.committed:
            assert self.world.commit(change)

    @precondition(lambda self: self.letters)
    @rule(data=st.data())
    def mail_comes_again(self, data: st.DataObject) -> None:
        """What was committed and is known changes nothing more, whoever hands it in."""
        letter = data.draw(st.sampled_from(self.letters))
        made = self.world.committed.get(letter, [])
        done = bool(made) and all(map(self.world.is_learnt, made))
        change = self._decided(letter)
        if done and letter.asks not in {"dépôt", "dossier", "urgence"}:
            assert change is None, letter

    @precondition(lambda self: any(map(len, self.world.past.values())))
    @rule(drawn=asked(), data=st.data())
    def older_card(self, drawn: Asked, data: st.DataObject) -> None:
        """Whoever has the store shows a card that was in force, and keeps the last one back."""
        past = [each for all_of in self.world.past.values() for each in all_of]
        letter = self._letter(drawn)
        self._decided(letter, data.draw(st.sampled_from(past)))

    @precondition(lambda self: DUPONT in self.world.dossiers)
    @rule(drawn=asked(), at=st.integers(0, 10_000), data=st.data())
    def forged_card(self, drawn: Asked, at: int, data: st.DataObject) -> None:
        kept = self.world.dossiers[DUPONT]
        place = at % len(kept.card)
        card = bytearray(kept.card)
        card[place] ^= data.draw(st.integers(1, 255))
        letter = self._letter(drawn._replace(patient=DUPONT))
        mail = self.world.opened(letter)
        if mail is None or letter.asks in {
            "création",
            "nouvelle clé",
            "remplacement",
            "urgence",
        }:
            return
        by = Authority(mail.ticket, bytes(card), (mail.sender.candidate,))
        way = Doing(self.world, mail, kept).custody
        documents = kept.documents
        with pytest.raises(Refused):
            self.world.ask(Release(by, way, documents, (), _EVENT))

    @precondition(lambda self: self.world.parked)
    @rule(data=st.data(), lost=st.booleans())
    def chore(self, data: st.DataObject, *, lost: bool) -> None:
        """What waits is adopted where its patient has a dossier, once however often it is tried."""
        parked = data.draw(st.sampled_from(self.world.parked))
        kept = self.world.dossiers.get(parked.patient)
        if kept is None or kept.said.closed_at:
            return
        made = adopted(self.world, parked, kept)
        if not lost:
            change = Change(Letter("", "rattachement", parked.patient), dossier=made)
            change.adopted = (parked.said.waiting,)
            assert self.world.commit(change)

    @precondition(
        lambda self: any(each.said.closed_at for each in self.world.dossiers.values())
    )
    @rule(data=st.data(), lost=st.booleans())
    def erasure(self, data: st.DataObject, *, lost: bool) -> None:
        """The host erases a closed dossier; a command that dies on the way is given again."""
        kept = self.world.dossiers
        patient = data.draw(st.sampled_from([p for p in kept if kept[p].said.closed_at]))
        dossier = kept[patient].said.dossier
        done = self.world.operator(Forget(dossier, hosts_event("effacement")))
        assert isinstance(done, Recorded), done
        self.world.erased.add(of_dossier(dossier))
        if not lost:
            del kept[patient]

    @rule()
    def keeper_is_killed(self) -> None:
        self.world.restart()

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours: int) -> None:
        self.world.now = min(self.world.now + hours * HOUR, START + 5 * 24 * HOUR)

    @invariant()
    def the_stored_card_is_the_known_one_or_the_next(self) -> None:
        if hasattr(self, "world"):
            for key, stand in self.world.stands().items():
                erased = {"gone"} if key in self.world.erased else set()
                assert stand in (erased or {"current", "next"})


_EVENT = event("dossier")


@pytest.fixture(scope="module")
def scribe(service: SignedSecretKey) -> Scribe:
    return Scribe(service, START)


def played(service: SignedSecretKey, scribe: Scribe, **how: Any) -> None:  # noqa: ANN401 -- hypothesis's own
    orders = type("Orders", (Orders,), {"service": service, "scribe": scribe})
    run_state_machine_as_test(orders, settings=settings(deadline=None, **how))


@pytest.mark.promise(number=7)
def test_some_orders(service: SignedSecretKey, scribe: Scribe) -> None:
    # Not made shorter where it fails: that takes minutes.
    quick = (Phase.explicit, Phase.generate)
    played(
        service,
        scribe,
        max_examples=18,
        stateful_step_count=40,
        derandomize=True,
        phases=quick,
        report_multiple_bugs=False,
    )


@pytest.mark.soak
@pytest.mark.promise(number=7)
def test_many_orders(service: SignedSecretKey, scribe: Scribe) -> None:
    played(service, scribe, max_examples=1500, stateful_step_count=60)
