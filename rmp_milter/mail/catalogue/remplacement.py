"""A locum named: answers, notice, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "locum-doctors-only": Text(
        "Le remplacement n'a pas été enregistré : seul un médecin inscrit peut en déclarer "
        "un. Rien n'a été changé.",
        "The locum was not declared: only an enrolled doctor can declare one. Nothing was "
        "changed.",
    ),
    "locum-unknown": Text(
        "Le remplaçant n'a pas été trouvé avec certitude parmi les médecins inscrits. Rien "
        "n'a été changé. Écrivez sur la ligne Remplaçant son numéro RPPS, son adresse de "
        "messagerie ou son nom exact. S'il n'est pas inscrit, qu'il s'adresse d'abord à "
        "l'hébergeur.",
        "The locum was not surely found among the enrolled doctors. Nothing was changed. Give "
        "the RPPS number, the mail address or the exact name in the line Locum. Who is not "
        "enrolled must first ask the host.",
    ),
    "locum-unfit": Text(
        "Le remplacement n'a pas été enregistré : le remplaçant doit être un autre médecin "
        "inscrit. Rien n'a été changé. Corrigez la ligne Remplaçant.",
        "The locum was not declared: it must be another enrolled doctor. Nothing was changed. "
        "Correct the line Locum.",
    ),
    "locum-days": Text(
        "Les dates du remplacement ne conviennent pas. Rien n'a été changé. La fin (ligne Au) "
        "ne doit ni précéder le début (ligne Du) ni être déjà passée, et un remplacement dure "
        "un an au plus. Pour y mettre fin tout de suite, envoyez la demande « fin de "
        "remplacement ».",
        "The days do not fit. Nothing was changed. The end (line Until) must not come before "
        "the beginning (line From) nor be over already, and a locum is declared for a year at "
        "most. To end it at once, send the request « end of locum ».",
    ),
    "locum-many": Text(
        "Vous avez déjà {most} remplacements déclarés, c'est le maximum. Rien n'a été changé. "
        "Mettez d'abord fin à l'un d'eux par la demande « fin de remplacement ».",
        "You have {most} locums declared already, which is the most. Nothing was changed. End "
        "one of them first with the request « end of locum ».",
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
{doctor} vous a déclaré(e) comme remplaçant(e),
du {first} au {last} inclus.

Pendant ces jours, un message signé de votre clé suffit, sans
code, pour lire les dossiers dont {doctor} est le
médecin traitant, chercher parmi ses patients et déposer des
documents.

Chaque fois, le service inscrit « remplaçant de
{doctor} », aussi dans la liste des accès que le patient
peut demander.
""",
        """\
{doctor} has declared you as locum,
from {first} to {last} included.

In these days a mail signed with your key is enough, without a
code, to read the dossiers of which {doctor} is the
treating doctor, to search among these patients and to file
documents.

Each time the service notes « locum of {doctor} », also
in the list of accesses that the patient may ask for.
""",
    ),
    "author-locum": Text("{locum} (remplaçant de {doctor})", "{locum} (locum of {doctor})"),
}
