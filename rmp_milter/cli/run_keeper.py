"""``rmp keeper``: the only process with private keys."""

import logging
import os
import time
from pathlib import Path

import click

from rmp_milter.calls.gate import processes_of
from rmp_milter.calls.listening import Listening, ServerError, remove_stale
from rmp_milter.cli.errors import refusing
from rmp_milter.cli.processes import as_process
from rmp_milter.config import Config
from rmp_milter.dossier.days import YEAR_SECONDS
from rmp_milter.dossier.weak_codes import SHORTEST_CODE
from rmp_milter.host.key_proofs import SMIME_BACK, without_key
from rmp_milter.host.log_place import log_of
from rmp_milter.host.log_rotation import is_waiting, take_up
from rmp_milter.host.owners import ChildFailed, UnknownNameError, in_child, uid_of
from rmp_milter.keeper.authority.host_rules import HostRules
from rmp_milter.keeper.desk.desk import Limits
from rmp_milter.keeper.keys.checks import check_own
from rmp_milter.keeper.keys.custody import HalfTried
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import Keys, load_keys
from rmp_milter.keeper.keys.reach import Reach, all_elsewhere, within_reach
from rmp_milter.keeper.leading import leading
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.keeper.log.tries import MOST_TIMES
from rmp_milter.keeper.server import serve
from rmp_milter.keeper.vitale.jws import JwsVerifier
from rmp_milter.keeper.vitale.trust import FOLDER, TrustError, listed
from rmp_milter.linux.notify import Notifier
from rmp_milter.trust.store import TrustStore
from rmp_milter.x509.paths import prepare

# Now, as the command is read: the keeper's user may not read where this Python lies.
prepare()

log = logging.getLogger("rmp.keeper")

ROOT = 0
WAITS_FOR_IT = "emergencies, locums, cards and new keys wait for it, nothing else does"


@click.command()
@as_process("keeper")
def keeper(config: Config) -> int:
    """Run the keeper in the foreground."""
    notifier = Notifier()
    with (
        refusing(KeyFileError, JournalError, ServerError, UnknownNameError),
        leading(log_of(config), notifier) as lead,
    ):
        if is_waiting(config.paths.keeper):
            _hand_over_log(config, lead.place)
        keys = load_keys(config.paths.keeper)
        _know_again(keys, config, lead.place)
        keys = within_reach(keys, reach_of(config))
        _try_tokens(keys)
        _tell_whom_it_trusts(config.paths.keeper / FOLDER)
        serve(
            keys,
            lead,
            place(config),
            processes_of(config.keeper.workers),
            limits(config),
            operators=operators(config),
            verifier=verifier(config),
            services=frozenset(config.service.addresses),
            rules=host_rules(config),
            world=TrustStore(config.paths.keeper / FOLDER).world,
            notifier=notifier,
        )
    return 0


def _know_again(keys: Keys, config: Config, log_at: LogPlace) -> None:
    """Refuse keys that are not this service's; log of which ones nothing is noted yet."""
    with Journal(log_at) as journal:
        unproven = check_own(keys, journal.key_values())
        journal.check_signer(keys.log)
    if line := without_key(keys, config):
        raise KeyFileError(line, SMIME_BACK)
    if unproven:
        log.warning("not known again yet: %s (rmp key prove)", ", ".join(unproven))


def _hand_over_log(config: Config, log_at: LogPlace) -> None:
    """Have the next key sign the access log; not while another keeper signs it still."""
    remove_stale(config.sockets.keeper)
    vkey = take_up(config.paths.keeper, log_at, int(time.time()))
    log.warning("the access log is handed over to %s", vkey)


def _try_tokens(keys: Keys) -> None:
    """Ask the tokens that keys lie on, each in a process of its own; log what they say.

    One that is away keeps nobody from starting: slots are sealed without it, codes and standing
    packets open without it, and it is asked anew by the next mail that needs it. Only what it
    opens itself waits, by 451, and no longer than it is away.
    """
    for key in all_elsewhere(keys):
        try:
            tried = in_child(lambda: None, key.private.tried, HalfTried)
        except ChildFailed as error:
            tried = HalfTried(f"it does not answer {error}".rstrip())
        if tried.refused:
            key.private.refuse()
        if tried.fault:
            log.critical("%s: %s; %s", key.place, tried.fault, WAITS_FOR_IT)
        else:
            log.info("the custody key answers on %s", key.place)


def reach_of(config: Config) -> Reach:
    """Return by what the keeper reaches keys that lie elsewhere."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return Reach(credentials, config.keeper.token_module, config.keeper.token_pin)


def _tell_whom_it_trusts(folder: Path) -> None:
    """Log whose attestations count; a faulty file must not keep the keeper from starting."""
    try:
        names = [key.name for key in listed(folder)]
    except (TrustError, OSError) as error:
        log.error("a registered key cannot be used: %s", error)  # noqa: TRY400 -- one line says it
    else:
        log.info("Vitale attestations count from: %s", ", ".join(names) or "nobody")


def verifier(config: Config) -> JwsVerifier:
    """Return what checks Vitale attestations, made out to the configured addresses."""
    return JwsVerifier(
        folder=config.paths.keeper / FOLDER,
        addresses=frozenset(config.service.addresses),
        longest=limits(config).attestation,
    )


def host_rules(config: Config) -> HostRules:
    """Return what the host has chosen of who may do what; the keeper holds to it by itself."""
    rules = config.rules
    return HostRules(
        policy=config.rights,
        clock=config.clock,
        signature_days=rules.signature_days,
        contest_days=rules.contest_days,
        retention=rules.retention_years * YEAR_SECONDS,
        wrong_codes=rules.wrong_codes,
        old_wrong_codes=rules.old_wrong_codes,
        sender_codes=rules.sender_codes,
        global_codes=min(rules.global_codes, MOST_TIMES),
        window=rules.window_seconds,
        translates=rules.translates,
    )


def place(config: Config) -> Listening:
    """Return where the keeper listens and to whom; raises :class:`UnknownNameError`."""
    return Listening(
        socket=config.sockets.keeper,
        allowed_uids=frozenset(uid_of(user) for user in config.keeper.users),
        mode=config.sockets.keeper_mode,
    )


def operators(config: Config) -> Listening:
    """Return where the keeper takes the host's own acts: from root, and from its own user."""
    return Listening(
        socket=config.sockets.operator,
        allowed_uids=frozenset({ROOT, os.geteuid()}),
        mode=0o600,
    )


def limits(config: Config) -> Limits:
    """Return the keeper's bounds as the configuration has them."""
    return Limits(
        message=config.limits.message_bytes,
        plaintext=config.limits.plaintext_bytes,
        text=config.limits.header_bytes,
        key_packets=config.limits.key_packets,
        bodies=config.limits.parts,
        parts=config.limits.parts,
        # Whom the milter no longer waits for keeps no worker: its place is another's by then.
        work=config.milter.keeper_timeout_seconds,
        # Files from before this bound name shorter ones: they must not stop a service.
        code_length=max(SHORTEST_CODE, config.keeper.code_length),
        code_minimum=max(SHORTEST_CODE, config.keeper.code_minimum),
    )
