"""Reading the configuration: every fault found in one go, a line for each."""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from rmp_milter.config.sections import (
    OPERATOR_SOCKET,
    SOCKET_PATH_BYTES,
    AnswersSection,
    AuditSection,
    ConsentSection,
    CourierSection,
    DkimSection,
    FileMode,
    KeeperSection,
    LimitsSection,
    LogSection,
    MilterSection,
    OngletsSection,
    PathsSection,
    PolicySection,
    RulesSection,
    Section,
    ServiceSection,
    SocketsSection,
    StoreSection,
    TunnelSection,
)
from rmp_milter.disk.formats import Format
from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.rules import Policy, policy_of
from rmp_milter.dossier.weak_codes import SHORTEST_CODE

FORMAT = Format("rmp.toml", 1)
"""A new setting with a default is none; another meaning of what hosts have is a new number."""

FORMAT_KEY = "format"
MOST_PORT = 65_535


class ConfigErrors(Exception):  # noqa: N818 -- it holds several, and says so
    """The configuration cannot be used; ``lines`` has one clear line per fault."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration, complete and checked; every path is absolute."""

    file: Path
    service: ServiceSection
    paths: PathsSection
    sockets: SocketsSection
    tunnel: TunnelSection
    limits: LimitsSection
    keeper: KeeperSection
    milter: MilterSection
    rules: RulesSection
    policy: Section
    onglets: Section
    answers: AnswersSection
    store: StoreSection
    courier: CourierSection
    dkim: DkimSection
    audit: AuditSection
    consent: ConsentSection
    log: LogSection

    @property
    def rights(self) -> Policy:
        """Who may do what: the strictest table, with the host's own rows of [policy]."""
        rows = msgspec.structs.asdict(self.policy)
        return policy_of({name: sets for name, sets in rows.items() if sets is not None})

    @property
    def keeper_sockets(self) -> tuple[Path, ...]:
        """Where milter and commands call a keeper: the first that is not away."""
        return self.milter.keepers or (self.sockets.keeper,)

    @property
    def clock(self) -> Clock:
        """The host's clock, which what people read goes by."""
        name = self.service.timezone
        return Clock(name, ZoneInfo(name))


SECTIONS: dict[str, type[Section]] = {
    "service": ServiceSection,
    "paths": PathsSection,
    "sockets": SocketsSection,
    "tunnel": TunnelSection,
    "limits": LimitsSection,
    "keeper": KeeperSection,
    "milter": MilterSection,
    "rules": RulesSection,
    "policy": PolicySection,
    "onglets": OngletsSection,
    "answers": AnswersSection,
    "store": StoreSection,
    "courier": CourierSection,
    "dkim": DkimSection,
    "audit": AuditSection,
    "consent": ConsentSection,
    "log": LogSection,
}

AnySection = TypeVar("AnySection", bound=Section)


