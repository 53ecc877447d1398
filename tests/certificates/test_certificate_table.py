"""One table of certificates: this service's verdict, and that gpg and sqop agree or why not."""

import shutil

import cases_of_bonds
import cases_of_keys
import cases_of_mails
import cases_of_time
import cases_of_uses
import pytest
from certificate_table import ALL, Case
from oracles import Oracle, Verdict, installed

from rmp_milter.certificates import CertificateError, check_usable
from rmp_milter.keeper.openpgp.signatures import detached, verify
from testbed.certificate_parts import DATA, NOW

TABLE = (cases_of_keys, cases_of_uses, cases_of_bonds, cases_of_time, cases_of_mails)
"""Each writes its cases into the table when it is read."""


@pytest.fixture(scope="session")
def oracles(tmp_path_factory: pytest.TempPathFactory) -> list[Oracle]:
    return installed(tmp_path_factory.mktemp("oracles"))


def encrypts(certificate: bytes) -> str:
    try:
        check_usable(certificate, NOW)
    except CertificateError as error:
        return error.reason
    return "ok"


def held_against_others() -> list[object]:
    """Return the table, most of it for the campaigns: gpg and sqop change with Debian, not with us.

    Of those on which they differ from us every third is tried in each run, of the others every
    sixth.
    """
    differing = [case for case in ALL if case.differs]
    agreeing = [case for case in ALL if not case.differs]
    tried = {case.name for case in (*differing[::3], *agreeing[::6])}
    return [
        pytest.param(case, marks=() if case.name in tried else pytest.mark.soak) for case in ALL
    ]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_certificate_is_judged_as_the_table_says(case: Case) -> None:
    certificate, signature = case.make()
    packets = detached(signature)
    trust = verify((lambda: DATA,), packets, (certificate,), NOW).trust.value
    assert (trust, encrypts(certificate)) == (case.signs, case.encrypts)


@pytest.mark.parametrize("case", held_against_others(), ids=lambda case: case.name)
def test_the_table_says_what_gpg_and_sqop_do(case: Case, oracles: list[Oracle]) -> None:
    certificate, signature = case.make()
    own = Verdict(case.signs == "good", case.encrypts == "ok")
    for oracle in oracles:
        found = oracle.judge(certificate, signature)
        for what, mine, theirs in zip(Verdict._fields, own, found, strict=True):
            listed = f"{oracle.name} {what}" in case.differs
            assert mine == theirs or listed, f"{oracle.name} {what}: {theirs}"


def test_every_part_of_the_table_is_there() -> None:
    names = [case.name for case in ALL]
    assert len(names) == len(set(names)) > 140
    assert {case.make.__module__ for case in ALL} == {part.__name__ for part in TABLE}


def test_sqop_is_one_of_the_oracles(oracles: list[Oracle]) -> None:
    if shutil.which("sqop") is None:
        pytest.skip("sqop is not installed: the table was held against gpg only")
    assert [oracle.name for oracle in oracles] == ["gpg", "sqop"]
