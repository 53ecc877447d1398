"""A locum named: answers, notice, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "locum-doctors-only": Text(
        "Seul un médecin inscrit peut déclarer un remplaçant. Rien n'a été changé.",
        "Only an enrolled doctor can declare a locum. Nothing was changed.",
    ),
    "locum-unknown": Text(
        "Le remplaçant n'a pas été trouvé avec certitude parmi les médecins inscrits. Indiquez "
        "son numéro RPPS, son adresse de messagerie ou son nom exact (ligne « Remplaçant : »). "
        "S'il n'est pas inscrit, il doit d'abord s'adresser à l'hébergeur. Rien n'a été changé.",
        "The locum was not found with certainty among the enrolled doctors. Give the RPPS number, "
        "the mail address or the exact name (line « Locum : »). Who is not enrolled must first ask "
        "the host. Nothing was changed.",
    ),
    "locum-unfit": Text(
        "Un remplaçant doit être un autre médecin inscrit. Rien n'a été changé.",
        "A locum must be another enrolled doctor. Nothing was changed.",
    ),
    "locum-days": Text(
        "Les dates du remplacement ne conviennent pas : la fin (« Au : ») ne doit ni précéder le "
        "début (« Du : ») ni être déjà passée, et un remplacement dure un an au plus. Pour y "
        "mettre fin, écrivez « Demande : fin de remplacement ». Rien n'a été changé.",
        "The days do not fit: the end (« Until : ») must not come before the beginning (« From : »)"
        " nor be over already, and a locum is declared for a year at most. To end it, write "
        "« Request : end of locum ». Nothing was changed.",
    ),
    "locum-many": Text(
        "Vous avez déjà déclaré {most} remplacements, c'est le maximum. Mettez fin à l'un d'eux "
        "(« Demande : fin de remplacement »). Rien n'a été changé.",
        "You have declared {most} locums already, which is the most. End one of them (« Request : "
        "end of locum »). Nothing was changed.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-locum": Text("RMP : vos remplacements", "RMP: your locums"),
    "locum-declared": Text(
        "Le remplacement par {locum} est enregistré.\n", "{locum} is declared as your locum.\n"
    ),
    "locum-list": Text("Remplacements en cours ou à venir :", "Locums now and later:"),
    "locum-line": Text(
        "{locum}, du {first} au {last} inclus", "{locum}, from {first} to {last} included"
    ),
    "locum-line-none": Text("  aucun", "  none"),
    "locum-told": Text(
        """\
{doctor} vous a déclaré(e) comme remplaçant(e), du {first} au {last} inclus.

Pendant ces jours, un message signé de votre clé suffit pour lire les dossiers dont {doctor} est
le médecin traitant, pour chercher parmi ses patients et pour y déposer des documents. Le service
indique chaque fois « remplaçant de {doctor} », aussi dans la liste des accès que le patient
peut demander.
""",
        """\
{doctor} has declared you as locum, from {first} to {last} included.

In these days a mail signed with your key is enough to read the dossiers of which {doctor} is the
treating doctor, to search among these patients and to add documents. Each time the service says
« locum of {doctor} », also in the list of accesses that the patient may ask for.
""",
    ),
    "author-locum": Text("{locum} (remplaçant de {doctor})", "{locum} (locum of {doctor})"),
}
