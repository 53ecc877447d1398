"""Entries that are masked."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-mask": Text("RMP : masquage, dossier de {patient}", "RMP: masks, {patient}"),
    "masked-now": Text(
        """\
Ces documents sont masqués :

{entries}
""",
        """\
These documents are masked:

{entries}
""",
    ),
    "masked-before": Text(
        """\
Ceux-ci étaient déjà masqués, rien n'a été changé :

{entries}
""",
        """\
These were masked before, nothing was changed:

{entries}
""",
    ),
    "masked-means": Text(
        """\
Un document masqué n'est vu que de son auteur, du médecin traitant
(ou de son remplaçant) et du patient. Rien ne dit aux autres qu'il
existe. Ce qui a déjà été lu ne peut pas être repris.
""",
        """\
A masked document is seen only by its author, the treating doctor
(or his locum) and the patient. Nothing tells others that it is
there. What was read before cannot be taken back.
""",
    ),
}
