"""``rmp doctor set``, of certificates: further ones, fewer, and which answers go to.

Whoever has a certificate of a doctor's reads what he treats, so two persons answer for a further
one by name, as for another key (:mod:`.doctor_rekey`). Where answers go to another one, the key
packets that he reads by are written anew for it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rmp_milter.calls.protocol.message import HOST
from rmp_milter.cli.credentials import changed, of_doctor, read_files
from rmp_milter.cli.directory import TAKEN
from rmp_milter.cli.doctor_rekey import Rekeying, rewrite_all
from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.issuers import check_issuers, world_of
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.cli.witnesses import two
from rmp_milter.config import Config
from rmp_milter.credentials import CredentialFacts
from rmp_milter.dossier.model import Doctor
from rmp_milter.handlers.people.keys import is_taken
from rmp_milter.store.surface import Snapshot, Store


class CertificatesWanted(NamedTuple):
    """What a command gives: further certificates, those gone, the kind of answers, who vouches."""

    files: tuple[Path, ...]
    without: tuple[str, ...]
    answers: str | None
    witnesses: tuple[str, ...]

    @property
    def is_given(self) -> bool:
        """Whether anything is to change."""
        return bool(self.files or self.without or self.answers)

    def read(self, config: Config, now: int) -> tuple[CredentialFacts, ...]:
        """Return what the files hold, each by an issuer whom the host trusts at ``now``.

        To be called before the store is opened, as root can read more than its owner. Raises
        :class:`CommandError`.
        """
        found = read_files(self.files, now)
        if found:
            check_issuers(found, world_of(config), now)
        return tuple(found)

    def named(self) -> tuple[str, ...]:
        """Return who answers for it; raises :class:`click.UsageError` where nobody does."""
        needed = self.files or self.answers or self.witnesses
        return two(self.witnesses) if needed else ()


def certificate_fields(
    doctor: Doctor,
    wanted: CertificatesWanted,
    added: Sequence[CredentialFacts],
    snapshot: Snapshot,
    now: int,
) -> dict[str, object]:
    """Return the fields of a doctor's entry that his certificates are; none for no change.

    ``added`` is what the files of ``wanted`` hold (:meth:`CertificatesWanted.read`), ``now`` in
    epoch seconds. Raises :class:`CommandError`.
    """
    if not wanted.is_given:
        return {}
    if any(is_taken(each, doctor, snapshot) for each in added):
        raise CommandError(TAKEN, "rmp doctor list shows who is enrolled")
    his = changed(of_doctor(doctor), added, wanted.without, wanted.answers, doctor.rpps, now)
    return {
        "certificate": his.first.binary,
        "fingerprint": his.first.fingerprint,
        "key_ids": his.key_ids,
        "credentials": his.credentials,
    }


def answered_by(
    keeper: HostKeeper, store: Store, doctor: Doctor, named: tuple[str, ...]
) -> tuple[str, ...]:
    """Write what is missing of the key packets for the certificate that answers go to now.

    ``named`` are the persons who answer for it. Returns what the keeper refused, a line each;
    given again, the command finishes what is missing.
    """
    leaf = keeper.event("cle", doctor.rpps, named, f"{HOST}+custody")
    return rewrite_all(Rekeying(store, keeper, doctor, leaf, everything=False)).refused
