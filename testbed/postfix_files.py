"""The configuration of the private Postfix: what it is, apart from how it is run."""

import pwd
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MESSAGE_BYTES = 50 * 1024 * 1024
MAIL_OWNER = "postfix"


@dataclass(frozen=True)
class Plan:
    """Everything that the files of one instance depend on.

    ``milter`` is the unix socket of the milter on the client-facing listener;
    ``unreachable`` are domains whose mail bounces with 5.1.1, ``slow`` those whose mail
    is deferred. ``settings`` override ``main.cf``; ``services`` are more lines for
    ``master.cf``.
    """

    root: Path
    smtp_port: int
    reinject_port: int
    service_addresses: tuple[str, ...]
    hostname: str
    milter: Path | None = None
    unreachable: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    services: tuple[str, ...] = ()

    @property
    def config(self) -> Path:
        """The configuration folder, for ``postconf -c`` and its like."""
        return self.root / "etc"

    @property
    def queue(self) -> Path:
        """The queue folder."""
        return self.root / "spool"

    @property
    def maildir(self) -> Path:
        """Where all mail to other domains is delivered."""
        return self.root / "mail" / "all"

    @property
    def log(self) -> Path:
        """Where ``postlogd`` writes."""
        return self.root / "maillog"

    @property
    def accounts(self) -> Path:
        """The Cyrus SASL password database."""
        return self.sasl / "sasldb2"

    @property
    def sasl(self) -> Path:
        """Where Cyrus SASL looks for ``smtpd.conf``.

        Debian's Postfix reads ``sasl/`` in its configuration folder and passes over
        ``cyrus_sasl_config_path``; others read that setting. This place serves both.
        """
        return self.config / "sasl"


def milter_settings(socket: Path) -> dict[str, str]:
    """Return the settings that put a milter before the queue, tempfailing without it."""
    limits = "default_action=tempfail, connect_timeout=10s, content_timeout=120s"
    settings = f"{{ unix:{socket}, {limits} }}"
    return {
        "smtpd_milters": settings,
        "milter_default_action": "tempfail",
        # The bounces that this Postfix writes reach the milter as well.
        "non_smtpd_milters": "$smtpd_milters",
        "internal_mail_filter_classes": "bounce",
    }


def main_cf(plan: Plan) -> dict[str, str]:
    """Return the whole ``main.cf`` as names and values."""
    mail_uid = str(pwd.getpwnam(MAIL_OWNER).pw_uid)
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": f"{plan.queue}",
        "data_directory": f"{plan.root}/data",
        "mail_owner": MAIL_OWNER,
        "maillog_file": f"{plan.log}",
        "maillog_file_prefixes": f"{plan.root}",
        "myhostname": plan.hostname,
        "mydestination": "",
        "alias_maps": "",
        "alias_database": "",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "disable_dns_lookups": "yes",
        "smtpd_peername_lookup": "no",
        "recipient_delimiter": "+",
        "message_size_limit": str(MESSAGE_BYTES),
        "in_flow_delay": "0",
        "enable_long_queue_ids": "yes",
        "smtputf8_enable": "yes",
        "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
        "smtpd_client_connection_count_limit": "0",
        "smtpd_client_connection_rate_limit": "0",
        # A refusal shall reach the test at once, not after a tarpit's second.
        "smtpd_error_sleep_time": "0",
        "smtpd_soft_error_limit": "1000",
        "smtpd_hard_error_limit": "1000",
        "minimal_backoff_time": "2s",
        "maximal_backoff_time": "4s",
        "queue_run_delay": "2s",
        "transport_maps": f"texthash:{plan.config}/transport",
        # All that is not the service's lands in one Maildir, whatever its domain.
        "default_transport": "virtual:",
        "virtual_mailbox_base": f"{plan.maildir.parent}",
        "virtual_mailbox_maps": f"static:{plan.maildir.name}/",
        "virtual_uid_maps": f"static:{mail_uid}",
        "virtual_gid_maps": f"static:{mail_uid}",
        "virtual_minimum_uid": "1",
        "virtual_mailbox_limit": "0",
        "smtpd_sasl_auth_enable": "yes",
        "smtpd_sasl_type": "cyrus",
        "smtpd_sasl_path": "smtpd",
        "cyrus_sasl_config_path": f"{plan.sasl}",
        "smtpd_sasl_local_domain": "",
        "smtpd_sasl_security_options": "noanonymous",
    }
    milter = milter_settings(plan.milter) if plan.milter else {}
    return {**settings, **milter, **plan.settings}


