"""Somebody's other certificates in the directory: he is found by each, and nobody else has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from store_case import KEYS, NOW, a_doctor

from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Credential
from rmp_milter.store import Conflict
from rmp_milter.store.engines import Engine

if TYPE_CHECKING:
    from rmp_milter.dossier.model import Doctor
    from rmp_milter.store import Store

X509 = Credential(b"\x30\x82 a certificate", "ab" * 32)


def with_another(number: int = 1) -> Doctor:
    doctor = a_doctor(number)
    key_ids = (*doctor.key_ids, X509.fingerprint)
    return replace(doctor, credentials=(X509,), key_ids=key_ids)


def test_a_doctor_is_found_by_each_of_his_certificates(store: Store) -> None:
    doctor = with_another()
    store.commit(Changes(doctors=(doctor,)), NOW)
    with store.snapshot() as view:
        for fingerprint in (doctor.fingerprint, X509.fingerprint, X509.fingerprint.upper()):
            assert view.doctor_by_fingerprint(fingerprint) == doctor
        assert view.doctor_by_key_id(X509.fingerprint) == doctor


@pytest.mark.parametrize(
    "other",
    [
        with_another(2),
        replace(with_another(2), key_ids=()),
        replace(a_doctor(2), fingerprint=X509.fingerprint),
        replace(a_doctor(2), key_ids=(X509.fingerprint,)),
    ],
)
def test_nobody_else_has_one_of_his_certificates(store: Store, other: Doctor) -> None:
    store.commit(Changes(doctors=(with_another(),)), NOW)
    with pytest.raises(Conflict, match="doctor"):
        store.commit(Changes(doctors=(other,)), NOW)


def test_a_certificate_that_is_given_up_is_free(store: Store) -> None:
    doctor = with_another()
    store.commit(Changes(doctors=(doctor,)), NOW)
    bare = replace(doctor, credentials=(), key_ids=doctor.key_ids[:-1], revision=1)
    store.commit(Changes(doctors=(bare,)), NOW)
    store.commit(Changes(doctors=(with_another(2),)), NOW)
    with store.snapshot() as view:
        found = view.doctor_by_fingerprint(X509.fingerprint)
    assert found is not None
    assert found.name.endswith("2")


def test_the_check_holds_each_certificate_to_its_look_up(store: Store, engine: Engine) -> None:
    store.commit(Changes(doctors=(with_another(),)), NOW)
    store.close()
    assert engine.check(KEYS).findings == ()


def test_the_check_names_key_ids_that_no_certificate_has(store: Store, engine: Engine) -> None:
    doctor = replace(a_doctor(), certificate=X509.certificate, fingerprint=X509.fingerprint)
    store.commit(Changes(doctors=(doctor,)), NOW)
    store.close()
    (finding,) = engine.check(KEYS).findings
    assert "is found by keys that are not his" in finding
