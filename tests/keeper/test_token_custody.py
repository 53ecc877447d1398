"""A custody key on a token: what is under it opens, and what a token that is away does not cost."""

import dataclasses
from collections.abc import Callable

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from dossier_case import NIR, Deposit, acts
from little_host import LittleHost
from pkcs11 import Attribute, KeyType
from pkcs11.util.ec import encode_named_curve_parameters

from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import DECOY_VITALE, SLOT_ROOM
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.keys import token_key
from rmp_milter.keeper.keys.custody import CustodyAway, ElsewhereKey, is_of, some_point
from rmp_milter.keeper.keys.former_keys import FormerCustody
from rmp_milter.keeper.keys.places import TokenPlace, read_place
from rmp_milter.keeper.keys.reach import Reach, read_pin
from rmp_milter.keeper.keys.sealing import (
    SealError,
    blind_number,
    make_custody_slot,
    make_vitale_slot,
    open_custody_slot,
    open_vitale_slot,
)
from rmp_milter.keeper.keys.token import TokenError, connect, made_or_found, shared
from rmp_milter.keeper.keys.token_key import TokenKey
from testbed.softhsm import MODULE, SoftToken

DOSSIER, PRIVATE = b"dossier-16-bytes", bytes(range(32))
BLIND = b"n" * 32


def place_on(token: SoftToken, key: str = "dossiers") -> TokenPlace:
    place = read_place(token.uri(key))
    assert isinstance(place, TokenPlace)
    return place


class Counted(TokenKey):
    """Notes each point that the token is asked about."""

    def __init__(self, token: SoftToken, public: EllipticCurvePublicKey, key: str) -> None:
        reach = Reach("", MODULE, str(token.pin_file))
        super().__init__(MODULE, place_on(token, key), lambda: read_pin(reach), public)
        self.points: list[bytes] = []

    def exchange(self, point: bytes) -> bytes:
        self.points.append(point)
        return super().exchange(point)


def key_on(token: SoftToken, key: str = "dossiers") -> tuple[ElsewhereKey, Counted]:
    public = made_or_found(MODULE, place_on(token, key), token.pin)
    private = Counted(token, public, key)
    return ElsewhereKey(token.uri(key), public, private), private


def opened(key: ElsewhereKey, slot: bytes) -> bytes:
    return open_custody_slot((key,), DOSSIER, slot).private_bytes_raw()


def moved(desk: Desk, key: ElsewhereKey) -> Desk:
    """Return the desk with its custody key on the token, the present one beside it."""
    former = (FormerCustody("custody-20261201.key", desk.keys.custody),)
    keys = dataclasses.replace(desk.keys, custody=key, former_custody=former)
    return dataclasses.replace(desk, keys=keys)


def test_what_is_sealed_to_a_token_opens_by_it_alone(soft_token: SoftToken) -> None:
    key, _ = key_on(soft_token)
    slot = make_custody_slot(key.public, DOSSIER, PRIVATE)
    assert (slot[:3], len(slot)) == (b"\x00\x10\x04", SLOT_ROOM)
    assert opened(key, slot) == PRIVATE
    vitale = make_vitale_slot(key.public, DOSSIER, PRIVATE, BLIND)
    assert open_vitale_slot((key,), DOSSIER, vitale, (BLIND,)).private_bytes_raw() == PRIVATE
    for wrong in (
        lambda: open_custody_slot((key,), bytes(16), slot),
        lambda: opened(key, vitale),
    ):
        with pytest.raises(SealError):
            wrong()
    other, _ = key_on(soft_token, "others")
    with pytest.raises(SealError):
        opened(other, slot)
    assert open_custody_slot((other, key), DOSSIER, slot).private_bytes_raw() == PRIVATE


def test_slots_of_both_kinds_open_while_both_keys_are_there(soft_token: SoftToken) -> None:
    key, _ = key_on(soft_token)
    file = X25519PrivateKey.generate()
    for each in (key, file):
        slot = make_custody_slot(each.public_key(), DOSSIER, PRIVATE)
        assert is_of(slot, each.public_key())
        found = open_custody_slot((key, file), DOSSIER, slot)
        assert found.private_bytes_raw() == PRIVATE


