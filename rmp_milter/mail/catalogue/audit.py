"""What the auditors' mailboxes get: the access log's checkpoints, in clear."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "alert-subject": Text(
        "RMP : accès en urgence en retard, {reference}",
        "RMP: emergency access overdue, {reference}",
    ),
    "alert-justification": Text(
        "L'accès en urgence {reference} du {at} n'est pas justifié après {hours} heures.\n"
        "Relancez le médecin ; rmp access overdue EXPORT énumère ce qui est en retard.",
        "The emergency access {reference} of {at} is not justified after {hours} hours.\n"
        "Ask the doctor; rmp access overdue EXPORT lists what is overdue.",
    ),
    "alert-review": Text(
        "L'accès en urgence {reference} du {at} n'est pas contrôlé après {hours} heures.\n"
        "Prévenez les auditeurs ; rmp access overdue EXPORT énumère ce qui est en retard.",
        "The emergency access {reference} of {at} is not reviewed after {hours} hours.\n"
        "Tell the auditors; rmp access overdue EXPORT lists what is overdue.",
    ),
    "checkpoint-subject": Text(
        "Point de contrôle du journal {origin} : {size} entrées",
        "Checkpoint of the access log {origin}: {size} entries",
    ),
    "checkpoint": Text(
        "Enregistrez la pièce jointe telle quelle, hors de portée de l'hébergeur : c'est la\n"
        "preuve que le journal des accès {origin} comptait {size} entrées ce jour-là, et\n"
        "lesquelles. Elle ne dit rien d'aucun patient ni d'aucun médecin. Pour la confronter\n"
        "plus tard à un export du journal :\n"
        "rmp access verify EXPORT --checkpoint {name}\n"
        "Si ces messages quotidiens cessent, demandez pourquoi.",
        "Save the attachment as it is, out of the host's reach: it proves that the access log\n"
        "{origin} held {size} entries that day, and which. It tells nothing of any patient or\n"
        "doctor. To hold it against an export of the log later:\n"
        "rmp access verify EXPORT --checkpoint {name}\n"
        "If these daily mails stop, ask why.",
    ),
}
