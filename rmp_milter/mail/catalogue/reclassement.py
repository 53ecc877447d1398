"""What was moved to another onglet."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-refiled": Text(
        "RMP : reclassement pour {patient}", "RMP: entries moved for {patient}"
    ),
    "refiled": Text(
        """\
Dossier de {patient}, né(e) le {birth_date}. Onglet « {onglet} » :

{entries}
""",
        """\
Dossier of {patient}, born {birth_date}. Tab « {onglet} »:

{entries}
""",
    ),
    "refiled-from": Text(
        "{number}. {date}  {title} — {author}\n      quitte « {before} »",
        "{number}. {date}  {title} — {author}\n      leaves « {before} »",
    ),
    "refiled-stays": Text(
        "{number}. {date}  {title} — {author}\n      s'y trouvait déjà",
        "{number}. {date}  {title} — {author}\n      was there already",
    ),
}
