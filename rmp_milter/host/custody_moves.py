"""A new custody key elsewhere than in the keeper's folder: in a credential, or on a token."""

from pathlib import Path
from typing import NamedTuple

from rmp_milter.config import Config
from rmp_milter.host.key_replacing import FreshKey, begin
from rmp_milter.host.owners import as_owner
from rmp_milter.host.sealed_credentials import seal_credential
from rmp_milter.keeper.keys.custody import CustodyPublic
from rmp_milter.keeper.keys.custody_files import (
    drawn_key,
    elsewhere_file,
    known_elsewhere,
    place_of,
)
from rmp_milter.keeper.keys.key_files import KeyFileError, raw_file
from rmp_milter.keeper.keys.keys import CUSTODY, load_keys
from rmp_milter.keeper.keys.places import CredentialPlace, PlaceError, TokenPlace, read_place
from rmp_milter.keeper.keys.reach import Reach, check_module, read_pin

NOT_TAKEN_UP = "the change before this one is not taken up yet"
START_FIRST = "start the keeper anew, then rmp key rotate custody --end; then again"


class CustodyMoved(NamedTuple):
    """The file of the former key, and where the present one lies."""

    former: str
    place: str


def places(config: Config) -> dict[str, str]:
    """Return where custody keys lie that are not in their files, by the files' names."""
    folder = config.paths.keeper
    return as_owner(folder, lambda: places_in(folder), dict[str, str])


def places_in(folder: Path) -> dict[str, str]:
    """Return the same, as the user that the folder belongs to; raise :class:`.KeyFileError`."""
    keys = load_keys(folder)
    found = {CUSTODY: keys.custody, **{each.name: each.private for each in keys.former_custody}}
    return {name: place_of(key) for name, key in found.items() if place_of(key)}


def to_token(config: Config, uri: str, pin: str = "") -> CustodyMoved:
    """Have slots sealed to a key on a token, which is made there if there is none of its name.

    All that is asked of the token is asked by the keeper's user. ``pin`` is for a host whose
    keeper gets it as a credential. Raises :class:`.KeyFileError`, :class:`.JournalError` and
    ``OSError``.
    """
    place = _place(uri)
    if not isinstance(place, TokenPlace):
        raise KeyFileError(f"{uri}: not a pkcs11: URI")
    reach = Reach("", config.keeper.token_module, config.keeper.token_pin)
    check_module(reach)
    # Here, and only where it is needed: it brings a library of its own. And now, while it can be
    # read: the keeper's user may not read where this Python lies.
    from rmp_milter.keeper.keys import token  # noqa: PLC0415 -- see above

    def new() -> FreshKey:
        typed = pin or read_pin(reach)
        try:
            public = token.made_or_found(reach.module, place, typed)
        except token.TokenError as error:
            raise KeyFileError(f"{place}: {error}") from None
        except RuntimeError as error:
            raise KeyFileError(f"{place}: {token.words(error)}") from None
        return _elsewhere(str(place), public)

    former = begin(config, CUSTODY, new)
    return _checked(config, former, str(place))


def to_credential(config: Config, file: Path) -> CustodyMoved:
    """Have slots sealed to a key that stands in the new ``file`` alone, as a credential.

    Raises :class:`.SealedCredentialError`, else as :func:`to_token`; then the file is gone again.
    """
    place = _place(f"credential:{file.name}")
    private = drawn_key()
    new = _elsewhere(str(place), private.public_key())
    seal_credential(file, raw_file(private.private_bytes_raw()))
    try:
        return _checked(config, begin(config, CUSTODY, lambda: new), str(place))
    except BaseException:
        if not _is_in_use(config, str(place)):
            file.unlink(missing_ok=True)
        raise


def _is_in_use(config: Config, place: str) -> bool:
    """Whether a file speaks of this place; where that cannot be read, it may be so."""
    try:
        return place in places(config).values()
    except (KeyFileError, OSError):
        return True


def _elsewhere(place: str, public: CustodyPublic) -> FreshKey:
    return FreshKey(elsewhere_file(place, public), known_elsewhere(public))


def _checked(config: Config, former: str, place: str) -> CustodyMoved:
    """See that it was this change that was made: one that waits for a restart goes first."""
    if places(config).get(CUSTODY, "") != place:
        raise KeyFileError(NOT_TAKEN_UP, START_FIRST)
    return CustodyMoved(former, place)


def _place(text: str) -> CredentialPlace | TokenPlace:
    try:
        return read_place(text)
    except PlaceError as error:
        raise KeyFileError(str(error)) from None
