"""The reason of an emergency access never leaves the keeper in clear."""

import pytest

from rmp_milter.mail.header.cutting import cut
from rmp_milter.mail.header.cutting_reason import MAX_REASON
from rmp_milter.mail.header.routing import parse

URGENCE = "Demande : urgence\nPatient : DUPONT Jean\n"
JUSTIFICATION = "Demande : justification\nRéférence : URG-ABCDE-FGHJK\n"
MASK = "••••"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (URGENCE + "Motif : inconscient, suspicion d'AVC\n", "inconscient, suspicion d'AVC"),
        (
            URGENCE + "Motif : inconscient, suspicion\nd'AVC\ntension : 8/5\n\n-- \nDr Martin",
            "inconscient, suspicion d'AVC tension : 8/5",
        ),
        (
            "Motif : inconscient,\na,\nb,\nc,\nd AVC\nDemande : urgence\nNé le : 30/01/1959\n",
            "inconscient, a, b, c, d AVC",
        ),
        (URGENCE.replace("\n", "\n\n") + "Motif : AVC\n\nNé le : 30/01/1959\n", "AVC"),
        (URGENCE + "Motif : AVC\n\nJe suis seul de garde.\n", "AVC\n\nJe suis seul de garde."),
        ("> " + URGENCE.replace("\n", "\n> ") + "Motif : AVC\n", "AVC"),
        ("Motif : AVC    Demande : urgence", "AVC"),
        ("Demande : justification\nMotif : coma\n", "coma"),
        (JUSTIFICATION + "\nCoup de couteau.\n\nDr M.", "Coup de couteau.\n\nDr M."),
        (JUSTIFICATION + "Motif : coma\n\nhypoglycémie\n", "coma\n\nhypoglycémie"),
        ("Request: emergency\nReason: stroke, unconscious", "stroke, unconscious"),
    ],
)
@pytest.mark.promise(number=18)
def test_the_reason_is_cut_off_whole_and_the_milter_knows_only_that_it_is_there(
    text: str, reason: str
) -> None:
    found = cut(text)
    assert found.reason == reason
    assert found.has_secret
    assert parse(found.header, 2026).reason == MASK
    for word in ("AVC", "coma", "inconscient", "tension", "couteau", "hypo", "stroke"):
        assert word not in found.header


@pytest.mark.parametrize("verb", ["urgence", "urgence !", "accès en urgence", "justification"])
def test_every_spelling_of_the_request_hides_it(verb: str) -> None:
    found = cut(f"Demande : {verb}\nMotif : AVC\n")
    assert (found.reason, "AVC" in found.header) == ("AVC", False)


def test_a_request_that_nobody_understands_does_not_show_the_reason() -> None:
    found = cut("Demande : urgance\nPatient : DUPONT Jean\nMotif : AVC\nmassif\n")
    assert "AVC" not in found.header
    assert "massif" not in found.header


@pytest.mark.parametrize("verb", ["dossier", "opposition", "depot"])
def test_the_reason_of_another_request_stays_as_it_is(verb: str) -> None:
    found = cut(f"Demande : {verb}\nMotif : suivi\n\nlettre")
    assert (found.reason, found.has_secret) == ("", False)
    assert parse(found.header, 2026).reason == "suivi"


def test_without_a_reason_an_emergency_has_none() -> None:
    for text in (URGENCE, URGENCE + "Motif :\n", URGENCE + "\nDr Martin, 01 23 45 67 89\n"):
        found = cut(text)
        assert (found.reason, parse(found.header, 2026).reason) == ("", "")


def test_a_reason_ends_somewhere_and_says_so() -> None:
    found = cut(JUSTIFICATION + "\n" + "mots et mots\n" * 500)
    assert len(found.reason) <= MAX_REASON
    assert found.reason.endswith(" [...]")
    long = cut(URGENCE + "Motif : " + "x" * 5000)
    assert len(long.reason) == MAX_REASON
    assert long.reason.endswith(" [...]")
    assert parse(long.header, 2026).problems == ()


def test_a_code_beside_it_is_not_told_to_the_auditors() -> None:
    found = cut(URGENCE + "Code : JzbV\nMotif : la patiente dit JzbV, AVC\n")
    assert (found.code, found.reason) == ("JzbV", f"la patiente dit {MASK}, AVC")


def test_what_was_cut_shows_nothing_of_the_reason() -> None:
    assert "AVC" not in repr(cut(URGENCE + "Motif : AVC"))
