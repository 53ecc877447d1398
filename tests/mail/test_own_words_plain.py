"""Whose each line of a plain text is, rule by rule (docs of the rules: the package)."""

import pytest
from quoting import no_break, owners

from rmp_milter.mail.whose.reading import read_plain
from rmp_milter.mail.whose.words import Whose

HEADER = "Patient : DUPONT Jean\nNé le : 30/01/1959\n\n"
TIMED = "Le 12/11/2026 à 10:12, RMP a écrit :\n"


def owner_of(text: str, beginning: str) -> Whose:
    """Return the owner of the one line that begins so."""
    (line,) = (line for line in read_plain(text).lines if line.text.startswith(beginning))
    return line.whose


# --- blanks, unseen signs, line ends, flowed lines


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2003", "\u3000"])
def test_blanks_are_of_one_kind(blank: str) -> None:
    words = read_plain(f"Né{blank}le{blank}: 30/01/1959\tMotif")
    assert words.lines[0].text == "Né le : 30/01/1959\tMotif"


@pytest.mark.parametrize("sign", "\u200b\ufeff\u00ad\u2060\u202e\u200f\u180e\ufe0f\U000e0041")
def test_signs_that_nobody_sees_are_dropped(sign: str) -> None:
    assert read_plain(f"{sign}>{sign} x\n{sign}").lines[0] == ("> x", Whose.FOREIGN, True)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\u2028", "\x85"])
def test_each_line_end_is_one_if_the_text_has_no_other(end: str) -> None:
    words = read_plain(end.join(["> a", "b", "", "c"]))
    assert owners(words) == "FDDO"


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\r"])
def test_what_ends_a_line_for_us_alone_leaves_it_marked(end: str) -> None:
    words = read_plain(f"> a{end}{end}Demande : clôture\n\nown\n")
    assert [line.text for line in words.lines[:3]] == ["> a", "> ", "> Demande : clôture"]
    assert owners(words) == "FFFFOO"


@pytest.mark.parametrize("end", ["\u2028", "\x0c"])
def test_it_is_no_empty_line_below_a_wrapped_quotation(end: str) -> None:
    words = read_plain(f"> long\nremainder{end}{end}Demande : clôture\n")
    assert "O" not in owners(words)


def test_flowed_lines_are_joined_by_the_depth_of_their_marks() -> None:
    words = read_plain("own \nwords \n> one \n> two\n>> three \n>>four\n> five", flowed=True)
    assert [line.text for line in words.lines] == [
        "own words ",
        "> one two",
        "> > three four",
        "> five",
    ]


def test_a_flowed_attribution_is_one_line() -> None:
    text = "Merci.\n\nLe 12/11/2026 à 10:12, Karim \nBENALI a écrit :\n> x \n> y\n"
    assert owners(read_plain(text, flowed=True)) == "OOFFF"


def test_delsp_takes_the_blank_away() -> None:
    words = read_plain("comp \nte-rendu", flowed=True, delsp=True)
    assert words.text() == "compte-rendu"


@pytest.mark.parametrize(
    "below",
    [
        "Né le : 30/01/1959",
        "-----Message d'origine-----",
        "De : Karim BENALI",
        "Le 12/11/2026 à 10:12, X a écrit :",
        "-- ",
    ],
)
def test_a_blank_at_the_end_is_a_slip_above_what_begins_anew(below: str) -> None:
    words = read_plain(f"Patient : DUPONT Jean \n{below}\n", flowed=True)
    assert [line.text for line in words.lines] == ["Patient : DUPONT Jean ", below, ""]


# --- marks


@pytest.mark.parametrize(
    "line", ["> x", ">x", "  > x", ">> x", "KB> x", "Karim>x", "\uff1e x", "| x", ">", "&gt; x"]
)
def test_marked_lines_are_foreign(line: str) -> None:
    marked = "F" if not line.startswith("&") else "O"
    assert owners(read_plain(f"Merci.\n\n{line}")) == f"OO{marked}"


@pytest.mark.parametrize(
    "line",
    [
        "| Patient | DUPONT Jean |",
        "Patient | DUPONT Jean",
        r"MSH|^~\&|LABO|HOPITAL|20261112||ORU^R01|1|P|2.5",
        "|---|---|",
        "a > b",
        "-> suite",
        "=> suite",
        "<x>",
    ],
)
def test_tables_and_arrows_are_own(line: str) -> None:
    assert owners(read_plain(HEADER + line + "\nThorax normal.")) == "OOOOO"


