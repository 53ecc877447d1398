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
    "unusual-subject": Text(
        "RMP : des accès en urgence sortent de l'ordinaire ({count})",
        "RMP: emergency accesses that stand out ({count})",
    ),
    "unusual-before": Text(
        "Les accès en urgence de médecins sortent de l'ordinaire. C'est une\n"
        "question à leur poser, et ne prouve rien ; chacun par la référence\n"
        "de l'un de ces accès :",
        "Emergency accesses of doctors stand out. That is a question to\n"
        "ask them, and proves nothing; each by the reference of one of\n"
        "these accesses:",
    ),
    "unusual-after": Text(
        "Pour voir qui, et quels accès :\n\n    rmp access unusual EXPORT",
        "To see whose, and which accesses:\n\n    rmp access unusual EXPORT",
    ),
    "machine-subject": Text("RMP : le serveur a besoin de vous", "RMP: the server needs you"),
    "machine-clock-behind": Text(
        "L'horloge de cette machine semble en retard : le journal a été\n"
        "écrit plus tard que maintenant, ou plusieurs médecins signent\n"
        "dans l'avenir. Les messages sont différés, sauf les urgences.\n"
        "Mettez-la à l'heure ; rien n'est perdu. Pour voir :\n\n"
        "    rmp check",
        "The clock of this machine seems to be behind: the access log\n"
        "was written later than now, or several doctors sign in the\n"
        "future. Mails are put off, but for emergencies. Set it right;\n"
        "nothing is lost. To see:\n\n"
        "    rmp check",
    ),
    "machine-shortage": Text(
        "Cette machine a manqué de mémoire, de descripteurs ou de place :\n"
        "des messages ont été différés. Ils reviennent d'eux-mêmes ; rien\n"
        "n'est perdu. Le détail est dans les journaux de rmp milter et de\n"
        "rmp keeper.",
        "This machine lacked memory, descriptors or room: mails were put\n"
        "off. They come again by themselves; nothing is lost. The logs of\n"
        "rmp milter and rmp keeper say more.",
    ),
    "machine-restored": Text(
        "Des messages sont différés : le magasin et le gardien (rmp keeper)\n"
        "ne sont pas du même jour. L'un des deux vient sans doute d'une\n"
        "copie plus ancienne. Les urgences passent ; les autres messages\n"
        "reviennent d'eux-mêmes. Pour voir ce qui diffère, et la commande\n"
        "qui aide :\n\n"
        "    rmp store check",
        "Mails are put off: the store and the keeper are not of one day.\n"
        "One of both seems to come from an older copy. Emergencies go on;\n"
        "other mails come again by themselves. To see what differs, and\n"
        "the command that helps:\n\n"
        "    rmp store check",
    ),
    "machine-keys-over": Text(
        "Un médecin traitant n'a plus de clé valable : les dépôts sont\n"
        "reçus et il n'en lit aucun. Relancez-le ; dès que sa clé est\n"
        "prolongée ou remplacée, ce qui est arrivé entre-temps s'ouvre\n"
        "aussi. Pour voir qui :\n\n"
        "    rmp doctor list --expiring 0",
        "A médecin traitant has no valid key any more: deposits are taken,\n"
        "and he reads none of them. Ask him; as soon as his key is\n"
        "prolonged or replaced, what came meanwhile opens as well. To see\n"
        "who it is:\n\n"
        "    rmp doctor list --expiring 0",
    ),
    "machine-witness-refused": Text(
        "UN TÉMOIN REFUSE de cosigner le journal des accès : selon lui, le\n"
        "journal n'est pas la suite de celui qu'il a vu. Ou bien il a été\n"
        "refait, coupé ou remplacé par une copie, ou bien le témoin se\n"
        "trompe. Ne touchez à rien, et prévenez vos auditeurs. Qui, et ce\n"
        "qu'il a dit :\n\n"
        "    rmp access witness status",
        "A WITNESS REFUSES to cosign the access log: to him it is not the\n"
        "log that he has seen, continued. Either it was rebuilt, cut, or\n"
        "replaced by a copy, or the witness is wrong. Touch nothing, and\n"
        "tell your auditors. Who, and what he said:\n\n"
        "    rmp access witness status",
    ),
    "machine-witness-silent": Text(
        "Un témoin du journal des accès n'a rien cosigné depuis un jour.\n"
        "Demandez-lui pourquoi, et regardez rmp-witness.timer. Qui :\n\n"
        "    rmp access witness status",
        "A witness of the access log has cosigned nothing for a day. Ask\n"
        "him why, and look at rmp-witness.timer. Who:\n\n"
        "    rmp access witness status",
    ),
    "machine-witness-unmet": Text(
        "Aucun point de contrôle du dernier jour n'est cosigné comme le\n"
        "veut votre politique de témoins ([audit] witness_policy). Vos\n"
        "auditeurs l'apprennent par le message quotidien. Pour voir ce qui\n"
        "manque :\n\n"
        "    rmp access witness status",
        "No checkpoint of the last day is cosigned as your policy of\n"
        "witnesses asks ([audit] witness_policy). Your auditors learn it\n"
        "by the daily mail. To see what is missing:\n\n"
        "    rmp access witness status",
    ),
    "machine-clock-leapt": Text(
        "L'horloge de cette machine a sauté d'un jour ou plus en avant.\n"
        "Pendant un jour, rien n'est considéré comme échu et rien n'est\n"
        "supprimé. Vérifiez-la ; si elle est juste, il n'y a rien à faire.",
        "The clock of this machine leapt ahead by a day or more. For one\n"
        "day nothing is taken to be over and nothing is deleted. Check\n"
        "it; if it is right, there is nothing to do.",
    ),
    "checkpoint-subject": Text(
        "Point de contrôle du journal {origin} : {size} entrées",
        "Checkpoint of the access log {origin}: {size} entries",
    ),
    "checkpoint-handover": Text(
        "LA CLÉ DU JOURNAL A CHANGÉ à l'entrée {number}. La nouvelle :\n\n"
        "    {vkey}\n\n"
        "Comparez-la avec ce que l'hébergeur vous lit par un autre chemin,\n"
        "gardez {name},\n"
        "et vérifiez-le par la clé que vous aviez :\n\n"
        "    rmp access verify {name} --vkey CLE\n\n"
        "Ce que l'ancienne clé signe après cette entrée ne vaut rien.",
        "THE LOG'S KEY HAS CHANGED at entry {number}. The new one:\n\n"
        "    {vkey}\n\n"
        "Compare it with what the host reads out to you by another way,\n"
        "keep {name},\n"
        "and verify it by the key that you had:\n\n"
        "    rmp access verify {name} --vkey KEY\n\n"
        "What the old key signs behind that entry is worth nothing.",
    ),
    "checkpoint-cosigned": Text(
        "{name} est le dernier point de contrôle que des\n"
        "témoins ont cosigné : chacun dit avoir vu que ce journal prolonge\n"
        "celui qu'il connaissait. Vos propres fichiers doivent être de la\n"
        "même histoire :\n\n"
        "    rmp access compare {name} EXPORT --policy POLITIQUE",
        "{name} is the last checkpoint that witnesses\n"
        "cosigned: each says that he saw this log extend the one that he\n"
        "knew. Your own files must be of the same history:\n\n"
        "    rmp access compare {name} EXPORT --policy POLICY",
    ),
    "checkpoint-not-cosigned": Text(
        "LES TÉMOINS MANQUENT : aucun point de contrôle du dernier jour\n"
        "n'est cosigné comme le veut la politique de l'hébergeur. Demandez\n"
        "pourquoi, à lui et aux témoins.",
        "WITNESSES ARE MISSING: no checkpoint of the last day is cosigned\n"
        "as the host's policy asks. Ask why, him and the witnesses.",
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
