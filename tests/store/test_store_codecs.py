import hmac
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_case import KEYS, a_doctor, a_dossier

from rmp_milter.dossier.model import (
    BodySlice,
    Closure,
    CodeSlot,
    Consent,
    Container,
    Doctor,
    Document,
    Dossier,
    Entry,
    Locum,
    Mask,
    Onglet,
    OutgoingMail,
    PartName,
    Patient,
    ReceiptLine,
    Receipts,
    Refiling,
    ReplyForm,
    Sheet,
    Slice,
    Slots,
    StandingKey,
    Tally,
    Value,
    Waiting,
)
from rmp_milter.store.format.blind import Blind, LinkKind
from rmp_milter.store.format.codecs import Codec, Codecs, doctor_links, number_of, u32, u64
from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.format.records import (
    Head,
    SentNote,
    StoredDossier,
    StoredEntry,
    StoredKeyPackets,
    StoredWaiting,
    WaitingMail,
    from_stored,
    to_stored,
)
from testbed.examples import some

CODECS = Codecs(KEYS)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
data = st.binary(max_size=60)
ids = st.binary(min_size=16, max_size=16)
times = st.integers(0, 2**32 - 1)

doctors = st.builds(
    Doctor,
    doctor_id=ids,
    name=text,
    rpps=text,
    mail=text,
    profession=text,
    certificate=data,
    fingerprint=text,
    key_ids=st.lists(text, max_size=3).map(tuple),
    account=text,
    reply_form=st.sampled_from(ReplyForm),
    added_at=times,
    revision=times,
    receipts=st.sampled_from(Receipts),
    hprim=st.booleans(),
    locums=st.lists(st.builds(Locum, ids, text, text, times), max_size=2).map(tuple),
    patient_of=ids,
    card=data,
)
dossiers = st.builds(
    Dossier,
    dossier_id=ids,
    public_key=data,
    patient=st.builds(Patient, text, text, text, text),
    treating=ids,
    slots=st.builds(Slots, st.none() | st.builds(CodeSlot, data, data, data), data, data),
    consent=st.builds(Consent, ids, times, text),
    created_at=times,
    revision=times,
    sheet=st.builds(Sheet, text, text, text, text, text, text, text, text, text),
    masks=st.lists(st.builds(Mask, times, ids, times), max_size=2).map(tuple),
    opposed=st.lists(ids, max_size=2).map(tuple),
    refilings=st.lists(
        st.builds(Refiling, times, st.sampled_from(Onglet), ids, times), max_size=2
    ).map(tuple),
    seen=times,
    closure=st.none() | st.builds(Closure, times, times, times),
    card=data,
)
documents = st.builds(
    Document,
    document_id=ids,
    container=st.sampled_from(Container),
    digest=data,
    size=times,
    sealed_key=data,
    parts=st.lists(st.builds(PartName, text, text, times), max_size=3).map(tuple),
    standing=st.lists(st.builds(StandingKey, text, data), max_size=2).map(tuple),
)
waiting = st.builds(
    Waiting,
    waiting_id=ids,
    patient=st.builds(Patient, text, text, text, text),
    entry=st.deferred(lambda: entries),
    received_at=times,
    expires_at=times,
    card=data,
)
entries = st.builds(
    Entry,
    received_at=times,
    author=ids,
    author_name=text,
    document_type=text,
    onglet=st.sampled_from(Onglet),
    onglet_reason=text,
    documents=st.lists(documents, max_size=3).map(tuple),
    acting_for=ids,
    prescriber=text,
    replaces=times,
    under=times,
)
pieces = st.one_of(st.builds(Slice, data), st.builds(BodySlice, data, ids, st.booleans()))
mails = st.builds(OutgoingMail, text, text, st.lists(pieces, max_size=4).map(tuple), times)
records = st.one_of(
    st.tuples(st.just(CODECS.doctors), doctors),
    st.tuples(st.just(CODECS.dossiers), st.builds(StoredDossier, dossiers, st.tuples(data))),
    st.tuples(st.just(CODECS.entries), st.builds(StoredEntry, data, entries)),
    st.tuples(st.just(CODECS.waiting), st.builds(StoredWaiting, waiting, st.tuples(data))),
    st.tuples(st.just(CODECS.key_packets), st.builds(StoredKeyPackets, text, data)),
    st.tuples(st.just(CODECS.tallies), st.builds(Tally, st.tuples(times, times))),
    st.tuples(st.just(CODECS.receipts), st.builds(ReceiptLine, ids, times, text)),
    st.tuples(st.just(CODECS.heads), st.builds(Head, times, data)),
    st.tuples(st.just(CODECS.outbox.mails), mails.map(to_stored)),
    st.tuples(
        st.just(CODECS.outbox.states), st.builds(WaitingMail, text, text, times, times, times)
    ),
    st.tuples(
        st.just(CODECS.outbox.notes), st.builds(SentNote, text, text, times, times, times)
    ),
)


