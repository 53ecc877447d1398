"""The texts to which patients consent: kept by version, never changed, named by each dossier."""

import json
import subprocess
from pathlib import Path

import pytest
from directory_case import with_dossiers
from rmp_case import Rmp

from rmp_milter.config import load
from rmp_milter.host.consent_texts import consent_findings


@pytest.fixture
def public(service: Path) -> Path:
    return service / "public"


def findings(rmp: Rmp) -> list[str]:
    return [each.line for each in consent_findings(load(rmp.config))]


def added(rmp: Rmp, version: str, text: str | bytes) -> int:
    file = rmp.config.parent / "text.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return rmp("consent", "add", version, str(file)).status


def in_force(rmp: Rmp, version: str) -> None:
    text = rmp.config.read_text()
    assert 'version = "2026-1"' in text
    rmp.config.write_text(text.replace('version = "2026-1"', f'version = "{version}"'))


def test_a_new_service_has_a_text_of_its_own_settings(rmp: Rmp, public: Path) -> None:
    text = rmp("consent", "show").out
    assert "Version 2026-1. Service : Résumé médical partagé, rmp@chu.example" in text
    assert "conservé 20 ans" in text
    assert json.loads(rmp("consent", "list", "--json").out) == [
        {"version": "2026-1", "in_force": True, "fault": ""}
    ]
    assert findings(rmp) == []
    command = ["sha256sum", "--check", "consentement-2026-1.sha256"]
    subprocess.run(command, cwd=public, check=True, capture_output=True)


def test_a_text_that_was_changed_without_its_version_is_found(rmp: Rmp, public: Path) -> None:
    file = public / "consentement-2026-1.txt"
    whole = file.read_text()
    file.write_text(whole.replace("20 ans", "10 ans"))
    assert findings(rmp) == [f"{file}: its text is not the one that was kept"]
    assert rmp("consent", "list").status == 1
    assert rmp("consent", "show").status == 1
    assert added(rmp, "2026-1", file.read_text()) == 1
    file.unlink()
    assert findings(rmp) == [f"{file}: its text is gone"]
    file.write_text(whole)
    assert findings(rmp) == []
    (public / "consentement-2026-1.sha256").unlink()
    assert findings(rmp) == [f"{file}: its digest is gone"]


def test_another_text_is_another_version_and_both_are_kept(rmp: Rmp) -> None:
    before = rmp("consent", "show", "2026-1").out
    assert added(rmp, "2026-1", before) == 0  # the same again is kept already
    assert added(rmp, "2026-1", "autre") == 1
    in_force(rmp, "2027-1")
    (said,) = findings(rmp)
    assert said == "no text is kept of version 2027-1, to which patients consent"
    assert added(rmp, "2027-1", "Texte de 2027\n") == 0
    assert findings(rmp) == []
    assert rmp("consent", "show").out == "Texte de 2027\n"
    assert rmp("consent", "show", "2026-1").out == before


@pytest.mark.parametrize(
    ("version", "text", "status"),
    [
        ("../2027", "x", 2),
        ("", "x", 2),
        ("2027 1", "x", 2),
        ("2027", "", 1),
        ("2027", b"\xff", 1),
        ("2027", "x" * 70_000, 1),
    ],
)
def test_what_is_no_text_or_no_version_is_not_kept(
    rmp: Rmp, public: Path, version: str, text: str | bytes, status: int
) -> None:
    before = sorted(public.iterdir())
    assert added(rmp, version, text) == status
    assert sorted(public.iterdir()) == before


def test_a_dossier_names_the_version_of_its_consent(rmp: Rmp, key: Path) -> None:
    rmp.add(key)
    with_dossiers(rmp, 1)
    shown = json.loads(rmp("dossier", "show", "01010101", "--json").out)
    assert shown["consent_text"] == "test"


def test_a_version_that_cannot_name_a_file_is_refused_in_the_configuration(rmp: Rmp) -> None:
    in_force(rmp, "../2027")
    said = rmp("consent", "show")
    assert said.status == 2
    assert "[consent] version: must be 1 to 32 letters" in said.err
