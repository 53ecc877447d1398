"""Postfix's own programs are run to their end, or it is said which gave no answer."""

import pytest

from rmp_milter.postfix.asking import PostfixError, ask


def test_what_gives_no_answer_is_named_with_the_time_that_it_had() -> None:
    with pytest.raises(PostfixError, match=r"^postconf: no answer within 0 s$"):
        ask("postconf", ["-d"], within=0)


def test_what_has_the_time_answers() -> None:
    assert ask("postconf", ["-dh", "mail_name"]).stdout == "Postfix\n"
