"""The calls that make a dossier, open one, or put it under a new code.

Whatever hands out a key writes its leaf first, and what does not open leaves its refusal.
"""

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from rmp_milter.calls.protocol import (
    DECOY_SLOT,
    ByCode,
    ByCustody,
    ByVitale,
    Create,
    Created,
    Event,
    Prove,
    Proven,
    Recode,
    Recoded,
    Release,
    Released,
    SealedDocument,
    Why,
)
from rmp_milter.dossier.emergency import EMERGENCY, EMERGENCY_PURPOSE
from rmp_milter.dossier.model import CodeSlot, Slots
from rmp_milter.keeper.desk.desk import (
    CallFailed,
    Desk,
    as_done,
    held_code,
    held_reason,
    write_leaf,
    write_refusal,
)
from rmp_milter.keeper.desk.sealmail import key_packets, reader_keys
from rmp_milter.keeper.keys.held import HeldKind
from rmp_milter.keeper.keys.sealing import (
    SealError,
    blind_number,
    chosen_code,
    draw_code,
    make_code_slot,
    make_custody_slot,
    make_vitale_slot,
    open_code_slot,
    open_custody_slot,
    open_session_key,
    open_vitale_slot,
)
from rmp_milter.keeper.openpgp.sessionkey import SessionKey
from rmp_milter.keeper.vitale.attestation import is_number


def create(desk: Desk, request: Create, now: int) -> Created:
    """Make a dossier's key pair and slots, under the given code or one drawn here.

    Raises :class:`CallFailed` ``WEAK_CODE``, :class:`HeldError`.
    """
    _check_number(request.nir)
    code = _code_to_set(desk, request, now)
    pair = X25519PrivateKey.generate()
    private = pair.private_bytes_raw()
    try:
        slots = Slots(
            code=_code_slot(desk, code, request.dossier_id, private),
            custody=make_custody_slot(
                desk.keys.custody.public_key(), request.dossier_id, private
            ),
            vitale=_vitale_slot(desk, request.nir, request.dossier_id, private),
        )
    except SealError:
        raise CallFailed(Why.UNAVAILABLE, "dossier id of a wrong length") from None
    held = desk.holder.hold(HeldKind.CODE, code.encode(), request.digest, now)
    write_leaf(desk, as_done(request), now)
    return Created(pair.public_key().public_bytes_raw(), slots, held)


def _check_number(nir: str) -> None:
    """Refuse a number that no attestation could name: its slot would never open."""
    if nir and not is_number(nir):
        raise CallFailed(Why.UNAVAILABLE, "not a patient's number")


def _code_to_set(desk: Desk, request: Create | Recode, now: int) -> str:
    if not request.held_code:
        return draw_code(desk.limits.code_length, desk.random)
    typed = held_code(desk, request.held_code, request.digest, now)
    try:
        return chosen_code(typed, desk.limits.code_minimum, request.guessable)
    except ValueError as error:
        raise CallFailed(Why.WEAK_CODE, str(error)) from None


def _code_slot(desk: Desk, code: str, dossier_id: bytes, private: bytes) -> CodeSlot:
    return make_code_slot(code, dossier_id, private, desk.keys.pepper, desk.random)


def _vitale_slot(desk: Desk, nir: str, dossier_id: bytes, private: bytes) -> bytes:
    if not nir:
        return b""
    blind = blind_number(nir, desk.keys.pepper)
    return make_vitale_slot(desk.keys.custody.public_key(), dossier_id, private, blind)


def recode(desk: Desk, request: Recode, now: int) -> Recoded:
    """Open the dossier and put it under a new code; with a number, its Vitale slot too.

    Raises as :func:`create` and :func:`release` do; ``WEAK_CODE`` before anything is tried.
    """
    number = request.nir.strip()
    _check_number(number)
    code = _code_to_set(desk, request, now)
    private = _unlock(desk, request, now).private_bytes_raw()
    slot = _code_slot(desk, code, request.dossier_id, private)
    vitale = _vitale_slot(desk, number, request.dossier_id, private)
    held = desk.holder.hold(HeldKind.CODE, code.encode(), request.digest, now)
    write_leaf(desk, as_done(request), now)
    return Recoded(slot, held, vitale)


def prove(desk: Desk, request: Prove, now: int) -> Proven:
    """Try the way in; raises as :func:`release` does where it does not open."""
    _unlock(desk, request, now)
    return Proven()


def release(desk: Desk, request: Release, now: int) -> Released:
    """Open the dossier, write the readers' key packets.

    What does not open writes its refusal into the log and raises :class:`CallFailed`
    ``WRONG_CODE``. ``BAD_KEY`` comes before both, and ``UNSUPPORTED`` for an emergency that
    gives no reason or has no reference: it could never be justified.
    """
    reason = _reason(desk, request, now)
    readers = [reader_keys(reader, now) for reader in request.readers]
    private = _unlock(desk, request, now)
    keys = [_opened(desk, private, request, item, now) for item in request.items]
    packets = tuple(tuple(key_packets(key, reader) for reader in readers) for key in keys)
    leaf = write_leaf(desk, _with_purpose(as_done(request)), now, reason)
    return Released(packets, leaf)


def _reason(desk: Desk, request: Release, now: int) -> str:
    if not isinstance(request.way_in, ByCustody):
        return ""
    reason = held_reason(desk, request.way_in.held_reason, request.digest, now)
    if request.event.action == EMERGENCY and not (reason and request.event.reference):
        raise CallFailed(Why.UNSUPPORTED, "an emergency without a reason or a reference")
    return reason


def _with_purpose(event: Event) -> Event:
    """Return the event; an emergency says so in FHIR's words, whatever the milter said."""
    emergency = event.action == EMERGENCY
    return replace(event, purpose=EMERGENCY_PURPOSE) if emergency else event


def _unlock(desk: Desk, request: Prove | Release | Recode, now: int) -> X25519PrivateKey:
    """Return the dossier's private key, or write the refusal's leaf and raise."""
    try:
        return _open_slot(desk, request, now)
    except SealError:
        write_refusal(desk, _with_purpose(as_done(request)), now)
        raise CallFailed(Why.WRONG_CODE) from None


def _open_slot(desk: Desk, request: Prove | Release | Recode, now: int) -> X25519PrivateKey:
    opening, dossier_id, keys = request.way_in, request.dossier_id, desk.keys
    match opening:
        case ByCode():
            typed = held_code(desk, opening.held_code, request.digest, now)
            slot = opening.slot or DECOY_SLOT
            return open_code_slot(slot, typed, dossier_id, keys.pepper)
        case ByVitale():
            nir = desk.holder.open(
                HeldKind.ATTESTATION, opening.held_attestation, request.digest, now
            )
            blind = blind_number(nir.decode(), keys.pepper)
            return open_vitale_slot(keys.custody, dossier_id, opening.slot, blind)
        case ByCustody():
            return open_custody_slot(keys.custody, dossier_id, opening.slot)


def _opened(
    desk: Desk, private: X25519PrivateKey, request: Release, item: SealedDocument, now: int
) -> SessionKey:
    try:
        return open_session_key(private, request.dossier_id, item)
    except SealError:
        write_refusal(desk, as_done(request), now)
        raise CallFailed(Why.UNAVAILABLE, "a sealed key does not fit its document") from None
