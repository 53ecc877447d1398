"""Whether the keeper's keys are those of what is stored: they open it, or they do not.

Root looks at a few records as the store's user and at the keys as the keeper's, so that neither
user ever reads the other's files.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.certificates import CertificateError, read_certificate
from rmp_milter.config import Config
from rmp_milter.dossier.cards import CardError
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import as_owner
from rmp_milter.host.smime import SMIME_PUBLIC, published_smime
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.keys.checks import check_values, standing
from rmp_milter.keeper.keys.custody import CustodyAway, ElsewhereKey, is_of
from rmp_milter.keeper.keys.keys import CUSTODY, LOG, PEPPER, SERVICE, WAITING, Keys, load_keys
from rmp_milter.keeper.keys.sealing import SealError, open_custody_slot, open_waiting_key
from rmp_milter.keeper.keys.smime_folder import SMIME
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Snapshot
from rmp_milter.tlog.checkpoints import read_checkpoint
from rmp_milter.tlog.notes import NoteError

FEW, LOOKED_THROUGH = 8, 1000
"""Records of a kind that are tried, and those that are gone through to find them."""


class Specimens(msgspec.Struct, frozen=True):
    """A few records that only the right keys open, and the service's public certificate."""

    cards: list[bytes] = []
    slots: list[tuple[bytes, bytes]] = []
    waiting: list[tuple[bytes, SealedDocument]] = []
    certificate: bytes = b""


class KeyLook(msgspec.Struct, frozen=True):
    """What was found of the key files: lines on wrong ones, names of unproven ones.

    ``smime`` is a line where the S/MIME certificate that is laid out has no key.
    """

    wrong: list[str] = []
    unproven: list[str] = []
    smime: str = ""


class Proofs(msgspec.Struct, frozen=True):
    """Of which key files it is proven that they are right, and of which that they are not."""

    right: frozenset[str]
    wrong: frozenset[str]


def specimens(config: Config) -> Specimens:
    """Return a few records; none where the store cannot be opened, which is said elsewhere."""
    try:
        found = as_owner(config.paths.store, lambda: _specimens(config), Specimens)
    except (OSError, StoreError):
        found = Specimens()
    return msgspec.structs.replace(found, certificate=_certificate(config))


def _specimens(config: Config) -> Specimens:
    paths = config.paths
    keys = read_store_keys(paths.milter, paths.outbox_key)
    opened = engine_at(paths.store, config.store).open(keys, read_only=True)
    with opened as store, store.snapshot() as view:
        return _taken(view)


def _taken(view: Snapshot) -> Specimens:
    dossiers = [*islice(view.dossiers(), LOOKED_THROUGH)]
    cards = (each.card for each in dossiers if each.card)
    slots = ((each.dossier_id, each.slots.custody) for each in dossiers if each.slots.custody)
    return Specimens(
        cards=[*islice(cards, FEW)],
        slots=[*islice(slots, FEW)],
        waiting=[*islice(_sealed(view), FEW)],
    )


def _sealed(view: Snapshot) -> Iterator[tuple[bytes, SealedDocument]]:
    for each in islice(view.waiting(), FEW):
        for one in each.entry.documents:
            sealed = SealedDocument(one.document_id, one.container, one.digest, one.sealed_key)
            yield each.waiting_id, sealed


def _certificate(config: Config) -> bytes:
    try:
        return (config.paths.public / "service.asc").read_bytes()
    except OSError:
        return b""


def proofs(keys: Keys, found: Specimens, checkpoint: bytes, origin: str) -> Proofs:
    """Try the keys; ``checkpoint`` is what the log of the name ``origin`` signed last."""
    tried: dict[str, list[bool]] = {
        **_by_names(_peppers(keys), (_made_by(keys, card) for card in found.cards)),
        **_by_custody(keys, found.slots),
        **_by_waiting(keys, found.waiting),
        LOG: [_signed(keys, checkpoint, origin)] if checkpoint else [],
        SERVICE: [*_published(keys, found.certificate)],
    }
    # One damaged record says nothing of a key; one that opens says all.
    return Proofs(
        right=frozenset(name for name, each in tried.items() if any(each)),
        wrong=frozenset(name for name, each in tried.items() if each and not any(each)),
    )


def _peppers(keys: Keys) -> tuple[str, ...]:
    return (PEPPER, *(each.name for each in keys.former_peppers))


def _made_by(keys: Keys, card: bytes) -> int | None:
    peppers = (keys.pepper, *(each.pepper for each in keys.former_peppers))
    for place, pepper in enumerate(peppers):
        try:
            Sealer(pepper).dossier(card)
        except CardError:
            continue
        return place
    return None


def _by_custody(keys: Keys, slots: Iterable[tuple[bytes, bytes]]) -> dict[str, list[bool]]:
    names = (CUSTODY, *(each.name for each in keys.former_custody))
    tried = ((_opened_slot(keys, *each), each[1]) for each in slots)
    told = (by for by, slot in tried if by is not None or not _is_elsewheres(keys, slot))
    return _by_names(names, told)


