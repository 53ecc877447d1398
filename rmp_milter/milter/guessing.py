"""The directory for who guesses: each look is at a moment of its own, given back at once.

By whose certificates a mail is opened is a guess that grants nothing. It waits for the keeper
meanwhile, for as long as others' mails take; a moment that it held until then would be one of
the few that an engine on a server has, and strangers' mails would keep an emergency from its own.
"""

from __future__ import annotations

from operator import methodcaller
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from rmp_milter.dossier.model import Doctor
    from rmp_milter.store.surface import Store


class Glances:
    """Look-ups of the directory in a store; fulfils :class:`.sender.Directory`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def doctor(self, doctor_id: bytes) -> Doctor | None:
        """Return the doctor of this id."""
        return self._seen("doctor", doctor_id)

    def doctor_by_account(self, account: str) -> Doctor | None:
        """Return the doctor bound to a SASL login."""
        return self._seen("doctor_by_account", account)

    def doctor_by_mail(self, mail: str) -> Doctor | None:
        """Return the doctor with this address, case folded."""
        return self._seen("doctor_by_mail", mail)

    def doctor_by_rpps(self, rpps: str) -> Doctor | None:
        """Return the doctor of this RPPS number."""
        return self._seen("doctor_by_rpps", rpps)

    def doctor_by_fingerprint(self, fingerprint: str) -> Doctor | None:
        """Return the doctor, or patient, one of whose certificates has this fingerprint."""
        return self._seen("doctor_by_fingerprint", fingerprint)

    def doctor_by_key_id(self, key_id: str) -> Doctor | None:
        """Return the doctor, or patient, whose signatures may name a key of this id."""
        return self._seen("doctor_by_key_id", key_id)

    def _seen(self, look: str, value: bytes | str) -> Doctor | None:
        with self._store.looking() as view:
            return cast("Doctor | None", methodcaller(look, value)(view))
