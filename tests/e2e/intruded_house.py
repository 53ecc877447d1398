"""A host with some dossiers, an intruder in its milter, and what is seen from outside him."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

from rmp_milter.calls.client import KeeperLine
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Compare, Compared
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.model import Dossier
from rmp_milter.keeper.desk.without_title import WITHOUT_TITLE
from rmp_milter.keeper.log.journal import Journal
from testbed.doctor import Doctor
from testbed.host import Host
from testbed.intruder import Intruder
from testbed.reading import code_told
from testbed.service import Part

JEAN = "Patient : CIBLE Jean\nNé le : 30/01/1959\n"
LISE = "Patient : AUTRE Lise\nNée le : 02/02/1960\n"
ROSE = "Patient : ATTEND Rose\nNée le : 03/03/1961\n"
SECRET, OF_LISE, OF_ROSE = b"SECRET DE JEAN", b"SECRET DE LISE", b"SECRET DE ROSE"
EVES_ACCOUNT, SERVICE = "eve", "Service : rmp@rmp.test\n"

Leaf = dict[str, Any]
Standing = tuple[dict[bytes, bool], int]


class House:
    """The host: Paul treats Jean and Lise, a laboratory has filed, a deposit for Rose waits.

    Anne is another doctor. Eve is enrolled and on the intruder's side; she may use an account.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._leaves: list[Leaf] = []

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            # Guesses are counted for each dossier; for senders only where a test says so.
            self.host = undo.enter_context(
                Host(
                    {("rules", "sender_codes"): "900", ("rules", "global_codes"): "9000"},
                    by_library=True,
                )
            )
            folder = self.host.service.folder / "keeper" / "log"
            self._log = undo.enter_context(Journal(folder))
            self._enrol()
            self._fill()
            self.intruder = undo.enter_context(Intruder(self.host.service.folder))
            # The keeper sees everybody's card, so that none is new to it afterwards.
            self.intruder.opened(self.paul.pgp_mime("Demande : aide\n"))
            self._open = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _enrol(self) -> None:
        self.paul = self.host.doctor("Dr Paul DEMO", "paul@cabinet.test")
        self.anne = self.host.doctor("Dr Anne AUTRE", "anne@clinique.test")
        self.lab = self.host.doctor("Laboratoire CENTRAL", "labo@labo.test", "laboratoire")
        self.eve = self.host.doctor("Dr Eve MALINE", "eve@evil.test", account=EVES_ACCOUNT)

    def _fill(self) -> None:
        self.code, self.lises_code = self.create(JEAN), self.create(LISE)
        for lines, data in ((JEAN, SECRET), (LISE, OF_LISE), (ROSE, OF_ROSE)):
            text = f"{lines}Document : compte rendu\n\nVoici.\n"
            self.host.ask(self.lab, self.lab.pgp_mime(text, {"lettre.txt": data}))
        for lines in (JEAN, LISE):  # by which all cards are known
            self.host.exchange(
                self.paul, self.paul.pgp_mime(f"Demande : dossier\nSommaire : oui\n{lines}")
            )

    def create(self, lines: str, by: Doctor | None = None) -> str:
        """Create a dossier by mail and return its code."""
        who = by or self.paul
        text = f"Demande : création\n{lines}Consentement : oui\n"
        (answer,) = self.host.ask(who, who.pgp_mime(text))
        return code_told(answer.text)

    def restart_keeper(self) -> None:
        """Start the keeper anew."""
        self.host.service.stop(Part.KEEPER)
        self.host.service.start(Part.KEEPER)
        self.host.service.wait_ready()

    @property
    def jean(self) -> Dossier:
        """Jean's dossier as the store has it."""
        return self.intruder.dossier("CIBLE")

    @property
    def lise(self) -> Dossier:
        """Lise's."""
        return self.intruder.dossier("AUTRE")

    def leaves(self) -> list[Leaf]:
        """Return all leaves of the access log, in their order."""
        with self._log.snapshot() as seen:
            new = seen.entries(len(self._leaves), len(self._log))
            self._leaves += [json.loads(leaf) for leaf in new]
        return [*self._leaves]

    def standing(self) -> Standing:
        """Return which of the store's cards are in force, and how many the keeper knows."""
        config = load(self.host.service.config)
        with open_store(config, read_only=True) as store, store.snapshot() as view:
            cards = [each.card for each in (*view.dossiers(), *view.doctors())]
        folder = self.host.service.folder / "keeper"
        with KeeperLine(folder / "operator.sock", 30) as keeper:
            reply, _ = keeper.expect(Compared, Compare(tuple(cards)))
        stands = (stand in {"current", "next"} for stand in reply.stands)
        with self._log.own() as own:
            known = sum(card is not None for _, card in own.known.entries())
        return dict(zip(cards, stands, strict=True)), known

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Hold that the block changes nothing that governs anything, nor what is stored."""
        before, stored = self.standing(), self.host.stored()
        yield
        assert (self.standing(), self.host.stored()) == (before, stored)

    def in_vain(self, request: Request, why: Why = Why.UNENTITLED) -> Failed:
        """Ask as the intruder for what must not be done, and must leave its leaf."""
        failed = self.intruder.refused(request)
        assert failed.why is why, failed
        assert self.is_noted(request, failed), f"{failed} left no leaf"
        return failed

    def is_noted(self, request: Request, failed: Failed) -> bool:
        """Whether a call that nothing entitled to has its leaf: one an hour of each kind."""
        call = type(request).__name__
        return any(
            leaf["request"] == _without_title(call, failed.detail or "done before", leaf["at"])
            for leaf in self.leaves()
            if (leaf["action"], leaf["outcome"], leaf.get("proof"))
            == (WITHOUT_TITLE, "refused", call)
        )

    def wrong(self, request: Request) -> Leaf:
        """Try a way in as the intruder that must not open; return the leaf that it left."""
        before = len(self.leaves())
        failed = self.intruder.refused(request)
        assert failed.why is Why.WRONG_CODE, failed
        (leaf,) = self.leaves()[before:]
        assert leaf["outcome"] == "refused"
        return leaf

    def done(self, request: Request) -> Reply:
        """Ask for what is entitled to: shows that what else was asked failed for its reason."""
        reply = self.intruder.ask(request)
        assert not isinstance(reply, Failed), reply
        return reply


def _without_title(call: str, why: str, at: int) -> str:
    said = f"{WITHOUT_TITLE} {call} {why} {at // 3600}"
    return hashlib.sha256(said.encode()).hexdigest()
