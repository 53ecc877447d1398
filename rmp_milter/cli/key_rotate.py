"""``rmp key rotate``: another key in a key's place."""

from rmp_milter.cli.lazy import CommandPlace, LazyGroup

rotate = LazyGroup(
    "rotate",
    help="Put another key in a key's place.",
    places={
        "service": CommandPlace(
            "rmp_milter.cli.key_rotate_service", "service", "What doctors encrypt to (OpenPGP)."
        ),
        "custody": CommandPlace(
            "rmp_milter.cli.key_rotate_custody",
            "custody",
            "What opens dossiers in an emergency.",
        ),
        "waiting": CommandPlace(
            "rmp_milter.cli.key_rotate_waiting",
            "waiting",
            "What deposits that wait are sealed to.",
        ),
        "pepper": CommandPlace(
            "rmp_milter.cli.key_rotate_pepper",
            "pepper",
            "What cards and codes' slots are made with.",
        ),
        "log": CommandPlace(
            "rmp_milter.cli.key_rotate_log", "log", "What signs the access log."
        ),
        "dkim": CommandPlace(
            "rmp_milter.cli.key_dkim", "rotate_dkim", "What signs the answers (DKIM)."
        ),
        "metadata": CommandPlace(
            "rmp_milter.cli.key_rotate_store", "metadata", "What seals the store's records."
        ),
        "index": CommandPlace(
            "rmp_milter.cli.key_rotate_store", "index", "What the store is looked up by."
        ),
        "outbox": CommandPlace(
            "rmp_milter.cli.key_rotate_store", "outbox", "What seals answers to be sent."
        ),
    },
)
