"""A change of médecin traitant that is contested: answers, notices, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "contest-by-whom": Text(
        "Aucun changement de médecin traitant n'a été contesté. Rien n'a été fait. Seuls le "
        "médecin traitant précédent, dans les jours que lui dit le service, et le patient par sa "
        "propre clé peuvent le faire, une seule fois. Pour contester un accès en urgence, écrivez "
        "à l'hébergeur.",
        "No change of treating doctor was contested. Nothing was done. Only the former treating "
        "doctor, in the days that the service tells him, and the patient with a key of his own "
        "can do so, and once. To contest an emergency access, write to the host.",
    ),
    "contest-none": Text(
        "Aucun changement de médecin traitant ne peut être contesté dans votre dossier : il n'y "
        "en a pas eu, ou il est trop tard. Rien n'a été fait. Pour changer de médecin traitant, "
        "donnez votre code à celui que vous choisissez. Pour contester un accès en urgence, "
        "écrivez à l'hébergeur.",
        "No change of treating doctor can be contested in your dossier: there was none, or it is "
        "too late. Nothing was done. To change your treating doctor, give your code to the one "
        "whom you choose. To contest an emergency access, write to the host.",
    ),
    "contest-once": Text(
        "Le changement de médecin traitant a déjà été contesté, et il ne peut l'être qu'une fois. "
        "Rien n'a été fait. Le médecin que le patient choisit envoie la demande « médecin "
        "traitant » avec le code du patient.",
        "The change of treating doctor was contested already, which is possible once. Nothing was "
        "done. The doctor whom the patient chooses sends the request « treating doctor » with the "
        "patient's code.",
    ),
    "contest-former-gone": Text(
        "Le changement de médecin traitant n'a pas été contesté : le médecin traitant précédent "
        "n'est plus inscrit. Rien n'a été fait. Donnez votre code au médecin que vous choisissez, "
        "qui envoie la demande « médecin traitant ».",
        "The change of treating doctor was not contested: the former one is not enrolled any "
        "more. Nothing was done. Give your code to the doctor whom you choose, who sends the "
        "request « treating doctor ».",
    ),
}

LETTERS: Mapping[str, Text] = {
    "contested-own": Text(
        """\
Vous êtes de nouveau le médecin traitant de {patient},
né(e) le {birth_date}.

Votre signature suffit de nouveau, sans code. Votre clé ouvre
{documents} document(s) de plus, arrivé(s) entre-temps.
""",
        """\
You are the treating doctor of {patient},
born {birth_date}, again.

Your signature is enough again, without a code. Your key opens
{documents} more document(s), which came in between.
""",
    ),
    "contested-for-patient": Text(
        """\
Le changement de médecin traitant de {patient},
né(e) le {birth_date}, est annulé.
{former} est de nouveau le médecin traitant.
{documents} document(s) s'ouvrent de nouveau avec sa clé.
""",
        """\
The change of treating doctor of {patient},
born {birth_date}, is undone.
{former} is the treating doctor again.
{documents} document(s) open with that doctor's key again.
""",
    ),
    "contested-once": Text(
        """\
Rien d'autre n'a changé. Un nouveau changement par le code ou la
carte du patient ne pourra plus être contesté. Le dossier ne peut
pas être clos, et le patient ne peut pas recevoir une autre clé,
avant le {at}.
""",
        """\
Nothing else has changed. Another change by the patient's code or
card cannot be contested any more. The dossier cannot be closed,
and the patient cannot be given another key,
before {at}.
""",
    ),
    "contested-key": Text(
        """\
Votre clé reste suspendue jusqu'à ce que ce médecin la confirme
par la demande « clé du patient ».
""",
        """\
Your key stays suspended until that doctor confirms it with the
request « patient key ».
""",
    ),
    "contest-lost": Text(
        """\
Dans le dossier de {patient}, né(e) le {birth_date},
{sender} a contesté le changement de médecin traitant.
{former} l'est de nouveau, et vous ne l'êtes plus. Ce
que vous avez reçu reste chez vous.

Si le patient veut que vous le soyez, envoyez de nouveau la
demande « médecin traitant », avec son code. Elle ne pourra plus
être contestée.
""",
        """\
In the dossier of {patient}, born {birth_date},
{sender} has contested the change of treating doctor.
{former} is the treating doctor again, and you are not.
What you received stays with you.

If the patient wants you to be, send the request « treating
doctor » again, with the code. It cannot be contested any more.
""",
    ),
    "contest-restored": Text(
        """\
Dans le dossier de {patient}, né(e) le {birth_date},
{sender} a contesté le changement de médecin traitant.
Vous l'êtes de nouveau, et votre signature suffit.

Si ce n'est pas voulu, le médecin que le patient choisit envoie la
demande « médecin traitant », avec le code du patient.
""",
        """\
In the dossier of {patient}, born {birth_date},
{sender} has contested the change of treating doctor.
You are the treating doctor again, and your signature is enough.

If this is not wanted, the doctor whom the patient chooses sends
the request « treating doctor », with the patient's code.
""",
    ),
    "contest-told": Text(
        """\
Dans le dossier de {patient}, né(e) le {birth_date},
{sender} a contesté le changement de médecin traitant.
{former} l'est de nouveau.

Si vous ne le voulez pas, donnez votre code au médecin que vous
choisissez. Par la demande « médecin traitant », il le devient, et
cela ne pourra plus être contesté.
""",
        """\
In the dossier of {patient}, born {birth_date},
{sender} has contested the change of treating doctor.
{former} is the treating doctor again.

If you do not want this, give your code to the doctor whom you
choose. With the request « treating doctor » he becomes yours, and
that cannot be contested any more.
""",
    ),
}
