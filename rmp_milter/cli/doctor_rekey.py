"""``rmp doctor rekey``: another key for a doctor who lost his, by the host's own hand.

The custody slot opens each dossier that he reads by his signature. Since nobody's code or key
stands behind it, two persons answer for it by name, in every leaf. The directory changes
first, so that new documents fit the new key at once; then dossier by dossier, each written
for itself: run again after an interruption, it finishes what is missing.
"""

import sys
import time
from pathlib import Path

import click
import msgspec

from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import HOST, Event
from rmp_milter.calls.protocol.releasing import ByCustody, Release, Released
from rmp_milter.cli.cards import show_committed, vouched
from rmp_milter.cli.cautions import of_key, warn
from rmp_milter.cli.credentials import check_form, check_together, of_doctor, usable_file
from rmp_milter.cli.directory import TAKEN, commit, find
from rmp_milter.cli.errors import CommandError, Status
from rmp_milter.cli.issuers import check_issuers, world_of
from rmp_milter.cli.leaves import HostKeeper, KeeperRefused, operator
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_error, print_json, print_pairs, spaced_fingerprint
from rmp_milter.cli.stores import open_store
from rmp_milter.cli.witnesses import two
from rmp_milter.config import Config
from rmp_milter.credentials import CredentialFacts
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Doctor, Dossier
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.grounds import unasked_by
from rmp_milter.handlers.filing.key_packets import (
    documents_in,
    own_packets,
    standing_dossiers,
    written,
)
from rmp_milter.handlers.people.keys import is_taken, with_key
from rmp_milter.handlers.way_in.unlocking import sealed_document
from rmp_milter.milter.answering.ground import grounded
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Store


class Rekeying(msgspec.Struct, frozen=True):
    """What each dossier is done with; ``everything`` writes packets that are there as well."""

    store: Store
    keeper: HostKeeper
    reader: Doctor
    leaf: Event
    everything: bool


class Rewritten(msgspec.Struct, frozen=True):
    """How many dossiers there are, documents were written; what the keeper refused."""

    dossiers: int
    documents: int
    refused: tuple[str, ...]


@click.command("rekey")
@click.argument("who", metavar="WHO")
@click.option(
    "--key",
    "--certificate",
    "key",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="His new certificate: OpenPGP (public key), or X.509 for S/MIME.",
)
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    required=True,
    metavar="NAME",
    help="Who answers for it; two different persons, in the access log.",
)
@click.option("--all", "everything", is_flag=True, help="Write packets that are there, too.")
@json_option
@configured
def rekey(  # noqa: PLR0913 -- one argument an option
    config: Config,
    *,
    who: str,
    key: Path,
    witnesses: tuple[str, ...],
    everything: bool,
    as_json: bool,
) -> int:
    """Give a doctor another key, and write it into every dossier that he treats.

    WHO is the RPPS number, mail address or key fingerprint. Check the new key by another way
    than mail. Given again after an interruption, it finishes what is missing.
    """
    named = two(witnesses)
    now = int(time.time())
    certificate = usable_file(key, now)
    check_issuers((certificate,), world_of(config), now)
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as snapshot:
            found = find(snapshot, who)
            if is_taken(certificate, found, snapshot):
                raise CommandError(TAKEN, "rmp doctor list shows who is enrolled")
        _check_together(found, certificate)
        act = keeper.event("cle", found.rpps, named)
        reader = found
        if found.certificate == certificate.binary:
            keeper.ask(Recorded, Record(act))
        else:
            reader = vouched(keeper, with_key(found, certificate), act, before=found)
            commit(store, Changes(doctors=(reader,)), now)
            show_committed(keeper, reader)
        # The same key with other subkeys: packets that are there may be for the former ones.
        anew = everything or (reader is not found and reader.fingerprint == found.fingerprint)
        leaf = keeper.event("cle", found.rpps, named, f"{HOST}+custody")
        done = rewrite_all(Rekeying(store, keeper, reader, leaf, anew))
    return _tell(reader, done, as_json=as_json)


def _check_together(doctor: Doctor, certificate: CredentialFacts) -> None:
    """Raise :class:`CommandError` for a key that does not go with what else the doctor has."""
    same = certificate.fingerprint
    others = [each for each in of_doctor(doctor).others if each.fingerprint != same]
    check_together([certificate, *others], doctor.rpps)
    check_form(certificate.kind, doctor.reply_form)


def rewrite_all(work: Rekeying) -> Rewritten:
    """Do dossier by dossier; one that the keeper cannot open must not hold up the others."""
    with work.store.snapshot() as snapshot:
        dossiers = [each.dossier_id for each in standing_dossiers(work.reader, snapshot)]
    documents, refused = 0, []
    with click.progressbar(dossiers, label="dossiers", show_pos=True, file=sys.stderr) as bar:
        for dossier_id in bar:
            try:
                documents += _rewrite(work, dossier_id)
            except KeeperRefused as error:
                refused.append(f"dossier {dossier_id.hex()}: {error.line}")
            except MailError as error:
                refused.append(f"dossier {dossier_id.hex()}: {error.detail}")
            except Conflict:
                refused.append(f"dossier {dossier_id.hex()}: it changed meanwhile, try again")
    return Rewritten(len(dossiers), documents, tuple(refused))


def _rewrite(work: Rekeying, dossier_id: bytes) -> int:
    """Write what is missing in one dossier; return how many documents that are."""
    with work.store.snapshot() as snapshot:
        dossier = snapshot.dossier(dossier_id)
        if dossier is None or not _reads(work.reader, dossier):
            return 0  # closed, or taken over by another, since the list was made
        wanted = [
            document
            for document in documents_in(dossier, snapshot)
            if work.everything or not own_packets(document, work.reader, snapshot)
        ]
    if not wanted:
        return 0
    by = unasked_by(dossier, work.reader)
    request = Release(
        by=by,
        way_in=ByCustody(dossier.slots.custody),
        items=tuple(map(sealed_document, wanted)),
        readers=(work.reader.certificate,),
        event=work.leaf,
    )
    packets = work.keeper.ask(Released, request).packets
    changes = Changes(key_packets=written(wanted, packets, work.reader))
    work.store.commit(grounded(changes, [by]), int(time.time()))
    return len(wanted)


def _reads(reader: Doctor, dossier: Dossier) -> bool:
    patients = dossier.dossier_id == reader.patient_of and not dossier.suspended
    own = patients or dossier.treating == reader.doctor_id
    return own and dossier.closure is None


def _tell(reader: Doctor, done: Rewritten, *, as_json: bool) -> int:
    warnings = of_key(reader, int(time.time()))
    warn(warnings)
    if as_json:
        print_json(
            {
                "rpps": reader.rpps,
                "fingerprint": reader.fingerprint,
                "dossiers": done.dossiers,
                "documents": done.documents,
                "refused": done.refused,
                "warnings": warnings,
            }
        )
    else:
        print_pairs(
            [
                ("name", reader.name),
                ("key", spaced_fingerprint(reader.fingerprint)),
                ("dossiers", str(done.dossiers)),
                ("documents written anew", str(done.documents)),
            ]
        )
    for line in done.refused:
        print_error(line)
    return Status.REFUSED if done.refused else Status.OK
