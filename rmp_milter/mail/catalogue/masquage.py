"""Entries that are masked."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-mask": Text("RMP : masquage, dossier de {patient}", "RMP: masks, {patient}"),
    "masked-now": Text("Entrée(s) masquée(s) :\n\n{entries}\n", "Masked:\n\n{entries}\n"),
    "masked-before": Text(
        "Déjà masquée(s), rien n'a été changé :\n\n{entries}\n",
        "Masked before, nothing was changed:\n\n{entries}\n",
    ),
    "masked-means": Text(
        "Une entrée masquée n'est visible que de son auteur, du médecin traitant (ou de son\n"
        "remplaçant) et du patient ; rien ne signale son existence aux autres. Ce qui a déjà été\n"
        "lu ne peut pas être repris.\n",
        "A masked entry is seen by its author, the treating doctor (or his locum) and the patient\n"
        "only; nothing tells others that it is there. What was read before cannot be taken back.\n",
    ),
}
