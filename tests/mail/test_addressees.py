"""The addresses in a field of addresses, and none that a name only looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.incoming.addressees import addresses_in

HARMLESS = st.text("abc .-é'@<>,;:()\\", max_size=20)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", []),
        ("rmp@x.fr", ["rmp@x.fr"]),
        ("RMP <Rmp@X.FR>", ["rmp@x.fr"]),
        ("a@b.c, d@e.f;g@h.i", ["a@b.c", "d@e.f", "g@h.i"]),
        ("Équipe : a@b.c, D <d@e.f>;", ["a@b.c", "d@e.f"]),
        ("undisclosed-recipients:;", []),
        ('"rmp@x.fr" <eve@y.z>', ["eve@y.z"]),
        ("rmp@x.fr <eve@y.z>", ["eve@y.z"]),
        ("'rmp@x.fr' <eve@y.z>", ["eve@y.z"]),
        ('"a\\", rmp@x.fr, \\"" <eve@y.z>', ["eve@y.z"]),
        ("eve@y.z (rmp@x.fr (x), rmp@x.fr)", ["eve@y.z"]),
        ("<rmp@x.fr> <eve@y.z>", []),
        ("rmp@x.fr eve@y.z", []),
        ('"rmp"@x.fr', []),
        ("rmp", []),
        ("a@b@c", []),
        ("D <d@e.f", ["d@e.f"]),
    ],
)
def test_what_is_an_address(value: str, found: list[str]) -> None:
    assert addresses_in(value) == found


@given(HARMLESS)
def test_nothing_in_quotation_marks_is_an_address(words: str) -> None:
    quoted = words.replace("\\", "\\\\")
    assert addresses_in(f'"{quoted}" <eve@y.z>') == ["eve@y.z"]


@pytest.mark.parametrize("piece", ['"', "(", "<", '\\"', "()", "((", '"\\', "@", ":", "<("])
def test_what_is_looked_at_of_a_field_has_a_bound(piece: str) -> None:
    assert addresses_in("a@b.c," + piece * 200_000 + ",d@e.f") == ["a@b.c"]