def not_on_the_curve(slot: bytes) -> bytes:
    return slot[:66] + bytes([slot[66] ^ 1]) + slot[67:]


@pytest.mark.promise(number=6)
@pytest.mark.parametrize(
    "changed",
    [
        lambda slot: slot,
        lambda slot: slot[:-1] + bytes([slot[-1] ^ 1]),
        not_on_the_curve,
        lambda slot: slot[:-1],
        lambda _: b"",
        lambda _: DECOY_VITALE,
        lambda _: bytes(SLOT_ROOM),
        lambda _: b"\x00\x10" + bytes(SLOT_ROOM - 2),
    ],
)
def test_whatever_the_slot_is_the_token_is_asked_once_and_about_a_point(
    soft_token: SoftToken, changed: Callable[[bytes], bytes]
) -> None:
    key, private = key_on(soft_token)
    slot = make_vitale_slot(key.public, DOSSIER, PRIVATE, BLIND)
    tried = changed(slot)
    if tried == slot:
        assert open_vitale_slot((key,), DOSSIER, tried, (BLIND,))
    else:
        with pytest.raises(SealError):
            open_vitale_slot((key,), DOSSIER, tried, (BLIND,))
    (point,) = private.points
    EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)


def test_the_private_half_does_not_leave_the_token(soft_token: SoftToken) -> None:
    key_on(soft_token)
    there = connect(MODULE, place_on(soft_token), soft_token.pin)
    named = (Attribute.SENSITIVE, Attribute.EXTRACTABLE, Attribute.PRIVATE, Attribute.SIGN)
    found = tuple(there.key[each] for each in named)
    there.close()
    assert found == (True, False, True, False)


def test_a_second_call_finds_the_key_of_the_first(soft_token: SoftToken) -> None:
    first, _ = key_on(soft_token)
    assert key_on(soft_token)[0].public == first.public
    assert key_on(soft_token, "others")[0].public != first.public


def test_a_token_that_comes_back_is_asked_again_by_itself(soft_token: SoftToken) -> None:
    key, _ = key_on(soft_token)
    slot = make_custody_slot(key.public, DOSSIER, PRIVATE)
    assert opened(key, slot) == PRIVATE
    soft_token.take_away()
    for _ in range(2):
        with pytest.raises(CustodyAway, match=r"pkcs11:token=garde;object=dossiers"):
            opened(key, slot)
    soft_token.put_back()
    assert opened(key, slot) == PRIVATE


def test_a_connection_that_broke_is_made_anew(soft_token: SoftToken) -> None:
    key, private = key_on(soft_token)
    slot = make_custody_slot(key.public, DOSSIER, PRIVATE)
    assert opened(key, slot) == PRIVATE
    assert private._there
    private._there.session.close()
    assert opened(key, slot) == PRIVATE


def test_what_opens_by_another_key_needs_no_token(soft_token: SoftToken) -> None:
    key, _ = key_on(soft_token)
    file = X25519PrivateKey.generate()
    slot = make_custody_slot(file.public_key(), DOSSIER, PRIVATE)
    soft_token.take_away()
    assert open_custody_slot((key, file), DOSSIER, slot).private_bytes_raw() == PRIVATE
    with pytest.raises(CustodyAway):
        open_custody_slot((key, X25519PrivateKey.generate()), DOSSIER, slot)


def test_another_key_under_its_name_is_not_used(soft_token: SoftToken) -> None:
    made_or_found(MODULE, place_on(soft_token), soft_token.pin)
    public = generate_private_key(SECP256R1()).public_key()
    with pytest.raises(CustodyAway, match="another key under this name"):
        Counted(soft_token, public, "dossiers").exchange(some_point())