def transport_map(plan: Plan) -> str:
    """Return the transport map: the service is reachable through the milter only."""
    lines = [f"{address} {NOWHERE}" for address in plan.service_addresses]
    lines += [f"{domain} error:5.1.1 no such mailbox here" for domain in plan.unreachable]
    lines += [f"{domain} retry:4.2.0 try again later" for domain in plan.slow]
    return "\n".join([*lines, ""])


def master_cf(plan: Plan) -> str:
    """Return ``master.cf``: the client-facing listener, re-injection, and the daemons."""
    return "\n".join(
        [
            f"127.0.0.1:{plan.smtp_port} inet n - n - - smtpd",
            f"127.0.0.1:{plan.reinject_port} inet n - n - - smtpd {_REINJECTION}",
            f"reinjection-cleanup unix n - n - 0 cleanup {_LARGER} -o non_smtpd_milters=",
            *_DAEMONS,
            *plan.services,
            "",
        ]
    )


def sasl_conf(plan: Plan) -> str:
    """Return Cyrus SASL's ``smtpd.conf``: passwords in the private database only."""
    return (
        "pwcheck_method: auxprop\n"
        "auxprop_plugin: sasldb\n"
        f"sasldb_path: {plan.accounts}\n"
        "mech_list: PLAIN LOGIN\n"
        "log_level: 3\n"
    )


# The queue's folders as Postfix's own installation makes them: owner postfix, mode.
QUEUE_FOLDERS: Mapping[str, int] = {
    **dict.fromkeys(("active", "bounce", "corrupt", "defer", "deferred", "flush"), 0o700),
    **dict.fromkeys(("hold", "incoming", "private", "saved", "trace"), 0o700),
    "maildrop": 0o730,
    "public": 0o710,
}
DROP_GROUP = "postdrop"

# A socket that nobody makes: mail that passed the milter by waits in the queue. (smtpd
# refuses recipients of the transport ``retry`` before it asks the milter.)
NOWHERE = "lmtp:unix:private/the-service-is-not-available"

# An answer holds a stored document and more: larger than the mail that brought it.
_LARGER = f"-o message_size_limit={MESSAGE_BYTES + MESSAGE_BYTES // 5}"
_REINJECTION = (
    f"-o smtpd_milters= -o smtpd_sasl_auth_enable=no {_LARGER}"
    " -o local_header_rewrite_clients= -o cleanup_service_name=reinjection-cleanup"
    " -o receive_override_options=no_unknown_recipient_checks"
)

# As shipped, but for the jails (column 5), which would need a copy of the system.
_DAEMONS = (
    "pickup unix n - n 60 1 pickup",
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "rewrite unix - - n - - trivial-rewrite",
    "bounce unix - - n - 0 bounce",
    "defer unix - - n - 0 bounce",
    "trace unix - - n - 0 bounce",
    "verify unix - - n - 1 verify",
    "flush unix n - n 1000? 0 flush",
    "proxymap unix - - n - - proxymap",
    "proxywrite unix - - n - 1 proxymap",
    "smtp unix - - n - - smtp",
    "relay unix - - n - - smtp",
    "lmtp unix - - n - - lmtp",
    "showq unix n - n - - showq",
    "error unix - - n - - error",
    "retry unix - - n - - error",
    "discard unix - - n - - discard",
    "virtual unix - n n - - virtual",
    "anvil unix - - n - 1 anvil",
    "scache unix - - n - 1 scache",
    "postlog unix-dgram n - n - 1 postlogd",
)
