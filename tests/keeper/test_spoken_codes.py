"""Codes: as they are drawn, said, typed and written into an answer."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.msgpack import encode
from msgspec.structs import replace

from rmp_milter.calls.protocol.answering import CODE_FIELD, CODE_LIMIT, CODE_MARK
from rmp_milter.calls.protocol.releasing import DECOY_SLOT
from rmp_milter.dossier.model import CodeSlot
from rmp_milter.dossier.spoken import ALPHABET
from rmp_milter.keeper.desk.code_in_answer import with_code
from rmp_milter.keeper.keys.sealing import (
    CodeKey,
    SealError,
    code_typed,
    draw_code,
    make_code_slot,
    open_code_slot,
)
from rmp_milter.mail.outgoing.spelling import (
    SPELLED_MARKS,
    SPELLED_WIDTH,
    spelled,
    spelled_field,
)

DOSSIER, PRIVATE, KEY = b"a dossier's code", b"k" * 32, CodeKey(b"pppp", b"p" * 32)
BETWEEN = ["", " ", "-", " - ", "\u00a0", "–", "‑", "  "]
CODES = st.text(st.sampled_from(ALPHABET), min_size=8, max_size=12)


def chance(seed: int) -> Callable[[int], bytes]:
    """Return what draws the same bytes in every run."""
    return random.Random(seed).randbytes  # noqa: S311 -- no secret: a test's codes


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, str]:
    """Return a code as the service draws it, and as somebody types it."""
    code = draw_code(8, chance(draw(st.integers(0, 2**32))))
    typed = "".join(
        draw(st.sampled_from(BETWEEN)) + draw(st.sampled_from([sign, sign.lower()]))
        for sign in code
    )
    return code, typed + draw(st.sampled_from(BETWEEN))


@given(drawn())
def test_every_code_is_read_back_however_it_is_typed(code: tuple[str, str]) -> None:
    made, typed = code
    assert len(made) == 8
    assert set(made) <= set(ALPHABET)
    assert code_typed(typed, folded=True) == made


@settings(max_examples=8)
@given(drawn())
def test_every_code_opens_however_it_is_typed(code: tuple[str, str]) -> None:
    made, typed = code
    slot = make_code_slot(made, DOSSIER, PRIVATE, KEY, chance(1))
    assert open_code_slot(slot, typed, DOSSIER, (KEY,)).private_bytes_raw() == PRIVATE


def test_all_signs_are_drawn_about_as_often() -> None:
    code = draw_code(31_000, chance(7))
    assert set(code) == set(ALPHABET)
    assert max(code.count(sign) for sign in ALPHABET) < 1200


def test_the_mark_of_a_slot_cannot_be_changed() -> None:
    slot = make_code_slot("JZBV7KQ2", DOSSIER, PRIVATE, KEY, chance(1))
    changed = CodeSlot(slot.salt, slot.nonce, slot.sealed, folded=False, pepper=slot.pepper)
    with pytest.raises(SealError):
        open_code_slot(changed, "JZBV7KQ2", DOSSIER, (KEY,))


def test_a_slot_is_of_one_size_whatever_its_mark() -> None:
    """A decoy must not be told from a slot of before by the size of a call."""
    assert len(encode(DECOY_SLOT)) == len(encode(replace(DECOY_SLOT, folded=False)))
    assert len(encode(DECOY_SLOT)) == len(encode(replace(DECOY_SLOT, pepper=KEY.pepper)))


@pytest.mark.parametrize(
    ("typed", "counts"),
    [
        (" Jz bV ", "JzbV"),
        ("ＪｚｂＶ", "JzbV"),
        ("jzbv", "jzbv"),
        ("Jz-bV", "Jz-bV"),
        ("x" * 65, ""),
    ],
)
def test_for_a_slot_of_before_case_and_dashes_count(typed: str, counts: str) -> None:
    assert code_typed(typed, folded=False) == counts


# In an answer


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_code_is_written_in_groups_and_spelled_in_lines(end: str) -> None:
    lines = ["Code", f"    {CODE_MARK}", f"  {SPELLED_MARKS['fr']}", "Fin", ""]
    said = with_code(end.join(lines).encode(), "JZBV7KQ2").decode()
    assert said.split(end) == [
        "Code",
        "    JZBV 7KQ2",
        "  J comme Joseph, Z comme Zola, B comme Berthe, V comme Victor",
        "  7 (sept), K comme Karine, Q comme Quentin, 2 (deux)",
        "Fin",
        "",
    ]
    english = with_code(f"{SPELLED_MARKS['en']}\n".encode(), "JZBV").decode()
    assert english == "J for Juliett, Z for Zulu, B for Bravo, V for Victor\n"


@given(st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), max_size=CODE_LIMIT))
def test_a_field_keeps_its_width(code: str) -> None:
    fields = [CODE_FIELD, *(spelled_field(each, 1) for each in SPELLED_MARKS)]
    text = "".join(f"({each})" for each in fields)
    assert len(with_code(text.encode(), code)) == len(text)


@given(CODES)
def test_every_group_is_spelled_in_a_line_that_no_client_wraps(code: str) -> None:
    for language in SPELLED_MARKS:
        lines = spelled(code, language)
        assert (
            "".join(re.findall(r"(?:^|, )(\w)", " \n".join(lines).replace("\n", ", "))) == code
        )
        assert all(len(line) <= SPELLED_WIDTH for line in lines)
        assert all(line.isascii() for line in lines)


def test_a_long_code_is_shown_and_not_spelled() -> None:
    code = "JZBV7KQ2" * 8
    text = f"({CODE_FIELD})\n{SPELLED_MARKS['fr']}\nFin"
    assert with_code(text.encode(), code).decode() == f"({code})\nFin"


def test_a_text_without_marks_stays_as_it_is(tmp_path: Path) -> None:
    assert with_code(str(tmp_path).encode(), "JZBV7KQ2") == str(tmp_path).encode()
