"""The sections of the configuration file: each setting's type, bounds and default.

The description beside a type is what a fault's line tells the admin ("must be ...").
"""

from pathlib import Path
from typing import Annotated, Literal, cast

import msgspec
from msgspec import Meta

from rmp_milter.dossier.model import Onglet
from rmp_milter.dossier.rules import Act, Proof, Relation

MIB = 1024 * 1024
PROOF = "|".join(Proof)
_WORD = r"\*?[^\W_]+(['’.-][^\W_]+)*\*?"
PHRASE = rf"^{_WORD}( {_WORD})*$"
SOCKET_PATH_BYTES = 107
OPERATOR_SOCKET = "operator.sock"
"""Its name in the keeper's folder, where no other place is set."""
"""Longest path of a unix socket on Linux, without the closing NUL (unix(7))."""

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = rf"{_LABEL}(\.{_LABEL})*"
# No "+": what follows it in a bounce address must stay recognisable.
ADDRESS = rf"^[a-z0-9_=-]+(\.[a-z0-9_=-]+)*@{DOMAIN}$"


CONSENT_VERSION = r"^[A-Za-z0-9][A-Za-z0-9.-]{0,31}$"


class FileMode(int):
    """Permission bits, written in the file as an octal string such as ``"0660"``."""


def _whole(low: int, high: int, what: str) -> Meta:
    return Meta(ge=low, le=high, description=f"a whole number of {what}, {low} to {high}")


_Folder = Annotated[Path, Meta(description="a folder, as a string")]
_File = Annotated[Path, Meta(description="a file, as a string")]
_Socket = Annotated[
    Path, Meta(description=f"a socket's path, as a string of at most {SOCKET_PATH_BYTES} bytes")
]
_Mode = Annotated[FileMode, Meta(description='an octal mode as a string, such as "0660"')]
_Seconds = Annotated[int, _whole(1, 86_400, "seconds")]
_Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f<>\"]*$")]

_Word = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x20\x7f='\"\\]*$")]


_Engine = Annotated[Literal["lmdb", "postgresql"], Meta(description='"lmdb" or "postgresql"')]
_ServerHost = Annotated[_Word, Meta(description="a host's name, or a socket's folder")]
_ServerPort = Annotated[int, Meta(ge=0, le=65_535, description="a port number, or 0")]
_Database = Annotated[_Word, Meta(description="a database's name")]
_Schema = Annotated[
    str, Meta(pattern="^[a-z_][a-z0-9_]{0,40}$", description="a schema's name, such as rmp")
]
_PqService = Annotated[_Word, Meta(description="an entry of libpq's service file")]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every section of the file."""


class ServiceSection(Section, frozen=True, kw_only=True):
    """Who the service is; ``addresses[0]`` is the one that answers come from."""

    addresses: Annotated[
        tuple[Annotated[str, Meta(pattern=ADDRESS, max_length=200)], ...],
        Meta(
            min_length=1,
            description="a list of mail addresses in lower case, without '+', "
            'such as ["rmp@chu.example"]',
        ),
    ]
    name: Annotated[
        _Line, Meta(description='a name of 1 to 200 characters, without < > or "')
    ] = "Résumé médical partagé"
    language: Annotated[Literal["fr", "en"], Meta(description='"fr" or "en"')] = "fr"
    timezone: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$",
            max_length=64,
            description='the name of a time zone, such as "Europe/Paris"',
        ),
    ] = "Europe/Paris"


class PathsSection(Section, frozen=True, kw_only=True):
    """Where each process keeps its files; relative ones start at the file's folder."""

    keeper: _Folder = Path("keeper")
    milter: _Folder = Path("milter")
    store: _Folder = Path("store")
    courier: _Folder = Path("courier")
    public: _Folder = Path("public")
    outbox_key: _File = Path("shared/outbox.key")


class SocketsSection(Section, frozen=True, kw_only=True):
    """The unix sockets, who may open them; ``milter_group`` empty leaves the group.

    ``operator``, left out, lies in the keeper's folder.
    """

    keeper: _Socket = Path("run/keeper.sock")
    operator: _Socket = Path()
    milter: _Socket = Path("run/milter.sock")
    keeper_mode: _Mode = FileMode(0o660)
    milter_mode: _Mode = FileMode(0o660)
    milter_group: Annotated[
        str, Meta(max_length=32, description="a group's name, or empty for none")
    ] = ""


_NAME = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
_HOST_PORT = r"^([A-Za-z0-9]([A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:]{2,39}\]):[1-9][0-9]{0,4}$"
_HostPort = Annotated[str, Meta(pattern=_HOST_PORT)]


