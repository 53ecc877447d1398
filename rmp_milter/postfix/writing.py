"""The files of a Postfix in front of the service, filled in from what ``rmp.toml`` says.

Pure but for the patterns, which lie in ``files`` beside this module; each setting's reason
stands there. ``@name@`` in them is filled in here.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from importlib import resources
from pathlib import Path

from rmp_milter.postfix.facts import ABSENT, CHECK_DOMAIN, CHECK_TRANSPORT
from rmp_milter.postfix.limits import answer_bytes

DEFAULT_INSTANCE = "postfix-rmp"
_PLACE = re.compile(r"@([a-z_]+)@")
_MARK = re.compile(r"# rmp setup postfix wrote this \(([0-9a-f]{32})\)[^\n]*\n\Z")


class SaslKind(StrEnum):
    """Which server proves accounts to Postfix."""

    DOVECOT = "dovecot"
    CYRUS = "cyrus"
    NONE = "none"


@dataclass(frozen=True)
class InstancePlan:
    """One Postfix in front of the service: what its files depend on.

    ``listen`` are its own addresses on the network, ``reinject`` is host and port of the
    answers' listener. ``socket`` is the milter's, ``tls`` a file of key and chain.
    """

    folder: Path
    queue: Path
    data: Path
    addresses: tuple[str, ...]
    message_bytes: int
    socket: Path
    reinject: tuple[str, int]
    name: str = DEFAULT_INSTANCE
    hostname: str = ""
    listen: tuple[str, ...] = ()
    sasl: SaslKind = SaslKind.NONE
    tls: Path = Path()

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains of the service's addresses."""
        return tuple(dict.fromkeys(each.rpartition("@")[2] for each in self.addresses))


def instance_files(plan: InstancePlan) -> dict[str, str]:
    """Return all files of an instance of its own, by their names in its folder."""
    fill = _filler(plan)
    sasl = [] if plan.sasl is SaslKind.NONE else [f"main.cf.sasl-{plan.sasl}"]
    submission = ["master.cf.submission"] if sasl else []
    files = {
        "main.cf": "\n".join(map(fill, ["main.cf.dedicated", *sasl])),
        "master.cf": "".join(map(fill, ["master.cf.dedicated", *submission])),
        "transport": fill("transport"),
        "recipients": fill("recipients"),
    }
    if plan.sasl is SaslKind.CYRUS:
        files["sasl/smtpd.conf"] = fill("sasl-smtpd.conf")
    return files


def shared_files(plan: InstancePlan) -> dict[str, str]:
    """Return what a Postfix that carries other mail too is to have, by the files' names.

    ``main.cf`` and ``master.cf`` are lines to be merged by hand, the others whole files. The
    socket is named from ``queue`` on: it must lie below. Raises ``ValueError`` where not.
    """
    fill = _filler(plan, str(plan.socket.relative_to(plan.queue)))
    return {
        "main.cf": fill("main.cf.shared"),
        "master.cf": fill("master.cf.shared"),
        "rmp-transport": fill("transport"),
        "rmp-recipients": fill("recipients"),
    }


class _Filler:
    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.files = resources.files("rmp_milter.postfix") / "files"

    def __call__(self, name: str) -> str:
        text = (self.files / name).read_text(encoding="utf-8")
        return _PLACE.sub(lambda found: self.values[found[1]], text)


def _filler(plan: InstancePlan, socket: str = "") -> _Filler:
    host, port = plan.reinject
    recipients = [f"{each}     rmp\n" for each in plan.addresses]
    transports = [f"{each}     {ABSENT}\n" for each in plan.addresses]
    return _Filler(
        {
            "instance": plan.name,
            "config": str(plan.folder),
            "queue": str(plan.queue),
            "data": str(plan.data),
            "hostname": plan.hostname,
            "listen": ", ".join(plan.listen),
            "domains": ", ".join(plan.domains),
            "socket": socket or str(plan.socket),
            "message_bytes": str(plan.message_bytes),
            "answer_bytes": str(answer_bytes(plan.message_bytes)),
            "minfree": str(answer_bytes(plan.message_bytes) * 3 // 2),
            "reinject": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "tls": str(plan.tls),
            "check_domain": CHECK_DOMAIN,
            "check_transport": CHECK_TRANSPORT,
            "recipients": "".join(recipients),
            "transports": "".join(transports),
        }
    )


class FileFate(Enum):
    """What becomes of a file."""

    SAME = "unchanged"
    NEW = "new"
    RENEWED = "written anew"
    FOREIGN = "left alone"
    """It was not written by this command, or changed by hand since."""


def fate_of(present: str | None, wanted: str) -> FileFate:
    """Say what becomes of a file with the text ``present``, None where there is none."""
    if present is None:
        return FileFate.NEW
    if present in {wanted, marked(wanted)}:
        return FileFate.SAME
    return FileFate.RENEWED if is_as_written(present) else FileFate.FOREIGN


def marked(text: str) -> str:
    """Return the text with a last line by which a change by hand is seen later."""
    return (
        f"{text}# rmp setup postfix wrote this ({_digest(text)}). "
        "Changed by hand, it is left alone.\n"
    )


def is_as_written(text: str) -> bool:
    """Whether a text ends in its mark, and the mark is of what stands before it."""
    found = _MARK.search(text)
    return found is not None and found[1] == _digest(text[: found.start()])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
