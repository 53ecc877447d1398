"""What the auditors' mailboxes get: the access log's checkpoints, in clear."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "alert-subject": Text(
        "RMP : accès en urgence en retard, {reference}",
        "RMP: emergency access overdue, {reference}",
    ),
    "alert-justification": Text(
        "L'accès en urgence {reference} du {at}\n"
        "n'est pas justifié après {hours} heures. Relancez le médecin.\n\n"
        "Pour voir tout ce qui est en retard :\n\n"
        "    rmp access overdue EXPORT",
        "The emergency access {reference} of {at}\n"
        "is not justified after {hours} hours. Ask the doctor.\n\n"
        "To see all that is overdue:\n\n"
        "    rmp access overdue EXPORT",
    ),
    "alert-review": Text(
        "L'accès en urgence {reference} du {at}\n"
        "n'est pas contrôlé après {hours} heures. Prévenez les auditeurs.\n\n"
        "Pour voir tout ce qui est en retard :\n\n"
        "    rmp access overdue EXPORT",
        "The emergency access {reference} of {at}\n"
        "is not reviewed after {hours} hours. Tell the auditors.\n\n"
        "To see all that is overdue:\n\n"
        "    rmp access overdue EXPORT",
    ),
    "checkpoint-subject": Text(
        "Point de contrôle du journal {origin} : {size} entrées",
        "Checkpoint of the access log {origin}: {size} entries",
    ),
    "checkpoint": Text(
        "Enregistrez la pièce jointe telle quelle, hors de portée de\n"
        "l'hébergeur : elle prouve que le journal des accès {origin}\n"
        "comptait {size} entrées ce jour-là, et lesquelles. Elle ne dit\n"
        "rien d'aucun patient ni d'aucun médecin. Si ces messages\n"
        "quotidiens cessent, demandez pourquoi.\n\n"
        "Pour la confronter plus tard à un export du journal :\n\n"
        "    rmp access verify EXPORT --checkpoint {name}",
        "Save the attachment as it is, out of the host's reach: it proves\n"
        "that the access log {origin} held {size} entries\n"
        "that day, and which. It tells nothing of any patient or doctor.\n"
        "If these daily mails stop, ask why.\n\n"
        "To hold it against an export of the log later:\n\n"
        "    rmp access verify EXPORT --checkpoint {name}",
    ),
}
