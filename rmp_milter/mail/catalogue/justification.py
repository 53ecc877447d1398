"""An emergency's justification: answer, reminder, refusal."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "no-such-reference": Text(
        "Aucun de vos accès en urgence ne porte cette référence. Rien n'a été fait. "
        "Recopiez-la du message qui vous a donné le dossier (elle commence par U), puis "
        "renvoyez votre justification.",
        "No emergency access of yours has this reference. Nothing was done. Copy it from the "
        "mail that brought you the dossier (it begins with U) and send your justification "
        "again.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-justified": Text("RMP : justification reçue", "RMP: justification received"),
    "justified": Text(
        """\
Votre justification de l'accès {reference} est reçue.
Seuls les auditeurs la liront. Ils vous écriront s'il leur manque
quelque chose.
""",
        """\
Your justification of the access {reference} is received.
Only auditors will read it. They will write to you if they miss
anything.
""",
    ),
    "subject-reminder": Text(
        "RMP : accès en urgence à justifier",
        "RMP: emergency access to justify",
    ),
    "reminder-justify": Text(
        """\
Votre accès en urgence du {at}
n'est pas encore justifié. Référence de l'accès, {reference}.

Répondez à ce message, signé, avec quelques mots qui disent
pourquoi. Ou bien envoyez ces lignes, complétées.

    Demande : justification
    Motif : [pourquoi]
    Référence : {reference}

Seuls les auditeurs lisent ces mots.
""",
        """\
Your emergency access of {at}
is not justified yet. Its reference is {reference}.

Answer this mail, signed, with a few words that say why. Or send
these lines, completed.

    Request : justification
    Reason : [why]
    Reference : {reference}

Only auditors read these words.
""",
    ),
}
