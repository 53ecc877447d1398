"""``rmp inspect``: why a doctor's mail is refused, without showing what it says."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import click
import msgspec
from click.core import ParameterSource

from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.keepers import keepers_at
from rmp_milter.calls.memory import Memory
from rmp_milter.cli.errors import CommandError, Status
from rmp_milter.cli.inspect_text import print_said, said_as_json
from rmp_milter.cli.inspection import print_report, report_as_json
from rmp_milter.cli.issuers import world_of
from rmp_milter.cli.options import json_option
from rmp_milter.cli.output import print_json
from rmp_milter.cli.run_keeper import limits as keeper_limits
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config, load
from rmp_milter.config.sections import LimitsSection, RulesSection
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.handlers.table import HANDLERS
from rmp_milter.host.owners import become_owner
from rmp_milter.inspection.envelopes import OwnCertificates
from rmp_milter.inspection.inside import Opener, with_keeper, with_key_file
from rmp_milter.inspection.key_file import KeyFile, KeyUnusable, read_key_file
from rmp_milter.inspection.mail_file import FirstMail, first_mail, travelling_size
from rmp_milter.inspection.outside import MAX_NAME, LookedAt, OutsideMeans, Treatment, look
from rmp_milter.inspection.own_keys import UNKNOWN, OwnKeys
from rmp_milter.inspection.report import Circumstances, MailReport, closed, opened, too_large
from rmp_milter.inspection.said import said_in
from rmp_milter.keeper.desk.desk import Limits
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import service_key_ids
from rmp_milter.keeper.keys.smime_folder import SMIME, read_public
from rmp_milter.keeper.openpgp.packets import ReadAt
from rmp_milter.mail.outgoing.narrow import ready
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.surface import Snapshot
from rmp_milter.x509 import World

MAX_KEY_FILE = 1 << 20  # bytes
MAX_PASSPHRASE = 1024  # bytes
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@dataclass(frozen=True)
class Openers:
    """What a mail is opened with, as far as it is there."""

    config: Config | None
    key_file: KeyFile | None
    ours: OwnCertificates | None = None
    world: World | None = None
    own: OwnKeys = UNKNOWN

    @property
    def message_bytes(self) -> int:
        """The largest mail that the service takes."""
        return (self.config.limits if self.config else LimitsSection()).message_bytes

    @property
    def signature_days(self) -> int:
        """How old a signature may be."""
        return (self.config.rules if self.config else RulesSection()).signature_days

    @property
    def limits(self) -> Limits:
        """The keeper's bounds."""
        return keeper_limits(self.config) if self.config else Limits()


