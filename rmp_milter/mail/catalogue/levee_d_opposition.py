"""A doctor whom the patient admits again."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "lifted-now": Text(
        "L'opposition de {patient} à {doctor}, RPPS {rpps}, est levée : avec le code, ce médecin\n"
        "peut de nouveau lire le dossier.\n",
        "{patient} admits {doctor}, RPPS {rpps}, again: with the code he can read the dossier.\n",
    ),
    "lifted-before": Text(
        "{patient} ne s'oppose pas à {doctor}, RPPS {rpps}. Rien n'a été changé.\n",
        "{patient} does not refuse {doctor}, RPPS {rpps}. Nothing was changed.\n",
    ),
}
