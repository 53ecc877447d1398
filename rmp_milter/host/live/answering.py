"""Whether keeper, milter and courier answer, and Postfix's listeners before them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from rmp_milter.calls.client import KeeperClient, KeeperDown, KeeperFailed, KeeperLine
from rmp_milter.calls.protocol.cards import Learned, Show
from rmp_milter.calls.protocol.rotating import CustodyTried, TryCustody
from rmp_milter.config import Config
from rmp_milter.host.custody_moves import places
from rmp_milter.host.live.as_user import as_daemon
from rmp_milter.host.live.dns_look import DnsUnanswered, Resolver, dns_findings, resolver_of
from rmp_milter.host.live.milter_call import call_milter
from rmp_milter.host.live.smtp_try import listeners, try_listener
from rmp_milter.host.owners import as_owner
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.postfix.facts import Expectations, PostfixFinding, Severity, error, warning
from rmp_milter.postfix.settings import PostfixError, read_settings
from rmp_milter.status.diary import HostWork, WorkDone, note
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import read_key
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import RowState

PATIENCE_SECONDS = 15
LATE_SECONDS = 600
"""How long an answer may be due before the courier is thought not to run."""


def live_findings(
    config: Config, postfix: Path | None, *, with_postfix: bool, resolver: str = ""
) -> list[PostfixFinding]:
    """Call every part as the one before it does; raises ``ValueError`` for no ``resolver``."""
    asked = resolver_of(resolver) if resolver else None
    found = [*_keeper(config), *_custody(config), *_courier(config)]
    settings: dict[str, str] = {}
    if with_postfix:
        with suppress(PostfixError):  # said by the check of its settings
            settings = read_settings(postfix)
    found += _milter(config, settings.get("mail_owner", "postfix"))
    return [*found, *_outside(config, lambda: _strangers(config, settings, asked))]


def _outside(
    config: Config, look: Callable[[], Iterator[PostfixFinding]]
) -> list[PostfixFinding]:
    """Read what strangers answer as the courier's user, who talks to the network anyway."""
    try:
        return as_owner(config.paths.courier, lambda: [*look()], list[PostfixFinding])
    except OSError as fault:
        return [error(f"the network cannot be looked at: {fault}", "rmp check without --live")]


def _strangers(
    config: Config, settings: dict[str, str], asked: Resolver | None
) -> Iterator[PostfixFinding]:
    if settings:
        yield from _listeners(config, settings)
    domains = [each.rpartition("@")[2] for each in config.service.addresses]
    record = config.paths.public / "dkim.txt"
    try:
        asked = asked or resolver_of()
        yield from dns_findings(asked, [*dict.fromkeys(domains)], record)
    except DnsUnanswered as fault:
        yield warning(f"DNS: {fault}", "name a server: --resolver ADDRESS")


def note_live(config: Config, found: Sequence[PostfixFinding]) -> None:
    """Note in the diary that the service was called, and whether all was well."""
    wrong = sum(1 for each in found if each.severity is Severity.ERROR)
    done = WorkDone(int(time.time()), fine=not wrong, said=f"{wrong} errors")
    with suppress(OSError):  # who may not write there has looked all the same
        store = config.paths.store
        as_owner(store, lambda: note(store, HostWork.LIVE_CHECK, done), type(None))


def _milter(config: Config, user: str) -> Iterator[PostfixFinding]:
    socket = config.sockets.milter

    def call() -> str:
        call_milter(socket, config.service.addresses)
        return ""

    if fault := as_daemon(user, call):
        yield error(
            f"{socket}: the milter does not answer {user}: {fault}",
            "start it (systemctl status rmp-milter); its log says what it waits for",
        )


def _keeper(config: Config) -> list[PostfixFinding]:
    """Call the keeper as the milter does, with a question that changes nothing."""
    try:
        return as_owner(config.paths.milter, lambda: [*_asked(config)], list[PostfixFinding])
    except OSError as fault:
        return [
            error(f"the keeper cannot be called: {fault}", "rmp check without --live first")
        ]


def _asked(config: Config) -> Iterator[PostfixFinding]:
    faults = dict[Path, KeeperDown | KeeperFailed]()
    for socket in config.keeper_sockets:
        try:
            KeeperClient(socket, PATIENCE_SECONDS).expect(Learned, Show(()))
        except (KeeperDown, KeeperFailed) as fault:
            faults[socket] = fault
    if faults and len(faults) < len(config.keeper_sockets):
        for socket, said in faults.items():
            yield warning(
                f"{socket}: no keeper answers there, another one does: {said}",
                "of two with one log one stands by; else see to it as if it were alone",
            )
    else:
        for socket, said in faults.items():
            yield error(
                f"{socket}: the keeper does not answer the milter: {said}",
                "start it (systemctl status rmp-keeper); its log says what it lacks"
                if socket == config.sockets.keeper
                else "is the tunnel there (systemctl status rmp-tunnel@connect), and at the other "
                "end rmp-tunnel@listen and the keeper?",
            )


def _custody(config: Config) -> Iterator[PostfixFinding]:
    """Have the keeper ask custody keys that lie elsewhere, by the door for root alone."""
    if not _lies_elsewhere(config):
        return
    try:
        with KeeperLine(config.sockets.operator, PATIENCE_SECONDS) as line:
            tried, _ = line.expect(CustodyTried, TryCustody())
    except (KeeperDown, KeeperFailed) as fault:
        yield warning(f"the custody key elsewhere cannot be tried: {fault}", "as root: again")
        return
    for each in tried.faults:
        yield error(f"{each}: emergencies wait for it", "docs/admin.md, A token that is away")


def _lies_elsewhere(config: Config) -> bool:
    try:
        return bool(places(config))
    except (KeyFileError, OSError):
        return False  # what cannot be read is found where it is read


def _courier(config: Config) -> list[PostfixFinding]:
    """Look at the outbox: the courier listens nowhere, but what is due must not stay."""
    try:
        return as_owner(config.paths.store, lambda: [*_outbox(config)], list[PostfixFinding])
    except OSError:
        return []  # said by the check of the store


def _outbox(config: Config) -> Iterator[PostfixFinding]:
    now = int(time.time())
    try:
        key = read_key(config.paths.outbox_key)
        with engine_at(config.paths.store, config.store).outbox(key) as outbox:
            rows = outbox.rows()
    except StoreError:
        return  # said by the check of the store
    due = [row for row in rows if row.state is RowState.WAITING]
    late = [now - max(row.since, row.next_try) for row in due]
    if late and max(late) > LATE_SECONDS:
        yield error(
            f"an answer has been due for {max(late)} s: the courier does not send",
            "start it (systemctl status rmp-courier)",
        )
    stuck = sum(1 for row in rows if row.state is RowState.PARKED)
    if stuck:
        yield warning(f"{stuck} answers are parked", "rmp outbox list says why")


def _listeners(config: Config, settings: dict[str, str]) -> Iterator[PostfixFinding]:
    expected = Expectations(
        milter_socket=config.sockets.milter,
        service_addresses=config.service.addresses,
        message_bytes=config.limits.message_bytes,
        reinject_port=config.courier.port,
        routes={},
    )
    for one in listeners(settings, expected):
        yield from try_listener(one, config.service.addresses)
