"""``rmp access``: the access log, for auditors and for who hands it to them.

What an auditor runs works on an exported folder alone and needs no configuration; only
what writes or signs one imports the keeper's code.
"""

from rmp_milter.cli.language import SpokenGroup, lang_option
from rmp_milter.cli.lazy import CommandPlace

_AUDITOR = "rmp_milter.cli.access_audit"
_LIST = "rmp_milter.cli.access_list"
_EVENTS = "rmp_milter.cli.access_events"
_EMERGENCIES = "rmp_milter.cli.access_emergencies"
_REPORT = "rmp_milter.cli.access_report"
_UNUSUAL = "rmp_milter.cli.access_unusual"
_ALERT = "rmp_milter.cli.access_alert"
_RECEIPT = "rmp_milter.cli.access_receipt"
_COMPARE = "rmp_milter.cli.access_compare"
_KEYS = "rmp_milter.cli.access_keys"
_WITNESS = "rmp_milter.cli.access_witness"
_SERVICE = "rmp_milter.cli.access_service"
_KEEPER = "rmp_milter.cli.access_keeper"
_MOVE = "rmp_milter.cli.access_move"

AUDITORS = {
    "verify": CommandPlace(_AUDITOR, "verify", "Verify an exported log, or a proof, offline."),
    "list": CommandPlace(_LIST, "list_", "List the events of an exported log."),
    "show": CommandPlace(_EVENTS, "show", "Show one event of an exported log."),
    "prove": CommandPlace(_AUDITOR, "prove", "Write the proof of one event."),
    "receipt": CommandPlace(_RECEIPT, "receipt", "Say what a receipt proves, in words."),
    "compare": CommandPlace(_COMPARE, "compare", "Whether checkpoints belong to one history."),
    "overdue": CommandPlace(_EMERGENCIES, "overdue", "Emergencies whose time is over."),
    "report": CommandPlace(_REPORT, "report", "A month in figures, or as a PDF for a board."),
    "unusual": CommandPlace(
        _UNUSUAL, "unusual", "Doctors whose emergencies stand out, and why."
    ),
    "figures": CommandPlace(
        _UNUSUAL, "figures_", "Emergencies in figures, by doctor or service."
    ),
    "keys": CommandPlace(_KEYS, "keys", "By which keys the log was signed."),
    "witness": CommandPlace(_WITNESS, "witness", "Witnesses: to be one, and to ask others."),
}
"""On an exported folder: also the commands of ``rmp-audit``, which has nothing else."""

access = SpokenGroup(
    "access",
    help="The tamper-evident log of who read and wrote what.",
    places={
        **AUDITORS,
        "namesakes": CommandPlace(
            _ALERT, "namesakes", "Which emergencies are for patients of one name."
        ),
        "alert": CommandPlace(_ALERT, "alert", "Mail what stands out to those who audit."),
        "review": CommandPlace(_SERVICE, "review", "Note how far an emergency's review is."),
        "letters": CommandPlace(_SERVICE, "letters", "Print the letters that must be posted."),
        "export": CommandPlace(_KEEPER, "export", "Write the log into a folder for auditors."),
        "checkpoint": CommandPlace(
            _KEEPER, "checkpoint", "Sign the log as it is, for auditors."
        ),
        "move": CommandPlace(_MOVE, "move", "Move the log to a server, or back to a file."),
        "tables": CommandPlace(_MOVE, "tables", "Print the log's tables and role for psql."),
        "witness": CommandPlace(
            f"{_WITNESS}_host", "witness", "Witnesses: to be one, and to ask others."
        ),
        "begin": CommandPlace(_KEEPER, "begin", "Begin a new log where the old one is lost."),
        "key": CommandPlace("rmp_milter.cli.access_key", "key", "The keys of auditors."),
    },
)
lang_option(access)
