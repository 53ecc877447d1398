"""Ask a Postfix on this machine for its settings and look-ups, for ``rmp check``.

The judgement is :func:`rmp_milter.postfix.rules.findings`.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rmp_milter.postfix.rules import Expectations, PostfixFinding, Severity, findings
from rmp_milter.postfix.values import tables

__all__ = [
    "Expectations",
    "PostfixError",
    "PostfixFinding",
    "Severity",
    "check_postfix",
    "findings",
    "read_settings",
]

TIMEOUT_SECONDS = 10
_FOLDERS = "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/usr/local/bin"
_NOT_FOUND = 1  # postmap -q: no entry
_TEXT_TABLES = ("cidr", "texthash", "pcre", "regexp", "hash", "lmdb", "btree")


class PostfixError(Exception):
    """Postfix is absent or cannot be asked; the message is one line for the admin."""


def check_postfix(
    config_dir: Path | None, expectations: Expectations, answers_dir: Path | None = None
) -> list[PostfixFinding]:
    """Ask Postfix and judge: the look-ups in ``expectations`` are filled in here.

    ``config_dir`` None is the machine's main instance, ``answers_dir`` that of the instance
    that sends the answers, if it is another one. Raises :class:`PostfixError`.
    """
    settings = read_settings(config_dir)
    addresses = expectations.service_addresses
    transport = settings.get("transport_maps", "")
    alias = settings.get("virtual_alias_maps", "")
    full = replace(
        expectations,
        routes={one: look_up(config_dir, transport, one) for one in addresses},
        aliases={one: look_up(config_dir, alias, one) for one in addresses},
        milter_exceptions=tuple(_disabling_entries(settings)),
    )
    answers = read_settings(answers_dir) if answers_dir else None
    return findings(settings, full, answers)


def read_settings(config_dir: Path | None) -> dict[str, str]:
    """Return main.cf's settings, master.cf's columns and its overrides, expanded.

    The keys are as :mod:`rmp_milter.postfix.rules` takes them. Raises
    :class:`PostfixError` where Postfix is absent, refuses or does not answer in time.
    """
    folder = ["-c", str(config_dir)] if config_dir else []
    settings: dict[str, str] = {}
    for what in (["-x"], ["-F"], ["-P", "-x"]):
        settings.update(_pairs(_ask("postconf", [*folder, *what]).stdout))
    if not settings.get("queue_directory"):
        raise PostfixError(f"postconf told nothing of Postfix in {config_dir or 'its folder'}")
    return settings


def look_up(config_dir: Path | None, maps: str, address: str) -> str:
    """Return what the first table of ``maps`` holds for an address or its domain, or ''.

    Raises :class:`PostfixError` where a table cannot be read.
    """
    folder = ["-c", str(config_dir)] if config_dir else []
    domain = address.rpartition("@")[2]
    for key in (address, domain):
        for table in tables(maps):
            plain = table.removeprefix("proxy:")
            done = _ask("postmap", [*folder, "-q", key, plain], accept=_NOT_FOUND)
            if done.returncode == 0:
                return done.stdout.strip()
    return ""


def _disabling_entries(settings: Mapping[str, str]) -> Iterator[str]:
    """Yield the entries that turn milters off, as far as the tables are text files."""
    names = [name for name in settings if name.rpartition("/")[2] == "smtpd_milter_maps"]
    listed = {table for name in names for table in tables(settings[name])}
    for table in sorted(listed):
        kind, _, path = table.removeprefix("proxy:").partition(":")
        if kind in _TEXT_TABLES and path.startswith("/"):
            yield from (line for line in _entries(Path(path)) if "DISABLE" in line.upper())


def _entries(table: Path) -> list[str]:
    try:
        lines = table.read_text(errors="replace").splitlines()
    except OSError as error:
        raise PostfixError(f"{table}: cannot be read: {error.strerror}") from error
    return [line.strip() for line in lines if not line.lstrip().startswith("#")]


def _pairs(output: str) -> Iterator[tuple[str, str]]:
    for line in output.splitlines():
        name, equals, value = line.partition(" =")
        if equals:
            yield name.strip(), value.strip()


def _ask(
    program: str, arguments: list[str], accept: int = 0
) -> subprocess.CompletedProcess[str]:
    path = shutil.which(program, path=_FOLDERS)
    if path is None:
        raise PostfixError(f"{program}: not found; is Postfix installed?")
    try:
        done = subprocess.run(  # noqa: S603 -- an argument list of ours, no shell
            [path, *arguments],
            capture_output=True,
            check=False,
            encoding="utf-8",
            env={"PATH": _FOLDERS, "LC_ALL": "C", **_mail_environment()},
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise PostfixError(f"{program}: no answer within {TIMEOUT_SECONDS} s") from error
    except OSError as error:
        raise PostfixError(f"{path}: cannot be run: {error.strerror}") from error
    if done.returncode not in {0, accept} or (done.returncode and done.stderr.strip()):
        raise PostfixError(_complaint(program, done.stderr))
    return done


def _mail_environment() -> dict[str, str]:
    """Keep what names Postfix's folder for a second instance (postconf(1), MAIL_CONFIG)."""
    folder = os.environ.get("MAIL_CONFIG")
    return {"MAIL_CONFIG": folder} if folder else {}


def _complaint(program: str, stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if "warning:" not in line]
    last = (lines or stderr.splitlines() or ["it failed without a word"])[-1].strip()
    return last if last.startswith(program) else f"{program}: {last}"
