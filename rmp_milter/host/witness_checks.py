"""What ``rmp check`` says of the access log's witnesses, by the policy of ``[audit]``."""

from collections.abc import Iterator
from pathlib import Path

from rmp_milter.audit.folder import FolderError
from rmp_milter.config import Config
from rmp_milter.postfix.rules import PostfixFinding, Severity
from rmp_milter.tlog.policies import PolicyError
from rmp_milter.witness.looking import look

_HINTS = {
    "refused": "touch nothing and tell your auditors: the log may have been rebuilt, or cut",
    "wrong": "tell your auditors: somebody wrote what that witness did not sign",
    "silent": "ask who runs it; systemctl status rmp-witness.timer rmp-witness.service",
    "unmet": "rmp access witness status says what is missing; rmp-witness.timer asks for it",
}


def witness_findings(config: Config, now: int) -> Iterator[PostfixFinding]:
    """Yield what the policy lacks and which witness refuses or is silent; nothing without one."""
    if not config.audit.witness_policy:
        return
    try:
        seen = look(Path(config.audit.witness_policy), Path(config.audit.witnessed), now)
    except (FolderError, PolicyError, OSError) as error:
        hint = "[audit] witness_policy and witnessed, rmp.toml(5)"
        yield PostfixFinding(Severity.ERROR, f"[audit] witness_policy: {error}", hint)
        return
    for each in seen.found:
        severity = Severity.WARNING if each.kind == "silent" else Severity.ERROR
        yield PostfixFinding(severity, f"access log: {each.line}", _HINTS[each.kind])
