"""The list of patients."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-list": Text("RMP : vos patients", "RMP: your patients"),
    "list-head": Text(
        "Vos patients dont le nom commence par « {letters} » : {count}",
        "Your patients whose name begins with « {letters} »: {count}",
    ),
    "list-head-all": Text("Vos patients : {count}", "Your patients: {count}"),
    "list-line": Text(
        "{patient}, né(e) le {birth_date} ; dernière entrée : {last}",
        "{patient}, born {birth_date}; last entry: {last}",
    ),
    "list-unseen": Text(
        " ; {count} entrée(s) que vous n'avez pas encore reçue(s)",
        "; {count} that you were not sent yet",
    ),
    "list-none": Text("aucune", "none"),
}
