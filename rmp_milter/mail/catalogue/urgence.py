"""Emergency access: answers, notices, the letter to the patient, refusals."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "reason-missing": Text(
        "Le motif manque. Ajoutez une ligne « Motif : » qui dit en quelques mots pourquoi, puis "
        "renvoyez le message : la réponse est immédiate. Seuls les auditeurs liront ce motif.",
        "The reason is missing. Add a line « Reason : » that says why in a few words and send the "
        "mail again: the answer is immediate. Only auditors will read the reason.",
    ),
    "emergency-professionals-only": Text(
        "L'accès en urgence est réservé aux professionnels de santé inscrits.",
        "Emergency access is for enrolled healthcare professionals only.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-emergency": Text(
        "RMP : accès en urgence, {patient}", "RMP: emergency access, {patient}"
    ),
    "subject-emergency-list": Text(
        "RMP : urgence, patients possibles", "RMP: emergency, patients"
    ),
    "emergency-head": Text(
        """\
ACCÈS EN URGENCE accordé le {at}, référence {reference}

Cet accès est inscrit au journal ; le médecin traitant et le patient en sont informés. Les
documents que le patient a masqués n'y figurent pas. Justifiez-le sous {hours} heures :

    Demande : justification
    Référence : {reference}
    Motif : ...
""",
        """\
EMERGENCY ACCESS granted on {at}, reference {reference}

This access is in the log; the treating doctor and the patient are told of it. Documents that the
patient has masked are not among these. Justify it within {hours} hours:

    Request : justification
    Reference : {reference}
    Reason : ...
""",
    ),
    "emergency-list": Text(
        """\
{count} dossier(s) ressemble(nt) à ce que vous indiquez. Choisissez par la référence de la ligne ;
la réponse est immédiate :

    Demande : urgence
    Référence : D-........
    Motif : ...

{lines}

Cette liste est elle-même inscrite au journal, pour chacun de ces patients.
""",
        """\
{count} dossier(s) resemble what you say. Choose by the reference of the line; the answer is
immediate:

    Request : emergency
    Reference : D-........
    Reason : ...

{lines}

This list is in the log itself, for each of these patients.
""",
    ),
    "emergency-candidate": Text(
        "{reference}  {patient}, né(e) le {birth_date} ; médecin traitant : {treating}",
        "{reference}  {patient}, born {birth_date}; treating doctor: {treating}",
    ),
    "emergency-none": Text(
        """\
Aucun dossier ne ressemble à ce que vous indiquez. Demandez plus largement : le nom seul, de
naissance ou d'usage, ou ses trois premières lettres, avec un âge approximatif ou sans :

    Demande : urgence
    Patient : DUPONT
    Âge : environ 65 ans
    Motif : ...
""",
        """\
No dossier resembles what you say. Ask more widely: the name alone, by birth or in use, or its
first three letters, with or without about an age:

    Request : emergency
    Patient : DUPONT
    Age : about 65
    Reason : ...
""",
    ),
    "emergency-notice": Text(
        """\
{doctor} (RPPS {rpps}) a lu en urgence, sans code ni carte,
le dossier de votre patient {patient}, né(e) le {birth_date}.
Le {at}, référence {reference}

Cet accès doit être justifié ; les auditeurs l'examineront. Pour le contester, écrivez à
l'hébergeur en citant la référence.
{told}
""",
        """\
{doctor} (RPPS {rpps}) read in an emergency, without code or card,
the dossier of your patient {patient}, born {birth_date}.
On {at}, reference {reference}

This access must be justified; auditors will look into it. To object, write to the host and quote
the reference.
{told}
""",
    ),
    "emergency-told-mail": Text(
        "Le patient en est informé par message.", "The patient is told by mail."
    ),
    "emergency-told-letter": Text(
        "Le patient en est informé par courrier.", "The patient is told by letter."
    ),
    "emergency-told-none": Text(
        "L'adresse du patient n'est pas connue : informez-le, s'il vous plaît.",
        "The patient's address is not known: please tell the patient.",
    ),
    "emergency-letter": Text(
        """\
Madame, Monsieur,

Le {at}, {doctor} a lu votre dossier médical partagé en urgence, sans votre code
ni votre carte. Ces accès sont permis lorsque la santé du patient l'exige. Ce que vous avez masqué
n'a pas été montré.

Cet accès porte la référence {reference}. Le médecin doit le justifier, et des auditeurs
l'examinent. Vous pouvez demander à votre médecin traitant la liste de tous les accès à votre
dossier. Pour contester celui-ci, écrivez à l'hébergeur en citant la référence.
""",
        """\
Dear Madam or Sir,

On {at} {doctor} read your shared medical dossier in an emergency, without your
code or card. Such accesses are allowed where a patient's health demands it. What you have masked
was not shown.

This access has the reference {reference}. The doctor must justify it, and auditors look into it.
You can ask your treating doctor for the list of all accesses to your dossier. To object to this
one, write to the host and quote the reference.
""",
    ),
}
