"""The slip with the patient's code, printed by the doctor."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "slip-title": Text("Résumé médical partagé", "Shared medical summary"),
    "slip-patient": Text(
        "pour {patient}, né(e) le {birth_date}", "for {patient}, born {birth_date}"
    ),
    "slip-code": Text("Votre code personnel", "Your personal code"),
    "slip-secret": Text(
        "Ce code est confidentiel. Ne le donnez qu'à un professionnel de santé à qui vous "
        "permettez de lire votre dossier. Majuscules, espaces et tirets ne comptent pas.",
        "This code is confidential. Give it only to a professional whom you allow to read your "
        "dossier. Capitals, blanks and dashes do not count.",
    ),
    "slip-lost": Text(
        "Si cette fiche est perdue ou volée, demandez un nouveau code à votre médecin traitant : "
        "celui-ci n'ouvrira alors plus rien.",
        "If this slip is lost or stolen, ask your treating doctor for a new code. This one then "
        "opens nothing any more.",
    ),
    "slip-treating": Text(
        "Votre médecin traitant est {treating}", "Your treating doctor is {treating}"
    ),
    "slip-date": Text("Fiche établie le {date}.", "Made on {date}."),
}
