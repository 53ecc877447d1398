"""The list of patients."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-list": Text("RMP : vos patients", "RMP: your patients"),
    "list-head": Text(
        "{count} de vos patients ont un nom qui commence par « {letters} »",
        "{count} of your patients have a name that begins with « {letters} »",
    ),
    "list-head-all": Text("Vos patients : {count}", "Your patients: {count}"),
    "list-line": Text(
        "{patient}, né(e) le {birth_date} ; dernier document : {last}",
        "{patient}, born {birth_date}; last document: {last}",
    ),
    "list-unseen": Text(
        " ; {count} document(s) que vous n'avez pas encore reçu(s)",
        "; {count} document(s) that you were not sent yet",
    ),
    "list-none": Text(
        "aucun",
        "none",
    ),
}
