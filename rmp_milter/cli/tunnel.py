"""``rmp tunnel``: calls between milters' hosts and keepers' hosts."""

from rmp_milter.cli.lazy import CommandPlace, LazyGroup

_HERE = "rmp_milter.cli"

tunnel = LazyGroup(
    "tunnel",
    help="Calls between milters' and keepers' hosts, over TLS.",
    places={
        "connect": CommandPlace(
            f"{_HERE}.run_tunnel", "connect", "At a milter's host: reach keepers of others."
        ),
        "listen": CommandPlace(
            f"{_HERE}.run_tunnel", "listen", "At a keeper's host: take milters' calls."
        ),
        "certificate": CommandPlace(
            f"{_HERE}.tunnel_certificate", "certificate", "This host's own, for the others."
        ),
    },
)
