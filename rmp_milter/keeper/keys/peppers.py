"""What is derived from the peppers: the present one, a former one beside it, and what is kept.

A pepper goes into what lies in the store for years, so its purposes end one by one. Cards count by
it until they are made anew. A patient's code opens its slot by it until he is given another. And a
patient's digest goes on from pepper to pepper: so it can be carried over without his name, and its
tries and homonyms stay what they were. Each purpose has a key of its own (HMAC-SHA256 of the
pepper): where one is over, that key is not kept.
"""

import hmac
from collections.abc import Sequence
from typing import NamedTuple

from rmp_milter.dossier.model import NO_PEPPER
from rmp_milter.keeper.keys.sealing import CodeKey

ID_SIZE = 4


class FormerPepper(NamedTuple):
    """A whole former pepper, and the file that it stands in: its cards count still."""

    name: str
    pepper: bytes

    def __repr__(self) -> str:
        return self.name


class KeptPepper(NamedTuple):
    """What is kept of a pepper by which no card counts any more.

    ``codes`` is its key for code slots, ``first`` that for those from before slots named their
    pepper; each is empty once no slot is under it.
    """

    pepper_id: bytes
    traits: bytes
    codes: bytes = b""
    first: bytes = b""

    def __repr__(self) -> str:
        return f"KeptPepper({self.pepper_id.hex()})"


class Generation(NamedTuple):
    """A pepper before the present one; without ``pepper`` no card of its time counts."""

    traits: bytes
    pepper: bytes = b""

    def __repr__(self) -> str:
        return "Generation()"


def pepper_id(pepper: bytes) -> bytes:
    """Return by what a slot names its pepper; nothing follows from it."""
    return hmac.digest(pepper, b"rmp pepper id", "sha256")[:ID_SIZE]


def card_key(pepper: bytes) -> bytes:
    """Return the key of the cards' MAC."""
    return hmac.digest(pepper, b"rmp card key", "sha256")


def traits_key(pepper: bytes) -> bytes:
    """Return the key of the digests by which a patient is found."""
    return hmac.digest(pepper, b"rmp card traits", "sha256")


def code_key(pepper: bytes) -> CodeKey:
    """Return the key of code slots."""
    return CodeKey(pepper_id(pepper), hmac.digest(pepper, b"rmp code key", "sha256"))


def kept_of(pepper: bytes, *, is_first: bool) -> KeptPepper:
    """Return what is kept of a pepper, if patients' codes are under it."""
    first = pepper if is_first else b""
    return KeptPepper(pepper_id(pepper), traits_key(pepper), code_key(pepper).secret, first)


class Peppers(NamedTuple):
    """The peppers of a service: ``former`` whole ones and ``kept`` parts, the oldest first.

    One may be in both: then it was put back, for a copy of the store from its time.
    """

    present: bytes
    former: tuple[bytes, ...] = ()
    kept: tuple[KeptPepper, ...] = ()

    def __repr__(self) -> str:
        return "Peppers()"

    @property
    def present_id(self) -> bytes:
        """By what slots of the present one name it."""
        return pepper_id(self.present)

    @property
    def before(self) -> tuple[Generation, ...]:
        """The peppers before the present one, the oldest first."""
        whole = {pepper_id(each): each for each in self.former}
        kept = [Generation(each.traits, whole.pop(each.pepper_id, b"")) for each in self.kept]
        return (*kept, *(Generation(traits_key(each), each) for each in whole.values()))

    @property
    def ids(self) -> tuple[bytes, ...]:
        """The ids of all of them, the oldest first, the present one's last."""
        kept = [each.pepper_id for each in self.kept]
        return tuple(dict.fromkeys([*kept, *map(pepper_id, (*self.former, self.present))]))

    @property
    def first(self) -> bytes:
        """The pepper of a service's beginning; empty where it is not kept."""
        if not (before := self.before):
            return self.present
        kept = self.kept[0].first if self.kept else b""
        return before[0].pepper or kept

    @property
    def code_keys(self) -> tuple[CodeKey, ...]:
        """What opens code slots, the present one's first."""
        whole = [code_key(each) for each in (self.present, *self.former)]
        kept = [CodeKey(each.pepper_id, each.codes) for each in self.kept if each.codes]
        first = [CodeKey(NO_PEPPER, self.first)] if self.first else []
        return (*whole, *kept, *first)

    @property
    def blinding(self) -> tuple[bytes, ...]:
        """By what numbers in Vitale slots may be blinded, the present one first."""
        return (self.present, *self.former)

    def traits_since(self, mark: bytes) -> Sequence[bytes] | None:
        """Return by what digests go on that were made under the pepper of this id, in order.

        An empty one is the first. None for a pepper that is unknown.
        """
        ids = self.ids
        if mark and mark not in ids:
            return None
        keys = (*(each.traits for each in self.before), traits_key(self.present))
        return keys[(ids.index(mark) if mark else 0) + 1 :]


def carried(digest: bytes, keys: Sequence[bytes]) -> bytes:
    """Return a patient's digest as it is under the last of these keys; of none, empty."""
    for key in keys if digest else ():
        digest = hmac.digest(key, b"rmp carried" + digest, "sha256")[: len(digest)]
    return digest
