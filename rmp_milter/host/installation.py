"""What ``rmp init`` makes: the folder of a new service, complete, each part its owner's.

Nothing that is there is ever replaced: the folder must be absent or empty, the configuration
absent, and if a step fails what was made is taken away again.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rmp_milter.certificates import parse as parse_certificate
from rmp_milter.config import Config, parse
from rmp_milter.config.template import EXAMPLE, render
from rmp_milter.courier.dkim_key import (
    DKIM_KEY,
    DKIM_RECORD,
    dns_record,
    make_dkim_key,
)
from rmp_milter.disk.new_files import sync_folder, write_new
from rmp_milter.host.consent_texts import first_text, keep_text
from rmp_milter.host.owners import Owner, name_of
from rmp_milter.host.smime import make_smime, publish_smime
from rmp_milter.keeper.keys.checks import all_noted
from rmp_milter.keeper.keys.keys import load_keys, make_keys, service_certificate
from rmp_milter.keeper.keys.smime_folder import SMIME, read_smime
from rmp_milter.keeper.keys.smime_making import KeyKind
from rmp_milter.keeper.log import journal
from rmp_milter.store.format.keys import INDEX, METADATA, make_key, read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.trust.folder import FOLDER as TRUST
from rmp_milter.trust.folder import LISTS
from rmp_milter.trust.folder import make as make_trust

CONFIG_NAME = "rmp.toml"
AUDITOR_KEY = Path("auditor/auditor.key")
PLACES = (
    *("keeper", "milter", "store", "courier", "public", "outbox_key", "operator_socket"),
    *("tunnel", "tunnel_sockets"),
)
PRIVATE, SHARED, PUBLIC = 0o700, 0o2770, 0o755
LENT = 0o2750  # its files get the folder's group, whose members may reach them


class InstallationError(Exception):
    """The service's folder cannot be made; one clear line."""


@dataclass(frozen=True)
class Owners:
    """Who owns what.

    ``store_gid`` is a group of milter and courier; ``postfix_gid`` of those who may
    reach the milter's socket (None leaves it to the milter's own group); ``fetcher`` is who
    fetches revocation lists (None: the keeper).
    """

    keeper: Owner
    milter: Owner
    courier: Owner
    store_gid: int
    postfix_gid: int | None
    fetcher: Owner | None = None

    @property
    def separate(self) -> bool:
        """Whether the parts have users of their own."""
        return len({self.keeper.uid, self.milter.uid, self.courier.uid}) > 1


@dataclass(frozen=True)
class Plan:
    """What is to be made: the answers' address and name, owners and the socket's group.

    ``config`` is the configuration's place where it is not in the service's folder.
    """

    address: str
    name: str
    owners: Owners
    milter_group: str = ""
    config: Path | None = None


def make_service(folder: Path, plan: Plan) -> Config:
    """Make keys, store, access log and configuration in ``folder``; return the latter.

    A configuration in another folder has absolute paths, and that folder is made if need be.

    Raises :class:`InstallationError` where something is there already,
    :class:`rmp_milter.config.ConfigErrors` for an impossible address or path, and
    ``OSError`` or the parts' own errors where a step fails; then nothing is left.
    """
    folder = folder.absolute()
    text = configuration(plan, folder)
    config = parse(text, plan.config or folder / CONFIG_NAME)
    if config.file.exists():
        raise InstallationError(f"{config.file} is there, nothing was changed")
    with _new_folder(folder):
        _make_folders(folder, config, plan.owners)
        _make_auditor(folder, _make_keeper(config, plan))
        _make_store(config)
        _make_courier(config)
        _make_public(config)
        _hand_over(config, plan.owners)
        _make_durable(folder)
        _make_config(config.file, text)  # last: with it the service is there
    return config


def configuration(plan: Plan, folder: Path) -> str:
    """Return the text of the configuration file of a service in ``folder``.

    Parts with users of their own have a folder each for their socket, since none of
    them may put a socket in another's place.
    """
    sockets = ("run/keeper/keeper.sock", "run/milter/milter.sock")
    keeper, milter = sockets if plan.owners.separate else ("run/keeper.sock", "run/milter.sock")
    places = {
        **{name: str(EXAMPLE[name]) for name in PLACES},
        "keeper_socket": keeper,
        "milter_socket": milter,
    }
    if plan.config is not None:
        places = {name: str(folder / place) for name, place in places.items()}
    return render(
        {
            **EXAMPLE,
            **places,
            "addresses": (plan.address,),
            "name": plan.name,
            "milter_group": plan.milter_group,
            "users": (name_of(plan.owners.milter.uid),),
        }
    )


def auditor_key(config: Config) -> Path:
    """Return where ``rmp init`` has put the auditors' key, until it is moved away."""
    return config.paths.keeper.parent / AUDITOR_KEY


@contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    """Make the folder; when the block fails, take away all that it put there."""
    was_there = folder.exists()
    if was_there and (not folder.is_dir() or any(folder.iterdir())):
        raise InstallationError(f"{folder} is not an empty folder, nothing was changed")
    folder.mkdir(mode=PUBLIC, parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        _empty(folder)
        if not was_there:
            folder.rmdir()
        raise


def _empty(folder: Path) -> None:
    for child in folder.iterdir():
        if child.is_dir():
            shutil.rmtree(child)
        else:
            child.unlink()


def _make_folders(folder: Path, config: Config, owners: Owners) -> None:
    paths, sockets = config.paths, config.sockets
    for part in (paths.keeper, paths.milter, paths.courier):
        _folder(part, PRIVATE)
    _folder(paths.store, SHARED)
    _folder(paths.public, PUBLIC)
    _folder(paths.outbox_key.parent, 0o750)
    _folder(folder / "run", PUBLIC)
    if owners.separate:
        _folder(sockets.keeper.parent, LENT)
        _folder(sockets.milter.parent, LENT)


def _folder(folder: Path, mode: int) -> None:
    folder.mkdir()
    folder.chmod(mode)


def _make_keeper(config: Config, plan: Plan) -> bytes:
    """Make the keeper's part; return the auditors' private key, which is not in it."""
    auditors = make_keys(config.paths.keeper, plan.address, plan.name)
    make_smime(config, KeyKind.RSA, int(time.time()))
    if plan.owners.fetcher is not None:
        make_trust(config.paths.keeper / TRUST)
    journal.create(config.paths.keeper / "log", log_name(plan.address))
    with journal.Journal(config.paths.keeper / "log") as log:
        log.note_key_values(all_noted(load_keys(config.paths.keeper)))
    return auditors


def _make_auditor(folder: Path, key: bytes) -> None:
    """Put the auditors' key where it is found and moved away; no part of the service reads it."""
    auditor = folder / AUDITOR_KEY
    _folder(auditor.parent, PRIVATE)
    write_new(auditor, key, 0o600)


def log_name(address: str) -> str:
    """Return the access log's name: the service's address as a host and a path."""
    local, _, domain = address.partition("@")
    return f"{domain}/{local}"


def _make_store(config: Config) -> None:
    paths = config.paths
    make_key(paths.milter / METADATA)
    make_key(paths.milter / INDEX)
    make_key(paths.outbox_key, 0o640)
    keys = read_store_keys(paths.milter, paths.outbox_key)
    engine_at(paths.store, config.store).create(keys)


def _make_courier(config: Config) -> None:
    key = make_dkim_key(config.paths.courier / DKIM_KEY)
    record = dns_record(key, config.dkim.domain, config.dkim.selector)
    write_new(config.paths.public / DKIM_RECORD, record.encode(), 0o644)


def _make_public(config: Config) -> None:
    certificate = parse_certificate(service_certificate(config.paths.keeper))
    file = config.paths.public / "service.asc"
    write_new(file, certificate.to_armored().encode("ascii"), 0o644)
    (made,) = read_smime(config.paths.keeper / SMIME).certificates
    publish_smime(config, made.certificate)
    keep_text(config.paths.public, config.consent.version, first_text(config))


def _hand_over(config: Config, owners: Owners) -> None:
    """Give each part to its user; only root can, and only root needs to."""
    if os.geteuid() != 0:
        return
    paths, sockets = config.paths, config.sockets
    keeper, milter, courier = owners.keeper, owners.milter, owners.courier
    _give(paths.keeper, keeper.uid, keeper.gid)
    if owners.fetcher is not None:  # what he writes gets the group of the folder: the keeper's
        _give(paths.keeper / TRUST / LISTS, owners.fetcher.uid, keeper.gid)
    _give(paths.milter, milter.uid, milter.gid)
    _give(paths.courier, courier.uid, courier.gid)
    _give(paths.store, milter.uid, owners.store_gid)
    _give(paths.outbox_key.parent, milter.uid, owners.store_gid)
    if owners.separate:
        postfix = milter.gid if owners.postfix_gid is None else owners.postfix_gid
        _give(sockets.keeper.parent, keeper.uid, milter.gid)
        _give(sockets.milter.parent, milter.uid, postfix)


def _make_config(file: Path, text: str) -> None:
    if not file.parent.exists():
        file.parent.mkdir(PUBLIC)
        sync_folder(file.parent.parent)
    write_new(file, text.encode(), 0o644)


def _make_durable(folder: Path) -> None:
    """Have all names and owners on disk: keys that are lost are lost with all dossiers."""
    for each in (*folder.rglob("*"), folder, folder.parent):
        if each.is_dir():
            sync_folder(each)


def _give(folder: Path, uid: int, gid: int) -> None:
    """Give a folder and what is in it, keeping modes (chown clears the setgid bit)."""
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode & 0o7777
        os.chown(path, uid, gid)
        path.chmod(mode)
