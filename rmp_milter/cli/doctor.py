"""``rmp doctor``: who may write to the service, and with which key."""

import re
import secrets
import time
from pathlib import Path

import click
import msgspec

from rmp_milter.certificates import (
    Certificate,
    CertificateError,
    check_usable,
    read_certificate,
)
from rmp_milter.changes import Changes
from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.opening import open_store
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import (
    Json,
    moment,
    print_json,
    print_pairs,
    print_table,
    spaced_fingerprint,
)
from rmp_milter.config import Config
from rmp_milter.model import Doctor, Receipts, ReplyForm
from rmp_milter.rpps import rpps_valid
from rmp_milter.store.failures import Conflict
from rmp_milter.store.snapshot import Snapshot
from rmp_milter.store.store import Store

_MAIL = re.compile(r"[^\s<>@\x00-\x20]+@[A-Za-z0-9.-]+")
_RECEIPTS = click.Choice([wanted.value for wanted in Receipts])
_FOUND_BY = "a doctor's RPPS number, mail address or key fingerprint"


def _rpps(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Take 11 digits, the last of which checks the others."""
    number = "".join(value.split())
    if not rpps_valid(number):
        raise click.BadParameter(f"{value!r} is no RPPS number (11 digits with check digit)")
    return number


def _mail(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Take a bare mail address."""
    if not _MAIL.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no mail address")
    return value


def _words(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Take words of one line, with single spaces."""
    words = " ".join(value.split())
    if not words or not words.isprintable():
        raise click.BadParameter(f"{value!r} cannot be read as words")
    return words


@click.group()
def doctor() -> None:
    """Enrol doctors, show and remove them."""


@doctor.command("add")
@click.option(
    "--name", required=True, callback=_words, help="As patients know him: Dr Anne MOREL."
)
@click.option("--rpps", required=True, callback=_rpps, help="National number, 11 digits.")
@click.option("--mail", required=True, callback=_mail, help="Where his answers go.")
@click.option(
    "--profession", required=True, callback=_words, help="Such as médecin généraliste."
)
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="His OpenPGP certificate (public key), armored or binary.",
)
@click.option("--account", default="", metavar="SASLNAME", help="His login for SMTP AUTH.")
@click.option(
    "--reply-form",
    type=click.Choice([form.value for form in ReplyForm]),
    default=ReplyForm.SEPARATE.value,
    show_default=True,
    help="How his answers are built.",
)
@click.option(
    "--receipts",
    type=_RECEIPTS,
    default=Receipts.EACH.value,
    show_default=True,
    help="How he hears that his deposits were taken.",
)
@json_option
@configured
def add(  # noqa: PLR0913 -- one argument an option
    config: Config,
    *,
    name: str,
    rpps: str,
    mail: str,
    profession: str,
    key: Path,
    account: str,
    reply_form: str,
    receipts: str,
    as_json: bool,
) -> None:
    """Enrol a doctor with his key."""
    now = int(time.time())
    certificate = _usable_certificate(key.read_bytes(), now)
    new = Doctor(
        doctor_id=secrets.token_bytes(16),
        name=name,
        rpps=rpps,
        mail=mail,
        profession=profession,
        certificate=certificate.binary,
        fingerprint=certificate.fingerprint,
        key_ids=certificate.key_ids,
        account=account,
        reply_form=ReplyForm(reply_form),
        added_at=now,
        receipts=Receipts(receipts),
    )
    with open_store(config) as store:
        _commit(store, Changes(doctors=(new,)), now)
    _print_doctor(new, as_json=as_json)


def _usable_certificate(data: bytes, now: int) -> Certificate:
    with refusing(CertificateError, hint="ask the doctor for a key that can be encrypted to"):
        certificate = read_certificate(data)
        check_usable(data, now)
    return certificate


def _commit(store: Store, changes: Changes, now: int) -> None:
    try:
        store.commit(changes, now)
    except Conflict as conflict:
        raise CommandError(
            "another doctor has this RPPS number, mail address, account or key",
            "rmp doctor list shows who is enrolled",
        ) from conflict


@doctor.command("list")
@json_option
@configured
def list_(config: Config, *, as_json: bool) -> None:
    """List the enrolled doctors."""
    with open_store(config, read_only=True) as store, store.snapshot() as snapshot:
        doctors = sorted(snapshot.doctors(), key=lambda each: (each.name, each.rpps))
    if as_json:
        print_json([_as_json(each) for each in doctors])
        return
    print_table(
        ("NAME", "RPPS", "MAIL", "PROFESSION", "ACCOUNT", "FORM", "RECEIPTS"),
        [
            (
                *(each.name, each.rpps, each.mail, each.profession),
                *(each.account, each.reply_form, each.receipts),
            )
            for each in doctors
        ],
    )


@doctor.command("show")
@click.argument("who", metavar="WHO")
@json_option
@configured
def show(config: Config, *, who: str, as_json: bool) -> None:
    """Show one doctor; WHO is the RPPS number, mail address or key fingerprint."""
    with open_store(config, read_only=True) as store, store.snapshot() as snapshot:
        found = _find(snapshot, who)
        treats = sum(1 for _ in snapshot.dossiers_of(found.doctor_id))
    _print_doctor(found, as_json=as_json, treats=treats)


@doctor.command("set")
@click.argument("who", metavar="WHO")
@click.option("--receipts", type=_RECEIPTS, help="How he hears of deposits that were taken.")
@json_option
@configured
def set_(config: Config, *, who: str, receipts: str | None, as_json: bool) -> None:
    """Change an entry; WHO is the RPPS number, mail address or key fingerprint."""
    if receipts is None:
        raise click.UsageError("nothing to change is given")
    with open_store(config) as store:
        with store.snapshot() as snapshot:
            found = _find(snapshot, who)
        changed = msgspec.structs.replace(
            found, receipts=Receipts(receipts), revision=found.revision + 1
        )
        _commit(store, Changes(doctors=(changed,)), int(time.time()))
    _print_doctor(changed, as_json=as_json)


@doctor.command("remove")
@click.argument("who", metavar="WHO")
@click.option("--force", is_flag=True, help="Even if he is the médecin traitant of patients.")
@configured
def remove(config: Config, *, who: str, force: bool) -> None:
    """Remove a doctor; WHO is the RPPS number, mail address or key fingerprint."""
    with open_store(config) as store:
        with store.snapshot() as snapshot:
            found = _find(snapshot, who)
            treats = sum(1 for _ in snapshot.dossiers_of(found.doctor_id))
        if treats and not force:
            raise CommandError(
                f"{found.name} is the médecin traitant of {treats} dossiers",
                "with --force they stay, but nobody reads them without the patient's code",
            )
        _commit(store, Changes(removed_doctors=(found.doctor_id,)), int(time.time()))
    click.echo(f"removed {found.name}, RPPS {found.rpps}")


def _find(snapshot: Snapshot, who: str) -> Doctor:
    compact = "".join(who.split())
    found = (
        snapshot.doctor_by_rpps(compact)
        or snapshot.doctor_by_mail(who)
        or snapshot.doctor_by_fingerprint(compact.lower())
    )
    if found is None:
        raise CommandError(f"no enrolled doctor is {who!r}", f"give {_FOUND_BY}")
    return found


def _as_json(doctor: Doctor) -> dict[str, Json]:
    return {
        "name": doctor.name,
        "rpps": doctor.rpps,
        "mail": doctor.mail,
        "profession": doctor.profession,
        "account": doctor.account,
        "reply_form": doctor.reply_form.value,
        "receipts": doctor.receipts.value,
        "fingerprint": doctor.fingerprint,
        "added": moment(doctor.added_at),
    }


def _print_doctor(doctor: Doctor, *, as_json: bool, treats: int = 0) -> None:
    if as_json:
        print_json({**_as_json(doctor), "dossiers": treats})
        return
    print_pairs(
        [
            ("name", doctor.name),
            ("RPPS", doctor.rpps),
            ("mail", doctor.mail),
            ("profession", doctor.profession),
            ("account", doctor.account or "-"),
            ("answers", doctor.reply_form.value),
            ("receipts", doctor.receipts.value),
            ("key", spaced_fingerprint(doctor.fingerprint)),
            ("added", moment(doctor.added_at)),
            ("dossiers", str(treats)),
        ]
    )
