"""The answers about the patient's code: a new one, or none any more."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

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
    "code-revoked": Text(
        """\
Le code de {patient}, né(e) le {birth_date}, est révoqué : aucun code n'ouvre plus le dossier.
Le médecin traitant y garde son accès. Pour en établir un autre :

    Demande : nouveau code
    Patient : {patient}
    Né le : {birth_date}
""",
        """\
The code of {patient}, born {birth_date}, is revoked: no code opens the dossier any more. The
treating doctor keeps his access. To have another one made:

    Request : new code
    Patient : {patient}
    Born : {birth_date}
""",
    ),
    "code-revoked-before": Text(
        "{patient}, né(e) le {birth_date}, n'a pas de code en vigueur. Rien n'a été changé.\n",
        "{patient}, born {birth_date}, has no code in force. Nothing was changed.\n",
    ),
    "code-revoked-notice": Text(
        """\
Le code de {patient}, né(e) le {birth_date}, a été révoqué à la demande de
{sender} : aucun code n'ouvre plus le dossier. Le médecin traitant ou le patient
peut en demander un autre (« Demande : nouveau code »).
""",
        """\
The code of {patient}, born {birth_date}, was revoked at the wish of
{sender}: no code opens the dossier any more. The treating doctor or the patient
may ask for another one (« Request : new code »).
""",
    ),
}
