"""Mails that no person wrote to the service: told by their outside, noted, not answered."""

from collections.abc import Sequence
from contextlib import suppress

from rmp_milter.dossier.changes import Changes
from rmp_milter.mail.bounce_address import is_bounce_address, row_of
from rmp_milter.mail.incoming.automatic import automatic
from rmp_milter.mail.incoming.reports import says_failed
from rmp_milter.milter.means import Mail, Means
from rmp_milter.store.format.failures import Conflict


def why_automatic(mail: Mail, services: Sequence[str]) -> str | None:
    """Return why the mail is no request: what it says of itself, or where it is sent."""
    to = mail.envelope.recipients
    if any(is_bounce_address(each, service) for each in to for service in services):
        return "sent to a bounce address"
    return automatic(mail.envelope.sender, mail.outer)


def swallow(mail: Mail, raw: memoryview, means: Means, reason: str) -> str:
    """Swallow a bounce or an automatic reply: never decrypted, never answered.

    Only a report that an answer failed for good is noted on its row.
    """
    found = (
        row_of(to, service, means.bounce_key)
        for to in mail.envelope.recipients
        for service in means.services
    )
    rows = tuple(dict.fromkeys(row for row in found if row is not None))
    if rows and says_failed(raw, mail.outer):
        changes = Changes(digest=mail.digest, bounced=rows)
        with suppress(Conflict):  # the same mail came twice at once: it is noted
            means.store.commit(changes, mail.envelope.received_at)
    return f"automatic ({reason})"
