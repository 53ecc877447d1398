"""``rmp setup postfix``: an instance of Postfix, written as ``rmp.toml`` means it.

What is there and was not written by this command, or was changed by hand since, is left alone.
"""

import difflib
import os
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole
from rmp_milter.postfix.asking import CHANGE_SECONDS, PostfixError, ask
from rmp_milter.postfix.settings import read_settings
from rmp_milter.postfix.values import words
from rmp_milter.postfix.writing import (
    FileFate,
    InstancePlan,
    SaslKind,
    fate_of,
    instance_files,
    marked,
)

FILE_MODE, FOLDER_MODE = 0o644, 0o755
BEFORE = ".before-rmp"
UNITS = Path("/etc/systemd/system")
_TEMPLATE = Path("/usr/lib/systemd/system/postfix@.service")
_PREFIX = "postfix-"
_BEING_MADE = ".rmp-setup"


@dataclass(frozen=True)
class PlannedFile:
    """A file: what is there, what shall be, and what becomes of it."""

    path: Path
    present: str | None
    wanted: str
    fate: FileFate

    def differences(self) -> Iterator[str]:
        """Yield what changes, as a unified diff; nothing where it stays."""
        if self.fate is not FileFate.SAME:
            yield from difflib.unified_diff(
                (self.present or "").splitlines(),
                self.wanted.splitlines(),
                str(self.path) if self.present is not None else "/dev/null",
                str(self.path),
                lineterm="",
                n=1,
            )


@dataclass(frozen=True)
class InstanceOptions:
    """What the host says besides ``rmp.toml``; empty is what is there, or the usual."""

    name: str
    folder: Path
    hostname: str = ""
    listen: tuple[str, ...] = ()
    sasl: SaslKind | None = None
    tls: Path | None = None


class CannotPlan(Exception):  # noqa: N818 -- reads as the sentence that it is
    """What is said is not enough, or contradicts itself; one clear line."""


def planned(config: Config, options: InstanceOptions) -> InstancePlan:
    """Return the instance; what no option says is taken from the one that is there.

    Raises :class:`CannotPlan`.
    """
    there = _there(options.folder)
    own = [each for each in words(there.get("inet_interfaces", "")) if each not in _COMMON]
    listen = options.listen or tuple(own)
    if not listen:
        raise CannotPlan("no address of its own to listen on: give --listen ADDRESS")
    for each in listen:
        if not _is_own_address(each):
            raise CannotPlan(f"{each} is no address of this machine: Postfix would not start")
    queue = Path(there.get("queue_directory", f"/var/spool/{options.name}"))
    return InstancePlan(
        folder=options.folder,
        queue=queue,
        data=Path(there.get("data_directory", f"/var/lib/{options.name}")),
        addresses=config.service.addresses,
        message_bytes=config.limits.message_bytes,
        socket=config.sockets.milter,
        reinject=(config.courier.host, config.courier.port),
        name=options.name,
        hostname=options.hostname
        or there.get("myhostname", "")
        or config.service.addresses[0].rpartition("@")[2],
        listen=listen,
        sasl=options.sasl or sasl_here(queue, options.folder),
        tls=options.tls or _tls(there, options.folder),
    )


def _is_own_address(name: str) -> bool:
    """Whether a socket can be bound to what a name or an IP address stands for."""
    try:
        for family, _, _, _, place in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM):
            with socket.socket(family, socket.SOCK_STREAM) as tried:
                tried.bind(place)
    except OSError:
        return False
    return True


_COMMON = frozenset({"localhost", "loopback-only", "all"})


def _there(folder: Path) -> dict[str, str]:
    """Return the settings of an instance that this command wrote; nothing of another."""
    main = folder / "main.cf"
    try:
        is_own = "rmp setup postfix" in main.read_text(errors="replace")
        return read_settings(folder) if is_own else {}
    except (OSError, PostfixError):
        return {}


def _tls(there: dict[str, str], folder: Path) -> Path:
    named = words(there.get("smtpd_tls_chain_files", ""))
    return Path(named[0]) if named else folder / "tls.pem"


def sasl_here(queue: Path, folder: Path) -> SaslKind:
    """Return which server proves accounts to this instance now; settings without one stop it."""
    try:
        if stat.S_ISSOCK((queue / "private" / "auth").stat().st_mode):
            return SaslKind.DOVECOT
    except OSError:
        pass  # no such server
    return SaslKind.CYRUS if (folder / "sasl" / "sasldb2").exists() else SaslKind.NONE


