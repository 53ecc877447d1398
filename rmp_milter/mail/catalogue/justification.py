"""An emergency's justification: answer, reminder, refusal."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "no-such-reference": Text(
        "Aucun accès en urgence de votre part ne porte cette référence. Recopiez-la de la réponse "
        "que vous avez reçue (U-....-....-....).",
        "No emergency access of yours has this reference. Copy it from the answer that you "
        "received (U-....-....-....).",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-justified": Text("RMP : justification reçue", "RMP: justification received"),
    "justified": Text(
        """\
Votre justification de l'accès {reference} est inscrite au journal.
Seuls les auditeurs la lisent ; ils vous écriront s'il leur manque quelque chose.
""",
        """\
Your justification of the access {reference} is in the log. Only auditors read it; they will write
to you if they miss anything.
""",
    ),
    "subject-reminder": Text(
        "RMP : accès en urgence à justifier", "RMP: emergency access to justify"
    ),
    "reminder-justify": Text(
        """\
Votre accès en urgence du {at}, référence {reference}, n'est pas encore justifié. Répondez
par :

    Demande : justification
    Référence : {reference}
    Motif : ...
""",
        """\
Your emergency access of {at}, reference {reference}, is not justified yet. Answer by:

    Request : justification
    Reference : {reference}
    Reason : ...
""",
    ),
}
