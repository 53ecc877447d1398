"""The patient's new code: answer, notice, refusal."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "weak-new-code": Text(
        "Le code n'a pas été changé : celui que vous proposez est trop court. Choisissez-en "
        "un plus long, ou retirez la ligne « Code : » pour que le service en fabrique un.",
        "The code was not changed: the one you give is too short. Choose a longer one, or "
        "leave the line « Code : » out and the service makes one.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-code": Text("RMP : code de {patient}", "RMP: code of {patient}"),
    "code-renewed": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, a un nouveau code. L'ancien n'ouvre plus rien.

Nouveau code du patient : {code}

Remettez ce code au patient. Il ne sera plus affiché. La fiche à imprimer pour lui est jointe
({slip}) ; détruisez l'ancienne. À défaut, à découper :

+----------------------------------------------------------------+
  Résumé médical partagé
  Patient : {patient}, né(e) le {birth_date}
  Code personnel : {code}
  Ce code est confidentiel. Ne le donnez qu'à un professionnel de
  santé à qui vous permettez de lire votre dossier.
+----------------------------------------------------------------+
""",
        """\
The dossier of {patient}, born {birth_date}, has a new code. The old one opens nothing any more.

The patient's new code: {code}

Hand this code to the patient. It will not be shown again. The slip to print is enclosed
({slip}); destroy the old one. Otherwise, to cut out:

+----------------------------------------------------------------+
  Shared medical summary
  Patient: {patient}, born {birth_date}
  Personal code: {code}
  This code is confidential. Give it only to a professional whom
  you allow to read your dossier.
+----------------------------------------------------------------+
""",
    ),
    "code-renewed-notice": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, a reçu un nouveau code, à la demande de
{sender}. L'ancien code n'ouvre plus rien. Si le patient ne l'a pas voulu,
demandez pour lui un autre code (« Demande : nouveau code »).
""",
        """\
The dossier of {patient}, born {birth_date}, was given a new code, asked for by
{sender}. The old one opens nothing any more. If this was not the patient's wish,
ask for another code for him (« Request : new code »).
""",
    ),
}
