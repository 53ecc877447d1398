"""What the records of a store, walked one table after the other, say of later tables."""

from dataclasses import dataclass, field


@dataclass
class Expected:
    """Filled by the checks of the tables that hold records, used by those of the others.

    - links: every key that the look-up table must have
    - doctors, dossiers: the identifiers that there are
    - patients_of: dossier → the doctor record of its patient
    - documents: those whose body must be there
    - erased: those whose body must be gone
    """

    links: set[bytes] = field(default_factory=set)
    doctors: set[bytes] = field(default_factory=set)
    dossiers: set[bytes] = field(default_factory=set)
    patients_of: dict[bytes, bytes] = field(default_factory=dict)
    documents: set[bytes] = field(default_factory=set)
    erased: set[bytes] = field(default_factory=set)
