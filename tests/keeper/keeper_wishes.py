"""Calls that are refused, and changes that are committed, for the tests of who may do what."""

from little_host import ALICE, BOB, Kept, LittleHost, asking

from rmp_milter.calls.authority import Wish
from rmp_milter.calls.protocol.filing import Reseal
from rmp_milter.calls.protocol.leaves import Record, RecordList
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import Prove, Release


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
