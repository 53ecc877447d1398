"""What a backup says of itself: which files, whose they are, their sums, and of which moment.

A backup is a folder in the folder that the host names, called by its moment in universal time.
Names of files in it begin with the *place* that they belong to; where that is on a machine, its
configuration says. Users and groups are names: on another machine they have other numbers.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import msgspec

from rmp_milter.config import Config
from rmp_milter.disk.formats import Format
from rmp_milter.disk.new_files import write_new
from rmp_milter.keeper.log.copying import LogSeen

FORMAT = Format("rmp backup", 1)
MANIFEST = "manifest.json"
NAME = re.compile(r"\d{8}T\d{6}Z")
"""The name of a finished backup's folder."""
UNFINISHED = ".part"
CONFIG, KEEPER, STORE, PUBLIC = "config", "keeper", "store", "public"
MILTER, COURIER, OUTBOX = "milter", "courier", "outbox"
SOCKETS = ("keeper-socket", "milter-socket")
_MOST_BYTES = 64 << 20
_PIECE = 1 << 20

Told = Callable[[str, int, int], None]
"""Is told what is under way, and how much of how much is done."""


class BackupError(Exception):
    """A backup cannot be made, read or put back; one clear line, and what to do."""

    def __init__(self, line: str, hint: str = "") -> None:
        super().__init__(line)
        self.hint = hint


class BackupFile(msgspec.Struct, frozen=True):
    """A file, or a folder (no ``sha256``): its name here, whose it is there, and its mode."""

    path: str
    user: str
    group: str
    mode: int
    size: int = 0
    sha256: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return not self.sha256


class Manifest(msgspec.Struct, frozen=True):
    """All that a backup says. ``taken_at`` is epoch seconds.

    ``log`` is what the access log held. ``keys`` says that this is the part with the keys;
    ``apart`` names what is there, in the part without. ``findings`` of its verification.
    """

    format: str
    version: str
    taken_at: int
    log: LogSeen
    files: tuple[BackupFile, ...]
    keys: bool = False
    apart: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many bytes its files have."""
        return sum(each.size for each in self.files)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it into a backup that has none yet; durable on return."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    write_new(folder / MANIFEST, text + b"\n", 0o600)


def read_manifest(folder: Path) -> Manifest:
    """Read a backup's manifest; raise :class:`BackupError`, in one line for another format."""
    file = folder / MANIFEST
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES)
        mark = msgspec.json.decode(content, type=_Marked).format
    except OSError as error:
        raise BackupError(f"{file}: cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise BackupError(f"{file}: is no manifest of a backup") from error
    found = FORMAT.number_in(mark.encode())
    if found != FORMAT.number:
        raise BackupError(f"the backup in {folder} {FORMAT.refusal(found)}")
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupError(f"{file}: is damaged: {error}") from error
    for each in manifest.files:
        _check_path(each.path, file)
    return manifest


class _Marked(msgspec.Struct, frozen=True):
    format: str


def _check_path(path: str, file: Path) -> None:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path:
        raise BackupError(f"{file}: names a file outside of its places")


def backups_in(folder: Path) -> list[Path]:
    """Return the finished backups in a folder, the oldest first."""
    try:
        found = [each for each in folder.iterdir() if NAME.fullmatch(each.name)]
    except OSError as error:
        raise BackupError(f"{folder}: cannot be read: {error.strerror}") from error
    return sorted(each for each in found if (each / MANIFEST).is_file())


def chosen(folder: Path) -> Path:
    """Return the backup that ``folder`` is, or the newest one in it; raise :class:`BackupError`."""
    if (folder / MANIFEST).is_file():
        return folder
    if found := backups_in(folder):
        return found[-1]
    raise BackupError(f"{folder}: there is no finished backup in it")


def place_of(config: Config, path: str) -> Path:
    """Return where a file or folder of a backup belongs on the machine of ``config``."""
    place, _, rest = path.partition("/")
    paths, sockets = config.paths, config.sockets
    if place == CONFIG:
        return config.file if rest else config.file.parent
    places = {
        KEEPER: paths.keeper,
        STORE: paths.store,
        PUBLIC: paths.public,
        MILTER: paths.milter,
        COURIER: paths.courier,
        OUTBOX: paths.outbox_key.parent,
        SOCKETS[0]: sockets.keeper.parent,
        SOCKETS[1]: sockets.milter.parent,
    }
    if place not in places:
        raise BackupError(f"{path}: is of a place that this version does not know")
    return places[place] / rest if rest else places[place]


def wrong_sums(folder: Path, manifest: Manifest, told: Told) -> Iterator[str]:
    """Yield what is missing or not as it was written, by name."""
    done, total = 0, manifest.size
    for each in manifest.files:
        if each.is_folder:
            continue
        try:
            same = sum_of(folder / each.path) == each.sha256
        except OSError as error:
            yield f"{each.path}: cannot be read: {error.strerror}"
        else:
            if not same:
                yield f"{each.path}: is not what was written, by its SHA-256"
        done += each.size
        told("sums", done, total)


def sum_of(file: Path) -> str:
    """Return a file's SHA-256, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
