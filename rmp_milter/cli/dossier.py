"""``rmp dossier``: dossiers by their reference. Never their content, never a name."""

import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click

from rmp_milter.cli.cards import show_committed, vouched_dossier, woken
from rmp_milter.cli.dossier_figures import figures, row
from rmp_milter.cli.errors import CommandError, Status, refusing
from rmp_milter.cli.handover import hand_over
from rmp_milter.cli.leaves import HostKeeper, act_of, forget_dossier, operator, record_act
from rmp_milter.cli.options import configured, json_option, wide_option
from rmp_milter.cli.output import print_json, print_pairs, print_table
from rmp_milter.cli.standing import is_gone
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config
from rmp_milter.dossier.changes import Changes, DossierUpdate
from rmp_milter.dossier.erasure import is_due
from rmp_milter.dossier.identity import Matching, match, trait_keys
from rmp_milter.dossier.model import Closure, Dossier, Fault, Patient, Strike
from rmp_milter.dossier.revisions import revised
from rmp_milter.mail.header.routing import parse
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot, Store

_SHORTEST = 4  # digits of a reference that may stand for the whole
_LONGEST_TRAITS = 4096
_LEAST = {"REFERENCE": 17, "CREATED": 11}


@click.group()
def dossier() -> None:
    """Look after dossiers by reference; tells nothing of a patient."""


@dossier.command("list")
@wide_option
@json_option
@configured
def list_(config: Config, *, wide: bool, as_json: bool) -> None:
    """List all dossiers: reference, dates, counts, the médecin traitant's RPPS number."""
    with open_store(config, read_only=True) as store, store.snapshot() as view:
        rows = [row(each, view) for each in sorted(view.dossiers(), key=lambda d: d.dossier_id)]
    if as_json:
        print_json(rows)
        return
    heads = ("reference", "created", "entries", "documents", "bytes", "treating", "state")
    print_table(
        [head.upper() for head in heads],
        [[str(one[head]) for head in heads] for one in rows],
        least=_LEAST,
        wide=wide,
    )


@dossier.command("show")
@click.argument("reference", metavar="REF")
@json_option
@configured
def show(config: Config, *, reference: str, as_json: bool) -> None:
    """Show one dossier's dates, counts and slots; REF is its reference or how it begins."""
    with open_store(config, read_only=True) as store, store.snapshot() as view:
        shown = figures(_find(view, reference), view)
    if as_json:
        print_json(shown)
    else:
        print_pairs([(name, str(value)) for name, value in shown.items()])


@dossier.command("find")
@json_option
@configured
def find(config: Config, *, as_json: bool) -> int:
    """Tell the reference of the patient whose traits come on standard input.

    As doctors write them: « Patient : DUPONT Jean », « Né le : 30/01/1959 », and « NIR : »
    if known. The look-up leaves a leaf in the access log, for the patient to see.
    """
    patient = _patient(sys.stdin.buffer.read(_LONGEST_TRAITS).decode(errors="replace"))
    with operator(config) as keeper:
        with open_store(config, read_only=True) as store, store.snapshot() as view:
            known = view.dossiers_by_traits(trait_keys(patient))
            found = _fitting(patient, known)
        for each in found or (None,):
            record_act(keeper, "recherche", each)
    if as_json:
        print_json([each.dossier_id.hex() for each in found])
    for each in () if as_json else found:
        click.echo(each.dossier_id.hex())
    if not found:
        click.echo("no dossier fits these traits", err=True)
    return Status.OK if found else Status.REFUSED


def _fitting(patient: Patient, known: Iterable[Dossier]) -> list[Dossier]:
    """Return each dossier that fits by itself: homonyms, and closed ones, are all told."""
    return [each for each in known if match(patient, (each,)).outcome is Matching.ONE]


def _patient(words: str) -> Patient:
    header = parse(words, datetime.now(UTC).year)
    if not (header.birth_name and header.first_names and header.birth_date):
        raise CommandError(
            "birth name, first name and date of birth are needed",
            "give « Patient : DUPONT Jean » and « Né le : 30/01/1959 », a line each",
            Status.USAGE,
        )
    return Patient(header.birth_name, header.first_names, header.birth_date, header.nir)


