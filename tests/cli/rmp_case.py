"""Running commands in this process on a service of its own, with a keeper that is played."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import pytest
from msgspec.structs import replace

from rmp_milter.calls import authority
from rmp_milter.calls.authority import PersonSaid, WaitingSaid
from rmp_milter.calls.client import KeeperDown, KeeperFailed
from rmp_milter.calls.protocol.answering import Welcome, Welcomed
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import (
    Compare,
    Compared,
    Forget,
    Learned,
    Relearn,
    Show,
    Vouch,
    Vouched,
    Wake,
)
from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import Event, Failed, Why
from rmp_milter.calls.protocol.releasing import Release, Released
from rmp_milter.calls.protocol.rotating import (
    NewCard,
    NewSlots,
    Recard,
    Recarded,
    Reslot,
    Reslotted,
    SealAgain,
    SealedAgain,
    ToRecard,
    ToReslot,
)
from rmp_milter.cli import main
from rmp_milter.disk.closing import Closing
from rmp_milter.dossier.cards import (
    TAG_SIZE,
    WaitingCard,
    dossier_card,
    packed,
    person_card,
)
from rmp_milter.keeper.desk.doors import Door, check_door

ANNE = ("--name", "Dr Anne MOREL", "--mail", "a.morel@cab.example")
RPPS = "10003456786"
AGAIN = b"\x01 sealed to the present key"
OTHER_RPPS = "10101234564"


class Said(NamedTuple):
    status: int
    out: str
    err: str


def gpg(home: Path, *arguments: str) -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--passphrase", "", *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout


def made_key(home: Path, user: str, *algorithm: str) -> Path:
    gpg(home, "--quick-gen-key", user, *algorithm)
    file = home / f"{user}.asc"
    file.write_bytes(gpg(home, "--armor", "--export", f"={user}"))
    return file


class Rmp:
    """Runs commands in this process on one service."""

    def __init__(self, service: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.config = service / "rmp.toml"
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Said:
        return self.bare("--config", str(self.config), *arguments)

    def bare(self, *arguments: str) -> Said:
        self._capsys.readouterr()
        status = main.run(list(arguments))
        return Said(status, *self._capsys.readouterr())

    def add(self, key: Path, *more: str, rpps: str = RPPS, who: Sequence[str] = ANNE) -> Said:
        fixed = ("--profession", "médecin généraliste", "--key", str(key))
        return self("doctor", "add", *who, "--rpps", rpps, *fixed, *more)


class PlayedKeeper(Closing):
    """Takes every call that a command makes; ``down`` is one that does not answer.

    What the operator's door does not take, it does not take either.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.in_force: set[bytes] = set()
        self.stands: dict[bytes, str] = {}
        self.keys: tuple[bytes, ...] = ()
        self.down = False

    def line(self, _socket: Path, _timeout: float) -> Self:
        if self.down:
            raise KeeperDown("no such file")
        return self

    def close(self) -> None:
        pass

    @property
    def leaves(self) -> list[Event]:
        written = (
            Record | Release | Vouch | Relearn | Wake | Forget | SealAgain | Reslot | Recard
        )
        return [each.event for each in self.requests if isinstance(each, written)]

    def expect(self, _kind: type[Reply], request: Request) -> tuple[Reply, None]:
        if self.down:
            raise KeeperDown("no such file")
        check_door(Door.OPERATOR, request)
        self.requests.append(request)
        return self._reply(request), None

    def _reply(self, request: Request) -> Reply:  # noqa: C901, PLR0911 -- one line a call
        match request:
            case Release(items=items, readers=readers):
                return Released(tuple((b"packet",) * len(readers) for _ in items))
            case Vouch(said=said, before=before):
                return Vouched(card_of(said, before))
            case Compare(cards=cards, behind=behind):
                keys = tuple(sorted(self.keys)) if behind == b"" else ()
                return Compared(tuple(map(self._stand, cards)), keys)
            case SealAgain(copies=copies):
                packets = (each.document.sealed_key for each in copies)
                return SealedAgain(tuple(b"" if each == AGAIN else AGAIN for each in packets))
            case Reslot(dossiers=dossiers):
                return Reslotted(tuple(map(self.reslotted, dossiers)))
            case Recard(cards=cards):
                return Recarded(tuple(map(self.recarded, cards)))
            case Welcome():
                return Welcomed(b"Content-Type: multipart/signed\r\n\r\n")
            case Show(cards=cards):
                self.in_force |= {*cards}
                return Learned(len(cards))
            case Relearn(cards=cards):
                if any(self._stand(each) in {"gone", "forged"} for each in cards):
                    raise KeeperFailed(Failed(Why.UNENTITLED, "not a card of this keeper"))
                self.in_force |= {*cards}
                for each in cards:
                    self.stands.pop(each, "")
        return Recorded(len(self.requests))

    @staticmethod
    def reslotted(wanted: ToReslot) -> NewSlots:
        if wanted.custody == AGAIN:
            return NewSlots()
        if not wanted.card:
            return NewSlots(fault="not a dossier's card")
        return NewSlots(wanted.card + b"+", AGAIN, AGAIN if wanted.vitale else b"")

    @staticmethod
    def recarded(wanted: ToRecard) -> NewCard:
        if wanted.card.endswith(b"+") and not wanted.ends_code:
            return NewCard()
        if wanted.card == b"noise":
            return NewCard(fault="not a card of this keeper")
        return NewCard(wanted.card + b"+", AGAIN if wanted.vitale else b"")

    def _stand(self, card: bytes) -> str:
        return self.stands.get(card, "current" if card in self.in_force else "next")


def card_of(said: authority.Said, before: bytes) -> bytes:
    """Return the card that a keeper makes of what is said, but for a tag that only it can tell."""
    if isinstance(said, WaitingSaid):
        card = WaitingCard(said.waiting, b"", said.depositor, "", "", (), b"", said.documents)
        return packed(card) + bytes(TAG_SIZE)
    if isinstance(said, PersonSaid):
        revision = person_card(before).revision + 1 if before else 0
        return packed(replace(said.card, revision=revision)) + bytes(TAG_SIZE)
    revision = dossier_card(before).revision + 1 if before else 0
    return packed(replace(said.card, revision=revision)) + bytes(TAG_SIZE)
