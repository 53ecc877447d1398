"""The next revision of what changes: the one place where it is counted up.

The store takes a changed value only if the stored one is of one revision less, so that of
two changes at once the second is refused.
"""

from typing import TypeVar

import msgspec

from rmp_milter.dossier.model import Doctor, Dossier, Emergency

RevisedT = TypeVar("RevisedT", Doctor, Dossier, Emergency)


def next_revision(before: Doctor | Dossier | Emergency | None) -> int:
    """Return the revision that comes after ``before``; the first is 0."""
    return before.revision + 1 if before else 0


def revised(value: RevisedT, **fields: object) -> RevisedT:
    """Return ``value`` in its next revision, with new values in these fields."""
    fields["revision"] = next_revision(value)
    changed: RevisedT = msgspec.structs.replace(value, **fields)
    return changed
