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
    "masked-notice": Text(
        """\
Dans le dossier de {patient}, né(e) le {birth_date},
{sender} a masqué {count} document(s), avec le code ou
la carte du patient. Votre index leur donne les
numéros {numbers}.

Si le patient ne l'a pas voulu, envoyez pour lui la demande
« démasquage » avec ces numéros.
""",
        """\
In the dossier of {patient}, born {birth_date},
{sender} has masked {count} document(s), with the code
or card of the patient. In your index they have the
numbers {numbers}.

If this was not the patient's wish, send the request « unmask »
for him, with these numbers.
""",
    ),
}
