"""Mails that no person wrote to the service: told by their outside, noted, not answered.

Where the outside leaves a doubt (:func:`doubt`), a good signature of somebody enrolled tells
a person's mail; any other is swallowed like a machine's, and nobody hears which it was.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Sender
from rmp_milter.mail.bounce_address import is_bounce_address, row_of
from rmp_milter.mail.incoming.automatic import automatic, perhaps_automatic
from rmp_milter.mail.incoming.reports import says_failed
from rmp_milter.milter.means import Mail, Means
from rmp_milter.store.format.failures import Conflict


def why_automatic(mail: Mail, services: Sequence[str]) -> str | None:
    """Return why the mail is no request: what it says of itself, or where it is sent."""
    to = mail.envelope.recipients
    if any(is_bounce_address(each, service) for each in to for service in services):
        return "sent to a bounce address"
    return automatic(mail.envelope.sender, mail.outer)


class MachineMail(Exception):  # noqa: N818 -- reads as what it is where it is raised
    """A mail in doubt that no enrolled person signed; ``args[0]`` is the doubt, for the log."""


def doubt(mail: Mail) -> str:
    """Return why a machine may have written the mail, in a word, or nothing."""
    return perhaps_automatic(mail.outer) or ""


@contextmanager
def doubting(mail: Mail) -> Iterator[None]:
    """Turn what refuses a mail in doubt into :class:`MachineMail`: a machine hears nothing.

    What must come again (451) stays what it is: a doctor's mail would be lost with it.
    """
    try:
        yield
    except MailError as error:
        if error.temporary or not (reason := doubt(mail)):
            raise
        raise MachineMail(reason) from None


def check_author(mail: Mail, sender: Sender) -> None:
    """Raise :class:`MachineMail` for a mail in doubt that its sender did not sign.

    A login tells whose program sent it, not that a person wrote.
    """
    if sender.proof is not Proof.SIGNATURE and (reason := doubt(mail)):
        raise MachineMail(reason)


def swallow(mail: Mail, raw: memoryview, means: Means, reason: str) -> str:
    """Swallow a bounce or an automatic reply: never decrypted, never answered.

    Only a report that an answer failed for good is noted on its row.
    """
    found = (
        _row(to, service, means, mail.envelope.received_at)
        for to in mail.envelope.recipients
        for service in means.services
    )
    rows = tuple(dict.fromkeys(row for row in found if row is not None))
    if rows and says_failed(raw, mail.outer):
        changes = Changes(digest=mail.digest, bounced=rows)
        with suppress(Conflict):  # the same mail came twice at once: it is noted
            means.store.commit(changes, mail.envelope.received_at)
    return f"automatic ({reason})"


def _row(address: str, service: str, means: Means, now: int) -> int | None:
    """Return whose bounce address it is, by the outbox's key or one of before.

    A former key, which others may have, names no row that is younger than the present one.
    """
    row = row_of(address, service, means.bounce_key)
    if row is not None:
        return row
    for former in means.former_bounce_keys:
        row = row_of(address, service, former.key)
        if row is not None and row < former.below and now < former.until:
            return row
    return None
