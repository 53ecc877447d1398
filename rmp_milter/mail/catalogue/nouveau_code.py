"""The patient's new code: answer, notice, refusal."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "weak-new-code": Text(
        "Le code n'a pas été changé : celui que vous proposez est trop court. Rien n'a été "
        "fait. Choisissez-en un plus long, ou retirez la ligne Code et le service en "
        "fabriquera un. Puis renvoyez le message.",
        "The code was not changed: the one you give is too short. Nothing was done. Choose a "
        "longer one, or leave the line Code out and the service will make one. Then send the "
        "mail again.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-code": Text("RMP : code de {patient}", "RMP: code of {patient}"),
    "code-renewed": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, a un
nouveau code.

Nouveau code du patient : {code}

Notez-le maintenant : il ne sera plus affiché. Imprimez la fiche
jointe ({slip}), remettez-la au patient et détruisez
l'ancienne : l'ancien code n'ouvre plus rien.

À découper, si la fiche ne s'imprime pas :

+----------------------------------------------------------------+
  Résumé médical partagé
  Patient : {patient}, né(e) le {birth_date}
  Code personnel : {code}
  Ce code est confidentiel. Ne le donnez qu'à un professionnel de
  santé à qui vous permettez de lire votre dossier.
+----------------------------------------------------------------+
""",
        """\
The dossier of {patient}, born {birth_date}, has a new
code.

The patient's new code: {code}

Note it now: it will not be shown again. Print the slip that is
attached ({slip}), hand it to the patient and destroy the
old one: the old code opens nothing any more.

To cut out, if the slip does not print:

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
Le dossier de {patient}, né(e) le {birth_date},
a un nouveau code, à la demande de {sender}.
L'ancien n'ouvre plus rien.

Si le patient ne l'a pas voulu, envoyez pour lui la demande
« nouveau code ».
""",
        """\
The dossier of {patient}, born {birth_date},
has a new code, asked for by {sender}.
The old one opens nothing any more.

If this was not the patient's wish, send the request « new code »
for him.
""",
    ),
}
