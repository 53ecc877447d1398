"""Receipts."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-filed": Text("RMP : reçu pour {patient}", "RMP: receipt for {patient}"),
    "filed": Text(
        """\
Reçu le {date} pour {patient}, né(e) le {birth_date} :

{documents}

Classé dans l'onglet « {onglet} » ({reason}).
""",
        """\
Received on {date} for {patient}, born {birth_date}:

{documents}

Filed under the tab « {onglet} » ({reason}).
""",
    ),
}
