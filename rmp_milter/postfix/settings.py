"""Ask a Postfix on this machine for its settings and look-ups, for ``rmp check``.

The judgement is :func:`rmp_milter.postfix.rules.findings`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rmp_milter.postfix.asking import PostfixError, ask
from rmp_milter.postfix.facts import (
    ABSENT,
    Expectations,
    PostfixFinding,
    Severity,
    error,
)
from rmp_milter.postfix.rules import findings
from rmp_milter.postfix.surroundings import Surroundings, around_findings
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

_TEXT_TABLES = ("cidr", "texthash", "pcre", "regexp", "hash", "lmdb", "btree")


def check_postfix(
    config_dir: Path | None, expectations: Expectations, answers_dir: Path | None = None
) -> list[PostfixFinding]:
    """Ask Postfix and judge: the look-ups in ``expectations`` are filled in here.

    ``config_dir`` None is the machine's main instance, ``answers_dir`` that of the instance
    that sends the answers, if it is another one. Raises :class:`PostfixError`.
    """
    settings = read_settings(config_dir)
    around = Surroundings(config_dir, settings, expectations)
    full, unread = _looked_up(around)
    answers = read_settings(answers_dir) if answers_dir else None
    found = [*unread, *findings(settings, full, answers), *around_findings(around)]
    distinct = dict.fromkeys(found)
    return sorted(distinct, key=lambda one: one.severity is not Severity.ERROR)


def _looked_up(around: Surroundings) -> tuple[Expectations, list[PostfixFinding]]:
    """Return what Postfix makes of the service's addresses, and the tables it cannot read."""
    addresses = around.expected.service_addresses
    unread: list[PostfixFinding] = []

    def answers_of(setting: str) -> dict[str, str]:
        maps = around.settings.get(setting, "")
        try:
            return {
                one: around.look_up(maps, one, one.rpartition("@")[2]) or ""
                for one in addresses
            }
        except PostfixError as fault:
            hint = "put right what it names, or have it written anew: rmp setup postfix"
            unread.append(error(f"{setting}: {fault}: all its mail waits (451)", hint))
            return dict.fromkeys(addresses, ABSENT if setting == "transport_maps" else "")

    full = replace(
        around.expected,
        routes=answers_of("transport_maps"),
        aliases=answers_of("virtual_alias_maps"),
        milter_exceptions=tuple(_disabling_entries(around.settings)),
    )
    return full, unread


def read_settings(config_dir: Path | None) -> dict[str, str]:
    """Return main.cf's settings, master.cf's columns and its overrides, expanded.

    The keys are as :mod:`rmp_milter.postfix.rules` takes them. Raises
    :class:`PostfixError` where Postfix is absent, refuses or does not answer in time.
    """
    folder = ["-c", str(config_dir)] if config_dir else []
    settings: dict[str, str] = {}
    for what in (["-x"], ["-F"], ["-P", "-x"]):
        settings.update(_pairs(ask("postconf", [*folder, *what]).stdout))
    if not settings.get("queue_directory"):
        raise PostfixError(f"postconf told nothing of Postfix in {config_dir or 'its folder'}")
    return settings


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
