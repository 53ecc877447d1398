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
}
