"""``rmp trust refresh``: fetch the lists, verify each, put the newer ones in force."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from rmp_milter.trust.fetching import Fetch, FetchError
from rmp_milter.trust.folder import KnownTrust, known
from rmp_milter.trust.lists import take
from rmp_milter.x509 import X509, ListError

MAX_FETCHED = 256


class Refreshed(NamedTuple):
    """What came of one URL: ``words`` for the host; ``failed`` where no list could be taken."""

    url: str
    words: str
    failed: bool


def refresh(
    trust: Path, fetch: Fetch, now: int, certificates: Iterable[X509] = ()
) -> list[Refreshed]:
    """Fetch the lists that anchors, intermediates, ``certificates`` and the host name.

    ``certificates`` are others whose distribution points count, such as those of who is
    enrolled. ``now`` is in epoch seconds. A list that cannot be fetched or is not taken changes
    nothing and holds up no other.
    """
    there = known(trust)
    return [_one(trust, there, fetch, url, now) for url in urls(there, certificates)]


def urls(there: KnownTrust, certificates: Iterable[X509] = ()) -> list[str]:
    """Return where lists lie, each once: those of authorities first, since others hang on them."""
    found = dict.fromkeys(_named(there, certificates))
    return list(found)[:MAX_FETCHED]


def _named(there: KnownTrust, certificates: Iterable[X509]) -> Iterator[str]:
    for each in there.authorities:
        yield from each.certificate.points.urls
    yield from there.urls
    for certificate in certificates:
        yield from certificate.points.urls


def _one(trust: Path, there: KnownTrust, fetch: Fetch, url: str, now: int) -> Refreshed:
    try:
        taken = take(trust, there, fetch(url), now)
    except (FetchError, ListError) as error:
        return Refreshed(url, str(error), failed=True)
    except OSError as error:
        return Refreshed(url, f"cannot be written: {error.strerror}", failed=True)
    entries = f"{taken.compiled.header.count} entries"
    if taken.compiled.header.next_update < now:
        return Refreshed(url, f"is out of date already ({entries})", failed=True)
    return Refreshed(url, f"new, {entries}" if taken.newer else "as before", failed=False)
