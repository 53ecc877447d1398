"""The index of a dossier and what stands around its documents."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-dossier": Text("RMP : dossier de {patient}", "RMP: dossier of {patient}"),
    "index-head": Text(
        """\
Dossier de {patient}, né(e) le {birth_date}
Médecin traitant : {treating}
État au {date} : {entries} entrée(s), {documents} document(s)
""",
        """\
Dossier of {patient}, born {birth_date}
Treating doctor: {treating}
As of {date}: {entries} entries, {documents} documents
""",
    ),
    "index-empty": Text(
        "Ce dossier ne contient encore aucun document.", "This dossier is empty."
    ),
    "index-mails": Text(
        "Les documents suivent dans {count} message(s), numérotés de 1 à {count}.",
        "The documents follow in {count} mail(s), numbered 1 to {count}.",
    ),
    "index-masked": Text(
        "(masquée : visible de son auteur, du médecin traitant et du patient seulement)",
        "(masked: seen by its author, the treating doctor and the patient only)",
    ),
    "index-replaced": Text("VERSIONS REMPLACÉES", "REPLACED VERSIONS"),
    "index-replaced-by": Text(
        "(remplacée par l'entrée {number})", "(replaced by entry {number})"
    ),
    "index-unreadable": Text(
        "(déposé pour une autre de vos clés : redemandez le dossier avec le code du patient)",
        "(filed for another of your keys: ask again with the patient's code)",
    ),
    "enclosed": Text(
        "Message {index} sur {count} : {title}\n\nLes pièces jointes sont chiffrées une par une : "
        "ouvrez-les avec votre clé.\n",
        "Mail {index} of {count}: {title}\n\nEach attachment is encrypted by itself: open it with "
        "your key.\n",
    ),
    "numbered": Text("\nMessage {index} sur {count}.\n", "\nMail {index} of {count}.\n"),
    "letter-part": Text("lettre", "letter"),
    "unnamed-part": Text("document sans nom", "unnamed document"),
}