class TunnelSection(Section, frozen=True, kw_only=True):
    """Calls between hosts: ``keepers`` to reach from here, where milters come in (``listen``).

    ``folder`` holds the host's own key and the certificates of the others, ``sockets`` are where
    the keepers of other hosts are called, each by its name.
    """

    keepers: Annotated[
        dict[Annotated[str, Meta(pattern=_NAME)], _HostPort],
        Meta(
            max_length=8,
            description="at most 8 names, each with a host and a port, such as "
            '{ a = "keeper-a.chu.example:7443" }',
        ),
    ] = {}
    listen: Annotated[
        tuple[_HostPort, ...],
        Meta(
            max_length=8,
            description='a list of addresses with a port, such as ["192.0.2.10:7443"]',
        ),
    ] = ()
    folder: _Folder = Path("tunnel")
    sockets: _Folder = Path("run/tunnel")

    def socket_of(self, name: str) -> Path:
        """Return where the keeper of this name is called."""
        return self.sockets / f"{name}.sock"


class LimitsSection(Section, frozen=True, kw_only=True):
    """Bounds on what a mail may hold, and on how large an answer may be."""

    message_bytes: Annotated[int, _whole(64 * 1024, 1024 * MIB, "bytes")] = 50 * MIB
    plaintext_bytes: Annotated[int, _whole(64 * 1024, 2048 * MIB, "bytes")] = 64 * MIB
    header_bytes: Annotated[int, _whole(4096, MIB, "bytes")] = 64 * 1024
    answer_bytes: Annotated[int, _whole(64 * 1024, 1024 * MIB, "bytes")] = 10_000_000
    key_packets: Annotated[int, _whole(1, 256, "key packets")] = 64
    parts: Annotated[int, _whole(2, 10_000, "MIME parts")] = 200


class KeeperSection(Section, frozen=True, kw_only=True):
    """The keeper's workers, who may call it, its token's module and PIN, the patients' codes.

    ``engine`` keeps the access log and the keeper's own tables; the rest is where a server is, as
    in :class:`StoreSection`.
    """

    workers: Annotated[int, _whole(1, 64, "worker processes")] = 2
    users: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^([a-z_][a-z0-9_.-]*|[0-9]+)$")], ...],
        Meta(
            min_length=1,
            description='a list of user names or numeric uids, such as ["rmp-milter"]',
        ),
    ] = ("rmp-milter",)
    token_module: Annotated[
        str, Meta(pattern=r"^(/[^\x00]+)?$", description="an absolute path, or empty for none")
    ] = ""
    token_pin: Annotated[
        str,
        Meta(
            pattern=r"^(/[^\x00]+|credential:[A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$",
            description='a file\'s absolute path, "credential:NAME", or empty for none',
        ),
    ] = ""
    code_length: Annotated[int, _whole(4, 32, "characters")] = 8
    code_minimum: Annotated[int, _whole(4, 32, "characters")] = 8
    engine: _Engine = "lmdb"
    host: _ServerHost = ""
    port: _ServerPort = 0
    database: _Database = ""
    schema: _Schema = "rmp_keeper"
    service: _PqService = ""


class MilterSection(Section, frozen=True, kw_only=True):
    """The milter's patience, and how long a mail that was done is known again.

    ``keepers`` are where keepers are called, in their order; none is the socket of the host's
    own (:attr:`~.reading.Config.keeper_sockets`).
    """

    timeout_seconds: _Seconds = 600
    keeper_timeout_seconds: _Seconds = 120
    keepers: Annotated[
        tuple[_Socket, ...],
        Meta(
            max_length=8,
            description="a list of at most 8 sockets' paths, such as "
            '["run/tunnel/keeper-a.sock", "run/tunnel/keeper-b.sock"]',
        ),
    ] = ()
    keeper_wait_seconds: Annotated[int, _whole(0, 200, "seconds")] = 60
    duplicate_days: Annotated[int, _whole(1, 365, "days")] = 30
    chores_seconds: _Seconds = 300


class RulesSection(Section, frozen=True, kw_only=True):
    """Bounds of the dossiers' rules: tries, waits, how long things are kept."""

    wrong_codes: Annotated[int, _whole(1, 100, "wrong codes")] = 5
    old_wrong_codes: Annotated[int, _whole(1, 1000, "wrong codes")] = 30
    sender_codes: Annotated[int, _whole(1, 1000, "wrong codes")] = 10
    global_codes: Annotated[int, _whole(1, 100_000, "wrong codes")] = 500
    lists: Annotated[int, _whole(1, 10_000, "lists")] = 30
    window_seconds: _Seconds = 3600
    hold_seconds: Annotated[int, _whole(0, 3600, "seconds")] = 60
    waiting_days: Annotated[int, _whole(1, 365, "days")] = 30
    retention_years: Annotated[int, _whole(1, 100, "years")] = 20
    signature_days: Annotated[int, _whole(1, 30, "days")] = 7
    contest_days: Annotated[int, _whole(0, 90, "days")] = 15
    translates: bool = True


_ProofSet = Annotated[str, Meta(pattern=rf"^({PROOF})(\+({PROOF}))*$")]
_PolicyRow = Annotated[
    tuple[_ProofSet, ...] | None,
    Meta(
        description="a list of sets of proofs (signature, cps, compte, code, vitale), such as "
        '["signature+code"]; an empty one forbids the act'
    ),
]