def _is_elsewheres(keys: Keys, slot: bytes) -> bool:
    """Whether it may be under a key that is not here: that it does not open then says nothing."""
    away = (each for each in keys.all_custody if isinstance(each, ElsewhereKey))
    return any(is_of(slot, each.public) for each in away)


def _by_waiting(
    keys: Keys, waiting: Iterable[tuple[bytes, SealedDocument]]
) -> dict[str, list[bool]]:
    names = (WAITING, *(each.name for each in keys.former))
    return _by_names(names, (opened_by(keys, *sealed) for sealed in waiting))


def _by_names(names: tuple[str, ...], places: Iterable[int | None]) -> dict[str, list[bool]]:
    """Say of keys what they open; what a former one opens says nothing of the present one."""
    tried = list[bool]()
    found: dict[str, list[bool]] = {names[0]: tried}
    for by in places:
        if by is None:
            tried.append(False)
        else:
            found.setdefault(names[by], []).append(True)
    return found


def _opened_slot(keys: Keys, dossier_id: bytes, slot: bytes) -> int | None:
    for place, private in enumerate(keys.all_custody):
        try:
            open_custody_slot((private,), dossier_id, slot)
        except (SealError, CustodyAway):
            continue
        return place
    return None


def opened_by(keys: Keys, waiting_id: bytes, sealed: SealedDocument) -> int | None:
    """Return the place of the waiting key that opens a document, 0 the present one's."""
    for place, private in enumerate(keys.all_waiting):
        try:
            open_waiting_key((private,), waiting_id, sealed)
        except SealError:
            continue
        return place
    return None


def _signed(keys: Keys, checkpoint: bytes, origin: str) -> bool:
    try:
        read_checkpoint(checkpoint, verifier_key(keys.log, origin))
    except NoteError:
        return False
    return True


def _published(keys: Keys, certificate: bytes) -> Iterator[bool]:
    try:
        fingerprint = read_certificate(certificate).fingerprint
    except CertificateError:
        return  # what is laid out is looked at elsewhere
    if fingerprint.lower() in {each.fingerprint.lower() for each in keys.former_service}:
        return  # the present one is not handed out yet, which is said elsewhere
    yield fingerprint.lower() == keys.service.fingerprint.lower()


SMIME_BACK = (
    "put keeper/smime back from your copy; where another certificate took its place:"
    " rmp key smime export --der > public/service-smime.cer"
)


def without_key(keys: Keys, config: Config) -> str:
    """Say in a line that the S/MIME certificate that is laid out has no key; else nothing."""
    published = published_smime(config)
    if not published or any(each.certificate == published for each in keys.smime):
        return ""
    return f"{config.paths.keeper / SMIME}: has no key of {SMIME_PUBLIC}, which doctors have"


def look(config: Config) -> KeyLook:
    """Say of each of the keeper's key files whether it is wrong, or not proven yet.

    Nothing is written. Raises :class:`.KeyFileError` and :class:`.JournalError` where the files
    cannot be used at all.
    """
    found = specimens(config)
    return as_owner(config.paths.keeper, lambda: _look(config, found), KeyLook)


def _look(config: Config, found: Specimens) -> KeyLook:
    keys = load_keys(config.paths.keeper)
    with Journal(log_of(config)) as journal:
        stood = standing(keys, journal.key_values())
        tried = proofs(keys, found, journal.last_checkpoint(), journal.origin)
    said = {line.split(" ", 1)[0] for line in stood.wrong}
    more = [f"{name} {_UNLIKE[name]}" for name in sorted(tried.wrong - said)]
    unproven = [each for each in stood.unproven if each not in tried.wrong]
    wrong = [*stood.wrong, *more]
    return KeyLook(wrong, unproven, without_key(keys, config))


_UNLIKE = {
    PEPPER: "is not the one by which the cards in the store were made",
    CUSTODY: "opens none of the store's dossiers: no emergency, no locum, no new key",
    WAITING: "opens none of the deposits that wait",
    LOG: "is not the one that signed the access log so far",
    SERVICE: "is not the key of public/service.asc, to which doctors write",
}


def prove(config: Config, accepted: Iterable[str] = ()) -> tuple[list[str], KeyLook]:
    """Note the check values of the files that are proven right, or ``accepted`` by the host.

    Returns their names, and what is still to be said. Raises as :func:`look`. Nothing is noted
    over what was noted before, nor of a file that is proven wrong.
    """
    found, names = specimens(config), [*accepted]

    def noted() -> list[str]:
        keys = load_keys(config.paths.keeper)
        with Journal(log_of(config)) as journal:
            stood = standing(keys, journal.key_values())
            tried = proofs(keys, found, journal.last_checkpoint(), journal.origin)
            right = ({*tried.right, *names} - tried.wrong) & {*stood.unproven}
            values = check_values(keys)
            journal.note_key_values({name: (values[name],) for name in sorted(right)})
        return sorted(right)

    done = as_owner(config.paths.keeper, noted, list[str])
    return done, look(config)
