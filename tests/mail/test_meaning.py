"""What a mail's words mean: acts need own words, doubt asks back, an emergency is not missed."""

import pytest
from meaning_case import (
    ATTRIBUTION,
    HEADER,
    LETTER,
    URGENT,
    header_of,
    of_text,
    quoted,
    verb_of,
)

from rmp_milter.calls.protocol.opening import Doubt, Standing

REFERENCE = "U-K7QX-3MZB-9FTR"
EMERGENCY_ANSWER = f"ACCÈS EN URGENCE accordé, référence {REFERENCE}\n"
FORWARDED = """
-------- Message transféré --------
Sujet : RMP
Date : Thu, 12 Nov 2026 10:12:00 +0100
De : Karim BENALI <benali@exemple.fr>
Pour : demo@exemple.fr

"""


@pytest.mark.parametrize(
    "request_line", ["masquage", "nouveau code", "médecin traitant", "clôture"]
)
def test_thanks_above_a_quoted_request_ask_for_nothing(request_line: str) -> None:
    text = f"Merci.\n{ATTRIBUTION}" + quoted(
        f"Demande : {request_line}\n{HEADER}Code : JzbVm7Kq\n"
    )
    read = of_text(text)
    assert (read.standing, read.cut.found, read.cut.code) == (Standing.COURTESY, False, "")


def test_a_deposit_above_a_quotation_that_names_another_is_asked_back() -> None:
    text = HEADER + LETTER + ATTRIBUTION + quoted("Patient : MARTIN Luc\nNé le : 01/01/1970\n")
    assert of_text(text).doubts == (Doubt.OTHER_PATIENT,)


def test_a_deposit_above_a_quotation_that_names_the_same_is_read() -> None:
    read = of_text(HEADER + LETTER + ATTRIBUTION + quoted(HEADER))
    assert (verb_of(read), read.doubts, read.keeps_text) == ("depot", (), True)


def test_a_quoted_code_is_no_code_and_its_text_is_not_kept() -> None:
    read = of_text(HEADER + LETTER + ATTRIBUTION + quoted(f"{HEADER}Code : JzbVm7Kq\n"))
    assert (verb_of(read), read.cut.code, read.keeps_text) == ("depot", "", False)


def test_a_request_in_doubtful_lines_is_asked_back_and_its_code_not_tried() -> None:
    text = f"Merci.\n{ATTRIBUTION}> ancien\nDemande : clôture\n{HEADER}Code : JzbVm7Kq\n"
    read = of_text(text)
    assert (read.doubts, read.cut.code, read.keeps_text) == ((Doubt.QUOTED,), "", False)


def test_a_request_beside_doubtful_words_of_one_is_asked_back() -> None:
    text = f"Demande : dossier\n{HEADER}{ATTRIBUTION}> ancien\nCode : JzbVm7Kq\n"
    assert Doubt.QUOTED in of_text(text).doubts


def test_an_emergency_in_doubtful_lines_is_one() -> None:
    read = of_text(f"Merci.\n{ATTRIBUTION}> table\n{URGENT}")
    assert (verb_of(read), read.doubts) == ("urgence", ())
    assert read.cut.reason == "trouvé inconscient"


def test_an_emergency_of_ones_own_goes_before_a_quoted_one() -> None:
    other = URGENT.replace("DUPONT Jean", "MARTIN Luc").replace("trouvé inconscient", "chute")
    read = of_text(URGENT + ATTRIBUTION + quoted(other))
    assert (header_of(read).birth_name, read.cut.reason) == ("DUPONT", "trouvé inconscient")


def test_a_quoted_emergency_is_none() -> None:
    assert not of_text("Merci.\n" + ATTRIBUTION + quoted(URGENT)).cut.found


@pytest.mark.parametrize(
    "above", ["", "Bonjour,\n", "Bonjour,\nci-joint le compte rendu reçu\n"]
)
def test_a_forwarded_deposit_without_a_word_is_one(above: str) -> None:
    read = of_text(above + FORWARDED + HEADER + LETTER)
    assert (verb_of(read), header_of(read).birth_name, read.doubts) == ("depot", "DUPONT", ())


@pytest.mark.parametrize(
    "forwarded",
    [
        f"Demande : clôture\n{HEADER}Code : JzbVm7Kq\n",
        f"{HEADER}{LETTER}\nPatient : MARTIN Luc\nNé le : 01/01/1970\n",
        f"{HEADER}Code : JzbVm7Kq\n{LETTER}",
    ],
)
def test_a_forward_of_anything_else_is_none(forwarded: str) -> None:
    assert of_text(f"Bonjour,\n{FORWARDED}{forwarded}").standing is Standing.COURTESY


def test_a_forward_below_a_question_is_none() -> None:
    read = of_text(f"Quelle dose avez-vous retenue ?\n{FORWARDED}{HEADER}{LETTER}")
    assert (read.standing, read.cut.found) == (Standing.WORDS, False)


