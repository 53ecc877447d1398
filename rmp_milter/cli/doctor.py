"""``rmp doctor``: who may write to the service, and with which key."""

import secrets
import time
from pathlib import Path

import click

from rmp_milter.cli.cards import show_committed, struck_out, vouched
from rmp_milter.cli.credentials import ANSWERS, check_form, check_offered, chosen, read_files
from rmp_milter.cli.directory import (
    commit,
    described,
    find,
    mail_of,
    print_doctor,
    reading,
    rpps_of,
    words_of,
)
from rmp_milter.cli.doctor_changes import locum, set_
from rmp_milter.cli.doctor_expiring import SOON, print_expiring
from rmp_milter.cli.doctor_expiring import expiring as ending_in
from rmp_milter.cli.doctor_import import import_
from rmp_milter.cli.doctor_reconcile import reconcile
from rmp_milter.cli.doctor_rekey import rekey
from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.issuers import check_issuers, world_of
from rmp_milter.cli.leaves import operator
from rmp_milter.cli.options import configured, json_option, wide_option
from rmp_milter.cli.output import print_json, print_table
from rmp_milter.cli.stores import open_store
from rmp_milter.cli.welcome import welcome, welcomes
from rmp_milter.config import Config
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Doctor, Receipts, ReplyForm

_LEAST = {"PROFESSION": 8, "ACCOUNT": 7, "NAME": 14, "MAIL": 12}
_RECEIPTS = click.Choice([wanted.value for wanted in Receipts])


@click.group()
def doctor() -> None:
    """Enrol doctors, show, change and remove them."""


for command in (set_, locum, import_, reconcile, rekey, welcome):
    doctor.add_command(command)


@doctor.command("add")
@click.option(
    "--name",
    required=True,
    callback=reading(words_of),
    help="As patients know him: Dr Anne MOREL.",
)
@click.option(
    "--rpps", required=True, callback=reading(rpps_of), help="National number, 11 digits."
)
@click.option("--mail", required=True, callback=reading(mail_of), help="Where his answers go.")
@click.option(
    "--profession",
    required=True,
    callback=reading(words_of),
    help="Such as médecin généraliste.",
)
@click.option(
    "--key",
    "--certificate",
    "files",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A certificate of his: OpenPGP (public key), or X.509 for S/MIME; several may be given.",
)
@click.option(
    "--answers",
    type=ANSWERS,
    help="Which kind his answers are for; else the first that can be encrypted to.",
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
    files: tuple[Path, ...],
    answers: str | None,
    account: str,
    reply_form: str,
    receipts: str,
    as_json: bool,
) -> None:
    """Enrol a doctor with his key or certificates."""
    now = int(time.time())
    found = read_files(files, now)
    his = chosen(found, answers, rpps, now)
    check_issuers(found, world_of(config), now)
    check_offered(ReplyForm(reply_form), config)
    check_form(his.first.kind, ReplyForm(reply_form))
    new = Doctor(
        doctor_id=secrets.token_bytes(16),
        name=name,
        rpps=rpps,
        mail=mail,
        profession=profession,
        certificate=his.first.binary,
        fingerprint=his.first.fingerprint,
        key_ids=his.key_ids,
        account=account,
        reply_form=ReplyForm(reply_form),
        added_at=now,
        receipts=Receipts(receipts),
        credentials=his.credentials,
    )
    with operator(config) as keeper, open_store(config) as store:
        new = vouched(keeper, new, keeper.event("inscription", rpps))
        outbox = welcomes(keeper, config, (new,), now)
        commit(store, Changes(doctors=(new,), outbox=outbox), now)
        show_committed(keeper, new)
        print_doctor(new, store, json=as_json)


@doctor.command("list")
@click.option(
    "--expiring",
    type=click.IntRange(0),
    metavar="DAYS",
    is_flag=False,
    flag_value=SOON,
    help=f"Those whose certificate ends within DAYS ({SOON}), or is of no use.",
)
@wide_option
@json_option
@configured
def list_(config: Config, *, expiring: int | None, wide: bool, as_json: bool) -> None:
    """List the enrolled doctors."""
    with open_store(config, read_only=True) as store, store.snapshot() as snapshot:
        if expiring is not None:
            ending = ending_in(snapshot.doctors(), snapshot, expiring, int(time.time()))
            print_expiring(ending, as_json=as_json)
            return
        doctors = sorted(snapshot.doctors(), key=lambda each: (each.name, each.rpps))
        found = [described(each, snapshot) for each in doctors]
    if as_json:
        print_json(found)
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
        least=_LEAST,
        wide=wide,
    )


@doctor.command("show")
@click.argument("who", metavar="WHO")
@json_option
@configured
def show(config: Config, *, who: str, as_json: bool) -> None:
    """Show one doctor; WHO is the RPPS number, mail address or key fingerprint."""
    with open_store(config, read_only=True) as store:
        with store.snapshot() as snapshot:
            found = find(snapshot, who)
        print_doctor(found, store, json=as_json)


@doctor.command("remove")
@click.argument("who", metavar="WHO")
@click.option("--force", is_flag=True, help="Even if he is the médecin traitant of patients.")
@configured
def remove(config: Config, *, who: str, force: bool) -> None:
    """Remove a doctor; WHO is the RPPS number, mail address or key fingerprint."""
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as snapshot:
            found = find(snapshot, who)
            treats = sum(1 for _ in snapshot.dossiers_of(found.doctor_id))
        if treats and not force:
            raise CommandError(
                f"{found.name} is the médecin traitant of {treats} dossiers",
                "with --force they stay, but nobody reads them without the patient's code",
            )
        struck_out(keeper, found, keeper.event("radiation", found.rpps))
        commit(store, Changes(removed_doctors=(found.doctor_id,)), int(time.time()))
    click.echo(f"removed {found.name}, RPPS {found.rpps}")