@dossier.command("export")
@click.argument("reference", metavar="REF")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@configured
def export(config: Config, *, reference: str, folder: Path) -> None:
    """Write a dossier's documents, encrypted as they are stored, into the new folder DIR."""
    with (
        operator(config) as keeper,
        open_store(config, read_only=True) as store,
        store.snapshot() as view,
    ):
        found = _find(view, reference)
        numbers = tuple(each.number for each in view.entries(found.dossier_id))
        record_act(keeper, "export", found, numbers)
        with refusing(OSError):
            count = hand_over(found, view, folder)
    click.echo(f"{count} documents in {folder}")


@dossier.command("reopen")
@click.argument("reference", metavar="REF")
@configured
def reopen(config: Config, *, reference: str) -> None:
    """Undo a closure, as long as the dossier is not erased."""
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as view:
            closed = _find(view, reference)
            _check_reopening(closed, view)
            entries = view.entries(closed.dossier_id)
            patient = view.patient_of(closed.dossier_id)
        leaf = act_of(keeper, "reouverture", closed, once=True)
        opened = revised(closed, closure=None)
        opened = vouched_dossier(keeper, opened, entries, patient, leaf, before=closed)
        _commit(store, Changes(updates=(DossierUpdate(opened),)))
        show_committed(keeper, opened)
    click.echo(f"reopened {closed.dossier_id.hex()}")


def _check_reopening(closed: Dossier, view: Snapshot) -> None:
    if closed.closure is None:
        raise CommandError("this dossier is not closed")
    if closed.closure.erased_at:
        raise CommandError("this dossier is erased: its keys are gone")
    others = view.dossiers_by_traits(trait_keys(closed.patient))
    if any(each.closure is None and _fitting(closed.patient, (each,)) for each in others):
        raise CommandError(
            "the patient has another dossier by now",
            "with two that fit, nothing could be filed in either",
        )


@dossier.command("unrest")
@click.argument("reference", metavar="REF")
@configured
def unrest(config: Config, *, reference: str) -> None:
    """Let a code be tried again that rests after too many wrong ones."""
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as view:
            found = _find(view, reference)
        woken(keeper, found, act_of(keeper, "code reactive", found))
        _commit(store, Changes(cleared=(Strike(Fault.DOSSIER, found.dossier_id, 0),)))
    click.echo(f"the code of {found.dossier_id.hex()} can be tried again")


@dossier.command("erase")
@click.argument("reference", metavar="[REF]", default="")
@click.option("--due", is_flag=True, help="Every closed dossier whose time is over.")
@configured
def erase(config: Config, *, reference: str, due: bool) -> None:
    """Erase closed dossiers whose time of conservation is over: keys, documents, names.

    It cannot be undone. Before its time no dossier is erased, but for one that was erased before
    and came back with an older copy of the store.
    """
    if due == bool(reference):
        raise click.UsageError("give a reference, or --due")
    now = int(time.time())
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as view:
            ending = tuple(view.closed_dossiers(now)) if due else (_find(view, reference),)
        for each in ending:
            if not is_due(each, now):
                _close_again(keeper, store, each, now)
            forget_dossier(keeper, each)
            _commit(store, Changes(erased=(each.dossier_id,)))
            click.echo(f"erased {each.dossier_id.hex()}")
    if ending and sys.stdout.isatty():
        click.echo("freed pages keep old bytes until used again: rmp store compact")


def _close_again(keeper: HostKeeper, store: Store, dossier: Dossier, now: int) -> None:
    """Close what the keeper knows to be erased; raise :class:`CommandError` for any other."""
    if not is_gone(keeper, dossier.card):
        raise CommandError("this dossier is not to be erased yet, or is no longer there")
    closed = revised(dossier, closure=Closure(now, now))
    _commit(store, Changes(updates=(DossierUpdate(closed),)))


def _find(view: Snapshot, reference: str) -> Dossier:
    """Return the one dossier whose reference begins so."""
    begins = reference.strip()
    long_enough = len(begins) >= _SHORTEST
    found = list(islice(view.dossiers_beginning(begins), 2)) if long_enough else []
    if len(found) != 1:
        raise CommandError(
            f"no one dossier has the reference {reference!r}",
            f"give at least {_SHORTEST} digits: rmp dossier list shows them",
        )
    return found[0]


def _commit(store: Store, changes: Changes) -> None:
    try:
        store.commit(changes, int(time.time()))
    except Conflict as conflict:
        raise CommandError("the dossier changed meanwhile", "try again") from conflict