PolicySection = cast(
    type[Section],
    msgspec.defstruct(
        "PolicySection",
        [(f"{act}_{relation}", _PolicyRow, None) for act in Act for relation in Relation],
        bases=(Section,),
        frozen=True,
        kw_only=True,
    ),
)
"""Rows of :data:`rmp_milter.dossier.rules.STRICTEST` that the host has its own of, by name."""


_Phrases = Annotated[
    tuple[Annotated[str, Meta(pattern=PHRASE, max_length=80)], ...],
    Meta(
        description="a list of phrases of whole words, a * at a word's end or beginning "
        'standing for any letters, such as ["plan de soins", "kine*"]'
    ),
]

OngletsSection = cast(
    type[Section],
    msgspec.defstruct(
        "OngletsSection",
        [(onglet.name.lower(), _Phrases, ()) for onglet in Onglet],
        bases=(Section,),
        frozen=True,
        kw_only=True,
    ),
)
"""Phrases of document types that the host wants in an onglet, tried before the built-in ones."""


class StoreSection(Section, frozen=True, kw_only=True):
    """Which engine keeps the store. ``map_bytes``, of LMDB's: the most that it may ever hold.

    The rest is where a PostgreSQL server is: what is empty, or 0, libpq takes by itself. No
    secret is ever said here.
    """

    engine: _Engine = "lmdb"
    map_bytes: Annotated[int, _whole(16 * MIB, 2**46, "bytes")] = 64 * 1024 * MIB
    host: _ServerHost = ""
    port: _ServerPort = 0
    database: _Database = ""
    schema: _Schema = "rmp"
    service: _PqService = ""


class AnswersSection(Section, frozen=True, kw_only=True):
    """``mails``: how many mails one request is answered with at most, the index among them."""

    mails: Annotated[int, _whole(3, 1000, "mails")] = 20


class CourierSection(Section, frozen=True, kw_only=True):
    """Where answers are handed to Postfix, and how long that is tried."""

    host: Annotated[_Line, Meta(description="a host name or an IP address")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535, description="a port number, 1 to 65535")] = (
        10_026
    )
    senders: Annotated[int, _whole(1, 32, "connections")] = 2
    give_up_hours: Annotated[int, _whole(1, 720, "hours")] = 120
    retry_seconds: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=86_400)], ...],
        Meta(min_length=1, description="a list of waits in seconds, 1 to 86400 each"),
    ] = (60, 300, 900, 3600, 14_400)


class DkimSection(Section, frozen=True, kw_only=True):
    """The DKIM signature's domain and selector; an empty domain is the service's own."""

    domain: Annotated[
        str, Meta(pattern=rf"^({DOMAIN})?$", description="a domain name in lower case")
    ] = ""
    selector: Annotated[
        str, Meta(pattern=rf"^{DOMAIN}$", description="a DKIM selector in lower case")
    ] = "rmp"


class AuditSection(Section, frozen=True, kw_only=True):
    """Who keeps the access log's checkpoints, sent at ``hour`` (UTC), and who is alerted.

    Emergencies are to be justified and reviewed within some hours; their doctors are
    reminded before. Which witnesses must cosign the log stands in the file ``witness_policy``;
    what they cosigned is kept in ``witnessed``.
    """

    addresses: Annotated[
        tuple[Annotated[str, Meta(pattern=ADDRESS, max_length=200)], ...],
        Meta(description='a list of mail addresses in lower case, such as ["dpo@ars.example"]'),
    ] = ()
    hour: Annotated[int, _whole(0, 23, "hours")] = 5
    alerts: Annotated[
        tuple[Annotated[str, Meta(pattern=ADDRESS, max_length=200)], ...],
        Meta(description='a list of mail addresses in lower case, such as ["dsi@chu.example"]'),
    ] = ()
    justify_hours: Annotated[int, _whole(1, 720, "hours")] = 24
    review_hours: Annotated[int, _whole(1, 2160, "hours")] = 72
    remind_hours: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=720)], ...],
        Meta(description="a list of hours after the access, 1 to 720 each, in their order"),
    ] = (12, 20)
    unusual: Annotated[
        float, Meta(ge=0, le=50, description="a score from 0 (never) to 50, such as 6.0")
    ] = 6.0
    witness_policy: Annotated[
        str, Meta(pattern=r"^(/[^\x00]+)?$", description="an absolute path, or empty for none")
    ] = ""
    witnessed: Annotated[
        str, Meta(pattern=r"^/[^\x00]+$", description="a folder's absolute path")
    ] = "/var/lib/rmp-witness"


class ConsentSection(Section, frozen=True, kw_only=True):
    """Of which text a patient's consent is, from now on; its words are kept by its version."""

    version: Annotated[
        str,
        Meta(
            pattern=CONSENT_VERSION,
            description='1 to 32 letters, digits, dots and hyphens, such as "2026-1"',
        ),
    ] = "2026-1"


class LogSection(Section, frozen=True, kw_only=True):
    """How much is written to stderr."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description='"debug", "info", "warning" or "error"'),
    ] = "info"