def test_a_table_with_an_empty_first_cell_is_doubtful() -> None:
    # A client that marks with bars writes the same before a quoted table.
    assert owner_of("Merci\n| | Demande | clôture |", "| |") is Whose.DOUBTFUL


@pytest.mark.parametrize("line", ["> 3 mm", ">3 mm", "CRP>100 mg/l", "> = 3 cm"])
def test_more_than_in_prose_is_no_quotation(line: str) -> None:
    text = f"Nodule\n{line}\nà contrôler.\n\nMotif : suite\n"
    assert owners(read_plain(HEADER + text)) == "OOO" + "ODOOOO"


@pytest.mark.parametrize("above", ["", TIMED, "Il a dit :\n", "\n"])
def test_it_is_one_where_nothing_goes_on_above(above: str) -> None:
    assert owner_of(f"Merci.\n\n{above}> 3 mm\n", "> 3") is Whose.FOREIGN


def test_a_marked_text_with_one_such_line_stays_marked() -> None:
    assert owners(read_plain("Merci\n> Nodule\n> 3 mm")) == "OFF"


def test_lines_glued_under_a_marked_one_are_doubtful() -> None:
    assert owners(read_plain("> x\nDemande : dossier\nPatient : A\n")) == "FDDD"


def test_under_an_empty_marked_line_nothing_is_glued() -> None:
    # So Thunderbird writes below a quotation whose last line is empty.
    assert owners(read_plain(f"{TIMED}> x\n> \nDemande : dossier\n")) == "FFFOO"


# --- below a quotation


def test_own_words_begin_below_a_quotation_after_an_empty_line() -> None:
    assert owners(read_plain(f"{TIMED}> x\n> y\n\nDemande : dossier\n")) == "FFFFOO"


@pytest.mark.parametrize(
    "greeting", ["Bonjour,", "Cher confrère,", "Bonjour Madame, Monsieur,", "Dear colleague,"]
)
def test_a_greeting_above_does_not_change_that(greeting: str) -> None:
    assert owners(read_plain(f"{greeting}\n\n{TIMED}> x\n\nDemande : dossier")) == "OOFFFO"


@pytest.mark.parametrize("above", ["Merci.", "Bien reçu.", "Voir ci-dessous", "Bonjour, ok"])
def test_words_above_leave_what_is_below_in_doubt(above: str) -> None:
    assert owners(read_plain(f"{above}\n\n{TIMED}> x\n\nDemande : dossier")) == "OOFFFD"


def test_answers_between_the_lines_are_own_until_words_stand_above() -> None:
    assert owners(read_plain("> a\n\nréponse\n\n> b\n\nréponse\n")) == "FFOOFFDD"


def test_marks_behind_an_empty_line_may_be_part_of_an_unmarked_quotation() -> None:
    assert owners(read_plain(f"{TIMED}\n> x\n\nDemande : dossier")) == "FFFFD"


# --- attributions


@pytest.mark.parametrize(
    "attribution",
    [
        "Le 12/11/2026 à 10:12, RMP a écrit :",
        "Le 12 nov. 2026 à 10h12, Karim BENALI <b@exemple.fr> a écrit\u00a0:",
        "Le jeu. 12 nov. 2026 à 10:12, Karim BENALI <b@exemple.fr> a\nécrit :",
        "Le Thu, 12 Nov 2026 10:12:00 +0100,\nKarim BENALI <b@exemple.fr> a écrit :",
        "Le jeudi 12 novembre 2026\nà 10:12,\nKarim BENALI\n<b@exemple.fr> a écrit :",
        "À 10:12 12/11/2026 +0100, vous avez écrit :",
        "On 12 Nov 2026, at 10:12, Karim BENALI <b@exemple.fr> wrote:",
        "On Thu, Nov 12, 2026 at 10:12 AM Karim BENALI <b@exemple.fr>\nwrote:",
        "Karim BENALI <b@exemple.fr> a écrit :",
        "Le 12/11/2026 10:12, Karim BENALI a écrit",
        "---- On Thu, 12 Nov 2026 10:12:00 +0100 b@exemple.fr wrote ----",
        "---- Karim BENALI a écrit ----",
        "Le 12/11/2026 10:12, Karim BENALI <b@exemple.fr\n> a écrit :",
        "tor. 12. nov. 2026 kl. 10:12 skrev Karim <b@exemple.fr\n>:",
        "Karim BENALI <b@exemple.fr> writes:",
        '-----"Karim" <b@exemple.fr> a écrit : -----',
        "Am 12.11.26 um 10:12 schrieb Karim BENALI:",
        "El jue, 12 nov 2026 a las 10:12, Karim (<b@exemple.fr>) escribió:",
        "Il giorno gio 12 nov 2026 alle ore 10:12 Karim <b@exemple.fr> ha scritto:",
        "Op do 12 nov. 2026 om 10:12 schreef Karim <b@exemple.fr>:",
        "2026-11-12 10:12 GMT+01:00 Karim BENALI <b@exemple.fr>:",
        '12.11.2026, 10:12, "Karim" <b@exemple.fr>:',
        "Thu, 12 Nov 2026 10:12:00 +0300 от Karim <b@exemple.fr>:",
    ],
)
def test_all_below_an_attribution_with_an_hour_or_an_address_is_foreign(
    attribution: str,
) -> None:
    text = f"Merci.\n\n{attribution}\n\nDemande : clôture\n\nPatient : DUPONT Jean"
    expected = "OO" + "F" * (attribution.count("\n") + 5)
    assert owners(read_plain(text)) == expected
    assert owners(read_plain(no_break(text))) == expected


