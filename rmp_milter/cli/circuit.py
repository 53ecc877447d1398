"""``rmp check --circuit``: a mail goes the whole way, by somebody who is enrolled for it alone.

He has a key of this process's memory, a number that is nobody's and an address in a domain that is
none; he asks for the page of help, which touches no dossier, and is removed. The access log
keeps the leaves of it.
"""

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from rmp_milter.cli.cards import show_committed, struck_out, vouched
from rmp_milter.cli.credentials import Chosen
from rmp_milter.cli.directory import commit
from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.leaves import HostKeeper, operator
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config
from rmp_milter.credentials import read_credential
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Doctor, Receipts, ReplyForm
from rmp_milter.host.live.circuit import (
    MAIL,
    NAME,
    PROFESSION,
    RPPS,
    Ways,
    answers_place,
    go_round,
    missing_way,
)
from rmp_milter.host.live.smtp_try import listeners
from rmp_milter.host.live.throw_away_key import ThrowAwayKey
from rmp_milter.host.owners import as_owner
from rmp_milter.postfix.facts import Expectations, PostfixFinding, error
from rmp_milter.postfix.settings import PostfixError, read_settings
from rmp_milter.postfix.surroundings import Surroundings
from rmp_milter.store.surface import Store

_HELP = (
    "rmp check --live names what does not answer; if he is still in rmp doctor list: "
    f"rmp doctor remove {MAIL}"
)
LEAVES = f"the access log keeps the leaves inscription, aide, radiation of RPPS {RPPS}"


def circuit_findings(
    config: Config, postfix: Path | None, answers: Path | None
) -> list[PostfixFinding]:
    """Send a mail through the whole service; return where it ends, nothing where it came back."""
    if os.geteuid() != 0:
        return [
            error("circuit: only root can enrol who writes, and listen for Postfix", "sudo")
        ]
    try:
        return [*_prepared(config, postfix, answers)]
    except (PostfixError, CommandError, OSError) as fault:
        return [error(f"circuit: {fault}", _HELP)]


def _prepared(
    config: Config, postfix: Path | None, answers: Path | None
) -> Iterator[PostfixFinding]:
    receiving = read_settings(postfix)
    sending = read_settings(answers) if answers else receiving
    expected = Expectations(
        milter_socket=config.sockets.milter,
        service_addresses=config.service.addresses,
        message_bytes=config.limits.message_bytes,
        reinject_port=config.courier.port,
        routes={},
    )
    doors = [each for each in listeners(receiving, expected) if each.with_recipients]
    missing = [*missing_way(Surroundings(answers or postfix, sending, expected))]
    if missing or not doors:
        yield from missing or [error("circuit: no listener takes mail", "rmp check")]
        return
    key = ThrowAwayKey(NAME, MAIL)
    with answers_place(sending) as sink, operator(config) as keeper:
        ways = Ways(doors[0], sink)
        yield from as_owner(
            config.paths.store,
            lambda: [*_as_somebody(config, keeper, ways, key)],
            list[PostfixFinding],
        )


def _as_somebody(
    config: Config, keeper: HostKeeper, ways: Ways, key: ThrowAwayKey
) -> Iterator[PostfixFinding]:
    """Enrol who writes, send, remove him; one whom a killed check has left is removed before."""
    with open_store(config) as store:
        _remove(keeper, store)
        try:
            _enrol(keeper, store, key)
            yield from go_round(config, ways, key)
        finally:
            _remove(keeper, store)


def _enrol(keeper: HostKeeper, store: Store, key: ThrowAwayKey) -> None:
    his, now = Chosen(read_credential(key.certificate)), int(time.time())
    somebody = Doctor(
        doctor_id=secrets.token_bytes(16),
        name=NAME,
        rpps=RPPS,
        mail=MAIL,
        profession=PROFESSION,
        certificate=his.first.binary,
        fingerprint=his.first.fingerprint,
        key_ids=his.key_ids,
        reply_form=ReplyForm.SEPARATE,
        added_at=now,
        receipts=Receipts.EACH,
    )
    somebody = vouched(keeper, somebody, keeper.event("inscription", RPPS))
    commit(store, Changes(doctors=(somebody,)), now)
    show_committed(keeper, somebody)


def _remove(keeper: HostKeeper, store: Store) -> None:
    with store.snapshot() as snapshot:
        found = snapshot.doctor_by_mail(MAIL)
    if found is not None:
        struck_out(keeper, found, keeper.event("radiation", found.rpps))
        commit(store, Changes(removed_doctors=(found.doctor_id,)), int(time.time()))