def test_a_plain_answer_to_an_emergency_justifies_it() -> None:
    text = f"AVC ischémique, thrombolyse.\n{ATTRIBUTION}" + quoted(
        f"{EMERGENCY_ANSWER}Dossier de DUPONT Jean, né le 30/01/1959\n"
    )
    read = of_text(text)
    assert (verb_of(read), header_of(read).reference) == ("justification", REFERENCE)
    assert read.cut.reason == "AVC ischémique, thrombolyse."
    assert "ischémique" not in read.cut.header
    assert read.keeps_text is False


@pytest.mark.parametrize("above", ["Merci.", "...", "Bien reçu, merci.\nDr Paul DEMO", ""])
def test_thanks_for_an_emergencys_answer_are_no_justification(above: str) -> None:
    read = of_text(f"{above}\n{ATTRIBUTION}{quoted(EMERGENCY_ANSWER)}")
    assert (read.cut.found, read.cut.reason) == (False, "")


def test_a_reason_directly_below_the_quotation_is_asked_back() -> None:
    text = f"{ATTRIBUTION}{quoted(EMERGENCY_ANSWER)}AVC ischémique, thrombolyse.\n"
    read = of_text(text)
    assert (verb_of(read), header_of(read).reference) == ("justification", REFERENCE)
    assert (read.doubts, read.cut.reason) == ((Doubt.QUOTED,), "")


def test_thanks_directly_below_the_quotation_are_thanks() -> None:
    for above in (EMERGENCY_ANSWER, f"Demande : clôture\n{HEADER}", URGENT):
        read = of_text(f"{ATTRIBUTION}{quoted(above)}Merci beaucoup.\n")
        assert (read.standing, read.cut.found, read.doubts) == (Standing.COURTESY, False, ())


def test_two_emergencies_in_one_answer_are_asked_back() -> None:
    other = EMERGENCY_ANSWER.replace("K7QX", "A2CD")
    text = f"Patient inconscient.\n{ATTRIBUTION}" + quoted(EMERGENCY_ANSWER + other)
    assert of_text(text).doubts == (Doubt.TWO_REFERENCES,)


@pytest.mark.parametrize(
    "said", ["u-k7qx-3mzb-9ftr", "U‑K7QX‑3MZB‑9FTR", "U - K7QX - 3MZB - 9FTR"]
)
def test_a_reference_is_known_however_a_client_quotes_it(said: str) -> None:
    read = of_text(f"AVC.\n{ATTRIBUTION}> référence {said}\n")
    assert header_of(read).reference == said


@pytest.mark.parametrize(
    "words", ["uABCD3456MZBQ9FTR2", "u were sent here", "XU-K7QX-3MZB-9FTR"]
)
def test_other_words_are_no_reference(words: str) -> None:
    assert of_text(f"AVC.\n{ATTRIBUTION}> {words}\n").standing is Standing.WORDS


def test_words_to_a_colleague_are_words() -> None:
    assert of_text("Quelle dose d'apixaban avez-vous retenue ?\n").standing is Standing.WORDS


@pytest.mark.parametrize("text", ["", "\n\n", "...\n", quoted(HEADER)])
def test_no_own_word_is_nothing(text: str) -> None:
    assert of_text(text).standing is Standing.NOTHING


LETTERS_OF_PROSE = {
    "memo": "De : Dr Anne MOREL\nÀ : Dr Paul DEMO\nObjet : avis du 12/11/2026\n\nThorax normal.\n",
    "more than": "Nodule du lobe moyen, de diamètre\n> 3 mm, stable.\nCRP > 100.\n",
    "what the patient wrote": "Le 12/11/2026, le patient a écrit : « je vais mieux ».\nÀ revoir.\n",
    "bars": "| Analyse | Résultat |\n| Glycémie | 1,02 g/l |\n| HbA1c | 6,1 % |\n",
    "hl7": "MSH|^~\\&|LABO|X|RMP|Y|20261112||ORU\nPID|1||123||DUPONT^JEAN\nOBX|1|NM|GLU||1,02\n",
    "ruled": "Conclusion\n----------\nPas d'anomalie.\n",
    "a date and an hour": "Vu aux urgences le 12/11/2026 à 10:12. Il a écrit : douleur.\n",
    "codes": "Code ATC : C07AB02\nCode CCAM : ZBQK002\nCode postal : 75011\n",
    "a signature": "Cordialement,\nDr Anne MOREL\n12 rue X, 75011 Paris\nTél : 01 02 03 04 05\n",
    "history": "Antécédents : HTA\nTraitement : bisoprolol\nMotif : dyspnée\nPatient : fatigué\n",
}


@pytest.mark.parametrize("letter", LETTERS_OF_PROSE)
@pytest.mark.parametrize(
    "greeting", ["", "Bonjour,\n\n", "Cher confrère,\nvoici mon avis.\n\n"]
)
def test_letters_keep_the_header_above_them(letter: str, greeting: str) -> None:
    read = of_text(f"{greeting}{HEADER}\n{LETTERS_OF_PROSE[letter]}")
    assert (verb_of(read), header_of(read).birth_name) == ("depot", "DUPONT")
    assert (read.doubts, header_of(read).problems) == ((), ())
    assert (read.cut.code, read.cut.letter, read.keeps_text) == ("", True, True)