def test_with_marks_below_only_these_are_foreign() -> None:
    assert owners(read_plain(f"{TIMED}> x\n\nown\n")) == "FFFOO"


def test_without_hour_and_address_what_is_below_is_doubtful() -> None:
    assert owners(read_plain("Le 12/04, le patient a écrit :\n\nDemande")) == "DDD"


def test_somebody_wrote_counts_only_with_marks_below_or_an_address() -> None:
    assert owners(read_plain("Le patient a écrit :\nje dors mal.")) == "OO"
    assert owners(read_plain("RMP a écrit :\n> x\n\nown")) == "FFFO"


@pytest.mark.parametrize(
    "sentence",
    [
        "Le 12/04, le patient a écrit : « je dors mal ».",
        "Le 12/04, voici ce que le patient a écrit",
        "Le patient a écrit une lettre au directeur : voici.",
        "Traitement depuis le 12/04 :",
        "On 12/04 he was well:",
        "Rendez-vous le 12/04/2026 à 10:30 :",
    ],
)
def test_sentences_like_an_attribution_are_none(sentence: str) -> None:
    assert owners(read_plain(HEADER + sentence + "\n\nThorax normal.")) == "OOOOOO"


def test_an_attribution_that_goes_on_in_its_line_leaves_doubt() -> None:
    text = "Merci\n\nLe 12/11/2026 à 10:12, RMP a écrit : Patient : A\nDemande : clôture"
    assert owners(read_plain(text)) == "OODD"


def test_a_header_glued_above_an_attribution_is_no_part_of_it() -> None:
    text = "Demande : dossier\nPatient : DUPONT Jean\nNé le : 30/01/1959\n" + TIMED + "> x"
    assert owners(read_plain(text)) == "OOOFF"


# --- header blocks


BLOCK = "De : Karim BENALI\nEnvoyé : jeudi 12 novembre 2026\nÀ : RMP\nObjet : RMP\n"


@pytest.mark.parametrize(
    "block",
    [
        BLOCK,
        no_break(BLOCK),
        BLOCK.replace("De :", "*De :*").replace("Objet :", "**Objet** :"),
        "Objet : RMP\nÀ : RMP\nDe : Karim\nDate : 12/11/2026 10:12\n",
        "Sujet : \tRMP\nDate : \tThu, 12 Nov 2026 10:12:00 +0100\nDe : \tKarim\nPour : \tRMP\n",
        "From: Karim <b@exemple.fr>\nTo: RMP\nSubject: RMP\n",
        "From: Karim\nSent: Thursday\nSubject: RMP\n",
        "De : Karim\n\nEnvoyé : jeudi\n\nÀ : RMP\n\nObjet : RMP\n",
        "De : Karim\nEnvoyé : jeudi\nÀ : RMP;\n Anne;\n Luc\nObjet : RMP\n",
        "De : Karim <b@exemple.fr> Envoyé : jeudi 10:12 À : RMP Objet : RMP\n",
        "发件人: Karim\n发送时间: 2026年11月\n收件人: RMP\n主题: RMP\n",
        "Von: Karim\nGesendet: Donnerstag\nAn: RMP\nBetreff: RMP\n",
        "________________________________\n" + BLOCK,
        "-----Message d'origine-----\nDe : Karim\nObjet : RMP\n",
        "----- 原始邮件 -----\nDe : Karim\nObjet : RMP\n",
    ],
)
def test_all_below_a_header_block_is_foreign(block: str) -> None:
    words = read_plain(f"Merci.\n\n{block}\nDemande : clôture\n\nPatient : DUPONT Jean")
    assert owners(words)[:2] == "OO"
    assert set(owners(words)[-3:]) == {"F"}