def files_of(plan: InstancePlan, units: Path | None) -> list[PlannedFile]:
    """Return what becomes of each file.

    ``units`` is where systemd's units of this host lie; None leaves their order alone.
    """
    texts = {plan.folder / name: text for name, text in instance_files(plan).items()}
    if units and units.is_dir():
        texts[units / f"{unit_of(plan.name)}.service.d" / "rmp.conf"] = _ORDER
    return [_file(path, text) for path, text in texts.items()]


def unit_of(name: str, template: Path = _TEMPLATE) -> str:
    """Return systemd's name of an instance, without its ending.

    Debian 12 has the instance's whole name in it, Debian 13 what follows ``postfix-``: its unit
    adds that itself. The installed template says which.
    """
    return f"postfix@{name.removeprefix(_PREFIX) if _adds_prefix(template) else name}"


def starting(name: str, template: Path = _TEMPLATE) -> str:
    """Return the command that starts an instance, at each boot too.

    Debian 12 finds the instances by ``postmulti`` at each boot; Debian 13 has to be told.
    """
    unit = unit_of(name, template)
    told = f"systemctl enable {unit} && " if _adds_prefix(template) else ""
    return f"systemctl daemon-reload && {told}systemctl restart {unit}"


def _adds_prefix(template: Path) -> bool:
    try:
        return f"/etc/{_PREFIX}%I" in template.read_text(errors="replace")
    except OSError:
        return False


_ORDER = """\
# Postfix answers 451 to everyone while the milter is away: it starts behind it and ends before
# it. (On Debian "postfix.service" is an empty shell, the instances are postfix@NAME.service.)
[Unit]
Wants=rmp-milter.service
After=rmp-milter.service
"""


def _file(path: Path, wanted: str) -> PlannedFile:
    try:
        present = path.read_text(errors="replace")
    except FileNotFoundError:
        present = None
    return PlannedFile(path, present, marked(wanted), fate_of(present, wanted))


def needs_instance(plan: InstancePlan) -> bool:
    """Whether Postfix does not know the instance yet, or making it was broken off."""
    return not plan.folder.exists() or _being_made(plan).exists()


def instance_commands(plan: InstancePlan) -> list[list[str]]:
    """Return what makes the instance known to Postfix, in order: what is left of it."""
    main = read_settings(None)
    begin = [] if main.get("multi_instance_wrapper") else [["postmulti", "-e", "init"]]
    if str(plan.folder) not in words(main.get("multi_instance_directories", "")):
        return [*begin, ["postmulti", "-I", plan.name, "-e", "create"]]
    if (plan.folder / "main.cf").exists():  # the last thing that postmulti does
        return [["postfix", "-c", str(plan.folder), "set-permissions"]]
    return []


def make_instance(plan: InstancePlan) -> None:
    """Have Postfix make folders and queue of the instance, and take its own main.cf away.

    Whoever breaks it off finds it begun: the folder says so to its end, and Postfix makes an
    instance in one that is there. Raises :class:`PostfixError`.
    """
    try:
        _begin_folder(plan)
    except OSError as error:
        raise PostfixError(f"{plan.folder}: {error.strerror}") from error
    for program, *arguments in instance_commands(plan):
        ask(program, arguments, within=CHANGE_SECONDS)
    for name in ("main.cf", "master.cf"):
        (plan.folder / name).unlink(missing_ok=True)  # as shipped, copied a moment ago
    _being_made(plan).unlink()


def _begin_folder(plan: InstancePlan) -> None:
    """Make the folder, unless it is there, with the mark that it is not whole yet, in one step."""
    if plan.folder.exists():
        return
    made = plan.folder.with_name(f".{plan.folder.name}{_BEING_MADE}")
    made.mkdir(parents=True, exist_ok=True)
    made.chmod(FOLDER_MODE)  # whatever the umask took away
    (made / _BEING_MADE).touch()
    made.rename(plan.folder)


def _being_made(plan: InstancePlan) -> Path:
    return plan.folder / _BEING_MADE


def write_file(file: PlannedFile) -> None:
    """Write a file in one step; what stood there by another hand is kept beside it.

    Raises ``OSError``.
    """
    if not file.path.parent.exists():
        file.path.parent.mkdir(parents=True)
        file.path.parent.chmod(FOLDER_MODE)  # whatever the umask took away
    if file.fate is FileFate.FOREIGN:
        os.replace(file.path, file.path.with_name(file.path.name + BEFORE))  # noqa: PTH105 -- both by name
    replace_whole(file.path, file.wanted.encode(), FILE_MODE)


def main_takes_all(plan: InstancePlan) -> str:
    """Return what the machine's own Postfix listens on, if that is this instance's too."""
    try:
        interfaces = read_settings(None).get("inet_interfaces", "")
    except PostfixError:
        return ""
    clash = {"all", *plan.listen} & {*words(interfaces)}
    return interfaces if clash else ""
