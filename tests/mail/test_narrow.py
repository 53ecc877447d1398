from hypothesis import given, settings
from hypothesis import strategies as st

from rmp_milter.mail.outgoing.narrow import WIDTH, narrow, ready
from testbed.examples import some

LONG = "Le dossier de DUPONT Jean est clos. Plus rien n'y est ajouté ni lu par qui que ce soit."


def test_a_line_that_is_too_long_is_broken_between_words() -> None:
    assert narrow(f"{LONG}\n") == (
        "Le dossier de DUPONT Jean est clos. Plus rien n'y est ajouté ni lu\n"
        "par qui que ce soit.\n"
    )


def test_what_follows_in_the_paragraph_flows_on() -> None:
    first, second, third = narrow(f"{LONG}\nIl sera effacé.\n\nFin.\n").splitlines()[:3]
    assert (second, third) == ("par qui que ce soit. Il sera effacé.", "")
    assert first.startswith("Le dossier")


def test_short_lines_stay_as_they_are() -> None:
    words = "Bonjour,\n\n    Demande : [liste]\n    Nom : [x]\n\n  - un\n  - deux\nFin.\n"
    assert narrow(words) == words


def test_a_list_goes_on_behind_its_dash() -> None:
    assert narrow(f"  - {LONG}\n  - deux\n").splitlines() == [
        "  - Le dossier de DUPONT Jean est clos. Plus rien n'y est ajouté",
        "    ni lu par qui que ce soit.",
        "  - deux",
    ]


def test_a_list_behind_a_long_line_begins_anew() -> None:
    assert narrow(f"{LONG}\n  - un\n").splitlines()[1:] == ["par qui que ce soit.", "  - un"]


def test_french_marks_stay_with_their_word() -> None:
    sixty = "x" * 60
    assert narrow(f"{sixty} une « ligne » de plus").splitlines() == [
        f"{sixty} une",
        "« ligne » de plus",
    ]
    assert narrow(f"{'x' * 58} la ligne : manque").splitlines()[1] == "ligne : manque"
    assert narrow(f"{'x' * 62} deux ; trois").splitlines() == ["x" * 62, "deux ; trois"]


def test_the_service_writes_its_address_where_its_slot_is() -> None:
    words = ready("    Service : [adresse du service]\n", "rmp@chu.example")
    assert words == "    Service : rmp@chu.example\n"


@settings(derandomize=True, max_examples=some(200))
@given(st.text(alphabet="ab -.\n1", max_size=400))
def test_no_word_is_lost_and_no_line_is_long(words: str) -> None:
    made = narrow(words)
    assert made.split() == words.split()
    assert all(len(line) <= WIDTH for line in made.split("\n") if " " in line.strip(" -"))
