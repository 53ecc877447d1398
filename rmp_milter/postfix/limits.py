"""What of Postfix's bounds holds back mail that the service would take, or its answers."""

from collections.abc import Iterator, Mapping, Sequence

from rmp_milter.postfix.facts import (
    Expectations,
    PostfixFinding,
    Service,
    entrances,
    error,
    warning,
)
from rmp_milter.postfix.values import number, seconds, words

_RATES = (
    "smtpd_client_message_rate_limit",
    "smtpd_client_recipient_rate_limit",
    "smtpd_client_connection_rate_limit",
    "smtpd_client_new_tls_session_rate_limit",
    "smtpd_client_auth_rate_limit",
)
_EVERY = frozenset({"all", "localhost", "loopback-only"})


def answer_bytes(message_bytes: int) -> int:
    """Return how large one mail of an answer may be.

    It holds a stored document, which came in a mail, and a new key packet and header.
    """
    return message_bytes * 6 // 5


def answers_fit(
    listeners: Sequence[Service], expected: Expectations
) -> Iterator[PostfixFinding]:
    """Hold the limits of the re-injection, its smtpd's and its cleanup's, to the answers."""
    least = answer_bytes(expected.message_bytes)
    for one in listeners:
        cleanup = Service(
            f"{one.value('cleanup_service_name') or 'cleanup'}/unix", one.settings
        )
        for each in (one, cleanup):
            limit = number(each.value("message_size_limit"))
            if limit and limit < least:
                yield error(
                    f"{each.name}: message_size_limit is {limit}: larger answers never leave",
                    f"set -o message_size_limit={least} for {each.name} in master.cf",
                )


def _sizes(settings: Mapping[str, str], expected: Expectations) -> Iterator[PostfixFinding]:
    limit = number(settings.get("message_size_limit", ""))
    if limit is not None and limit != expected.message_bytes:
        yield warning(
            f"message_size_limit is {limit or 'unlimited'}, "
            f"the service's own limit {expected.message_bytes}",
            "set both to the same number, so that a sender is always told the right one",
        )
    free = number(settings.get("queue_minfree", ""))
    if free is not None and free < expected.message_bytes * 3 // 2:
        yield warning(
            f"queue_minfree is {free}",
            f"set at least {expected.message_bytes * 3 // 2}, so that a full disk says 452",
        )


def _in_flow(settings: Mapping[str, str], expected: Expectations) -> Iterator[PostfixFinding]:  # noqa: ARG001 -- every rule takes the same
    delay = settings.get("in_flow_delay", "0")
    if seconds(delay) != 0:
        yield warning(
            f"in_flow_delay is {delay}",
            "set 0 (best in an instance of its own): a mail that the milter takes never "
            "gives its token back, and Postfix slows to one or two mails a second",
        )


def _rates(settings: Mapping[str, str], expected: Expectations) -> Iterator[PostfixFinding]:
    """Tell of limits by the minute: they cannot see that a mail is an emergency."""
    for one in entrances(settings, expected):
        for name in _RATES:
            if number(one.value(name)):
                yield warning(
                    f"{one.name}: {name} is {one.value(name)} a minute: it holds back "
                    "emergencies too",
                    f"set {name} = 0; smtpd_client_connection_count_limit bounds one client, "
                    "and the milter itself who sends much",
                )


def _interfaces(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    """Tell of an instance beside the machine's own Postfix that takes its local port."""
    taken = _EVERY & {*words(settings.get("inet_interfaces", ""))}
    if not settings.get("multi_instance_name") or not taken:
        return
    for one in entrances(settings, expected):
        if ":" not in one.address:
            yield warning(
                f"inet_interfaces has {min(taken)}: {one.name} takes that port of localhost "
                "from the machine's own Postfix",
                "name this instance's own address only: the answers' listener says 127.0.0.1 "
                "by itself",
            )


LIMITS = (_in_flow, _sizes, _rates, _interfaces)
