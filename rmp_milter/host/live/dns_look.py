"""What the DNS says of the service's domains, asked as other servers do: by a resolver."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from dns import exception, rdatatype, resolver
from dns.resolver import Resolver

from rmp_milter.postfix.facts import PostfixFinding, error, warning

__all__ = ["DnsUnanswered", "Resolver", "dns_findings", "key_in", "published", "resolver_of"]

SECONDS = 10.0
_PUBLISH = "publish it at who runs the domain's DNS; a change takes up to its TTL to be seen"


class DnsUnanswered(Exception):  # noqa: N818 -- reads as the sentence that it is
    """No server answered: nothing is known."""


def resolver_of(server: str = "") -> Resolver:
    """Return the system's resolver, or one that asks ``server`` (``ADDRESS`` or ``ADDRESS:PORT``).

    Raises ``ValueError`` for what is no address, :class:`DnsUnanswered` where the system has none.
    """
    try:
        found = Resolver(configure=not server)
    except resolver.NoResolverConfiguration as fault:
        raise DnsUnanswered("this machine names no DNS server (/etc/resolv.conf)") from fault
    if server:
        host, colon, port = server.rpartition(":")
        is_ported = bool(colon) and port.isdecimal() and ("]" in host or ":" not in host)
        found.nameservers = [(host if is_ported else server).strip("[]")]
        found.port = int(port) if is_ported else 53
    found.lifetime = SECONDS
    found.cache = None
    return found


def dns_findings(
    asked: Resolver, domains: Sequence[str], record: Path
) -> Iterator[PostfixFinding]:
    """Yield what other servers would miss; ``record`` is the file with the DKIM record."""
    looks: list[Callable[[], Iterator[PostfixFinding]]]
    looks = [*(partial(_mail_way, asked, domain) for domain in domains)]
    looks.append(partial(_dkim, asked, record))
    for look in looks:
        try:
            yield from look()
        except DnsUnanswered as fault:
            yield warning(f"DNS: {fault}", "nothing is known of it: ask again, or --resolver")


def _ask(asked: Resolver, name: str, kind: str) -> list[str]:
    """Return the answers as text, none where there are none; raises :class:`DnsUnanswered`."""
    try:
        answer = asked.resolve(f"{name.rstrip('.')}.", kind)
    except (resolver.NXDOMAIN, resolver.NoAnswer):
        return []
    except exception.DNSException as fault:
        line = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise DnsUnanswered(f"{name} {kind}: {line[:200]}") from fault
    if answer.rdtype == rdatatype.TXT:
        return [b"".join(each.strings).decode(errors="replace") for each in answer]
    if answer.rdtype == rdatatype.MX:
        return [
            each.exchange.to_text() for each in sorted(answer, key=lambda mx: mx.preference)
        ]
    return [each.to_text() for each in answer]


def _mail_way(asked: Resolver, domain: str) -> Iterator[PostfixFinding]:
    """See that a server that has mail for the domain finds where to bring it (RFC 5321, 5.1)."""
    hosts = _ask(asked, domain, "MX")
    if hosts == ["."]:
        yield error(f"DNS: {domain} takes no mail (a null MX)", f"put an MX there; {_PUBLISH}")
        return
    for host in hosts or [domain]:
        if not _ask(asked, host, "A") and not _ask(asked, host, "AAAA"):
            what = f"the MX {host} of {domain}" if hosts else domain
            kinds = "A or AAAA" if hosts else "MX, A or AAAA"
            yield error(f"DNS: {what} has no {kinds} record: no mail comes", _PUBLISH)


def _dkim(asked: Resolver, record: Path) -> Iterator[PostfixFinding]:
    name, wanted = published(record)
    if not name:
        return  # said by who looks at the file
    texts = _ask(asked, name, "TXT")
    if not texts:
        yield error(f"DNS: there is no TXT record {name}", f"the line in {record}: {_PUBLISH}")
    elif key_in(wanted) not in map(key_in, texts):
        yield error(
            f"DNS: the TXT record {name} is not the one in {record}: answers fail DKIM",
            _PUBLISH,
        )


def published(record: Path) -> tuple[str, str]:
    """Return name and text of the record in ``dkim.txt``; empty where it cannot be read."""
    try:
        line = record.read_text(errors="replace")
    except OSError:
        return "", ""
    strings = line.split('"')[1::2]
    return (line.split()[0].rstrip("."), "".join(strings)) if strings else ("", "")


def key_in(text: str) -> str:
    """Return the key of a DKIM record, blanks apart (RFC 6376, 3.2 and 3.6.1)."""
    tags = (each.partition("=") for each in text.split(";"))
    return next(("".join(value.split()) for tag, _, value in tags if tag.strip() == "p"), "")