@click.command()
@click.argument("mail", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option(
    "--text",
    "is_text",
    is_flag=True,
    help="MAIL is a decrypted text or MIME entity: say how it would be read.",
)
@click.option("--secret-key", type=_FILE, help="Open it with this secret key.")
@click.option("--passphrase-file", type=_FILE, help="Its first line is the key's passphrase.")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration file.",
)
@json_option
def inspect(  # noqa: PLR0913 -- the options of the command
    mail: Path,
    *,
    is_text: bool,
    secret_key: Path | None,
    passphrase_file: Path | None,
    config_file: Path | None,
    as_json: bool,
) -> int:
    """Say what shape the file MAIL has, and what the service would do with it.

    MAIL may be "-" for standard input; of an mbox the first mail is looked at. The mail
    is opened with --secret-key, else by the running keeper. Shown are the routing header,
    its patient's code masked, and the names of the parts; never a letter or a document.

    With --text MAIL is a text as it is once decrypted, plain or a MIME entity: its own words
    are shown, what was passed over, what it asks for, and what is asked back.

    Status 0 if the service takes it, 1 if it does not (or asks back), 2 for a wrong call.
    """
    if is_text:
        if secret_key or passphrase_file:
            raise click.UsageError("--text is of a decrypted text: no key goes with it")
        return _inspect_text(mail, config_file, as_json=as_json)
    if passphrase_file and not secret_key:
        raise click.UsageError("--passphrase-file goes with --secret-key")
    _write_no_core()
    with _reading_files():
        means = _openers(_configuration(config_file), _key_file(secret_key, passphrase_file))
        memory = _in_memory(mail, means.message_bytes)
    _leave_root(means.config)
    with memory, memory.mapped() as file, _refusing_key(secret_key):
        report = _examine(file, first_mail(file), means)
    language = means.config.service.language if means.config else "fr"
    facts = {
        "limit": str(means.message_bytes // 1_000_000),
        "files": ", ".join(file.name for file in report.outside.clear.files)[:MAX_NAME],
        "service": report.header.service if report.header else "",
    }
    if as_json:
        print_json(report_as_json(report, language, facts))
    else:
        print_report(report, language, facts)
    return Status.OK if report.verdict.outcome is Treatment.TAKEN else Status.REFUSED


def _inspect_text(path: Path, config_file: Path | None, *, as_json: bool) -> int:
    """Print how a decrypted text would be read."""
    _write_no_core()
    with _reading_files():
        means = Openers(_configuration(config_file), None)
        memory = _in_memory(path, means.limits.plaintext)
    with memory, memory.mapped() as file:
        data = bytes(file)
    if len(data) > means.limits.plaintext:
        raise CommandError("the text is larger than any that the service decrypts")
    language = means.config.service.language if means.config else "fr"
    this_year = int(day_of(int(time.time()), UNIVERSAL)[:4])
    report = said_in(data, means.limits, this_year, language)
    if means.config:
        asked_back = ready(report.asked_back, means.config.service.addresses[0])
        report = msgspec.structs.replace(report, asked_back=asked_back)
    if as_json:
        print_json(said_as_json(report, language))
    else:
        print_said(report, language)
    return Status.REFUSED if report.refusal else Status.OK


def _write_no_core() -> None:
    """Keep plaintext and keys out of core files, which are on disk."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def _leave_root(config: Config | None) -> None:
    """Become the store's owner before anything of the mail is looked at.

    He is also the one whom the keeper answers.
    """
    if config:
        with suppress(OSError):
            become_owner(config.paths.store)


@contextmanager
def _reading_files() -> Iterator[None]:
    """Report a file that cannot be read as a wrong call: status 1 is the mail's verdict."""
    try:
        yield
    except OSError as error:
        line = f"{error.filename or 'file'}: {error.strerror or error}"
        raise CommandError(line, status=Status.USAGE) from None


@contextmanager
def _refusing_key(path: Path | None) -> Iterator[None]:
    try:
        yield
    except KeyUnusable as error:
        raise CommandError(f"{path}: {error}", status=Status.USAGE) from None


def _configuration(own: Path | None) -> Config | None:
    """Return the configuration; None where nobody named one and there is none."""
    if own is not None:
        return load(own)
    root = click.get_current_context().find_root()
    path = Path(root.params["config"])
    named = root.get_parameter_source("config") is not ParameterSource.DEFAULT
    return load(path) if named or path.exists() else None


def _key_file(path: Path | None, passphrase_file: Path | None) -> KeyFile | None:
    if path is None:
        return None
    with path.open("rb") as file:
        content = file.read(MAX_KEY_FILE)
    with _refusing_key(path):
        return read_key_file(content, _passphrase(passphrase_file))


def _openers(config: Config | None, key_file: KeyFile | None) -> Openers:
    """Return what there is to open a mail with; files of the keeper's as far as they are open."""
    return Openers(config, key_file, _ours(config, key_file), _world(config), _own_keys(config))


def _own_keys(config: Config | None) -> OwnKeys:
    """Return what is known of the service's keys, which its keeper alone and root may read."""
    if config is None:
        return UNKNOWN
    try:
        return OwnKeys(*service_key_ids(config.paths.keeper, int(time.time())))
    except (KeyFileError, OSError):
        return UNKNOWN


def _ours(config: Config | None, key_file: KeyFile | None) -> OwnCertificates | None:
    """Return the service's S/MIME certificates; with a key it is the service with that key."""
    now = int(time.time())
    if key_file:
        return OwnCertificates(key_file.smime, now)
    try:
        return (
            OwnCertificates(read_public(config.paths.keeper / SMIME), now) if config else None
        )
    except (KeyFileError, OSError):
        return None


def _world(config: Config | None) -> World | None:
    try:
        return world_of(config) if config else None
    except OSError:
        return None


def _passphrase(path: Path | None) -> bytes:
    if path is None:
        return b""
    with path.open("rb") as file:
        return file.readline(MAX_PASSPHRASE).rstrip(b"\r\n")


def _in_memory(path: Path, limit: int) -> Memory:
    """Read the file, but no more than one byte beyond ``limit``."""
    memory = Memory()
    with click.open_file(str(path), "rb") as file:
        memory.write_all(_chunks(file, limit + 1))
    return memory


def _chunks(file: IO[bytes], limit: int) -> Iterator[bytes]:
    while limit and (chunk := file.read(min(limit, 1 << 20))):
        limit -= len(chunk)
        yield chunk


def _examine(file: memoryview, found: FirstMail, means: Openers) -> MailReport:
    raw = file[found.start : found.end]
    size = travelling_size(raw)
    if size > means.message_bytes or (not found.more and len(file) > means.message_bytes):
        return too_large(len(raw), more_mails=found.more)
    with Memory() as bodies:
        bounds = OutsideMeans(_reader(bodies), means.limits, means.ours)
        seen = look(raw, found.mail_from, bodies, bounds)
        report = MailReport(len(raw), found.more, seen.outside, seen.outside.verdict)
        opener = _opener(seen, bodies, means)
        if isinstance(opener, str):
            return closed(report, opener)
        with _directory(means.config) as directory:
            services = means.config.service.addresses if means.config else ()
            now = int(time.time())
            ground = Circumstances(directory, HANDLERS, now, means.signature_days, services)
            return opened(report, opener, found.mail_from, ground)


def _reader(bodies: Memory) -> ReadAt:
    return lambda offset, size: os.pread(bodies.fd, size, offset)


def _opener(seen: LookedAt, bodies: Memory, means: Openers) -> Opener | str:
    """Return what opens the mail, or why it stays closed."""
    if not seen.refs:
        return "nothing in it can be opened with a key"
    if means.key_file:
        now = int(time.time())
        services = means.config.service.addresses if means.config else ()
        reader = _reader(bodies)
        mail = seen.refs, reader, means.limits, now
        return with_key_file(means.key_file, *mail, services, means.world, means.own)
    if means.config is None:
        return "there is no configuration, and no --secret-key was given"
    verdict = seen.outside.verdict
    if verdict.outcome is not Treatment.TAKEN and not verdict.by_letter:
        return "the service does not open such a mail"
    config = means.config
    keepers = keepers_at(config.keeper_sockets, 1, config.milter.keeper_timeout_seconds)
    keeper = RemoteKeeper(keepers.call, means.message_bytes // 1_000_000)
    return with_keeper(keeper, seen.refs, bodies)


@contextmanager
def _directory(config: Config | None) -> Iterator[Snapshot | None]:
    """Give the enrolled doctors, or None where this user may not read them."""
    with ExitStack() as stack:
        view = None
        if config:
            try:
                store = stack.enter_context(open_store(config, read_only=True))
                view = stack.enter_context(store.snapshot())
            except (CommandError, StoreError, OSError):
                view = None
        yield view
