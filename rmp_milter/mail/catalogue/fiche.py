"""The patient's sheet."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "number-contradicts": Text(
        "Le numéro de sécurité sociale (NIR) ne correspond pas au sexe ou à la date de "
        "naissance du patient : c'est souvent celui d'un parent. Rien n'a été changé. "
        "Corrigez la ligne NIR, puis renvoyez le message.",
        "The social security number (NIR) does not fit the patient's sex or birth date. Often "
        "it is a parent's. Nothing was changed. Correct the line NIR and send the mail again.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "sheet-used_name": Text("nom d'usage {value}", "used name {value}"),
    "sheet-sex": Text("sexe {value}", "sex {value}"),
    "sheet-nir": Text("NIR {value}", "NIR {value}"),
    "sheet-regime": Text("régime {value}", "insurance {value}"),
    "sheet-insurer": Text("mutuelle {value}", "mutual insurance {value}"),
    "sheet-address": Text("adresse {value}", "address {value}"),
    "sheet-contacts": Text("pour joindre le médecin traitant", "to reach the treating doctor"),
    "sheet-head": Text("Fiche", "Sheet"),
    "sheet-more": Text("suite", "more"),
    "sheet-phone": Text("tél. {value}", "tel. {value}"),
    "sheet-mobile": Text("portable {value}", "mobile {value}"),
    "sheet-fax": Text("fax {value}", "fax {value}"),
    "sheet-mail": Text("courriel {value}", "mail {value}"),
    "subject-sheet": Text("RMP : fiche de {patient}", "RMP: sheet of {patient}"),
    "sheet-changed": Text(
        "La fiche de {patient}, né(e) le {birth_date}, est à\njour :\n\n{sheet}",
        "The sheet of {patient}, born {birth_date}, is up to\ndate:\n\n{sheet}",
    ),
    "sheet-empty": Text("(aucune indication)\n", "(nothing)\n"),
    "sheet-no-card": Text(
        "\n"
        "La carte Vitale du patient n'ouvre pas encore ce dossier, créé\n"
        "sans numéro de sécurité sociale. Pour qu'elle l'ouvre, envoyez la\n"
        "demande « nouveau code ».\n",
        "\n"
        "The patient's Vitale card does not open this dossier yet, as it\n"
        "was created without the social security number. For the card to\n"
        "open it, send the request « new code ».\n",
    ),
}
