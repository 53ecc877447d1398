"""The version of the consent text that the host has set reaches the dossier and its maker."""

import json

import pytest

from testbed.host import Host

pytestmark = pytest.mark.integration

LINES = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


def test_a_creation_is_under_the_text_in_force() -> None:
    with Host({("consent", "version"): '"2027-1"'}, by_library=True) as host:
        doctor = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
        mail = doctor.pgp_mime(f"Demande : création\n{LINES}Consentement : oui\n")
        (answer,) = host.ask(doctor, mail)
        assert "(texte 2027-1)" in answer.text
        (dossier,) = json.loads(host.service.rmp("dossier", "list", "--json").stdout)
        shown = host.service.rmp("dossier", "show", dossier["reference"], "--json").stdout
        assert json.loads(shown)["consent_text"] == "2027-1"
        checked = host.service.rmp("check", "--no-postfix", check=False)
        said = (checked.stdout + checked.stderr).decode()
        assert "no text is kept of version 2027-1" in said
