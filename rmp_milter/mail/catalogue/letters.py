"""What all letters share, and the explanation of a refused header."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-refusal": Text(
        "RMP : votre message n'a pas été traité", "RMP: your mail was refused"
    ),
    "outer-subject": Text("Réponse du service RMP", "Answer of the RMP service"),
    "subject-thanks": Text("RMP : rien n'a été fait", "RMP: nothing was done"),
    "thanks": Text(
        """\
Votre message ne demande rien : rien n'a été fait ni conservé.
Inutile de remercier le service.
""",
        """\
Your mail asks for nothing: nothing was done or kept.
There is no need to thank the service.
""",
    ),
    "problem-quoted": Text(
        "la demande est dans un texte cité ou transféré : écrivez-la dans un nouveau message",
        "the request stands in quoted or forwarded text: write it in a new mail",
    ),
    "problem-other-patient": Text(
        "le message nomme un autre patient : envoyez un message par patient, sans texte cité",
        "the mail names another patient: send one mail a patient, without quoted text",
    ),
    "problem-alternatives": Text(
        "le message a deux textes qui diffèrent : choisissez le format « texte brut », puis "
        "renvoyez-le",
        "the mail holds two texts that differ: choose the format « plain text » and send it again",
    ),
    "problem-two-references": Text(
        "le message cite plusieurs accès en urgence : ne gardez que la référence de celui-ci",
        "the mail quotes several emergency accesses: leave only the reference of this one",
    ),
    "problem-file": Text(
        "la demande a été signée comme un fichier, ou a pu l'être : écrivez-la dans le texte d'un "
        "nouveau message, signé et chiffré en entier (PGP/MIME)",
        "the request was signed as a file, or may have been: write it in the text of a new mail "
        "that is signed and encrypted as a whole (PGP/MIME)",
    ),
    "problem-line-ends": Text(
        "les fins de ligne du texte signé ne se lisent pas partout de la même façon : écrivez un "
        "nouveau message, sans texte collé ni cité",
        "the line ends of the signed text are not read the same way everywhere: write a new mail, "
        "without pasted or quoted text",
    ),
    "understood": Text("Ce que le service a lu :", "What the service read:"),
    "understood-line": Text("ligne « {word} »", "line « {word} »"),
    "understood-nothing": Text("rien", "nothing"),
    "problems": Text("À corriger :", "To correct:"),
    "problem-missing": Text(
        "la ligne « {word} » manque",
        "the line « {word} » is missing",
    ),
    "problem-unfilled": Text(
        "la ligne « {word} » est à remplir, sans les crochets",
        "the line « {word} » is to be filled in, without the brackets",
    ),
    "problem-contradiction": Text(
        "la ligne « {word} » dit autre chose que les autres",
        "the line « {word} » contradicts the others",
    ),
    "problem-unreadable": Text(
        "la ligne « {word} » n'est pas comprise",
        "the line « {word} » is not understood",
    ),
    "problem-duplicate": Text(
        "la ligne « {word} » est là deux fois, pas pareille",
        "the line « {word} » stands twice and differs",
    ),
    "problem-unknown": Text(
        "la ligne « {word} » est inconnue du service",
        "the line « {word} » is not known to the service",
    ),
    "problem-near": Text(
        "la ligne « {word} » est inconnue ;\n    vouliez-vous écrire « {nearest} » ?",
        "the line « {word} » is not known;\n    did you mean « {nearest} »?",
    ),
    "problem-near-value": Text(
        "la ligne « {word} » n'est pas comprise ;\n    vouliez-vous écrire « {nearest} » ?",
        "the line « {word} » is not understood;\n    did you mean « {nearest} »?",
    ),
    "problem-two-readings": Text(
        "la ligne « {word} » se lit de deux façons ;\n"
        "    écrivez le nom de naissance en capitales",
        "the line « {word} » can be read in two ways;\n    write the birth name in capitals",
    ),
    "problem-no-request": Text(
        "la ligne « {word} » va avec une demande,\n    et la ligne « Demande » manque",
        "the line « {word} » goes with a request,\n    and the line « Request » is missing",
    ),
    "problem-apart": Text(
        "une demande est écrite à part ; mettez la\n    ligne « {word} » avec celles du patient",
        "a request stands apart; put the\n    line « {word} » beside the patient's",
    ),
    "problem-value": Text("lu « {value} »", "read « {value} »"),
    "example-head": Text(
        "Modèle à recopier dans un nouveau message. Remplacez tout ce qui\n"
        "est entre crochets, crochets compris :",
        "A model to copy into a new mail. Replace all that stands in\n"
        "brackets, and the brackets:",
    ),
    "time-of": Text("heure de {town}", "{town} time"),
    "universal-time": Text("temps universel", "universal time"),
    "subject-notice": Text("RMP : information", "RMP: notice"),
    "code-rests": Text(
        """\
Le code de {patient}, né(e) le {birth_date},
a été essayé {count} fois sans succès. Par précaution, il n'ouvre plus
le dossier pendant {minutes} minutes. Vos propres accès et les urgences
ne sont pas touchés.

Si ces essais ne viennent pas du patient, donnez-lui un nouveau
code. Ne répondez pas à ce message. Écrivez-en un nouveau, avec
ces lignes.

{example_nouveau_code}
""",
        """\
The code of {patient}, born {birth_date},
was tried {count} times without success. To be safe, it does not open
the dossier for {minutes} minutes. Your own access and emergencies are
not touched.

If these tries were not the patient's doing, give him a new code.
Do not answer this mail. Write a new one, with these lines.

{example_nouveau_code}
""",
    ),
    "old-code-rests": Text(
        """\
Le code de {patient}, né(e) le {birth_date},
a été essayé {count} fois sans succès en trente jours. Il n'ouvre plus
le dossier, car c'est un code d'avant, plus facile à deviner que
ceux d'aujourd'hui. Vos propres accès et les urgences ne sont pas
touchés.

Pour remettre un autre code au patient, écrivez au service un
nouveau message avec la demande « nouveau code ». Sans cela,
l'ancien servira de nouveau quand ces essais auront un mois.
""",
        """\
The code of {patient}, born {birth_date}, was tried {count}
times without success in thirty days. It opens the dossier no
more, since it is a code of before, easier to guess than those of
today. Your own access and emergencies are not touched.

To give the patient another code, write a new mail to the service
with the request « new code ». Without it, the old one will open
again when these tries are a month old.
""",
    ),
}