def load(path: Path) -> Config:
    """Read and check the file at ``path``; raise :class:`ConfigErrors` with all faults."""
    file = path.absolute()
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        raise ConfigErrors([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigErrors([f"{path.name}: is not UTF-8 text"]) from error
    return parse(text, file)


def parse(text: str, file: Path) -> Config:
    """Check the configuration's ``text``; relative paths start at ``file``'s folder.

    Raises :class:`ConfigErrors` with every fault found.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigErrors([f"{file.name}: is not TOML: {error}"]) from error
    _check_format(document.pop(FORMAT_KEY, FORMAT.number), file)
    faults = list(_faults_of_document(document))
    if not faults:
        config = _complete(_Tables(document), file)
        faults = list(_faults_between_settings(config))
    if faults:
        raise ConfigErrors([f"{file.name}: {fault}" for fault in faults])
    return config


def _check_format(number: object, file: Path) -> None:
    """See that the file is of this version's format, alone: of another, all may be strange."""
    if type(number) is not int or number < 1:  # True is an int
        said = f"must be a whole number, {FORMAT.number} in this version"
        raise ConfigErrors([f"{file.name}: {FORMAT_KEY}: {said}, not {str(number)[:80]!r}"])
    if number != FORMAT.number:
        raise ConfigErrors([f"{file.name}: {FORMAT.refusal(number)}"])


class _Tables:
    """The document's tables, already known to fit; absent ones are empty."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self._document = document

    def read(self, name: str, section: type[AnySection]) -> AnySection:
        return msgspec.convert(self._document.get(name, {}), section, dec_hook=_from_string)


def _complete(tables: _Tables, file: Path) -> Config:
    service = tables.read("service", ServiceSection)
    dkim = tables.read("dkim", DkimSection)
    paths = _below(file.parent, tables.read("paths", PathsSection))
    own_domain = service.addresses[0].rpartition("@")[2]
    return Config(
        file=file,
        service=service,
        paths=paths,
        sockets=_sockets(tables, file.parent, paths.keeper),
        tunnel=_below(file.parent, tables.read("tunnel", TunnelSection)),
        limits=tables.read("limits", LimitsSection),
        keeper=tables.read("keeper", KeeperSection),
        milter=_below(file.parent, tables.read("milter", MilterSection)),
        rules=tables.read("rules", RulesSection),
        policy=tables.read("policy", PolicySection),
        onglets=tables.read("onglets", OngletsSection),
        answers=tables.read("answers", AnswersSection),
        store=tables.read("store", StoreSection),
        courier=tables.read("courier", CourierSection),
        dkim=msgspec.structs.replace(dkim, domain=dkim.domain or own_domain),
        audit=tables.read("audit", AuditSection),
        consent=tables.read("consent", ConsentSection),
        log=tables.read("log", LogSection),
    )


def _sockets(tables: _Tables, folder: Path, keeper: Path) -> SocketsSection:
    """Return where the sockets are; only root and its user enter the folder of the ``keeper``."""
    section = tables.read("sockets", SocketsSection)
    if section.operator == Path():
        section = msgspec.structs.replace(section, operator=keeper / OPERATOR_SOCKET)
    return _below(folder, section)


def _below(folder: Path, section: AnySection) -> AnySection:
    """Return the section with its paths made absolute (an absolute one stays)."""
    values = msgspec.structs.asdict(section)
    return msgspec.structs.replace(
        section, **{name: _placed(folder, value) for name, value in values.items()}
    )


def _placed(folder: Path, value: object) -> object:
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, tuple):
        return tuple(_placed(folder, each) for each in value)
    return value


def _faults_of_document(document: Mapping[str, object]) -> Iterator[str]:
    for name, table in document.items():
        if name not in SECTIONS:
            yield f"[{name}]: unknown section{_suggestion(name, SECTIONS)}"
        elif not isinstance(table, dict):
            yield f"{name}: must be a section, written [{name}]"
    for name, section in SECTIONS.items():
        table = document.get(name, {})
        if isinstance(table, dict):
            yield from _faults_of_section(name, section, table)


def _faults_of_section(
    name: str, section: type[Section], table: Mapping[str, object]
) -> Iterator[str]:
    fields = {field.name: field for field in msgspec.structs.fields(section)}
    for key in (key for key in table if key not in fields):
        yield f"[{name}] {key}: unknown setting{_suggestion(key, fields)}"
    for key, field in fields.items():
        if key not in table and field.required:
            yield f"[{name}] {key}: is missing, must be {_description(field.type)}"
        elif key in table and not _fits(table[key], field.type):
            shown = repr(table[key])[:80]
            yield f"[{name}] {key}: must be {_description(field.type)}, not {shown}"


def _suggestion(word: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f" (is {close[0]} meant?)" if close else ""


def _fits(value: object, kind: object) -> bool:
    try:
        msgspec.convert(value, kind, dec_hook=_from_string)
    except msgspec.ValidationError:
        return False
    return True


def _from_string(kind: type, value: object) -> Path | FileMode:
    """Make what TOML has no type for; msgspec turns the errors into its own."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("must be a string")
    if kind is Path:
        return Path(value)
    mode = int(value, 8)
    if not 0 <= mode <= 0o777:  # noqa: PLR2004 -- rwx for user, group and others
        raise ValueError("not permission bits")
    return FileMode(mode)


def _description(kind: object) -> str:
    """Return the words that the annotation gives for what fits."""
    for meta in reversed(getattr(kind, "__metadata__", ())):
        if isinstance(meta, Meta) and meta.description:
            return meta.description
    return "something else"


def _is_known(timezone: str) -> bool:
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _faults_between_settings(config: Config) -> Iterator[str]:
    """Yield what only settings taken together, or this machine, can get wrong."""
    if not _is_known(config.service.timezone):
        yield (
            f"[service] timezone: this machine knows no such time zone: "
            f"{config.service.timezone!r} (the package tzdata has them)"
        )
    if len(set(config.service.addresses)) < len(config.service.addresses):
        yield "[service] addresses: names an address twice"
    if len(set(config.audit.addresses)) < len(config.audit.addresses):
        yield "[audit] addresses: names an address twice"
    if config.keeper.code_minimum > max(SHORTEST_CODE, config.keeper.code_length):
        yield "[keeper] code_minimum: must not be larger than code_length"
    if config.limits.plaintext_bytes < config.limits.message_bytes:
        yield "[limits] plaintext_bytes: must not be smaller than message_bytes"
    sockets = config.sockets
    places = {"keeper": sockets.keeper, "operator": sockets.operator, "milter": sockets.milter}
    if sockets.keeper == sockets.milter:
        yield "[sockets] milter: must differ from keeper"
    if sockets.operator in {sockets.keeper, sockets.milter}:
        yield "[sockets] operator: must differ from keeper and milter"
    for name, path in places.items():
        if len(bytes(path)) > SOCKET_PATH_BYTES:
            yield f"[sockets] {name}: is longer than {SOCKET_PATH_BYTES} bytes: {path}"
    yield from _faults_of_keepers(config)


def _faults_of_keepers(config: Config) -> Iterator[str]:
    keepers = config.milter.keepers
    if len(set(keepers)) < len(keepers):
        yield "[milter] keepers: names a socket twice"
    if {config.sockets.operator, config.sockets.milter}.intersection(keepers):
        yield "[milter] keepers: must differ from [sockets] operator and milter"
    for path in keepers:
        if len(bytes(path)) > SOCKET_PATH_BYTES:
            yield f"[milter] keepers: is longer than {SOCKET_PATH_BYTES} bytes: {path}"
    tunnel = config.tunnel
    for name in tunnel.keepers:
        if len(bytes(tunnel.socket_of(name))) > SOCKET_PATH_BYTES:
            path = tunnel.socket_of(name)
            yield f"[tunnel] sockets: is longer than {SOCKET_PATH_BYTES} bytes: {path}"
    for written in (*tunnel.keepers.values(), *tunnel.listen):
        if int(written.rpartition(":")[2]) > MOST_PORT:
            yield f"[tunnel] {written}: a port is 65535 at most"