def test_the_head_of_a_memo_is_doubtful_and_all_below() -> None:
    text = "De : Dr A\nÀ : Dr B\nDate : 12/11/2026\nObjet : avis\n\n" + HEADER
    assert set(owners(read_plain(text))) == {"D"}


def test_who_and_when_alone_are_a_doubt_if_exact() -> None:
    text = "Merci\n\nFrom: b@exemple.fr\nDate: Thu, 12 Nov 2026 10:12:00 +0100\n\nDemande"
    assert owners(read_plain(text)) == "OODDDD"
    assert set(owners(read_plain("De : Dr A\nDate : 12/11/2026\n\nThorax normal."))) == {"O"}


def test_lines_of_word_and_value_with_hour_and_address_are_a_doubt() -> None:
    text = "Lähettäjä_: K <b@exemple.fr>\nAika: 12.11.2026 10:12\nJollekin: RMP\n\n" + HEADER
    assert set(owners(read_plain(text))) == {"D"}


@pytest.mark.parametrize(
    "head",
    [
        "De : Dr Anne MOREL\n\n",
        "De : Dr Anne MOREL\nÀ : Dr Paul DEMO\n\n",
        "Date : 12/11/2026\nObjet : consultation\n\n",
        "Dr Paul DEMO\nAdresse : 12 rue X\nTéléphone : 01 02 03 04 05\n\n",
        "Objet : demande de dossier\n",
        "-- \nDr Paul DEMO\nTél : 01 02 03 04 05\n\n",
        "________________\n\n",
        "OD : -2,00\nOG : -1,50\nDate : 12/11/2026\n\n",
    ],
)
def test_a_letterhead_takes_nothing_from_the_header_below(head: str) -> None:
    assert set(owners(read_plain(head + HEADER + "Cher confrère, thorax normal."))) == {"O"}


def test_a_request_with_hour_and_address_is_no_block() -> None:
    text = (
        "Demande : urgence\nPatient : DUPONT Jean\nNé le : 30/01/1959 à 10:12\n"
        "Motif : coma depuis 09:30 le 12/11/2026\nCourriel : x@exemple.fr"
    )
    assert set(owners(read_plain(text))) == {"O"}


# --- dividers


@pytest.mark.parametrize(
    "divider",
    [
        "-----Message d'origine-----",
        "-----Message d’origine-----",
        "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
        "-------- Message transféré --------",
        "---------- Forwarded message ---------",
        "Début du message réexpédié :",
        "Début du message transféré :",
        "Begin forwarded message:",
        "----- Forwarded message from Karim <b@exemple.fr> -----",
        "----- Mail original -----",
        "-------- Courriel original --------",
        "Message du 12/11/26 10:12",
        "-------- Ursprüngliche Nachricht --------",
    ],
)
def test_all_below_a_divider_is_foreign(divider: str) -> None:
    text = f"Merci.\n\n{divider}\n\nDemande : clôture"
    assert owners(read_plain(text)) == "OOFFF"
    assert owners(read_plain(no_break(text))) == "OOFFF"


@pytest.mark.parametrize("bare", ["Message d'origine", "Message du 12/11/26"])
def test_its_words_alone_are_a_doubt(bare: str) -> None:
    assert owners(read_plain(f"{bare}\n\nDemande : dossier")) == "DDD"


@pytest.mark.parametrize(
    "line",
    ["--------------", "______________", "==============", "----- CONCLUSION -----", "* * *"],
)
def test_a_drawn_line_is_no_divider(line: str) -> None:
    assert set(owners(read_plain(f"{HEADER}{line}\nThorax normal."))) == {"O"}


# --- the text of some of the lines


def test_what_was_left_out_leaves_an_empty_line() -> None:
    words = read_plain(f"Bonjour,\n{TIMED}> x\n\nDemande : dossier")
    assert words.text() == "Bonjour,\n\nDemande : dossier"


def test_doubtful_lines_are_there_when_asked_for() -> None:
    words = read_plain("> x\nDemande : urgence")
    assert (words.text(), words.text(Whose.DOUBTFUL)) == ("", "Demande : urgence")
