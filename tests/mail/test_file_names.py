import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.incoming.charsets import decode
from rmp_milter.mail.incoming.file_names import NAME_LIMIT, decode_words, file_name, parameters
from rmp_milter.mail.incoming.mimetree import scan


def name_in(disposition: bytes, kind: bytes = b"application/pdf") -> str:
    raw = b"Content-Type: " + kind + b"\r\nContent-Disposition: " + disposition + b"\r\n\r\n"
    return scan(raw).filename


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'attachment; filename="rapport.pdf"', "rapport.pdf"),
        (b"attachment; filename=rapport.pdf", "rapport.pdf"),
        (b"attachment; filename=mon rapport.pdf; size=3", "mon rapport.pdf"),
        (b"attachment; filename*=utf-8''R%C3%A9sum%C3%A9.pdf", "Résumé.pdf"),
        (b"attachment; filename*=ISO-8859-1'fr'R%E9sum%E9.pdf", "Résumé.pdf"),
        (
            b"attachment; filename*0*=utf-8''R%C3;\r\n filename*1*=%A9sum;\r\n filename*2=e.pdf",
            "Résume.pdf",
        ),
        (b"attachment; filename*1=b.pdf; filename*0=a", "ab.pdf"),
        (b'attachment; filename="=?UTF-8?B?UsOpc3Vtw6kucGRm?="', "Résumé.pdf"),
        (b'attachment; filename="=?UTF-8?B?UsOpc3Vt?=\r\n =?UTF-8?B?w6kucGRm?="', "Résumé.pdf"),
        (b"attachment; filename==?utf-8?q?R=C3=A9sum=C3=A9=2Epdf?=", "Résumé.pdf"),
        (
            b'attachment; filename*0="=?utf-8?q?R=C3=A9s"; filename*1="um=C3=A9.pdf?="',
            "Résumé.pdf",
        ),
        ('attachment; filename="Résumé.pdf"'.encode(), "Résumé.pdf"),
        ('attachment; filename="Résumé.pdf"'.encode("latin-1"), "Résumé.pdf"),
        (b"attachment; filename=\"x.pdf\"; filename*=utf-8''%C3%A9.pdf", "é.pdf"),
        (b'attachment; filename="C:\\\\Docs\\\\a.pdf"', "a.pdf"),
        (b'attachment; filename="C:\\Docs\\a.pdf"', "a.pdf"),
        (b'attachment; filename="../../etc/passwd"', "passwd"),
        (b'attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
        (b'attachment; filename="open', "open"),
        (b"attachment; filename*=x-none''%E9", "é"),
        ('attachment; filename="a\u202egpj.pdf"'.encode(), "agpj.pdf"),
        (b'attachment; filename=".."', ""),
        (b"attachment", ""),
    ],
)
def test_names_are_read_in_every_spelling(disposition: bytes, name: str) -> None:
    assert name_in(disposition) == name


def test_the_name_of_the_type_serves_where_the_disposition_has_none() -> None:
    assert name_in(b"attachment", b'application/pdf; name="a.pdf"') == "a.pdf"


def test_a_very_long_name_keeps_beginning_and_ending() -> None:
    name = file_name("a" * 5000 + ".pdf")
    assert len(name) <= NAME_LIMIT
    assert name.startswith("aaa")
    assert name.endswith(".pdf")


def test_characters_cut_between_two_words_are_put_together() -> None:
    assert decode_words("=?utf-8?b?w6k=?= =?utf-8?q?=C3?= =?utf-8?q?=A9?= fin") == "éé fin"


def test_words_that_cannot_be_decoded_do_no_harm() -> None:
    assert decode_words("=?x-none?b?%%%?= a =?utf-8?b?A?= b").endswith(" b")


def test_half_a_surrogate_pair_is_no_character() -> None:
    # UTF-7 can say it, but no later encoder takes it.
    for name in ("=?utf-7?q?+2AA-?=.pdf", "=?utf-7?b?KzJBQS0=?=.pdf"):
        file_name(name).encode()
    assert decode(b"+AOk-t+AOk-", "utf-7") == "été"
    decode(b"Patient : +2AA-", "utf-7").encode()


@given(st.text(max_size=300))
def test_any_value_has_parameters_and_a_name(value: str) -> None:
    assert isinstance(parameters(value), dict)
    name = file_name(value)
    assert len(name) <= NAME_LIMIT
    assert "/" not in name


@given(
    st.lists(
        st.sampled_from(
            ["=?", "?=", "utf-8", "?b?", "?q?", "=C3", " ", "'", "*0*=", ";", '"', "a"]
        ),
        max_size=40,
    ).map("".join)
)
def test_any_mixture_of_encodings_is_read(value: str) -> None:
    assert isinstance(file_name(*parameters("x; filename=" + value).values()), str)


def test_a_hostile_value_takes_linear_time() -> None:
    for bit in (";a=", '"', "=?a?q?", "=?a?b?YQ==?= ", "\\", "*0*=;"):
        assert isinstance(file_name(bit * 60_000), str)
        assert isinstance(parameters(bit * 60_000), dict)