@settings(max_examples=some(150), deadline=None)
@given(records, ids)
def test_every_record_comes_back_as_it_went_in(
    record: tuple[Codec[object], object], key: bytes
) -> None:
    codec, value = record
    assert codec.open(key, codec.seal(key, value)) == value


@pytest.mark.parametrize(
    ("kind", "values", "name"),
    [
        (Doctor, doctors, "card"),
        (Dossier, dossiers, "card"),
        (Waiting, waiting, "card"),
        (Entry, entries, "under"),
    ],
)
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_record_from_before_there_were_cards_is_read(
    kind: type[Value], values: st.SearchStrategy[Value], name: str, choice: st.DataObject
) -> None:
    value = choice.draw(values)
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(value))
    fields.pop(name, None)
    before = msgspec.msgpack.decode(msgspec.msgpack.encode(fields), type=kind)
    empty = type(getattr(value, name))()
    assert before == msgspec.structs.replace(value, **{name: empty})
    assert name not in msgspec.msgpack.decode(msgspec.msgpack.encode(before))


@settings(max_examples=some(100), deadline=None)
@given(mails)
def test_an_outgoing_mail_comes_back_as_it_went_in(mail: OutgoingMail) -> None:
    assert from_stored(to_stored(mail)) == mail


@settings(max_examples=some(100), deadline=None)
@given(st.data())
@pytest.mark.promise(number=12)
def test_a_record_with_any_bit_flipped_does_not_open(choice: st.DataObject) -> None:
    key = b"k" * 16
    sealed = bytearray(CODECS.doctors.seal(key, a_doctor()))
    bit = choice.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamagedRecordError, match="of table doctors does not open"):
        CODECS.doctors.open(key, bytes(sealed))


@given(st.binary(max_size=80))
def test_a_record_of_arbitrary_bytes_does_not_open(noise: bytes) -> None:
    with pytest.raises(DamagedRecordError):
        CODECS.heads.open(b"k" * 16, noise)


@pytest.mark.promise(number=12)
def test_a_record_opens_only_in_its_place_table_and_key() -> None:
    key = b"k" * 16
    sealed = CODECS.heads.seal(key, Head(count=1, last=b""))
    for codec, place in (
        (CODECS.heads, b"K" * 16),
        (Codec("dossiers", KEYS.metadata, Head), key),
        (Codec("heads", KEYS.index, Head), key),
    ):
        with pytest.raises(DamagedRecordError):
            codec.open(place, sealed)


def test_equal_records_are_sealed_differently() -> None:
    head = Head(count=1, last=b"")
    assert CODECS.heads.seal(b"k" * 16, head) != CODECS.heads.seal(b"k" * 16, head)


