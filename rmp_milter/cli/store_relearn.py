"""``rmp store relearn``: the store's cards are in force, after a copy of one side was put back.

The keeper was put back from an older copy: its cards are behind the store's, and are caught up.
The store was: what was changed since is lost, and the host's word makes the older state count.
What was erased or removed is revived in neither.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
import msgspec

from rmp_milter.calls.protocol.cards import Relearn
from rmp_milter.calls.protocol.leaves import Recorded
from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli import both_sides
from rmp_milter.cli.both_sides import (
    Differing,
    StoreRecord,
    bounded,
    counted,
    differing,
    help_for,
    side_of,
)
from rmp_milter.cli.errors import Status
from rmp_milter.cli.leaves import HostKeeper, KeeperRefused, forget_dossier, operator
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import Json, print_error, print_json, progress_shown
from rmp_milter.cli.standing import (
    A_CALL,
    AHEAD,
    DOSSIER,
    FORGED,
    GONE,
    OLD,
    PERSON,
    TWIN,
    CardFault,
)
from rmp_milter.cli.stores import open_store
from rmp_milter.cli.witnesses import two
from rmp_milter.config import Config
from rmp_milter.store.surface import Store

ACTION = "restauration"
"""What the access log calls it."""
SENDER = "rmp store"
LOST = """\
This store is older than what the keeper knows. What was changed in between is lost for good:
new codes, takeovers, revocations, masks, new keys. Codes and keys of that time open again.
If there is a newer copy of the store, put that one back instead."""
HOW = "rmp store relearn --accept"
HOW_OLDER = f"{HOW} --witness NAME --witness NAME"


@click.command("relearn")
@click.option("--accept", is_flag=True, help="Do it; without, it is only shown.")
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    metavar="NAME",
    help="Who answers for it where the store is the older one; two different persons.",
)
@json_option
@configured
def relearn(config: Config, *, accept: bool, witnesses: tuple[str, ...], as_json: bool) -> int:
    """Have the keeper go by the cards of this store, after a copy of either was put back.

    Nothing is changed without --accept. What was erased or removed stays so.
    """
    named = two(witnesses) if witnesses else ()
    with operator(config) as keeper, open_store(config, read_only=True) as store:
        found = _found(keeper, store)
        refused: Sequence[str] = ()
        accepted = accept and found.relearnable
        if accepted:
            refused = _accept_all(keeper, store, found, named)
    _tell(found, refused, accepted=accepted, as_json=as_json)
    return Status.REFUSED if refused or found.of(GONE, FORGED) else Status.OK


@contextmanager
def _side(store: Store) -> Iterator[Iterator[StoreRecord]]:
    with store.snapshot() as view:
        yield side_of(view)


def _found(keeper: HostKeeper, store: Store) -> Differing:
    return differing(keeper, lambda: _side(store), both_sides.MOST_KEPT)


def _accept_all(
    keeper: HostKeeper, store: Store, found: Differing, named: tuple[str, ...]
) -> Sequence[str]:
    """Have all of it taken over, so much at a time as fits well into memory.

    Returns what the keeper refused. What comes to light behind the first part is accepted by
    witnesses like that: raises as :func:`two`.
    """
    refused: dict[str, None] = {}
    while True:
        named = two(named) if found.is_store_older else named
        refused |= dict.fromkeys(_accept(keeper, store, found, named))
        if not found.is_cut(both_sides.MOST_KEPT):
            return [*refused]
        before, found = found, _found(keeper, store)
        if found == before:  # the first of a kind are all refused
            return [*refused, "there are more behind those: have these mended first"]


def _accept(
    keeper: HostKeeper, store: Store, found: Differing, named: tuple[str, ...]
) -> list[str]:
    """Have all of it taken over, each record with its leaf; return what the keeper refused."""
    leaf = msgspec.structs.replace(keeper.event(ACTION, "", named), sender=SENDER)
    gone = tuple(key[1:] for key in found.missing if key.startswith(PERSON))
    lost = tuple(key for key in found.missing if key.startswith(DOSSIER))
    if gone or lost or found.bare:
        keeper.ask(Recorded, Relearn((), leaf, gone, (*lost, *found.bare)))
    for first in range(0, len(found.following), A_CALL):
        keeper.ask(Recorded, Relearn(found.following[first : first + A_CALL], leaf))
    with store.snapshot() as view:
        erased = [each for key in found.erased if (each := view.dossier(key[1:]))]
    for each in erased:
        forget_dossier(keeper, each)
    return [*_relearned(keeper, found.of(AHEAD, OLD, TWIN), leaf)]


def _relearned(keeper: HostKeeper, faults: Sequence[CardFault], leaf: Event) -> Iterator[str]:
    for done, each in enumerate(faults, 1):
        try:
            keeper.ask(Recorded, Relearn((each.card.sealed,), _leaf_of(each, leaf)))
        except KeeperRefused as error:
            yield f"{each.card.whose}: {error.line}"
        progress_shown("cards", done, len(faults))


def _leaf_of(fault: CardFault, leaf: Event) -> Event:
    key = fault.card.key
    if key.startswith(DOSSIER):
        return msgspec.structs.replace(leaf, dossier_id=key[1:])
    return msgspec.structs.replace(leaf, subject=fault.card.who)


def _tell(found: Differing, refused: Sequence[str], *, accepted: bool, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(found, refused, accepted=accepted))
        return
    for line in _lines(found):
        click.echo(line)
    for line in (*_never(found), *refused):
        print_error(line)
    if found.is_store_older:
        click.echo(LOST)
    if not found.relearnable:
        click.echo("there is nothing to accept")
    elif accepted:
        click.echo("accepted: the keeper goes by the cards of this store")
    else:
        click.echo(f"nothing was changed; to accept it: {_how(found)}")


def _how(found: Differing) -> str:
    return HOW_OLDER if found.is_store_older else HOW


def _lines(found: Differing) -> Iterator[str]:
    """Yield what there is to accept: counts first, then by reference."""
    for stands, words in (
        ((AHEAD,), "further on than the keeper knows"),
        ((OLD, TWIN), "older than, or other than those in force"),
    ):
        if some := found.of(*stands):
            yield f"cards {words}: {_at_least(found)}{counted(each.card.key for each in some)}"
            yield from bounded([f"    {each.card.whose}" for each in some])
    for keys, words in (
        (found.missing, "known to the keeper and not in this store"),
        (found.bare, "known to the keeper and without a card in this store"),
        (found.erased, "erased in this store and not yet for the keeper"),
    ):
        if keys:
            yield f"{words}: {_at_least(found)}{counted(keys)}"


def _at_least(found: Differing) -> str:
    return "at least " if found.is_cut(both_sides.MOST_KEPT) else ""


def _never(found: Differing) -> Iterator[str]:
    """Yield what is never accepted."""
    never = found.of(GONE, FORGED)
    yield from bounded([f"{each.line}, and stays refused: {help_for(each)}" for each in never])


def _as_json(found: Differing, refused: Sequence[str], *, accepted: bool) -> dict[str, Json]:
    return {
        "ahead": [each.card.whose for each in found.of(AHEAD)],
        "older": [each.card.whose for each in found.of(OLD, TWIN)],
        "missing": len(found.missing),
        "without_card": len(found.bare),
        "erased": len(found.erased),
        "gone": [each.card.whose for each in found.of(GONE)],
        "forged": [each.card.whose for each in found.of(FORGED)],
        "refused": refused,
        "more": found.is_cut(both_sides.MOST_KEPT),
        "store_is_older": found.is_store_older,
        "accepted": accepted,
    }
