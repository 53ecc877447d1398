"""Calls that are refused, and changes that are committed, for the tests of who may do what."""

from little_host import ALICE, BOB, Kept, LittleHost, asking

from rmp_milter.calls.authority import Wish
from rmp_milter.calls.protocol import (
    Prove,
    Record,
    RecordList,
    Release,
    Reseal,
    Why,
)


def why(
    host: LittleHost, request: Release | Reseal | Record | RecordList | Prove
) -> Why | None:
    """Return why a call is not done, None where it is."""
    return getattr(host.ask(request).reply, "why", None)


def changed(host: LittleHost, kept: Kept, wish: Wish, request: str, *lines: str) -> None:
    """Have Alice change something, and the store commit it."""
    others = [host.member(BOB)]
    mail = host.mail(ALICE, asking(request, *lines))
    kept.card = host.amend(mail, wish, kept, *others).dossier
