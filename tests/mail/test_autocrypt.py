"""The sender's certificate out of an Autocrypt field, and noise in its place."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.incoming.autocrypt import MOST, certificates_of

KEY = bytes(range(256)) * 3
DATA = b64encode(KEY).decode()
FOLDED = "\r\n ".join(DATA[at : at + 60] for at in range(0, len(DATA), 60))


@pytest.mark.parametrize(
    "field",
    [
        f"addr=a@x.fr; prefer-encrypt=mutual; keydata={DATA}",
        f"addr=a@x.fr; keydata=\r\n {FOLDED}",
        f" addr=a@x.fr ;keydata = {DATA} ",
        f"addr=a@x.fr; _other=1; keydata={FOLDED}\r\n",
    ],
)
def test_the_key_of_one_field_is_read_folded_or_not(field: str) -> None:
    assert certificates_of([field]) == (KEY,)


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (f"addr=a@x.fr; keydata={DATA}",) * 2,
        ("addr=a@x.fr; prefer-encrypt=mutual",),
        (f"addr=a@x.fr; keydata={DATA}; more=1",),
        ("addr=a@x.fr; keydata=AAA",),
        (f"addr=a@x.fr; keydata={'A' * MOST}",),
        (f"addr=a@x.fr; nokeydata={DATA}",),
    ],
)
def test_several_fields_and_other_forms_give_none(fields: tuple[str, ...]) -> None:
    assert certificates_of(fields) == ()


@given(st.lists(st.text(max_size=400), max_size=3))
def test_noise_raises_nothing(fields: list[str]) -> None:
    assert len(certificates_of(fields)) <= 1