@pytest.mark.promise(number=3)
def test_blind_keys_depend_on_key_kind_and_value() -> None:
    blind = Blind(KEYS.index)
    found = {
        blind.of(LinkKind.MAIL, "a@b"),
        blind.of(LinkKind.ACCOUNT, "a@b"),
        blind.of(LinkKind.MAIL, "a@c"),
        Blind(KEYS.metadata).of(LinkKind.MAIL, "a@b"),
    }
    assert len(found) == 4
    assert blind.of(LinkKind.MAIL, "a@b") == Blind(KEYS.index).of(LinkKind.MAIL, "a@b")


def by_hand(key: bytes, purpose: str, value: bytes) -> bytes:
    """HMAC-SHA256 under the key that HKDF-SHA256 (RFC 5869, no salt) draws."""
    drawn = hmac.digest(bytes(32), key, "sha256")
    info = b"rmp-milter store 1 " + purpose.encode() + b"\1"
    return hmac.digest(hmac.digest(drawn, info, "sha256"), value, "sha256")


def test_a_digest_goes_through_all_index_keys_as_the_document_says() -> None:
    blind = Blind(b"a" * 32 + b"b" * 32 + b"c" * 32)
    first = by_hand(b"a" * 32, "index", b"mail\0a@b")
    for size, found in ((32, blind.of), (16, blind.short)):
        second = by_hand(b"b" * 32, "index again", first[:size])[:size]
        third = by_hand(b"c" * 32, "index again", second)[:size]
        assert found(LinkKind.MAIL, "a@b") == third
    assert Blind(b"a" * 32).of(LinkKind.MAIL, "a@b") == first
    assert Blind(b"a" * 32).short(LinkKind.MAIL, "a@b") == first[:16]


@pytest.mark.promise(number=3)
def test_the_order_of_index_keys_counts() -> None:
    one, two = Blind(b"a" * 32 + b"b" * 32), Blind(b"b" * 32 + b"a" * 32)
    assert one.of(LinkKind.MAIL, "a@b") != two.of(LinkKind.MAIL, "a@b")
    assert one.check_value() != two.check_value()


def test_search_terms_and_words_need_the_newest_index_key_alone() -> None:
    alone, behind = Codecs(KEYS), Codecs(replace(KEYS, index=b"x" * 32 + KEYS.index))
    dossier = a_dossier()
    assert behind.terms.of(dossier) == alone.terms.of(dossier)
    assert behind.words.of(dossier) == alone.words.of(dossier)


def test_a_doctor_without_account_is_not_found_by_an_empty_one() -> None:
    blind = Blind(KEYS.index)
    assert blind.of(LinkKind.ACCOUNT, "") not in doctor_links(blind, a_doctor())
    assert blind.of(LinkKind.ACCOUNT, "zeb") in doctor_links(blind, a_doctor(account="zeb"))


def test_a_look_up_value_with_raw_bytes_of_a_header_is_no_error() -> None:
    assert len(Blind(KEYS.index).of(LinkKind.MAIL, "caf\udce9@b")) == 32


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_numbers_in_keys_come_back_and_sort(small: int, large: int) -> None:
    assert number_of(u32(small)) == small
    assert number_of(u64(large)) == large
    assert (u64(small) < u64(large)) == (small < large)


def test_a_record_that_was_opened_before_opens_nowhere_else_and_not_altered() -> None:
    """A doctor's record is remembered by all of its octets and its place."""
    doctor = a_doctor()
    sealed = CODECS.doctors.seal(doctor.doctor_id, doctor)
    assert CODECS.doctors.open(doctor.doctor_id, sealed) == doctor
    assert CODECS.doctors.open(doctor.doctor_id, memoryview(sealed)) == doctor
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for record, octets in ((bytes(16), sealed), (doctor.doctor_id, altered)):
        with pytest.raises(DamagedRecordError):
            CODECS.doctors.open(record, octets)
    newer = msgspec.structs.replace(doctor, revision=doctor.revision + 1)
    again = CODECS.doctors.seal(doctor.doctor_id, newer)
    assert CODECS.doctors.open(doctor.doctor_id, again) == newer
