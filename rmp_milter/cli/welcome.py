"""``rmp doctor welcome``: the signed mail by which a doctor's program learns the service.

Outlook encrypts to whom it has a signed mail of, with the ciphers that this one names. So whoever
is enrolled with an X.509 certificate, or is given one, is sent it.
"""

import secrets
import time
from collections.abc import Iterable, Iterator

import click

from rmp_milter.calls.protocol.answering import Welcome, Welcomed
from rmp_milter.cli.cautions import warn
from rmp_milter.cli.directory import commit, find
from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.leaves import HostKeeper, KeeperRefused, operator
from rmp_milter.cli.options import configured
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config
from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.credentials import certificates_of
from rmp_milter.dossier.model import Doctor, OutgoingMail
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.mail.outgoing.welcome_mail import welcome_mail

_NONE = "S/MIME is not used by him: he has OpenPGP keys alone"


@click.command("welcome")
@click.argument("who", metavar="WHO")
@configured
def welcome(config: Config, *, who: str) -> None:
    """Send a doctor the service's signed welcome again, for S/MIME.

    WHO is the RPPS number, mail address or key fingerprint.
    """
    now = int(time.time())
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as snapshot:
            found = find(snapshot, who)
        if not smime_of(found):
            raise CommandError(f"{found.name}: {_NONE}")
        mail = _mail(keeper, config, found, now)
        commit(store, Changes(outbox=(mail,)), now)
    click.echo(f"the welcome goes to {found.mail}")


def smime_of(doctor: Doctor) -> frozenset[bytes]:
    """Return the X.509 certificates of somebody."""
    own = certificates_of(doctor)
    return frozenset(each for each in own if kind_of(each) is CertificateKind.SMIME)


def welcomes(
    keeper: HostKeeper,
    config: Config,
    doctors: Iterable[Doctor],
    now: int,
    before: Doctor | None = None,
) -> tuple[OutgoingMail, ...]:
    """Return the welcomes of those who have an X.509 certificate, to be committed with them.

    ``before`` is the entry that one of them had: who has no other certificate than there needs
    none. Where the service cannot sign one, that is a warning; nobody stays outside for it.
    """
    known = smime_of(before) if before else frozenset()
    return tuple(
        _made(keeper, config, (each for each in doctors if smime_of(each) - known), now)
    )


def _made(
    keeper: HostKeeper, config: Config, doctors: Iterable[Doctor], now: int
) -> Iterator[OutgoingMail]:
    for each in doctors:
        try:
            yield _mail(keeper, config, each, now)
        except KeeperRefused as error:
            hint = "when it can be: rmp doctor welcome"
            warn([f"{each.name} is not sent the signed welcome: {error}; {hint}"])


def _mail(keeper: HostKeeper, config: Config, doctor: Doctor, now: int) -> OutgoingMail:
    """Have the keeper sign a welcome; raises :class:`KeeperRefused`."""
    service = config.service
    language, address = service.language, service.addresses[0]
    signed = keeper.ask(Welcomed, Welcome(address, language)).entity
    sender = ServiceAddress(address, service.name)
    return welcome_mail(signed, doctor, sender, language, now, secrets.token_hex(16))
