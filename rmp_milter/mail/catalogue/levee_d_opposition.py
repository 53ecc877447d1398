"""A doctor whom the patient admits again."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "lifted-now": Text(
        """\
{patient} admet de nouveau {doctor}
(RPPS {rpps}). Avec le code du patient, ce médecin peut
lire le dossier.
""",
        """\
{patient} admits {doctor} again
(RPPS {rpps}). With the patient's code this doctor can
read the dossier.
""",
    ),
    "lifted-before": Text(
        """\
{patient} ne s'oppose pas à {doctor}
(RPPS {rpps}). Rien n'a été changé.
""",
        """\
{patient} does not refuse {doctor}
(RPPS {rpps}). Nothing was changed.
""",
    ),
    "lifted-notice": Text(
        """\
Dans le dossier de {patient}, né(e) le {birth_date},
{sender} a levé, avec le code ou la carte du patient,
l'opposition à {doctor}, qui peut de nouveau lire le
dossier avec le code.

Si le patient ne l'a pas voulu, envoyez pour lui la demande
« opposition » avec le nom de ce médecin.
""",
        """\
In the dossier of {patient}, born {birth_date},
{sender} has lifted, with the code or card of the
patient, the opposition to {doctor}, who can read the
dossier again with the code.

If this was not the patient's wish, send the request
« opposition » for him, with the name of that doctor.
""",
    ),
}
