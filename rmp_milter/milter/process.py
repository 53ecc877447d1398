"""The milter process: what it stands on is put together here, then it listens."""

import grp
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple, NoReturn

import msgspec

from rmp_milter.calls.gate import Gate, Rank
from rmp_milter.calls.keeper import RemoteKeeper, Way
from rmp_milter.calls.keepers import Keepers, keepers_at
from rmp_milter.calls.memory import Memory
from rmp_milter.config import Config
from rmp_milter.dossier.days import YEAR_SECONDS
from rmp_milter.dossier.model import Envelope
from rmp_milter.dossier.onglets import classify, table_with
from rmp_milter.handlers.asking.case import Bounds
from rmp_milter.linux.ending import when_told_to_end
from rmp_milter.linux.notify import Notifier
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.milter.answering.answers import Answers
from rmp_milter.milter.callbacks import Rules, listen, stop
from rmp_milter.milter.chores.checkpoints import Audience
from rmp_milter.milter.chores.host_alerts import alert_host
from rmp_milter.milter.chores.key_watch import DirectoryTour, watch_keys
from rmp_milter.milter.chores.round import LOOKED_AT_A_ROUND, Household, Places, do_round
from rmp_milter.milter.chores.service_news import FILE
from rmp_milter.milter.chores.watch import Watch, keep_watch
from rmp_milter.milter.chores.witness_news import news_by
from rmp_milter.milter.clocks import Clocks, Stride
from rmp_milter.milter.means import Means
from rmp_milter.milter.meant import kept_seconds
from rmp_milter.milter.pipeline import take
from rmp_milter.status.pulse import Beating, Heart, Life
from rmp_milter.store.format.failures import LostMomentError, StoreError, StoreFailed
from rmp_milter.store.format.former_keys import read_former
from rmp_milter.store.format.keys import StoreKeys, read_store_keys
from rmp_milter.store.format.succession import opened_by, unfinished_told
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import TALLY_TIMES, Store

DAY_SECONDS = 86_400
log = logging.getLogger("rmp.milter")

EXIT_STORE_FAILED = 75
"""sysexits' EX_TEMPFAIL: the supervisor starts the process again, on a fresh environment."""


def run(config: Config) -> NoReturn:
    """Serve until SIGTERM, or until the store fails; then end the process."""
    life = Life(Heart(config.paths.store, Beating.MILTER), Notifier())
    when_told_to_end(life.stopping, stop)
    keys, store = _opened(config)
    failed, shortage, restored = (threading.Event() for _ in range(3))
    keepers = keepers_of(config)
    means = _means(config, store, keys, keepers)

    def pipeline(envelope: Envelope, memory: Memory) -> str:
        return take(envelope, memory, means)

    rules = Rules(
        addresses=config.service.addresses,
        message_bytes=config.limits.message_bytes,
        language=config.service.language,
        take=pipeline,
        on_store_failure=lambda: _give_up(failed),
        on_shortage=shortage.set,
        on_restored=restored.set,
        on_ready=life.ready,
        count=life.count,
    )
    group = (
        grp.getgrnam(config.sockets.milter_group).gr_gid
        if config.sockets.milter_group
        else None
    )
    ended = threading.Event()
    house, watch = household(config, store, keepers), watch_of(config, keepers)
    seconds = config.milter.chores_seconds
    tour = DirectoryTour(config.paths.public / FILE)
    rounds = _Rounds(house, watch, tour, seconds, means.clocks, shortage, restored)
    chores = threading.Thread(
        target=_keep_house, args=(rounds, ended, failed), name="chores", daemon=True
    )
    chores.start()
    signs = partial(_give_signs, life, store, ended)
    threading.Thread(target=signs, name="life", daemon=True).start()
    socket, mode = str(config.sockets.milter), config.sockets.milter_mode

    def ending() -> int:
        ended.set()
        if failed.is_set():
            return EXIT_STORE_FAILED
        chores.join()  # a chore at hand is brought to its end
        return 0  # the store stays open: a mail that takes too long may still be in it

    listen(rules, socket, mode, group, config.milter.timeout_seconds, ending=ending)


def _opened(config: Config) -> tuple[StoreKeys, Store]:
    places = config.paths.milter, config.paths.outbox_key
    engine = engine_at(config.paths.store, config.store)
    opens = partial(engine.open, duplicate_days=config.milter.duplicate_days)
    with unfinished_told(*places):
        return opened_by(lambda: read_store_keys(*places), opens)


def _give_signs(life: Life, store: Store, ended: threading.Event) -> None:
    """Give signs of life as long as the store can be read; who falls silent is started anew."""
    while True:
        with store.snapshot():
            life.sign()
        if ended.wait(life.pause):
            return


class _Rounds(NamedTuple):
    """What the chores are done with, every so many ``seconds``."""

    house: Household
    watch: Watch
    directory: DirectoryTour
    seconds: int
    clocks: Clocks
    shortage: threading.Event
    restored: threading.Event


def _troubles(rounds: _Rounds, stride: Stride) -> Iterator[str]:
    """Yield what the host has to be told of, each by the key of its words."""
    if rounds.clocks.doubt:
        yield "clock-behind"
    if stride.is_held:
        yield "clock-leapt"
    for which, seen in (("shortage", rounds.shortage), ("restored", rounds.restored)):
        if seen.is_set():
            seen.clear()
            yield which


