"""Entries that are shown again."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "unmasked-now": Text(
        "Entrée(s) de nouveau visible(s) :\n\n{entries}\n", "Shown again:\n\n{entries}\n"
    ),
    "unmasked-before": Text(
        "Non masquée(s), rien n'a été changé :\n\n{entries}\n",
        "Not masked, nothing was changed:\n\n{entries}\n",
    ),
}
