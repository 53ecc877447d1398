"""The end of a dossier: answer, notice, refusal."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "close-by-whom": Text(
        "Le dossier n'a pas été clos : il y faut le code du patient. Rien n'a été fait. Le "
        "médecin traitant signe le message et ajoute une ligne Code, le patient qui a sa "
        "propre clé peut aussi le demander lui-même.",
        "The dossier was not closed: it takes the patient's code. Nothing was done. The "
        "treating doctor signs the mail and adds a line Code, a patient with a key of his own "
        "can also ask for it himself.",
    ),
    "close-contestable": Text(
        "Le dossier n'a pas été clos. Rien n'a été fait. Le médecin traitant a changé depuis peu, "
        "et un dossier n'est pas clos tant que cela peut être contesté : renvoyez la demande "
        "après le {at}.",
        "The dossier was not closed. Nothing was done. The treating doctor has changed of late, "
        "and no dossier is closed while that can be contested: send the request again after {at}.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-closed": Text("RMP : dossier de {patient} clos", "RMP: dossier closed, {patient}"),
    "closed": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, est
clos. Plus rien n'y est ajouté ni lu.

À partir du {erase}, au terme de la conservation légale, ses
clés seront détruites et ses documents effacés : plus personne ne
pourra les lire. Si la clôture est une erreur, l'hébergeur peut
rouvrir le dossier avant cette date.
""",
        """\
The dossier of {patient}, born {birth_date}, is closed.
Nothing is added or read any more.

From {erase} on, once the legal period is over, its keys are
destroyed and its documents erased: nobody will be able to read
them. If the closure is a mistake, the host can reopen the dossier
before that date.
""",
    ),
    "closed-notice": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, a été
clos à la demande de {sender}. Plus rien n'y est ajouté
ni lu. Il sera effacé à partir du {erase}.

Si c'est une erreur, adressez-vous à l'hébergeur avant cette date.
""",
        """\
The dossier of {patient}, born {birth_date}, was closed
at the wish of {sender}. Nothing is added or read any
more. It is erased from {erase} on.

If this is a mistake, ask the host before that date.
""",
    ),
}
