"""What was moved to another onglet."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-refiled": Text(
        "RMP : reclassement pour {patient}", "RMP: entries moved for {patient}"
    ),
    "refiled": Text(
        """\
Dossier de {patient}, né(e) le {birth_date}.
Sous l'onglet « {onglet} » se trouvent maintenant :

{entries}
""",
        """\
Dossier of {patient}, born {birth_date}.
Under the tab « {onglet} » there are now:

{entries}
""",
    ),
    "refiled-from": Text(
        "{number}. {date}  {title}, {author}\n      quitte « {before} »",
        "{number}. {date}  {title}, {author}\n      leaves « {before} »",
    ),
    "refiled-stays": Text(
        "{number}. {date}  {title}, {author}\n      s'y trouvait déjà",
        "{number}. {date}  {title}, {author}\n      was there already",
    ),
}
