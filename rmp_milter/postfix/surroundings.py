"""What Postfix's settings name and lean on: tables, certificates, a SASL server, filters.

Each is looked at as Postfix would: by its own ``postmap``, at the paths that its processes see.
"""

import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from rmp_milter.postfix.asking import PostfixError, ask
from rmp_milter.postfix.facts import (
    Expectations,
    PostfixFinding,
    Service,
    entrances,
    error,
    warning,
)
from rmp_milter.postfix.specimens import SPECIMENS
from rmp_milter.postfix.values import tables, words

_NOT_FOUND = 1  # postmap -q: no entry
_FILTERS = ("header_checks", "mime_header_checks", "nested_header_checks", "body_checks")
_STOPS = re.compile(r"\t\s*(REJECT|DISCARD|HOLD|REDIRECT|FILTER|4\d\d|5\d\d)\b", re.IGNORECASE)
_SOON = timedelta(days=14)
_SASL_FOLDERS = ("/etc/postfix/sasl", "/etc/sasl2", "/usr/lib/sasl2")


@dataclass(frozen=True)
class Surroundings:
    """One Postfix on this machine; ``folder`` None is the main instance."""

    folder: Path | None
    settings: Mapping[str, str]
    expected: Expectations

    def entrances(self) -> list[Service]:
        """Return the listeners by which mail comes in."""
        return entrances(self.settings, self.expected)

    def look_up(self, maps: str, *keys: str) -> str | None:
        """Return what the first table that has one of the keys holds, or None.

        Raises :class:`PostfixError` where a table cannot be read.
        """
        option = ["-c", str(self.folder)] if self.folder else []
        for key in keys:
            for table in tables(maps):
                plain = table.removeprefix("proxy:")
                done = ask("postmap", [*option, "-q", key, plain], accept=_NOT_FOUND)
                if done.returncode == 0:
                    return done.stdout.strip()
        return None

    def filtered(self, table: str, options: str, mail: str) -> str:
        """Return what a table of header or body checks says to a mail's lines."""
        option = ["-c", str(self.folder)] if self.folder else []
        plain = table.removeprefix("proxy:")
        arguments = [*option, f"-{options}", "-q", "-", plain]
        return ask("postmap", arguments, accept=_NOT_FOUND, stdin=mail).stdout

    def lists(self, value: str, domain: str) -> bool:
        """Return whether a list of domains (postconf(5), relay_domains) has this one."""
        for word in words(value):
            if word.startswith("/"):
                if domain in _lines(Path(word)):
                    return True
            elif ":" in word:
                if self.look_up(word, domain) is not None:
                    return True
            elif domain == word.lower() or domain.endswith("." + word.lower().lstrip(".")):
                return True
        return False


def around_findings(around: Surroundings) -> Iterator[PostfixFinding]:
    """Yield what is wrong; a part that cannot be looked at is a finding and stops no other."""
    parts: tuple[Callable[[Surroundings], Iterator[PostfixFinding]], ...]
    parts = (_addresses, _filters, _sasl, _tls)
    for part in parts:
        try:
            yield from part(around)
        except PostfixError as fault:
            yield error(
                f"postfix: {fault}",
                "put right what it names, or have it written anew: rmp setup postfix",
            )


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(errors="replace").lower().split()
    except OSError as fault:
        raise PostfixError(f"{file}: cannot be read: {fault.strerror}") from fault


_CLASSES = (
    ("mydestination", "local_recipient_maps"),
    ("virtual_mailbox_domains", "virtual_mailbox_maps"),
    ("relay_domains", "relay_recipient_maps"),
)
"""Which setting makes a domain Postfix's own, and which holds its addresses (ADDRESS_CLASS)."""


def _addresses(around: Surroundings) -> Iterator[PostfixFinding]:
    for address in around.expected.service_addresses:
        local, _, domain = address.rpartition("@")
        maps = _recipients_of(around, domain)
        if maps is None:
            yield error(
                f"{domain} is no domain of this Postfix: mail for {address} is refused (554)",
                f"put {domain} in relay_domains",
            )
            continue
        setting, value = maps
        keys = (address, f"@{domain}", *((local,) if setting == _CLASSES[0][1] else ()))
        if value and around.look_up(value, *keys) is None:
            yield error(
                f"{setting} has no {address}: its mail is refused (550)",
                f"add the line '{address} rmp' to {value}",
            )


