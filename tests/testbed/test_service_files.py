import pytest

from rmp_milter.config.template import EXAMPLE, render
from rmp_milter.dossier.rpps import rpps_valid
from testbed.service import _replaced, rpps


def test_made_up_rpps_numbers_are_valid_and_distinct() -> None:
    numbers = [rpps(number) for number in range(200)]
    assert all(rpps_valid(number) for number in numbers)
    assert len(set(numbers)) == 200


def test_a_setting_is_replaced_in_its_section_only() -> None:
    text = render(EXAMPLE)
    changed = _replaced(text, "courier", "port", "25")
    assert changed.replace("port = 25\n", "port = 10_026\n") == text


def test_a_setting_that_is_not_there_is_told() -> None:
    with pytest.raises(KeyError, match="no setting portt"):
        _replaced(render(EXAMPLE), "courier", "portt", "25")
