"""What ``rmp check`` says of key files: which is another's, and which is not proven yet."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from rmp_milter.certificates import CertificateError
from rmp_milter.config import Config
from rmp_milter.courier.dkim_key import (
    DKIM_KEY,
    DKIM_NEXT,
    DKIM_RECORD,
    DkimKeyError,
    dns_record,
    read_dkim_key,
    selector_of,
)
from rmp_milter.host import key_replacing, service_rotation
from rmp_milter.host.hints import DKIM, for_file
from rmp_milter.host.key_proofs import SMIME_BACK, look
from rmp_milter.host.log_rotation import log_key_findings
from rmp_milter.host.waiting_rotation import still_needed
from rmp_milter.keeper.keys.checks import what_helps
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import CUSTODY, PEPPER, SERVICE, WAITING
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.postfix.rules import PostfixFinding, Severity
from rmp_milter.store.format.failures import StoreError

_MOVED: Mapping[str, str] = {CUSTODY: "dossiers' slots", PEPPER: "cards"}
"""What a command moves to a new key, whatever is under the former one."""
PROVE = "rmp key prove notes what shows that they are right"


def key_findings(config: Config) -> Iterator[PostfixFinding]:
    """Yield what is to be said of files that can be read; others are found where they are read."""
    try:
        found = look(config)
    except (KeyFileError, JournalError, OSError):
        return
    for line in found.wrong:
        file = config.paths.keeper / line
        yield PostfixFinding(Severity.ERROR, str(file), what_helps((line,)))
    if found.smime:
        yield PostfixFinding(Severity.ERROR, found.smime, SMIME_BACK)
    if found.unproven:
        line = f"{config.paths.keeper}: not known again yet: {', '.join(found.unproven)}"
        yield PostfixFinding(Severity.WARNING, line, PROVE)
    if not any(line.startswith(SERVICE) for line in found.wrong):
        yield from _subkey_waits(config)
    yield from _former_keys(config)
    yield from _log_keys(config)


def _log_keys(config: Config) -> Iterator[PostfixFinding]:
    try:
        yield from log_key_findings(config)
    except (KeyFileError, OSError):
        return  # what cannot be read is found where it is read


def _former_keys(config: Config) -> Iterator[PostfixFinding]:
    try:
        for file in (CUSTODY, PEPPER, WAITING):
            yield from _former_of(config, file)
    except (KeyFileError, StoreError, OSError):
        return  # what cannot be read is found where it is read


def _former_of(config: Config, file: str) -> Iterator[PostfixFinding]:
    """Yield what is to be done about former keys of ``file``, or that it can be."""
    if not (former := key_replacing.former_of(config, file)):
        return
    end = key_replacing.command(file, "--end")
    if key_replacing.is_interrupted(config, file):
        hint = f"{key_replacing.command(file)} goes on"
        yield PostfixFinding(Severity.WARNING, key_replacing.interrupted(file), hint)
    elif not key_replacing.is_taken_up(config, file):
        hint = f"back {file} up; {key_replacing.RESTART}"
        yield PostfixFinding(Severity.WARNING, key_replacing.STILL_FORMER, hint)
    elif file in _MOVED:
        line = f"{config.paths.keeper / former[0]}: {_MOVED[file]} may be under it still"
        yield PostfixFinding(Severity.WARNING, line, f"{end} moves them, and takes it away")
    else:
        over = [each for each in still_needed(config) if not each.documents]
        for each in over:
            line = f"{config.paths.keeper / each.name}: no deposit waits under it any more"
            yield PostfixFinding(Severity.WARNING, line, f"{end} takes it away")


def _subkey_waits(config: Config) -> Iterator[PostfixFinding]:
    try:
        key_id = service_rotation.waiting(config)
    except (KeyFileError, CertificateError, OSError):
        return
    if key_id:
        line = f"{config.paths.keeper / SERVICE}: subkey {key_id.upper()} is not handed out yet"
        hint = "back the file up, start the keeper anew, rmp key rotate service --publish"
        yield PostfixFinding(Severity.WARNING, line, hint)


def dkim_findings(config: Config) -> Iterator[PostfixFinding]:
    """See that the courier's key can be used and its record is laid out; as its user."""
    key_file, file = config.paths.courier / DKIM_KEY, config.paths.public / DKIM_RECORD
    try:
        key = read_dkim_key(key_file)
    except DkimKeyError as fault:
        yield PostfixFinding(Severity.ERROR, str(fault), for_file(key_file, DKIM))
        return
    selector = selector_of(key_file, config.dkim.selector)
    if (waiting := key_file.with_name(DKIM_NEXT)).exists():
        hint = "rmp key rotate dkim prints its record; when the DNS has it: --activate"
        yield PostfixFinding(Severity.WARNING, f"{waiting}: waits for the DNS", hint)
    wanted = dns_record(key, config.dkim.domain, selector)
    if _in_a_line(wanted) not in _in_a_line(_text(file)):
        yield PostfixFinding(
            Severity.ERROR,
            f"{file}: is not the record of {key_file}: answers fail DKIM at who reads it there",
            f"put {DKIM_KEY} back from your backup; if you changed it, rmp key dkim --publish "
            f"writes this, which is to be published: {wanted.strip()}",
        )


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


def _in_a_line(record: str) -> str:
    return " ".join(record.split())