def _keep_house(rounds: _Rounds, ended: threading.Event, failed: threading.Event) -> None:
    """Do the chores again and again; a round that ends otherwise ends the process."""
    house, watch, seconds = rounds.house, rounds.watch, rounds.seconds
    directory = rounds.directory
    stride = Stride(time.time, lambda: time.clock_gettime(time.CLOCK_BOOTTIME))
    try:
        while not ended.wait(seconds):
            now, due_at = int(time.time()), stride.due_at()
            try:
                if house.store.leads():
                    do_round(house, due_at, now)
                    keep_watch(house, watch, due_at, now)
                    watch_keys(house, watch, directory, due_at, now)
                for which in (
                    *_troubles(rounds, stride),
                    *watch.audience.witnesses(now).troubles,
                ):
                    alert_host(house, watch, which, now)
            except LostMomentError as lost:
                log.warning("chores: a round has lost its moment of the store: %s", lost)
            except StoreFailed:
                raise
            except StoreError as error:
                log.error("chores: %s", error)  # noqa: TRY400 -- one line, no traceback
    finally:
        if not ended.is_set():
            _give_up(failed)


def keepers_of(config: Config) -> Keepers:
    """Return the keepers that this host's milter calls, a gate before each."""
    milter = config.milter
    return keepers_at(
        config.keeper_sockets, config.keeper.workers, milter.keeper_timeout_seconds
    )


def household(
    config: Config,
    store: Store,
    keepers: Keepers | None = None,
    at_once: int = LOOKED_AT_A_ROUND,
) -> Household:
    """Return what the chores are done with, each call by whichever keeper is there.

    In the milter they wait at the gates of its ``keepers``. A round looks at ``at_once`` of what
    waits.
    """
    keeper = _keeper(config, (keepers or keepers_of(config)).way).at(Rank.CHORE)
    language, places = config.service.language, Places(at_once)
    return Household(store, keeper, _answers(config, keeper), language, config.clock, places)


def watch_of(config: Config, keepers: Keepers | None = None) -> Watch:
    """Return what emergencies are watched by, and who is told."""
    sender = ServiceAddress(config.service.addresses[0], config.service.name)
    audit = config.audit
    return Watch(
        client=keepers or keepers_of(config),
        audience=Audience(
            audit.addresses,
            sender,
            lambda: secrets.token_hex(16),
            news_by(audit.witness_policy, audit.witnessed),
        ),
        hour=audit.hour,
        alerts=audit.alerts,
        justify_hours=audit.justify_hours,
        review_hours=audit.review_hours,
        remind_hours=audit.remind_hours,
    )


def _keeper(config: Config, way: Way) -> RemoteKeeper:
    return RemoteKeeper.along(way, config.limits.message_bytes // 1_000_000)


def _answers(config: Config, keeper: RemoteKeeper) -> Answers:
    return Answers(
        keeper=keeper,
        service=config.service.addresses[0],
        service_name=config.service.name,
        language=config.service.language,
        answer_bytes=config.limits.answer_bytes,
        answer_mails=config.answers.mails,
        new_token=lambda: secrets.token_hex(16),
    )


def _means(config: Config, store: Store, keys: StoreKeys, keepers: Keepers) -> Means:
    keeper = _keeper(config, keepers.way)
    table = table_with(msgspec.structs.asdict(config.onglets))
    return Means(
        store=store,
        keepers=keepers,
        keeper_wait=config.milter.keeper_wait_seconds,
        keeper=keeper,
        answers=_answers(config, keeper),
        services=config.service.addresses,
        bounce_key=keys.outbox,
        former_bounce_keys=read_former(config.paths.outbox_key),
        language=config.service.language,
        clock=config.clock,
        new_id=new_id,
        this_year=lambda moment: datetime.fromtimestamp(moment, UTC).year,
        classify=partial(classify, table=table),
        policy=config.rights,
        bounds=_bounds(config),
        signature_days=config.rules.signature_days,
        once_seconds=kept_seconds(config.rules.signature_days),
        outsides=Gate(1, config.milter.keeper_timeout_seconds),
        clocks=Clocks(),
        witnesses=news_by(config.audit.witness_policy, config.audit.witnessed),
    )


def _bounds(config: Config) -> Bounds:
    rules = config.rules  # a bound on more tries than the store remembers would never hold
    return Bounds(
        wrong_codes=rules.wrong_codes,
        old_wrong_codes=rules.old_wrong_codes,
        sender_codes=rules.sender_codes,
        global_codes=min(rules.global_codes, TALLY_TIMES),
        lists=min(rules.lists, TALLY_TIMES),
        window=rules.window_seconds,
        hold=rules.hold_seconds,
        waiting=rules.waiting_days * DAY_SECONDS,
        retention=rules.retention_years * YEAR_SECONDS,
        contest=rules.contest_days * DAY_SECONDS,
        justify_hours=config.audit.justify_hours,
        answer_mails=config.answers.mails,
        answer_bytes=config.limits.answer_bytes,
        translates=rules.translates,
        consent=config.consent.version,
    )


def new_id() -> bytes:
    """Return a fresh 16-byte identifier: microseconds, then 8 random bytes.

    Nearly ascending, so that LMDB appends instead of splitting pages all over the tree.
    """
    return (time.time_ns() // 1000).to_bytes(8, "big") + secrets.token_bytes(8)


def _give_up(failed: threading.Event) -> None:
    """Stop the process after a failed commit; what comes meanwhile hears 451.

    Mails in hand get a few seconds; a thread that hangs must not keep us up.
    """
    if failed.is_set():
        return
    failed.set()
    # A moment later, so that the sender at hand hears our 451 and not a closed connection.
    for seconds, action in ((0.5, stop), (5.0, lambda: os._exit(EXIT_STORE_FAILED))):
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        timer.start()
