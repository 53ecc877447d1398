"""``rmp doctor set`` and ``rmp doctor locum``: an enrolled doctor's entry, changed."""

import time
from pathlib import Path

import click
from msgspec.structs import replace

from rmp_milter.cli.cards import show_committed, vouched
from rmp_milter.cli.cautions import warn
from rmp_milter.cli.credentials import ANSWERS, LATER, check_form, check_offered, of_doctor
from rmp_milter.cli.directory import commit, find, mail_of, print_doctor, reading, words_of
from rmp_milter.cli.doctor_certificates import (
    CertificatesWanted,
    answered_by,
    certificate_fields,
)
from rmp_milter.cli.errors import CommandError, Status
from rmp_milter.cli.leaves import operator
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_error
from rmp_milter.cli.stores import open_store
from rmp_milter.cli.welcome import welcomes
from rmp_milter.config import Config
from rmp_milter.credentials import kind_of
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.days import Clock, day_of
from rmp_milter.dossier.model import Doctor, Receipts, ReplyForm
from rmp_milter.dossier.revisions import revised
from rmp_milter.errors import MailError
from rmp_milter.handlers.people.locums import with_locum, without_locum
from rmp_milter.mail.catalogue.texts import refusal
from rmp_milter.mail.header.civil import day


@click.command("set")
@click.argument("who", metavar="WHO")
@click.option("--name", callback=reading(words_of), help="As patients know him.")
@click.option("--mail", callback=reading(mail_of), help="Where his answers go.")
@click.option("--profession", callback=reading(words_of), help="Such as médecin généraliste.")
@click.option("--account", metavar="SASLNAME", help="His login for SMTP AUTH; '' for none.")
@click.option(
    "--reply-form",
    type=click.Choice([form.value for form in ReplyForm]),
    help="How his answers are built.",
)
@click.option(
    "--receipts",
    type=click.Choice([each.value for each in Receipts]),
    help="A receipt for each deposit, one a day, or none.",
)
@click.option("--read-key", is_flag=True, help="Note anew which keys his certificate has.")
@click.option(
    "--certificate",
    "--key",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A further certificate of his, OpenPGP or X.509; several may be given.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="FINGERPRINT",
    help="A certificate that he has no more, as show names it.",
)
@click.option("--answers", type=ANSWERS, help="Which kind his answers are for from now on.")
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    metavar="NAME",
    help="Who answers for --certificate and --answers; two different persons.",
)
@click.option("--hprim", type=click.Choice(["yes", "no"]), help="HPRIM headers beside entries.")
@json_option
@configured
def set_(  # noqa: PLR0913 -- one argument an option
    config: Config,
    *,
    who: str,
    name: str | None,
    mail: str | None,
    profession: str | None,
    account: str | None,
    reply_form: str | None,
    receipts: str | None,
    read_key: bool,
    files: tuple[Path, ...],
    without: tuple[str, ...],
    answers: str | None,
    witnesses: tuple[str, ...],
    hprim: str | None,
    as_json: bool,
) -> int:
    """Change what the directory says of a doctor; what is not given stays.

    WHO is the RPPS number, mail address or key fingerprint. For another key in the place of the
    one that his answers go to see rekey.
    """
    given: dict[str, object] = {
        "name": name,
        "mail": mail,
        "profession": profession,
        "account": account,
        "reply_form": None if reply_form is None else ReplyForm(reply_form),
        "receipts": None if receipts is None else Receipts(receipts),
        "hprim": None if hprim is None else hprim == "yes",
    }
    fields = {field: value for field, value in given.items() if value is not None}
    wanted = CertificatesWanted(files, without, answers, witnesses)
    if not fields and not read_key and not wanted.is_given:
        raise click.UsageError("nothing to change: give an option")
    if reply_form is not None:
        check_offered(ReplyForm(reply_form), config)
    now = int(time.time())
    named, added = wanted.named(), wanted.read(config, now)
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as snapshot:
            found = find(snapshot, who)
            fields |= certificate_fields(found, wanted, added, snapshot, now)
        if read_key:
            fields.setdefault("key_ids", of_doctor(found).key_ids)
        new = revised(found, **fields)
        check_form(kind_of(new.certificate), new.reply_form)
        leaf = keeper.event("cle" if wanted.is_given else "modification", found.rpps, named)
        new = vouched(keeper, new, leaf, before=found)
        outbox = welcomes(keeper, config, (new,), now, found)
        commit(store, Changes(doctors=(new,), outbox=outbox), now)
        show_committed(keeper, new)
        refused = answered_by(keeper, store, new, named) if answers else ()
        print_doctor(new, store, json=as_json)
    if new.reply_form is ReplyForm.LISIBLE is not found.reply_form:
        warn([LATER])
    for line in refused:
        print_error(line)
    return Status.REFUSED if refused else Status.OK


@click.command("locum")
@click.argument("who", metavar="WHO")
@click.option("--locum", "other", required=True, metavar="WHO2", help="Who acts for him.")
@click.option("--from", "first", metavar="DAY", help="The first day: 2026-07-01, 01/07/2026.")
@click.option("--to", "last", metavar="DAY", help="The last day, included.")
@click.option("--remove", is_flag=True, help="He acts no more, from now on.")
@json_option
@configured
def locum(  # noqa: PLR0913 -- one argument an option
    config: Config,
    *,
    who: str,
    other: str,
    first: str | None,
    last: str | None,
    remove: bool,
    as_json: bool,
) -> None:
    """Declare who acts for a doctor between two days, or take it back.

    Both are named by RPPS number, mail address or key fingerprint. Nobody is written to: a
    doctor's own declaration by mail tells the locum.
    """
    now = int(time.time())
    days = _days(first, last, now)
    if (days is None) != remove:
        raise click.UsageError("give --from and --to, or --remove")
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as snapshot:
            found, acting = find(snapshot, who), find(snapshot, other)
        new = _changed(found, acting, days, now, config.clock)
        action = "remplacement" if days else "fin de remplacement"
        leaf = replace(keeper.event(action, acting.rpps), acting_for=found.rpps)
        new = vouched(keeper, new, leaf, before=found)
        commit(store, Changes(doctors=(new,)), now)
        show_committed(keeper, new)
        print_doctor(new, store, json=as_json)


def _days(first: str | None, last: str | None, now: int) -> tuple[str, str] | None:
    """Return the two days; None where neither is given."""
    if first is None and last is None:
        return None
    year = time.gmtime(now).tm_year
    read = [day(value or "", year) for value in (first, last)]
    if not all(read):
        raise click.UsageError("--from and --to take a day each, such as 2026-07-01")
    return read[0], read[1]


def _changed(
    doctor: Doctor, acting: Doctor, days: tuple[str, str] | None, now: int, clock: Clock
) -> Doctor:
    try:
        if days is None:
            return without_locum(doctor, acting, day_of(now, clock))
        return with_locum(doctor, acting, *days, now, clock)
    except MailError as error:
        raise CommandError(refusal(error.text, "en", error.facts)) from error
