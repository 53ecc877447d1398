"""Another encryption subkey of the service's key: made, taken up by the keeper, handed out.

In this order, so that nobody encrypts to what the keeper does not open yet. Each step replaces one
file whole: what was killed goes on when it is given again.
"""

import time
from pathlib import Path

from rmp_milter.certificates import bound_key_ids, parse, read_certificate
from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole
from rmp_milter.host.owners import as_owner
from rmp_milter.keeper.keys.key_files import OWNERS, KeyFileError
from rmp_milter.keeper.keys.keys import SERVICE, add_service_subkey, service_certificate

CERTIFICATE, FORMER = "service.asc", "service-former.asc"
RESTART = (
    "start the keeper anew first: it does not open what is encrypted to the new subkey yet"
)


def begin(config: Config) -> str:
    """Make a subkey, unless one waits to be handed out; return its key id.

    Raises :class:`.KeyFileError`, :class:`.CertificateError` and ``OSError``.
    """
    handed = bound_key_ids((config.paths.public / CERTIFICATE).read_bytes())
    folder = config.paths.keeper

    def made() -> str:
        if not _waiting(folder, handed):
            content = add_service_subkey(folder, int(time.time()))
            replace_whole(folder / SERVICE, content, OWNERS)
        return _waiting(folder, handed)

    return as_owner(folder, made, str)


def waiting(config: Config) -> str:
    """Return the key id of a subkey that is not handed out yet, empty for none.

    Raises :class:`.KeyFileError`, :class:`.CertificateError` and ``OSError``.
    """
    handed = bound_key_ids((config.paths.public / CERTIFICATE).read_bytes())
    folder = config.paths.keeper
    return as_owner(folder, lambda: _waiting(folder, handed), str)


def publish(config: Config) -> str:
    """Hand out the certificate with the subkey that waits; return its key id, empty for none.

    Raises :class:`.KeyFileError` while the keeper that runs was started before it was made.
    """
    file, folder = config.paths.public / CERTIFICATE, config.paths.keeper
    key_id = waiting(config)
    if not key_id:
        return ""
    if _started_before(config.sockets.keeper, folder / SERVICE):
        raise KeyFileError(f"subkey {key_id.upper()} is not handed out", RESTART)
    certificate = as_owner(folder, lambda: service_certificate(folder), bytes)
    handed = file.read_bytes()
    if read_certificate(handed).fingerprint != read_certificate(certificate).fingerprint:
        # First: a milter that finds the new one beside it tells doctors that it took its place.
        replace_whole(file.with_name(FORMER), handed, 0o644)
    replace_whole(file, parse(certificate).to_armored().encode("ascii"), 0o644)
    return key_id


def _waiting(folder: Path, handed: frozenset[str]) -> str:
    """Return the id of a subkey that is in the key and not in what is handed out."""
    return min(bound_key_ids(service_certificate(folder)) - handed, default="")


def _started_before(socket: Path, key: Path) -> bool:
    """Whether the keeper's socket is older than the key's file; it is made at each start."""
    try:
        return socket.stat().st_mtime_ns < key.stat().st_mtime_ns
    except FileNotFoundError:
        return False  # no keeper runs: it reads the file when it starts