def test_a_refused_pin_is_never_tried_twice(
    soft_token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, private = key_on(soft_token)
    tried = list[str]()

    def noted(module: str, place: TokenPlace, pin: str) -> object:
        tried.append(pin)
        return connect(module, place, pin)

    monkeypatch.setattr(token_key, "connect", noted)
    soft_token.write_pin("0000")
    slot = make_custody_slot(key.public, DOSSIER, PRIVATE)
    for _ in range(3):
        with pytest.raises(CustodyAway, match="tried no more") as raised:
            opened(key, slot)
        assert "0000" not in str(raised.value)
    assert tried == ["0000"]
    soft_token.write_pin(soft_token.pin)
    assert opened(key, slot) == PRIVATE
    private.refuse()  # as another process says that was refused by it
    private._there = None
    with pytest.raises(CustodyAway, match="tried no more"):
        opened(key, slot)


def test_a_key_that_may_only_sign_is_not_taken(soft_token: SoftToken) -> None:
    token = pkcs11.lib(MODULE).get_token(token_label="garde")
    with token.open(rw=True, user_pin=soft_token.pin) as session:
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        domain = session.create_domain_parameters(KeyType.EC, curve, local=True)
        template = {Attribute.DERIVE: False, Attribute.SIGN: True}
        domain.generate_keypair(label="signs", store=True, private_template=template)
    with pytest.raises(TokenError, match="may not derive"):
        made_or_found(MODULE, place_on(soft_token, "signs"), soft_token.pin)


def test_a_key_on_another_curve_is_not_taken(soft_token: SoftToken) -> None:
    token = pkcs11.lib(MODULE).get_token(token_label="garde")
    with token.open(rw=True, user_pin=soft_token.pin) as session:
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp384r1")}
        domain = session.create_domain_parameters(KeyType.EC, curve, local=True)
        domain.generate_keypair(label="longer", store=True)
    with pytest.raises(TokenError, match="not one of P-256"):
        made_or_found(MODULE, place_on(soft_token, "longer"), soft_token.pin)


class _Derived(dict[Attribute, bytes]):
    def destroy(self) -> None:
        pass


class _LeavesZerosAway:
    """Some modules do, where the shared number is short; SoftHSM does not."""

    def derive_key(self, *_: object, **__: object) -> _Derived:
        return _Derived({Attribute.VALUE: b"\x01" * 31})


def test_a_short_number_is_as_long_as_every_other() -> None:
    assert shared(_LeavesZerosAway(), some_point()) == b"\0" + b"\x01" * 31


def test_an_emergency_is_put_off_while_the_token_is_away_and_never_refused(
    host: LittleHost, soft_token: SoftToken
) -> None:
    key, _ = key_on(soft_token)
    host.desk = moved(host.desk, key)
    deposit = Deposit(host)
    assert len(deposit.kept.slots.custody) == SLOT_ROOM
    assert deposit.is_read(deposit.urgent())
    before = acts(host.desk)
    soft_token.take_away()
    mail = deposit.urgent()
    failed = host.ask(deposit.release(mail)).failed
    assert failed.why is Why.UNAVAILABLE
    assert soft_token.uri() in failed.detail
    assert acts(host.desk) == before
    assert deposit.is_read(deposit.consultation(), deposit.by_code)  # a code needs no token
    soft_token.put_back()
    assert deposit.is_read(mail)


def test_nobody_learns_by_a_card_which_patient_is_known_while_the_token_is_away(
    host: LittleHost, soft_token: SoftToken
) -> None:
    key, private = key_on(soft_token)
    host.desk = moved(host.desk, key)
    deposit = Deposit(host)
    blind = blind_number(NIR, host.desk.keys.pepper)
    soft_token.take_away()
    for slot in (deposit.kept.slots.vitale, DECOY_VITALE, b""):
        private.points.clear()
        with pytest.raises(CustodyAway):
            open_vitale_slot(
                host.desk.keys.all_custody, deposit.kept.dossier_id, slot, (blind,)
            )
        assert len(private.points) == 1
