"""Numbers that the documents give as examples are taken where a reader types them."""

import re

import pytest
from test_documents import PAGES, ROOT

from rmp_milter.dossier.rpps import rpps_valid

TEXTS = [*PAGES, *sorted((ROOT / "man").glob("*.[1-9]")), ROOT / "rmp.toml.example"]
ELEVEN_DIGITS = re.compile(r"(?<![\dA-Za-z.])\d{11}(?![\dA-Za-z])")


def numbers() -> list[tuple[str, str]]:
    return [
        (str(page.relative_to(ROOT)), number)
        for page in TEXTS
        for number in ELEVEN_DIGITS.findall(page.read_text())
    ]


@pytest.mark.parametrize(("page", "number"), sorted(set(numbers())))
def test_an_rpps_number_in_a_document_has_its_check_digit(page: str, number: str) -> None:
    assert rpps_valid(number), f"{page}: {number}"


def test_numbers_are_found_in_the_documents_at_all() -> None:
    assert {page for page, _ in numbers()} >= {"README.md", "man/rmp.1"}
