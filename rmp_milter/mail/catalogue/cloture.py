"""The end of a dossier: answer, notice, refusal."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "close-by-whom": Text(
        "Un dossier est clos à la demande du médecin traitant, qui signe et ajoute le code "
        "du patient (ligne « Code : »), ou du patient par sa propre clé. Rien n'a été fait.",
        "A dossier is closed at the wish of the treating doctor, who signs and adds the "
        "patient's code (line « Code : »), or of the patient with a key of his own. Nothing "
        "was done.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-closed": Text("RMP : dossier de {patient} clos", "RMP: dossier closed, {patient}"),
    "closed": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, est clos. Plus rien n'y est ajouté ni lu.

Au terme de la conservation légale, à partir du {erase}, toutes ses clés seront détruites et les
documents effacés : ils ne pourront plus être lus par personne. Si la clôture est une erreur,
l'hébergeur peut rouvrir le dossier avant cette date.
""",
        """\
The dossier of {patient}, born {birth_date}, is closed. Nothing is added or read any more.

Once the legal period is over, from {erase} on, all its keys are destroyed and the documents
erased: nobody will be able to read them. If the closure is a mistake, the host can reopen the
dossier before that date.
""",
    ),
    "closed-notice": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, a été clos à la demande de
{sender}. Plus rien n'y est ajouté ni lu. Il sera effacé à partir du {erase}.
Si c'est une erreur, adressez-vous à l'hébergeur avant cette date.
""",
        """\
The dossier of {patient}, born {birth_date}, was closed at the wish of
{sender}. Nothing is added or read any more. It will be erased from {erase} on.
If this is a mistake, ask the host before that date.
""",
    ),
}
