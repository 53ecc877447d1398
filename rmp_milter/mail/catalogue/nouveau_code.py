"""The patient's new code: answer, notice, refusal."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "weak-new-code": Text(
        "Le code n'a pas été changé, car celui que vous proposez serait trop vite deviné. Rien n'a "
        "été fait. Il lui faut au moins huit lettres sans accent ou chiffres, dont quatre "
        "différents ; ni suite comme 12345678, ni nom ou date de naissance du patient. "
        "Choisissez-en un autre, ou retirez la ligne Code et le service en fabriquera un. Puis "
        "renvoyez le message.",
        "The code was not changed, as the one you give would be guessed too soon. Nothing was "
        "done. It needs at least eight letters without accents or digits, four of them "
        "different; no row such as 12345678, no name or date of birth of the patient. Choose "
        "another one, or leave the line Code out and the service will make one. Then send the "
        "mail again.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-code": Text("RMP : code de {patient}", "RMP: code of {patient}"),
    "code-renewed": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, a un
nouveau code.

Voici le nouveau code confidentiel du patient, à lui remettre.

    {code}

{spelled}

Majuscules, espaces et tirets ne comptent pas.

Notez-le maintenant, il ne sera plus affiché. Imprimez la fiche
jointe ({slip}), remettez-la au patient et détruisez
l'ancienne, dont le code n'ouvre plus rien.

À découper, si la fiche ne s'imprime pas :

+----------------------------------------------------------------+
  Résumé médical partagé
  Fiche de {patient}, né(e) le {birth_date}
  Code personnel du patient

      {code}

  Ce code est confidentiel. Ne le donnez qu'à un professionnel de
  santé à qui vous permettez de lire votre dossier.
+----------------------------------------------------------------+
""",
        """\
The dossier of {patient}, born {birth_date}, has a new
code.

Here is the patient's new confidential code, to be handed over.

    {code}

{spelled}

Capitals, blanks and dashes do not count.

Note it now, it will not be shown again. Print the slip that is
attached ({slip}), hand it to the patient and destroy the
old one, whose code opens nothing any more.

To cut out, if the slip does not print:

+----------------------------------------------------------------+
  Shared medical summary
  Slip of {patient}, born {birth_date}
  The patient's personal code

      {code}

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