def _recipients_of(around: Surroundings, domain: str) -> tuple[str, str] | None:
    for domains, maps in _CLASSES:
        if around.lists(around.settings.get(domains, ""), domain):
            return maps, around.settings.get(maps, "")
    aliases = around.settings.get("virtual_alias_domains", "")
    return ("virtual_alias_maps", "") if around.lists(aliases, domain) else None


def _filters(around: Surroundings) -> Iterator[PostfixFinding]:
    """Have the filters that Postfix runs on content judge mails as doctors send them."""
    names = dict.fromkeys(
        one.value("cleanup_service_name") or "cleanup" for one in around.entrances()
    )
    for name in names:
        cleanup = Service(f"{name}/unix", around.settings)
        for setting in _FILTERS:
            for table in tables(cleanup.value(setting)):
                yield from _filter(around, f"{cleanup.name}: {setting}", table)


def _filter(around: Surroundings, where: str, table: str) -> Iterator[PostfixFinding]:
    options = "bm" if where.endswith("body_checks") else "hm"
    for kind, mail in SPECIMENS.items():
        if stops := _STOPS.search(around.filtered(table, options, mail)):
            yield error(
                f"{where}: {table} says {stops[1].upper()} to a mail in {kind}",
                "take that line out, or give the service an instance of its own",
            )


def _sasl(around: Surroundings) -> Iterator[PostfixFinding]:
    for one in around.entrances():
        if one.value("smtpd_sasl_auth_enable") != "yes":
            continue
        if fault := _sasl_fault(around, one):
            yield error(
                f"{one.name}: {fault}: smtpd ends where AUTH is offered, after STARTTLS",
                "start that server, or set smtpd_sasl_auth_enable = no (rmp setup postfix "
                "--sasl none)",
            )


def _sasl_fault(around: Surroundings, one: Service) -> str:
    """Say what is missing of the server that proves accounts, or nothing."""
    kind, path = one.value("smtpd_sasl_type"), one.value("smtpd_sasl_path")
    if kind == "dovecot":
        place = Path(around.settings.get("queue_directory", "/"), path)
        remote = path.startswith("inet:")
        return "" if remote or _is_socket(place) else f"no SASL server is at {place}"
    own = (one.value("cyrus_sasl_config_path"), str(_folder_of(around) / "sasl"))
    folders = [*filter(None, own), *_SASL_FOLDERS]
    if any(Path(each, f"{path}.conf").exists() for each in folders):
        return ""
    return f"Cyrus SASL has no {path}.conf"


def _folder_of(around: Surroundings) -> Path:
    return around.folder or Path(around.settings.get("config_directory", "/etc/postfix"))


def _is_socket(place: Path) -> bool:
    try:
        return stat.S_ISSOCK(place.stat().st_mode)
    except PermissionError:
        return True  # this user may not look
    except OSError:
        return False


def _tls(around: Surroundings) -> Iterator[PostfixFinding]:
    if not any(_offers_tls(one) for one in around.entrances()):
        yield warning(
            "no listener offers STARTTLS: mail comes over the network in clear",
            "set smtpd_tls_chain_files, and smtpd_tls_security_level = may",
        )
    for one in around.entrances():
        if _offers_tls(one):
            for file in _tls_files(one):
                yield from _tls_file(one, file)


def _offers_tls(one: Service) -> bool:
    return (
        one.value("smtpd_tls_security_level") in {"may", "encrypt"}
        or one.value("smtpd_tls_wrappermode") == "yes"
    )


def _tls_files(one: Service) -> list[Path]:
    chain = [each for each in words(one.value("smtpd_tls_chain_files")) if each != "none"]
    if not chain:
        names = ("smtpd_tls_cert_file", "smtpd_tls_key_file")
        chain = [each for name in names if (each := one.value(name)) not in {"", "none"}]
    return [Path(each) for each in dict.fromkeys(chain)]


def _tls_file(one: Service, file: Path) -> Iterator[PostfixFinding]:
    hint = "put key, certificate and chain there, owner root, mode 0600; then postfix reload"
    try:
        data = file.read_bytes()
        found = x509.load_pem_x509_certificates(data) if b"BEGIN CERT" in data else []
    except PermissionError:
        return  # only root may look
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "no certificate can be read"
        yield error(f"{one.name}: {file}: {why}: STARTTLS is refused", hint)
        return
    if found and (left := found[0].not_valid_after_utc - datetime.now(UTC)) < _SOON:
        state = "has expired" if left < timedelta(0) else f"expires in {left.days} days"
        yield warning(f"{one.name}: the certificate in {file} {state}", f"renew it: {hint}")
