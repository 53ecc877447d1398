from rmp_milter.mail.texts import LETTERS, REFUSALS, refusal
from rmp_milter.mail.wording import ascii_sentences, bare_name, size


def test_smtp_lines_are_plain_ascii_without_percent() -> None:
    for key in REFUSALS:
        for language in ("fr", "en"):
            for line in ascii_sentences(
                refusal(key, language, {"limit": "50", "numbers": "3, 5"})
            ):
                assert line.isascii()
                assert line.isprintable()
                assert "%" not in line
                assert len(line) <= 200


def test_french_survives_the_loss_of_its_accents() -> None:
    assert ascii_sentences("Ce message n’est pas chiffré « clé » 5 %") == [
        'Ce message n\'est pas chiffre " cle " 5'
    ]


def test_every_text_is_there_in_both_languages() -> None:
    for text in (*REFUSALS.values(), *LETTERS.values()):
        assert text.fr.strip()
        assert text.en.strip()


def test_sizes_are_written_for_people() -> None:
    assert [size(1), size(2048), size(3_500_000)] == ["1 Ko", "2 Ko", "3,3 Mo"]


def test_the_ending_of_the_encryption_is_taken_off() -> None:
    assert [bare_name("a.pdf.pgp"), bare_name("b.PDF.GPG"), bare_name("c.pdf")] == [
        "a.pdf",
        "b.PDF",
        "c.pdf",
    ]
