"""The patient's code revoked: answer and notice."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
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
