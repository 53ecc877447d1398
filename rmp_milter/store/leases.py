"""Readers leased to couriers, where there is one courier and where there are several."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from rmp_milter.store.format.blind import LinkKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rmp_milter.store.format.blind import Blind


class Unshared:
    """All readers are the one courier's."""

    shared = False
    seconds = math.inf

    def take(self, readers: Sequence[str], most: int) -> frozenset[str]:
        """Give them."""
        return frozenset(readers[:most])

    def renew(self, readers: Collection[str]) -> frozenset[str] | None:
        """Leave them."""
        return frozenset(readers)

    def give_back(self, readers: Collection[str]) -> bool:
        """Do nothing."""
        del readers
        return True


class LeasesByKey(Protocol):
    """An engine's leases of whatever keys stand for."""

    seconds: float

    def take(self, wanted: Sequence[bytes], most: int) -> frozenset[bytes]:
        """Have leased up to ``most`` of what nobody else has, in this order; return them."""

    def renew(self, held: Collection[bytes]) -> frozenset[bytes] | None:
        """Renew what is ours; return what that is, None where nobody can say."""

    def give_back(self, held: Collection[bytes]) -> bool:
        """Have others take it; return whether that is sure."""


class Shared:
    """Readers by digests under the outbox's key: the engine learns no address."""

    shared = True

    def __init__(self, leases: LeasesByKey, blind: Blind) -> None:
        self._leases = leases
        self._blind = blind

    @property
    def seconds(self) -> float:
        """How long a lease lasts."""
        return self._leases.seconds

    def take(self, readers: Sequence[str], most: int) -> frozenset[str]:
        """Have those leased that nobody else has."""
        of = self._by_key(readers)
        return frozenset(of[key] for key in self._leases.take([*of], most))

    def renew(self, readers: Collection[str]) -> frozenset[str] | None:
        """Renew those that nobody else had since."""
        of = self._by_key(readers)
        ours = self._leases.renew(sorted(of))
        return None if ours is None else frozenset(of[key] for key in ours)

    def give_back(self, readers: Collection[str]) -> bool:
        """Have others take these at once."""
        return not readers or self._leases.give_back(sorted(self._by_key(readers)))

    def _by_key(self, readers: Collection[str]) -> dict[bytes, str]:
        return {self._blind.of(LinkKind.MAIL, reader): reader for reader in readers}
