"""Every key of a service: what it is for, since when it is there, until when, in which use.

Root looks at each part's files as the part's own user. Nothing of a key itself is shown.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from rmp_milter.certificates import CertificateError, ends_at
from rmp_milter.config import Config
from rmp_milter.courier.dkim_key import DKIM_KEY
from rmp_milter.host.custody_moves import places_in
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import as_owner
from rmp_milter.host.pepper_rotation import codes_of_before
from rmp_milter.keeper.keys.checks import standing
from rmp_milter.keeper.keys.former_keys import former_names
from rmp_milter.keeper.keys.kept_peppers import KEPT as FORMER_PEPPERS
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import (
    ACTS,
    AUDITORS,
    CUSTODY,
    LOG,
    LOG_NEXT,
    PEPPER,
    SERVICE,
    WAITING,
    load_keys,
)
from rmp_milter.keeper.keys.service_certificates import InUse, in_use
from rmp_milter.keeper.keys.smime_folder import SMIME, SmimeFolder, read_smime
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.former_keys import former_file, read_former
from rmp_milter.store.format.keys import INDEX, METADATA, StoreKeyError
from rmp_milter.store.format.succession import before_of

PURPOSES: Mapping[str, str] = {
    SERVICE: "opens doctors' mail",
    CUSTODY: "emergencies, locums",
    PEPPER: "codes, cards",
    WAITING: "deposits that wait",
    ACTS: "mails known again",
    LOG: "signs the access log",
    AUDITORS: "emergencies' reasons",
    METADATA: "the store's records",
    INDEX: "look-ups in the store",
}
_SMIME_PURPOSE = "opens Outlook's mail"
_SMIME_USES = {
    InUse.ANSWERS: "in use",
    InUse.OPENS: "opens still",
    InUse.OLD: "is over",
}
IN_USE, KEPT, MISSING = "in use", "kept", "missing"


class ServiceKey(msgspec.Struct, frozen=True):
    """One key; times in epoch seconds, 0 where there is none (``ends``: never).

    ``known`` says that the process concerned would know another one in its place, ``place`` where
    the key lies of which the file only says so.
    """

    file: str
    purpose: str
    made: int
    ends: int = 0
    use: str = IN_USE
    known: bool = True
    place: str = ""


def all_keys(config: Config) -> list[ServiceKey]:
    """Return every key of the service. Raises ``OSError`` where a part cannot be looked at."""
    paths, now = config.paths, int(time.time())
    found = list[ServiceKey]
    return [
        *as_owner(paths.keeper, lambda: [*_keepers(config, now)], found),
        *_peppers_codes(config),
        *as_owner(paths.milter, lambda: [*_plain(paths.milter, (METADATA, INDEX))], found),
        *as_owner(paths.milter, lambda: [*_before(paths.milter / METADATA)], found),
        *as_owner(paths.milter, lambda: [*_before(paths.milter / INDEX)], found),
        _shared(paths.outbox_key),
        *as_owner(paths.milter, lambda: [*_former(paths.outbox_key)], found),
        *as_owner(paths.courier, lambda: [*_couriers(paths.courier)], found),
    ]


def _keepers(config: Config, now: int) -> Iterator[ServiceKey]:
    folder = config.paths.keeper
    unknown, places = _unknown(config), _places(folder)
    for name, until in _former_service(folder):
        row = _row(folder / name, "opens doctors' mail")
        use = "opens still" if now < until else "is over"
        yield msgspec.structs.replace(row, ends=until, use=use, known=name not in unknown)
    former = (
        (CUSTODY, "slots of before"),
        (PEPPER, "cards of before"),
        (WAITING, "deposits of before"),
    )
    for name, purpose in (
        (n, what) for file, what in former for n in former_names(folder, file)
    ):
        row = _row(folder / name, purpose)
        known, place = name not in unknown, places.get(name, "")
        yield msgspec.structs.replace(row, use="opens still", known=known, place=place)
    for name in former_names(folder, LOG):
        yield msgspec.structs.replace(_row(folder / name, "signed the log"), use=KEPT)
    if (folder / LOG_NEXT).exists():
        row = _row(folder / LOG_NEXT, PURPOSES[LOG])
        yield msgspec.structs.replace(row, use="waits")
    there = [ACTS] if (folder / ACTS).exists() or ACTS in unknown else []
    for name in (SERVICE, CUSTODY, PEPPER, *there, WAITING, LOG, AUDITORS):
        ends = _service_ends(config, now) if name == SERVICE else 0
        row = _row(folder / name, PURPOSES[name])
        known, place = name not in unknown, places.get(name, "")
        yield msgspec.structs.replace(row, ends=ends, known=known, place=place)
    try:
        yield from _smime(folder, read_smime(folder / SMIME), now)
    except KeyFileError as error:
        yield ServiceKey(f"keeper/{SMIME}", _SMIME_PURPOSE, 0, use=f"cannot be read ({error})")


def _peppers_codes(config: Config) -> Iterator[ServiceKey]:
    """Yield what is kept of former peppers, with how many codes open by it still."""
    folder = config.paths.keeper
    rows = as_owner(folder, lambda: [*_kept_peppers(config)], list[ServiceKey])
    for row in rows:
        try:
            count = codes_of_before(config)
        except (KeyFileError, StoreError, StoreKeyError, OSError):
            yield row  # what cannot be read is said where it is read
        else:
            yield msgspec.structs.replace(row, use=f"{count} codes" if count else KEPT)


def _kept_peppers(config: Config) -> Iterator[ServiceKey]:
    folder = config.paths.keeper
    if (file := folder / FORMER_PEPPERS).exists():
        known = FORMER_PEPPERS not in _unknown(config)
        row = _row(file, "codes of before")
        yield msgspec.structs.replace(row, use=KEPT, known=known)


def _former_service(folder: Path) -> list[tuple[str, int]]:
    try:
        return [(each.name, each.until) for each in load_keys(folder).former_service]
    except KeyFileError:
        return []  # which is said where it is read


def _places(folder: Path) -> dict[str, str]:
    try:
        return places_in(folder)
    except KeyFileError:
        return {}  # which is said where it is read


def _unknown(config: Config) -> frozenset[str]:
    """Return of which files the keeper would not know another one in their place, or does."""
    try:
        with Journal(log_of(config)) as journal:
            stood = standing(load_keys(config.paths.keeper), journal.key_values())
    except (KeyFileError, JournalError):
        return frozenset()
    return frozenset({*stood.unproven, *(line.split(" ", 1)[0] for line in stood.wrong)})


def _service_ends(config: Config, now: int) -> int:
    try:
        return ends_at((config.paths.public / "service.asc").read_bytes(), now)
    except (OSError, CertificateError):
        return 0


def _smime(folder: Path, found: SmimeFolder, now: int) -> Iterator[ServiceKey]:
    for one in found.certificates:
        file = found.files[one.certificate].relative_to(folder)
        use = _SMIME_USES[in_use(one, found.certificates, now)]
        made, ends = one.not_before, one.not_after
        yield ServiceKey(f"keeper/{file}", _SMIME_PURPOSE, made, ends, use)
    for key in found.waiting:
        row = _row(key.file, _SMIME_PURPOSE)
        name = f"keeper/{key.file.relative_to(folder)}"
        yield msgspec.structs.replace(row, file=name, use="waits")


def _couriers(folder: Path) -> Iterator[ServiceKey]:
    for file in sorted({folder / DKIM_KEY, *folder.glob("dkim*.key")}):
        yield _row(file, "signs answers (DKIM)")


def _plain(folder: Path, names: tuple[str, ...]) -> Iterator[ServiceKey]:
    for name in names:
        yield _row(folder / name, PURPOSES[name])


def _shared(file: Path) -> ServiceKey:
    return _row(file, "answers to be sent")


def _before(file: Path) -> Iterator[ServiceKey]:
    before = before_of(file)
    if before.exists():
        yield msgspec.structs.replace(_row(before, "backups of before"), use=KEPT)


def _former(file: Path) -> Iterator[ServiceKey]:
    yield from _before(file)
    row = _row(former_file(file), "bounces of before")
    try:
        former = read_former(file)
    except StoreKeyError as error:
        yield msgspec.structs.replace(row, use=f"cannot be read ({error})")
        return
    if former:
        yield msgspec.structs.replace(row, ends=max(each.until for each in former), use=KEPT)


def _row(file: Path, purpose: str) -> ServiceKey:
    name = f"{file.parent.name}/{file.name}"
    try:
        return ServiceKey(name, purpose, int(file.stat().st_mtime))
    except FileNotFoundError:
        return ServiceKey(name, purpose, 0, use=MISSING)
