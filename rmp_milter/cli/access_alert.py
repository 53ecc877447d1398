"""What only the host can add to an export: whose names are the same, and a mail where it matters.

The log names no patient. What leaves the store here is which emergencies of one doctor are for
patients of one name, and no name. The mails name nobody.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import click

from rmp_milter.audit.acts import Calendar, EmergencyAct, EmergencyYears, gather
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.namesakes import encoded, grouped
from rmp_milter.audit.standouts import why
from rmp_milter.audit.unusual import WHOLE, Standout, unusual
from rmp_milter.cli.access_list import FOLDER
from rmp_milter.cli.errors import refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import reading_shown, say
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config
from rmp_milter.disk.new_files import write_new
from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import OutgoingMail
from rmp_milter.host.owners import as_owner
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.plain_mail import PlainMail, ServiceAddress, plain_mail
from rmp_milter.phrases.phrase import LANGUAGES, Language, Phrase, told
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot, Store

_WIDTH = 72
REMEMBERED = 400 * 86_400
"""Seconds for which the same is not said again."""


def _names(view: Snapshot, acts: Sequence[EmergencyAct]) -> dict[int, str]:
    """Return the folded family name of each emergency's patient, where there still is one."""
    names = {}
    for act in acts:
        emergency = view.emergency(act.case.reference)
        dossier = emergency and view.dossier(emergency.dossier_id)
        if dossier:
            names[act.entry] = fold(dossier.patient.birth_name)
    return names


def _read(config: Config, folder: Path) -> tuple[str, EmergencyYears]:
    with refusing(FolderError):
        log = ExportedLog(folder)
        calendar = Calendar(config.clock.rules)
        return log.head.origin, gather(log, calendar, progress=reading_shown)


@click.command("namesakes")
@click.argument("folder", type=FOLDER)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@lang_option
@configured
def namesakes(config: Config, folder: Path, file: Path) -> None:
    """Write which emergencies in FOLDER are for patients of one name to FILE, for auditors.

    Groups of entries of one doctor, without any name: for rmp access unusual --namesakes. FILE is
    not overwritten.
    """
    origin, gathered = _read(config, folder)

    def groups_in_store() -> list[list[int]]:
        with open_store(config, read_only=True) as store, store.snapshot() as view:
            names = _names(view, gathered.acts)
        return grouped(
            (act.entry, act.case.rpps, names.get(act.entry, "")) for act in gathered.acts
        )

    groups = as_owner(config.paths.store, groups_in_store, list[list[int]])
    write_new(file, encoded(origin, groups), 0o600)
    say(Phrase("{file}: {count} groups", file=file, count=len(groups)))


@click.command("alert")
@click.argument("folder", type=FOLDER)
@lang_option
@configured
def alert(config: Config, folder: Path) -> None:
    """Mail to [audit] alerts and addresses what stands out in FOLDER, each thing once.

    From [audit] unusual on, a score as of rmp access unusual; 0 is never. The mails name
    emergencies by their references, and nobody.
    """
    audit = config.audit
    if not audit.unusual or not (audit.alerts or audit.addresses):
        say(Phrase("[audit] unusual, or alerts and addresses: nobody is to be told"), err=True)
        return
    _, gathered = _read(config, folder)
    with open_store(config) as store:
        with store.snapshot() as view:
            gathered.name_by(_names(view, gathered.acts))
        now = int(time.time())
        found = unusual(gathered, now, audit.justify_hours, audit.unusual)
        new = _told(config, store, gathered, found, now)
    say(Phrase("{count} new of {all} that stand out", count=new, all=len(found)))


def _told(
    config: Config, store: Store, gathered: EmergencyYears, found: Sequence[Standout], now: int
) -> int:
    """Queue the mails for what was not told before; return how much that is."""
    month = "".join(gathered.months()[-1:])
    with store.snapshot() as view:
        marked = {_mark(each, month): each for each in found}
        new = {mark: each for mark, each in marked.items() if not view.happened(mark)}
    if new:
        references = {act.entry: act.case.reference for act in gathered.acts}
        mails = _mails(config, [*new.values()], references, now)
        marks = tuple(Once(mark, now + REMEMBERED) for mark in new)
        with refusing(Conflict, hint="somebody else told them meanwhile"):
            store.commit(Changes(outbox=mails, once=marks), now)
    return len(new)


def _mark(found: Standout, month: str) -> bytes:
    """Return what the store remembers this by: what is of all months, once a month."""
    period = found.period if found.period != WHOLE else f"until {month}"
    return f"unusual {found.rpps} {found.figure} {period}".encode()


def _mails(
    config: Config, found: Sequence[Standout], references: Mapping[int, str], now: int
) -> tuple[OutgoingMail, ...]:
    words = "\n\n".join(_words(found, references, language) for language in LANGUAGES)
    subject = text("unusual-subject", "fr", count=str(len(found)))
    sender = ServiceAddress(config.service.addresses[0], config.service.name)
    return tuple(
        plain_mail(PlainMail(to, subject, f"{words}\n"), sender, now, secrets.token_hex(16))
        for to in dict.fromkeys((*config.audit.alerts, *config.audit.addresses))
    )


def _words(found: Sequence[Standout], references: Mapping[int, str], language: Language) -> str:
    lines = "\n".join(_line(each, references, language) for each in found)
    before, after = text("unusual-before", language), text("unusual-after", language)
    return f"{before}\n\n{lines}\n\n{after}"


def _line(found: Standout, references: Mapping[int, str], language: Language) -> str:
    """Return what stands out, by the reference of the latest emergency concerned."""
    period = told(Phrase("all months"), language) if found.period == WHOLE else found.period
    latest = references[found.entries[-1]]
    line = f"{latest}, {period} : {told(why(found), language)}"
    return fill(line, _WIDTH, initial_indent="  ", subsequent_indent="      ")
