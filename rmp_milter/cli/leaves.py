"""The keeper as a command of the host calls it: every change leaves a leaf in the access log.

The keeper lets only the milter's user call; :func:`rmp_milter.cli.stores.open_store` has
become that user before. The leaf comes first: a crash in between over-reports.
"""

import hashlib
import secrets
import time
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from rmp_milter.calls.client import KeeperClient, KeeperDown, KeeperFailed
from rmp_milter.calls.protocol import (
    Event,
    Forget,
    Record,
    Recorded,
    Released,
    Request,
    Vouched,
)
from rmp_milter.cli.errors import CommandError
from rmp_milter.config import Config
from rmp_milter.dossier.model import Dossier

ReplyT = TypeVar("ReplyT", Recorded, Released, Vouched)

HOST = "host"
"""What proves the right to a command: that it was run. Stands in the leaf as ``proof``."""


class KeeperRefused(CommandError):  # noqa: N818 -- the keeper's answer, not a fault of ours
    """The keeper answered that it could not do this one call; others may well be done."""


class HostKeeper:
    """One command's calls to the keeper; ``digest`` is its own, as a mail has one."""

    def __init__(self, config: Config) -> None:
        self.digest = secrets.token_bytes(32)
        self._client = KeeperClient(config.sockets.keeper, config.milter.keeper_timeout_seconds)

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
            reply, _ = self._client.expect(reply_type, request)
        except KeeperDown as error:
            raise CommandError(
                f"the keeper does not answer ({error}), nothing more was changed",
                "each change leaves a leaf in its log: start it (rmp keeper), and see that "
                "the user of the store is among [keeper] users",
            ) from error
        except KeeperFailed as error:
            raise KeeperRefused(f"the keeper refuses: {error}") from error
        return reply


def record_act(
    config: Config,
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
    keeper = HostKeeper(config)
    keeper.ask(Recorded, Record(_act(keeper, action, dossier, entries, once=once)))


def forget_dossier(config: Config, dossier: Dossier) -> None:
    """Have the log forget which leaves are an erased dossier's, behind the erasure's leaf.

    Tried again it finds that leaf. Raises :class:`CommandError`.
    """
    keeper = HostKeeper(config)
    event = _act(keeper, "effacement", dossier, once=True)
    keeper.ask(Recorded, Forget(dossier.dossier_id, event))


def _act(
    keeper: HostKeeper,
    action: str,
    dossier: Dossier | None,
    entries: tuple[int, ...] = (),
    *,
    once: bool,
) -> Event:
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
