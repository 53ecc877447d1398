"""The patient's code revoked: answer and notice."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "code-revoked": Text(
        """\
Le code de {patient}, né(e) le {birth_date}, est
révoqué. Plus aucun code n'ouvre le dossier. Le médecin traitant
garde son accès.

Pour donner un autre code au patient, écrivez un nouveau message
avec ces lignes.

{example_nouveau_code}
""",
        """\
The code of {patient}, born {birth_date}, is revoked.
No code opens the dossier any more. The treating doctor keeps his
access.

To give the patient another code, write a new mail with these
lines.

{example_nouveau_code}
""",
    ),
    "code-revoked-before": Text(
        """\
{patient}, né(e) le {birth_date}, n'a pas de code.
Rien n'a été changé.
""",
        """\
{patient}, born {birth_date}, has no code.
Nothing was changed.
""",
    ),
    "code-revoked-notice": Text(
        """\
Le code de {patient}, né(e) le {birth_date},
a été révoqué à la demande de {sender}. Plus aucun
code n'ouvre le dossier.

Le médecin traitant ou le patient peut en demander un autre par la
demande « nouveau code ».
""",
        """\
The code of {patient}, born {birth_date},
was revoked at the wish of {sender}. No code opens the
dossier any more.

The treating doctor or the patient may ask for another one with
the request « new code ».
""",
    ),
}
