"""The keeper as a command of the host calls it: every change leaves a leaf in the access log.

For these calls the keeper has a socket of its own, the operator's, which takes root and its own
user only. So a command asks for the line first, then opens the store, which makes it another
user: the line stays what it was, for all of the command's calls.

    with operator(config) as keeper, open_store(config) as store:
        keeper.record(...)

(The kernel keeps other processes of that user from a process that was root: prctl(2),
PR_SET_DUMPABLE.) The leaf comes first: a crash in between over-reports.
"""

import hashlib
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from rmp_milter.calls.client import (
    KeeperClosed,
    KeeperDown,
    KeeperFailed,
    KeeperLine,
    ReplyT,
)
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.cards import Forget
from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import HOST, Event, Why
from rmp_milter.cli.errors import CommandError
from rmp_milter.config import Config
from rmp_milter.dossier.model import Dossier
from rmp_milter.errors import AHEAD, GONE, RESTORED

RIGHTS_HINT = "run this as root: only root and the keeper's own user may change things"


class KeeperRefused(CommandError):  # noqa: N818 -- the keeper's answer, not a fault of ours
    """The keeper answered that it could not do this one call; others may well be done."""


class HostKeeper:
    """One command's calls to the keeper; ``digest`` is its own, as a mail has one."""

    def __init__(self, line: KeeperLine) -> None:
        self.digest = secrets.token_bytes(32)
        self._line = line

    def record(
        self,
        action: str,
        subject: str,
        witnesses: Sequence[str] = (),
        *,
        acting_for: str = "",
    ) -> None:
        """Write the leaf of a change of the directory; ``subject`` is an RPPS number."""
        leaf = self.event(action, subject, witnesses)
        self.ask(Recorded, Record(msgspec.structs.replace(leaf, acting_for=acting_for)))

    def event(
        self, action: str, subject: str, witnesses: Sequence[str] = (), proof: str = HOST
    ) -> Event:
        """Return the leaf of what the command is about to do: it has no actor but the host."""
        return Event(
            at=int(time.time()),
            action=action,
            request=self.digest,
            actor_rpps="",
            actor_fingerprint="",
            sender="",
            proof=proof,
            subject=subject,
            witnesses=tuple(witnesses),
        )

    def ask(self, reply_type: type[ReplyT], request: Request) -> ReplyT:
        """Return the keeper's reply; raises :class:`CommandError` where there is none.

        A call that the keeper cannot do raises :class:`KeeperRefused`.
        """
        try:
            reply, _ = self._line.expect(reply_type, request)
        except KeeperDown as error:
            raise _down(error) from error
        except KeeperFailed as error:
            raise KeeperRefused(f"the keeper refuses: {error}", _hint(error)) from error
        return reply


def _hint(error: KeeperFailed) -> str:
    is_moved = error.failed.why is Why.MOVED or error.failed.detail in {AHEAD, GONE}
    return RESTORED if is_moved else ""


@contextmanager
def operator(config: Config) -> Iterator[HostKeeper]:
    """Give the running keeper to a command, over one line for as long as the block.

    To be entered before the command becomes another user, so before any store is opened.
    Raises :class:`CommandError` where nobody answers, or this user may not ask.
    """
    place = config.sockets.operator
    try:
        line = KeeperLine(place, config.milter.keeper_timeout_seconds)
    except KeeperClosed as error:
        raise CommandError(f"{place}: this user may not ask the keeper", RIGHTS_HINT) from error
    except KeeperDown as error:
        raise _down(error) from error
    with line:
        yield HostKeeper(line)


def _down(error: KeeperDown) -> CommandError:
    return CommandError(
        f"the keeper does not answer ({error}), nothing more was changed",
        f"each change leaves a leaf in its log: start it (rmp keeper), and {RIGHTS_HINT}",
    )


def record_act(
    keeper: HostKeeper,
    action: str,
    dossier: Dossier | None,
    entries: tuple[int, ...] = (),
    *,
    once: bool = False,
) -> None:
    """Write the leaf of what the host does to a dossier; the patient finds it in his list.

    ``once`` says that the act makes a new state of the dossier: tried again on the same one,
    it finds its leaf. Raises :class:`CommandError`: without its leaf nothing is to be done.
    """
    keeper.ask(Recorded, Record(act_of(keeper, action, dossier, entries, once=once)))


def forget_dossier(keeper: HostKeeper, dossier: Dossier) -> None:
    """Have the log forget which leaves are an erased dossier's, behind the erasure's leaf.

    Tried again it finds that leaf. Raises :class:`CommandError`.
    """
    event = act_of(keeper, "effacement", dossier, once=True)
    keeper.ask(Recorded, Forget(dossier.dossier_id, event))


def act_of(
    keeper: HostKeeper,
    action: str,
    dossier: Dossier | None,
    entries: tuple[int, ...] = (),
    *,
    once: bool = False,
) -> Event:
    """Return the leaf of what the host does to a dossier; as :func:`record_act`."""
    return msgspec.structs.replace(
        keeper.event(action, ""),
        request=_request(action, dossier) if dossier and once else b"",
        sender="rmp dossier",
        dossier_id=dossier.dossier_id if dossier else b"",
        entries=entries,
    )


def _request(action: str, dossier: Dossier) -> bytes:
    state = f"{action} {dossier.dossier_id.hex()} {dossier.revision}"
    return hashlib.sha256(state.encode()).digest()
