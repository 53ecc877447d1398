"""A code that a mail repeats in other lines does not leave the keeper, however it is typed."""

import pytest

from rmp_milter.mail.header.cutting import MASK, cut
from rmp_milter.mail.header.masking import masked

HEADER = "Demande : dossier\nPatient : DUPONT Jean\nNé le : 30/01/1959\n"


@pytest.mark.parametrize(
    "said", ["JZBV 7KQ2", "jzbv7kq2", "jzbv-7kq2", "J Z B V 7 K Q 2", "Jzbv – 7kq2"]
)
def test_it_is_masked_in_another_line(said: str) -> None:
    found = cut(f"{HEADER}Code : JZBV 7KQ2\nDocument : lettre ({said}) jointe\n")
    assert found.code == "JZBV 7KQ2"
    assert f"lettre ({MASK}) jointe" in found.header


@pytest.mark.parametrize("said", ["JZBV 7KQ2", "jzbv7kq2"])
def test_it_is_masked_in_the_reason_that_auditors_read(said: str) -> None:
    lines = HEADER.replace("dossier", "urgence")
    found = cut(f"{lines}Code : JZBV7KQ2\nMotif : coma, sa fille dit {said}\n")
    assert found.reason == f"coma, sa fille dit {MASK}"


def test_a_short_one_is_masked_as_it_is_stated_and_nothing_else_with_it() -> None:
    assert masked("le 12/34, dit 1234", "1234", MASK) == f"le 12/34, dit {MASK}"
    assert masked("Jzbv et JzbV", "JzbV", MASK) == f"Jzbv et {MASK}"
    assert masked("a, b", "a", MASK) == "a, b"


@pytest.mark.parametrize(
    "secret", ["++++++++" * 4, "a-" * 30, "é" * 40, "A" * 64, "(((((((((("]
)
def test_strange_ones_cost_no_more(secret: str) -> None:
    words = secret[:-1] * 2000
    assert len(masked(words, secret, MASK)) <= len(words)
