"""What ``rmp check`` says of key files: which is another's, and which is not proven yet."""

from collections.abc import Iterator

from rmp_milter.config import Config
from rmp_milter.host.key_proofs import SMIME_BACK, look
from rmp_milter.keeper.keys.key_files import PUT_BACK, KeyFileError
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.postfix.rules import PostfixFinding, Severity

PROVE = "rmp key prove notes what shows that they are right"


def key_findings(config: Config) -> Iterator[PostfixFinding]:
    """Yield what is to be said of files that can be read; others are found where they are read."""
    try:
        found = look(config)
    except (KeyFileError, JournalError, OSError):
        return
    for line in found.wrong:
        file = config.paths.keeper / line
        yield PostfixFinding(Severity.ERROR, str(file), PUT_BACK)
    if found.smime:
        yield PostfixFinding(Severity.ERROR, found.smime, SMIME_BACK)
    if found.unproven:
        line = f"{config.paths.keeper}: not known again yet: {', '.join(found.unproven)}"
        yield PostfixFinding(Severity.WARNING, line, PROVE)
