import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.header.cutting import cut
from rmp_milter.mail.header.lines import lines_of
from rmp_milter.mail.header.routing import parse
from rmp_milter.mail.header.words import Field

HEADER = "Patient : DUPONT Jean\nNé le : 30/01/1959\nDemande : dossier"


def states_code(header: str) -> bool:
    """Whether a line of the header says a code, masked or not."""
    return any(line.field is Field.CODE and line.value for line in lines_of(header))


def test_the_header_ends_at_the_empty_line() -> None:
    found = cut(HEADER + "\n\nCher confrère,\nDocument : secret\n")
    assert (found.header, found.code, found.found) == (HEADER, "", True)


def test_a_text_without_header_gives_none() -> None:
    assert cut("Cher confrère,\n\nje vous adresse ce patient\n").found is False
    assert cut("").header == ""


@pytest.mark.parametrize(
    "text",
    [
        "\n\n" + HEADER,
        "\ufeff" + HEADER,
        "Bonjour,\n\n" + HEADER,
        "Bonjour Madame,\nmerci de bien vouloir\n" + HEADER,
        HEADER.replace("\n", "\r\n"),
        HEADER.replace("\n", "\r"),
        HEADER.replace("\n", "\r\r\n"),
        HEADER.replace("\n", "\u2028"),
        HEADER.replace("\n", "\n\n") + "\n\n\nCher confrère",
        "> " + HEADER.replace("\n", "\n> "),
        ">> " + HEADER.replace("\n", "\n>> "),
        HEADER.replace(" :", "\u00a0:"),
        HEADER.replace(" :", "\u202f:").replace("\n", " \n") + " \nCher confrère",
        HEADER.replace("\n", "\t"),
        HEADER.replace("\n", "            "),
        "- " + HEADER.replace("\n", "\n- "),
        "\u202e" + HEADER + "\u200b",
    ],
)
def test_the_header_is_found_as_people_and_clients_write_it(text: str) -> None:
    found = cut(text)
    assert parse(found.header, 2026) == parse(HEADER, 2026)
    assert "confrère" not in found.header


def test_bold_words_are_read() -> None:
    assert cut("*Patient :* DUPONT Jean\n*Né le :* 30/01/1959").header == (
        "Patient : DUPONT Jean\nNé le : 30/01/1959"
    )


@pytest.mark.parametrize(
    "line",
    [
        "Code : JzbV",
        "code:JzbV",
        "CODE\u00a0: JzbV",
        "Code patient : JzbV",
        "Code confidentiel : JzbV",
        "Côde : JzbV",
        "Code du patient = JzbV",
        "Code d'accès : « JzbV »",
        "Patient code : JzbV",
        "*Code :* JzbV",
        "Code\uff1aJzbV",
        "Code JzbV",
        "Code patient JzbV",
        "> Code : JzbV",
        "\u202eCode : JzbV",
        "Mon code RMP : JzbV",
        "Document : lettre    Code : JzbV",
        "Document : lettre Code : JzbV",
        "Document : lettre, code patient : JzbV",
        "\nCode : JzbV",
    ],
)
def test_the_code_is_taken_out_and_masked_in_every_spelling(line: str) -> None:
    found = cut(f"{HEADER}\n{line}\n\nCher confrère")
    assert found.code == "JzbV"
    assert "JzbV" not in found.header
    assert "confrère" not in found.header
    assert states_code(found.header)
    assert parse(found.header, 2026).problems == ()
    assert "JzbV" not in repr(found)


def test_a_code_repeated_in_free_words_is_masked_there_too() -> None:
    found = cut(f"{HEADER}\nMotif : le code est JzbV\nCode : JzbV\n")
    assert "JzbV" not in found.header


@pytest.mark.parametrize("line", ["Motif : le code est JzbV", "Né le : 30/01/1959 code JzbV"])
def test_a_code_told_in_the_words_of_another_line_is_masked(line: str) -> None:
    assert "JzbV" not in cut(f"{HEADER}\n{line}\n").header


