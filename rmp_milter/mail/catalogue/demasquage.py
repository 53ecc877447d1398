"""Entries that are shown again."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "unmasked-now": Text(
        """\
Ces documents sont de nouveau visibles :

{entries}
""",
        """\
These documents are shown again:

{entries}
""",
    ),
    "unmasked-before": Text(
        """\
Ceux-ci n'étaient pas masqués, rien n'a été changé :

{entries}
""",
        """\
These were not masked, nothing was changed:

{entries}
""",
    ),
    "unmasked-notice": Text(
        """\
Dans le dossier de {patient}, né(e) le {birth_date},
{sender} a montré de nouveau {count} document(s)
masqué(s), avec le code ou la carte du patient. Votre index leur
donne les numéros {numbers}.

Si le patient ne l'a pas voulu, envoyez pour lui la demande
« masquage » avec ces numéros.
""",
        """\
In the dossier of {patient}, born {birth_date},
{sender} has shown {count} masked document(s) again,
with the code or card of the patient. In your index they have the
numbers {numbers}.

If this was not the patient's wish, send the request « mask » for
him, with these numbers.
""",
    ),
}
