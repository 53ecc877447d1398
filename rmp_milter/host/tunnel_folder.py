"""The tunnel's folder on a host: made, and its own certificate made and changed in it."""

import os
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding

from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole, sync_folder, write_new
from rmp_milter.host.owners import Owner, as_owner, owner_named
from rmp_milter.tunnel.certificates import (
    CERTIFICATE,
    KEEPERS,
    KEY,
    MILTERS,
    NEXT_CERTIFICATE,
    NEXT_KEY,
    make_own,
    moment,
    read_pinned,
)


class HandedOut(NamedTuple):
    """A certificate as it is handed to another host, and its octets."""

    pem: bytes
    der: bytes


class TunnelFolder:
    """The folder as the configuration has it, and who owns it."""

    def __init__(self, config: Config, owner: Owner) -> None:
        self._config = config
        self._owner = owner

    @property
    def _folder(self) -> Path:
        return self._config.tunnel.folder

    def make(self) -> None:
        """Make what is missing: the folder, those for other hosts, and the sockets' one.

        The latter's files get the milter's group, so that it may call.
        """
        for each in (self._folder, self._folder / KEEPERS, self._folder / MILTERS):
            self._make(each, 0o700, self._owner.gid)
        sockets, caller = self._config.tunnel.sockets, self._config.keeper.users[0]
        if os.geteuid() != 0:
            self._make(sockets, 0o700, self._owner.gid)
        else:
            group = owner_named(caller).gid if not caller.isdecimal() else self._owner.gid
            self._make(sockets, 0o2750, group)

    def own(self, host: str, *, is_next: bool) -> HandedOut:
        """Return this host's certificate, made now if there is none; or the one to come."""
        key, certificate = (NEXT_KEY, NEXT_CERTIFICATE) if is_next else (KEY, CERTIFICATE)
        if not (self._folder / certificate).exists():
            as_owner(self._folder, lambda: self._write(key, certificate, host), type(None))
        return _shown(self._folder / certificate)

    def use_next(self) -> HandedOut | None:
        """Put the certificate to come, and its key, in the place of this one; return it."""
        if not (self._folder / NEXT_CERTIFICATE).exists():
            return None
        as_owner(self._folder, self._replace, type(None))
        return _shown(self._folder / CERTIFICATE)

    def _write(self, key: str, certificate: str, host: str) -> None:
        own = make_own(host, moment())
        (self._folder / key).unlink(missing_ok=True)  # of one that broke off
        write_new(self._folder / key, own.key, 0o600)
        write_new(self._folder / certificate, own.certificate, 0o644)

    def _replace(self) -> None:
        """Key first: a certificate without its key is refused at the start, and given again."""
        for new, old, mode in (
            (NEXT_KEY, KEY, 0o600),
            (NEXT_CERTIFICATE, CERTIFICATE, 0o644),
        ):
            if (self._folder / new).exists():
                replace_whole(self._folder / old, (self._folder / new).read_bytes(), mode)
        for new in (NEXT_KEY, NEXT_CERTIFICATE):
            (self._folder / new).unlink(missing_ok=True)
        sync_folder(self._folder)

    def _make(self, folder: Path, mode: int, gid: int) -> None:
        if folder.is_dir():
            return
        folder.mkdir(parents=True)
        if os.geteuid() == 0:
            os.chown(folder, self._owner.uid, gid)
        folder.chmod(mode)


def _shown(file: Path) -> HandedOut:
    (pinned,) = read_pinned(file)
    return HandedOut(pinned.certificate.public_bytes(Encoding.PEM), pinned.der)