def test_two_codes_that_differ_are_both_masked_and_a_problem() -> None:
    found = cut(f"{HEADER}\nCode : JzbV\nCode : Other\n")
    assert "JzbV" not in found.header
    assert "Other" not in found.header
    assert [problem.kind for problem in parse(found.header, 2026).problems] == ["duplicate"]


def test_the_same_code_twice_is_no_problem() -> None:
    found = cut(f"{HEADER}\nCode : JzbV\nCode : JzbV\n")
    assert (found.code, parse(found.header, 2026).problems) == ("JzbV", ())


def test_an_empty_code_is_not_stated() -> None:
    found = cut(f"{HEADER}\nCode :\n")
    assert (found.code, states_code(found.header)) == ("", False)


@pytest.mark.parametrize(
    ("line", "problems"),
    [
        ("Code postal : 75001", []),
        ("Code CCAM : ABCD", []),
        ("Diagnostic : cancer", ["unknown"]),
    ],
)
def test_values_of_unknown_words_do_not_leave(line: str, problems: list[str]) -> None:
    found = cut(f"Patient : DUPONT Jean\n{line}\nNé le : 30/01/1959")
    assert line.split(" : ")[1] not in found.header
    assert [problem.kind for problem in parse(found.header, 2026).problems] == problems


def test_a_letter_that_follows_without_empty_line_stays_behind() -> None:
    found = cut(f"{HEADER}\nCher confrère,\nce patient souffre\nde rien :\nmerci\n")
    assert found.header == HEADER


def test_a_stray_line_in_the_middle_is_kept_back_and_a_problem() -> None:
    found = cut("Patient : DUPONT Jean\nil va mal\nNé le : 30/01/1959")
    assert "mal" not in found.header
    assert [problem.kind for problem in parse(found.header, 2026).problems] == ["unknown"]


def test_a_wrapped_reason_is_joined() -> None:
    reason = "le patient est arrivé inconscient, sans aucun document "
    found = cut(f"{HEADER}\nMotif : {reason}\nni entourage\n\nLettre")
    assert parse(found.header, 2026).reason == reason + "ni entourage"


@pytest.mark.slow
def test_a_huge_text_costs_and_gives_only_its_beginning() -> None:
    assert len(cut("Patient : A B\n" * 100_000).header) < 10_000
    assert len(cut("Patient : " + "x" * 1_000_000).header) < 10_000
    assert cut("x\n" * 1_000_000).found is False


@pytest.mark.parametrize(
    ("after", "letter"),
    [
        ("", False),
        ("\n\n \n", False),
        ("\n\nCher confrère,\n", True),
        ("\nCher confrère,\n", True),
        ("\n\n-- \nDr Paul DEMO\n26 avenue Leclerc\n", False),
        ("\n\nMerci.\n-- \nDr Paul DEMO\n", True),
    ],
)
def test_a_letter_is_words_behind_the_header_and_no_mere_signature(
    after: str, *, letter: bool
) -> None:
    assert cut(f"{HEADER}{after}").letter is letter


_BITS = ["Patient", "Code", " : ", ":", "\n", "\r", " ", "\u00a0", ">", "\t", "Né le"]
_BITS += ["x", "  ", "=", "*", "Motif : ", "-", ",", "code ", "«"]
_NOISE = st.lists(st.sampled_from(_BITS), max_size=30).map("".join)


@given(_NOISE, st.sampled_from(["Code : ", "Code patient: ", "CODE=", "code "]), _NOISE)
@pytest.mark.promise(number=2)
def test_no_mixture_lets_the_code_through(before: str, word: str, after: str) -> None:
    found = cut(f"Patient : A\n{before} {word}SECRET7{after}")
    assert "SECRET7" not in found.header
    assert parse(found.header, 2026).verb is not None


@given(st.text(max_size=400))
def test_any_text_is_cut_and_read(text: str) -> None:
    for whole in (text, f"Patient : {text}\nCode : {text}"):
        read = parse(cut(whole).header, 2026)
        assert all(len(problem.value) <= 80 for problem in read.problems)


def test_a_letterhead_does_not_begin_the_header() -> None:
    text = "Cabinet des Lilas\nTél : 04 78 00 00 00\n\nPatient : DUPONT Jean\n"
    assert "DUPONT" in cut(text).header
