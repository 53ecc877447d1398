"""The tables of the access log, and the keeper's own beside them (docs/formats.md, Access log)."""

from rmp_milter.engine.tables import EngineTable


class LogTable(EngineTable):
    """The log's tables by name. Numbers have their most significant byte first.

    - meta: fixed names → format, last checkpoint, what is noted beside the log
    - leaves: u64 number → the entry
    - unique: SHA-256 of what makes an event the same → u64 number
    - nodes: u64 number in the order of making → hash of a complete subtree
    - dossiers: length ‖ dossier ‖ u64 number → nothing
    - dossiers_salt: length ‖ dossier → salt of its commitment
    - reasons: u64 number → sealed reason
    """

    META = "meta"
    LEAVES = "leaves"
    UNIQUE = "unique"
    NODES = "nodes"
    DOSSIERS = "dossiers"
    DOSSIERS_SALT = "dossiers_salt"
    REASONS = "reasons"


class OwnTable(EngineTable):
    """What the keeper remembers and does not ask the milter for, by name.

    - known: ``D`` or ``P`` ‖ id → the card in force
    - acts: act ‖ u16 share → what it was used for; acts_due: u32 day ‖ that → nothing
    - tries: subject → times of refusals; tries_due: u32 day ‖ that → nothing
    - traits: digest of a trait ‖ dossier → digest of the number; traits_of: dossier → digests
    - owners: fingerprint → person
    """

    KNOWN = "known"
    ACTS = "acts"
    ACTS_DUE = "acts_due"
    TRIES = "tries"
    TRIES_DUE = "tries_due"
    TRAITS = "traits"
    TRAITS_OF = "traits_of"
    OWNERS = "owners"


ALL = (*LogTable, *OwnTable)
ONLY_GROW = frozenset({LogTable.LEAVES, LogTable.NODES})
"""Of which no record is ever changed or removed."""
