"""The answer to a creation."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-created": Text(
        "RMP : dossier créé pour {patient}", "RMP: dossier created: {patient}"
    ),
    "created": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, est créé. Vous en êtes le médecin traitant.

Code du patient : {code}

Remettez ce code au patient ; il le donne aux confrères à qui il permet de lire son dossier.
Il ne sera plus affiché. À découper :

+----------------------------------------------------------------+
  Résumé médical partagé
  Patient : {patient}, né(e) le {birth_date}
  Code personnel : {code}
  Ce code est confidentiel. Ne le donnez qu'à un professionnel de
  santé à qui vous permettez de lire votre dossier.
+----------------------------------------------------------------+
""",
        """\
The dossier of {patient}, born {birth_date}, is created. You are the treating doctor.

The patient's code: {code}

Hand this code to the patient, who gives it to the colleagues who may read the dossier. It will
not be shown again. To cut out:

+----------------------------------------------------------------+
  Shared medical summary
  Patient: {patient}, born {birth_date}
  Personal code: {code}
  This code is confidential. Give it only to a professional whom
  you allow to read your dossier.
+----------------------------------------------------------------+
""",
    ),
    "also-filed": Text(
        "Document(s) reçu(s) avec la demande, onglet « {onglet} » :\n\n{documents}\n",
        "Document(s) received with the request, tab « {onglet} »:\n\n{documents}\n",
    ),
}
