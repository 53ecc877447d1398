"""What a Postfix in front of the service must have set, judged from its settings alone.

Pure; the mapping of settings is as :mod:`rmp_milter.postfix.facts` says. postfix/README.md
gives the reasons at length.
"""

from collections.abc import Iterator, Mapping

from rmp_milter.postfix.facts import (
    ABSENT,
    Expectations,
    PostfixFinding,
    Service,
    Severity,
    behind,
    entrances,
    error,
    smtpd_services,
    warning,
)
from rmp_milter.postfix.limits import LIMITS, answers_fit
from rmp_milter.postfix.values import words

__all__ = ["ABSENT", "Expectations", "PostfixFinding", "Severity", "findings"]


def findings(
    settings: Mapping[str, str],
    expectations: Expectations,
    answers: Mapping[str, str] | None = None,
) -> list[PostfixFinding]:
    """Return all that is to be changed, errors first; empty where all is well.

    ``answers`` are the settings of the Postfix that sends the answers, if it is another one.
    """
    found = [one for rule in _RULES for one in rule(settings, expectations)]
    found += _reinjection(settings if answers is None else answers, expectations)
    return sorted(found, key=lambda one: one.severity is not Severity.ERROR)


def _milter_is_asked(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    doors = entrances(settings, expected)
    without = [one for one in doors if one.asks(expected.milter_socket) is None]
    if len(without) == len(doors):
        yield error(
            f"no smtpd asks the milter at {expected.milter_socket}",
            "set smtpd_milters to this socket, as smtpd sees it: "
            "in a chroot, its path starts at queue_directory",
        )
        return
    for one in without:
        yield warning(
            f"the listener {one.name} does not ask the milter",
            "mail for the service that enters there waits and comes back; "
            "take -o smtpd_milters and no_milters away unless that is meant",
        )


def _absent_milter_delays(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    for one in entrances(settings, expected):
        milter = one.asks(expected.milter_socket)
        if milter is None:
            continue
        action = milter.options.get("default_action", one.value("milter_default_action"))
        if action != "tempfail":
            yield error(
                f"{one.name}: when the milter is down, Postfix does {action!r}",
                "set default_action=tempfail for the milter, so that mail comes again",
            )


_TOLD = (
    ("milter_mail_macros", "{auth_authen}", "without it no SMTP AUTH account is seen"),
    (
        "milter_rcpt_macros",
        "{rcpt_addr}",
        "without it the service's address in another spelling passes the milter by",
    ),
)
"""What Postfix must tell the milter: the list of macros, the macro, what is lost without it."""


def _milter_is_told(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    for one in entrances(settings, expected):
        if one.asks(expected.milter_socket) is None:
            continue
        for macros, macro, lost in _TOLD:
            if macro not in words(one.value(macros)):
                yield error(f"{one.name}: {macros} lacks {macro}", f"{lost}; put {macro} back")


def _no_exceptions(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    for one in entrances(settings, expected):
        if "DISABLE" in one.value("smtpd_milter_maps").upper():
            yield error(
                f"{one.name}: smtpd_milter_maps turns milters off",
                "a DISABLE entry lets clients past the service unseen; remove it",
            )
    for entry in expected.milter_exceptions:
        yield error(
            f"smtpd_milter_maps has the entry {entry!r}",
            "such clients get past the service unseen; remove it",
        )


def _deliverable_nowhere_else(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    for address in expected.service_addresses:
        route = expected.routes.get(address, "")
        if not _waits(route):
            yield error(
                f"mail for {address} that misses the milter goes to {route or 'a mailbox'}",
                f"put '{address} {ABSENT}' in transport_maps",
            )
        if alias := expected.aliases.get(address, ""):
            yield error(
                f"virtual_alias_maps sends {address} to {alias}",
                "remove the alias; the service takes its mail from the milter",
            )
        if route.partition(":")[0] in {"retry", "error"}:
            yield from _refusing_entrances(address, settings, expected)


def _waits(route: str) -> bool:
    return route == ABSENT or route.startswith("retry:4.")


def _refusing_entrances(
    address: str, settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    """Tell of smtpds that look at the transport's name before they ask the milter."""
    for one in entrances(settings, expected):
        if one.value("smtpd_reject_unlisted_recipient") != "no":
            yield error(
                f"{one.name} refuses {address} at RCPT because of its transport",
                f"use the transport {ABSENT}, or set smtpd_reject_unlisted_recipient = no",
            )


def _bounces_arrive(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    if "+" not in settings.get("recipient_delimiter", ""):
        yield error(
            "recipient_delimiter has no '+'",
            "set recipient_delimiter = +, or bounces of answers have no address",
        )
    cleanup = Service("cleanup/unix", settings)
    listed = behind(expected.milter_socket, cleanup.value("non_smtpd_milters"), cleanup)
    classes = words(cleanup.value("internal_mail_filter_classes"))
    if listed is None or "bounce" not in classes:
        yield warning(
            "bounces that this Postfix writes itself do not reach the milter",
            "set non_smtpd_milters like smtpd_milters, "
            "and internal_mail_filter_classes = bounce",
        )


def _reinjection(
    settings: Mapping[str, str], expected: Expectations
) -> Iterator[PostfixFinding]:
    port = str(expected.reinject_port)
    listeners = [one for one in smtpd_services(settings) if one.port == port]
    yield from answers_fit(listeners, expected)
    if not listeners:
        yield error(
            f"nothing takes the answers on port {port}",
            f"add the listener 127.0.0.1:{port} from postfix/ to master.cf",
        )
    for one in listeners:
        if one.asks(expected.milter_socket):
            yield error(
                f"{one.name} asks the milter about the service's own answers",
                "give it -o smtpd_milters= (empty)",
            )
        if not one.address.startswith(("127.", "localhost:", "[::1]:", "::1:")):
            yield warning(
                f"{one.name} may be reached from the network",
                f"write 127.0.0.1:{port} in master.cf: only the courier needs it",
            )


def _smuggling(settings: Mapping[str, str], expected: Expectations) -> Iterator[PostfixFinding]:
    for one in entrances(settings, expected):
        if one.value("smtpd_forbid_bare_newline") in {"", "no"}:
            yield warning(
                f"{one.name}: smtpd_forbid_bare_newline is off",
                "set normalize: a sender may smuggle a second mail behind the first",
            )


def _queue_ids(settings: Mapping[str, str], expected: Expectations) -> Iterator[PostfixFinding]:  # noqa: ARG001 -- every rule takes the same
    if settings.get("enable_long_queue_ids", "no") != "yes":
        yield warning(
            "enable_long_queue_ids is off",
            "set yes: short ids come again within hours and make the logs ambiguous",
        )


_RULES = (
    _milter_is_asked,
    _absent_milter_delays,
    _deliverable_nowhere_else,
    _no_exceptions,
    _milter_is_told,
    _bounces_arrive,
    *LIMITS,
    _smuggling,
    _queue_ids,
)
