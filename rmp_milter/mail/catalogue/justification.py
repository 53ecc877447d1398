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
Votre accès en urgence du {at} (UTC)
n'est pas encore justifié. Référence de l'accès, {reference}.

Écrivez un nouveau message, chiffré et signé, avec ces lignes.

    Demande : justification
    Référence : {reference}
    Motif : ...
""",
        """\
Your emergency access of {at} (UTC)
is not justified yet. Its reference is {reference}.

Write a new mail, encrypted and signed, with these lines.

    Request : justification
    Reference : {reference}
    Reason : ...
""",
    ),
}