def test_a_forwarded_letter_below_ones_own_header_is_kept() -> None:
    read = of_text(HEADER + FORWARDED + "Cher confrère, thorax normal.\n")
    assert (verb_of(read), read.doubts, read.cut.letter) == ("depot", (), True)


def test_a_quotation_alone_below_ones_own_header_is_no_letter() -> None:
    read = of_text(HEADER + ATTRIBUTION + quoted("Bien reçu."))
    assert (verb_of(read), read.cut.letter) == ("depot", False)


FORM = f"Le motif manque.\n\nDemande : urgence\n{HEADER}Motif : [pourquoi]\n"


@pytest.mark.parametrize(
    "text",
    [
        f"Trouvé inconscient.\n{ATTRIBUTION}{quoted(FORM)}",
        f"{ATTRIBUTION}{quoted(FORM.replace('[pourquoi]', 'trouvé inconscient'))}",
    ],
)
def test_a_reason_above_or_in_the_form_that_asks_for_it_is_asked_for_again(text: str) -> None:
    read = of_text(text)
    assert (verb_of(read), header_of(read).birth_name, read.doubts) == ("urgence", "DUPONT", ())
    assert (read.cut.reason, read.cut.code) == ("", "")


def test_thanks_above_that_form_ask_for_nothing() -> None:
    assert of_text(f"Merci.\n{ATTRIBUTION}{quoted(FORM)}").standing is Standing.COURTESY


REQUEST = f"Demande : clôture\n{HEADER}"


@pytest.mark.parametrize("sign", ["»", "%", "}", "›", "#", "~", "+", ";"])
def test_a_request_behind_a_rare_mark_is_asked_back(sign: str) -> None:
    marked = "".join(f"{sign} {line}\n" for line in REQUEST.splitlines())
    assert of_text(f"Merci.\n\n{marked}").doubts == (Doubt.QUOTED,)


@pytest.mark.parametrize("sign", ["»", "#", "+"])
def test_an_emergency_or_a_deposit_behind_a_rare_mark_is_read(sign: str) -> None:
    for text, verb in ((URGENT, "urgence"), (HEADER, "depot")):
        marked = "".join(f"{sign} {line}\n" for line in text.splitlines())
        read = of_text(f"{marked}\nCher confrère.\n")
        assert (verb_of(read), read.doubts) == (verb, ())


@pytest.mark.parametrize(
    "above",
    [
        "Karim BENALI <benali@exemple.fr> :",
        "________________________________\nDe : Karim BENALI <benali@exemple.fr>",
    ],
)
def test_what_an_address_introduces_is_in_doubt(above: str) -> None:
    assert of_text(f"Merci.\n\n{above}\n{REQUEST}").doubts == (Doubt.QUOTED,)
    deposit = of_text(f"{above}\n{HEADER}{LETTER}")
    assert (verb_of(deposit), deposit.doubts, deposit.cut.letter) == ("depot", (), True)


@pytest.mark.parametrize("said", ["coma", "vitale", "DUPONT"])
def test_urgence_with_a_word_behind_it_is_an_emergency(said: str) -> None:
    read = of_text(f"Urgence : {said}\nPatient : DUPONT Jean\n")
    assert (verb_of(read), header_of(read).birth_name) == ("urgence", "DUPONT")


@pytest.mark.parametrize(
    "said",
    ["02/12/2026", "le 02/12/2026", "02.12.2026", "02/12/26 23:40", "le 2 12 2026", "1 2"],
)
def test_an_emergency_may_be_dated(said: str) -> None:
    read = of_text(f"Urgence : {said}\n{HEADER}Motif : coma\n")
    assert (verb_of(read), header_of(read).birth_name) == ("urgence", "DUPONT")


@pytest.mark.parametrize("word", ["Urgence", "Urgences", "URGENCES"])
@pytest.mark.parametrize(
    "said", ["non", "15", "01 02 03 04 05", "01.02.03.04.05", "appelez le 15"]
)
@pytest.mark.parametrize(
    "text",
    [
        "{0}" + HEADER + LETTER,
        "{0}\n" + HEADER + "Motif : suivi\n",
        "{0}" + HEADER + "Motif : suivi\n",
        HEADER + "{0}" + LETTER,
        HEADER + "{0}Motif : suivi\n",
        HEADER + LETTER + "-- \nDr Anne MOREL\n{0}",
        HEADER + LETTER + "{0}",
    ],
)
def test_urgence_denied_or_a_number_is_none(word: str, said: str, text: str) -> None:
    read = of_text(text.format(f"{word} : {said}\n"))
    assert (verb_of(read), header_of(read).problems) == ("depot", ())
