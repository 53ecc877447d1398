from rmp_milter.mail.catalogue.texts import LETTERS, REFUSALS, refusal
from rmp_milter.mail.outgoing.wording import bare_name, size, smtp_line

FACTS = {
    "limit": "50",
    "signed": "30/11/2026 12:00 (heure de Paris)",
    "now": "28/11/2026 11:00 (heure de Paris)",
    "at": "29/05/2026 12:00 (heure de Paris)",
    "files": "Radio du 12-11-2026.pdf, Compte-rendu.pdf",
    "service": "rmp@autre.example",
    "fingerprint": " ".join(["D1A6"] * 10),
    "numbers": "3, 5",
    "doctor": "Dr X",
    "number": "3",
    "count": "3",
    "newer": "5",
    "table": "K7QXM",
    "said": "ABCDE",
    "most": "31",
    "proofs": "message signé + attestation Vitale, ou compte et mot de passe + attestation Vitale",
}
LONGEST_SMTP_LINE = 512 - len("550 5.7.1 \r\n")  # RFC 5321, 4.5.3.1.5


def test_a_refusal_is_one_smtp_line_of_plain_ascii_without_percent() -> None:
    for key in REFUSALS:
        for language in ("fr", "en"):
            line = smtp_line(refusal(key, language, FACTS))
            assert line.isascii()
            assert line.isprintable()
            assert "%" not in line
            assert len(line) <= LONGEST_SMTP_LINE


def test_french_survives_the_loss_of_its_accents() -> None:
    line = smtp_line("Ce message n’est pas chiffré « clé » 5 %")
    assert line == 'Ce message n\'est pas chiffre " cle " 5'


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
