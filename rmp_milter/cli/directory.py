"""What the commands on the directory share: reading values, finding, writing, showing."""

import re
import time
from collections.abc import Callable, Iterator

import click

from rmp_milter.cli.cautions import of_key, warn
from rmp_milter.cli.certificates_shown import as_json, as_pairs, certificates_shown
from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.output import Json, moment, print_json, print_pairs, spaced_fingerprint
from rmp_milter.disk.formats import Format
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.revisions import next_revision
from rmp_milter.dossier.rpps import rpps_valid
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot, Store

FORMAT = Format("rmp directory", 1)
"""Of a doctor as JSON, and of the CSV file that ``rmp doctor import`` reads."""

_MAIL = re.compile(r"[^\s<>@\x00-\x20]+@[A-Za-z0-9.-]+")
_FOUND_BY = "a doctor's RPPS number, mail address or key fingerprint"
TAKEN = "another doctor has this RPPS number, mail address, account or key"


def rpps_of(value: str) -> str:
    """Take 11 digits, the last of which checks the others; raises ValueError."""
    number = "".join(value.split())
    if not rpps_valid(number):
        raise ValueError(f"{value!r} is no RPPS number (11 digits with check digit)")
    return number


def mail_of(value: str) -> str:
    """Take a bare mail address; raises ValueError."""
    if not _MAIL.fullmatch(value):
        raise ValueError(f"{value!r} is no mail address")
    return value


def words_of(value: str) -> str:
    """Take words of one line, with single spaces; raises ValueError."""
    words = " ".join(value.split())
    if not words or not words.isprintable():
        raise ValueError(f"{value!r} cannot be read as words")
    return words


def reading(
    reader: Callable[[str], str],
) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Return the callback of an option whose value ``reader`` reads; one not given stays None."""

    def read(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
        try:
            return value if value is None else reader(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return read


def find(snapshot: Snapshot, who: str) -> Doctor:
    """Return the doctor whom ``who`` names; raises :class:`CommandError` for nobody."""
    compact = "".join(who.split())
    found = (
        snapshot.doctor_by_rpps(compact)
        or snapshot.doctor_by_mail(who)
        or snapshot.doctor_by_fingerprint(compact.lower())
    )
    if found is None:
        raise CommandError(f"no enrolled doctor is {who!r}", f"give {_FOUND_BY}")
    return found


def commit(store: Store, changes: Changes, now: int) -> None:
    """Write a change of the directory; raises :class:`CommandError` where it cannot be."""
    try:
        store.commit(changes, now)
    except Conflict as conflict:
        if _changed_meanwhile(store, changes):
            raise CommandError(
                "the directory was changed meanwhile, by a mail or another command; nothing "
                "was written",
                "look at it (rmp doctor show) and give the command again",
            ) from conflict
        raise CommandError(TAKEN, "rmp doctor list shows who is enrolled") from conflict


def _changed_meanwhile(store: Store, changes: Changes) -> bool:
    with store.snapshot() as snapshot:
        for doctor in changes.doctors:
            known = snapshot.doctor(doctor.doctor_id)
            if doctor.revision != next_revision(known):
                return True
        return any(snapshot.doctor(each) is None for each in changes.removed_doctors)


def described(doctor: Doctor, snapshot: Snapshot) -> dict[str, Json]:
    """Return a doctor as programs read him, with what is to be said of his key today."""
    return {
        "format": FORMAT.mark.decode(),
        "name": doctor.name,
        "rpps": doctor.rpps,
        "mail": doctor.mail,
        "profession": doctor.profession,
        "account": doctor.account,
        "reply_form": doctor.reply_form.value,
        "receipts": doctor.receipts.value,
        "hprim": doctor.hprim,
        "locums": [
            {"name": name, "from": first, "to": last}
            for name, first, last in _locums(doctor, snapshot)
        ],
        "fingerprint": doctor.fingerprint,
        "opens_gcm": doctor.program.opens_gcm,
        "prefers": doctor.program.prefers,
        "certificates": [*map(as_json, certificates_shown(doctor, int(time.time())))],
        "added": moment(doctor.added_at),
        "warnings": of_key(doctor, int(time.time())),
    }


def print_doctor(doctor: Doctor, store: Store, *, json: bool) -> None:
    """Print one doctor, with the number of dossiers of which he is médecin traitant."""
    with store.snapshot() as snapshot:
        treats = sum(1 for _ in snapshot.dossiers_of(doctor.doctor_id))
        shown = {**described(doctor, snapshot), "dossiers": treats}
        locums = _locums(doctor, snapshot)
    warn(of_key(doctor, int(time.time())))
    if json:
        print_json(shown)
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
            ("HPRIM", "yes" if doctor.hprim else "no"),
            ("key", spaced_fingerprint(doctor.fingerprint)),
            ("added", moment(doctor.added_at)),
            ("dossiers", str(treats)),
            *_said_of_program(doctor),
            *(("locum", f"{name}, {first} to {last}") for name, first, last in locums),
            *(
                pair
                for each in certificates_shown(doctor, int(time.time()))
                for pair in as_pairs(each)
            ),
        ]
    )


def _said_of_program(doctor: Doctor) -> Iterator[tuple[str, str]]:
    """Yield what his last signed S/MIME mail said, where that is more than usual."""
    if doctor.program.opens_gcm:
        yield "program", "opens AES-GCM: is sent such documents as they are"
    if doctor.program.prefers:
        wanted = spaced_fingerprint(doctor.program.prefers)
        yield "program", f"would rather be written to by {wanted} (rmp doctor rekey)"


def _locums(doctor: Doctor, snapshot: Snapshot) -> list[tuple[str, str, str]]:
    known = [(snapshot.doctor(each.doctor_id), each) for each in doctor.locums]
    return [(who.name, each.first, each.last) for who, each in known if who]
