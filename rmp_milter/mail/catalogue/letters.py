"""What all letters share, and the explanation of a refused header."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-refusal": Text(
        "RMP : votre message n'a pas été traité", "RMP: your mail was refused"
    ),
    "outer-subject": Text("Réponse du service RMP", "Answer of the RMP service"),
    "refused": Text("{reason}\n", "{reason}\n"),
    "subject-thanks": Text("RMP : rien n'a été fait", "RMP: nothing was done"),
    "thanks": Text(
        "Votre message ne demande rien : rien n'a été fait, rien n'a été\nconservé. Il est inutile "
        "de remercier le service.\n",
        "Your mail asks for nothing: nothing was done, nothing was kept.\nThere is no need to "
        "thank the service.\n",
    ),
    "problem-quoted": Text(
        "la demande se trouve dans un texte cité ou transféré : écrivez-la au-dessus, ou dans un "
        "nouveau message",
        "the request stands in quoted or forwarded text: write it above, or in a new mail",
    ),
    "problem-other-patient": Text(
        "un autre patient est nommé dans le message (envoyez un message par patient, sans texte "
        "cité) : {value}",
        "another patient is named in the mail (send one mail a patient, without quoted text): "
        "{value}",
    ),
    "problem-alternatives": Text(
        "le message ne dit pas la même chose en texte brut et en HTML : écrivez-le en texte brut",
        "the mail says different things as plain text and as HTML: write it as plain text",
    ),
    "problem-two-references": Text(
        "plusieurs accès en urgence sont cités : lequel justifiez-vous ? Gardez-en une seule",
        "several emergency accesses are quoted: which one do you justify? Leave one reference",
    ),
    "understood": Text("Ce qui a été compris :", "What was understood:"),
    "understood-nothing": Text("rien", "nothing"),
    "problems": Text("Ce qui manque ou ne va pas :", "What is missing or wrong:"),
    "problem-missing": Text("« {word} » manque", "« {word} » is missing"),
    "problem-contradiction": Text(
        "« {word} » se contredit : {value}", "« {word} » contradicts itself: {value}"
    ),
    "problem-unreadable": Text(
        "« {word} » n'est pas lisible : {value}", "« {word} » cannot be read: {value}"
    ),
    "problem-duplicate": Text(
        "« {word} » figure deux fois avec des valeurs différentes : {value}",
        "« {word} » stands twice with different values: {value}",
    ),
    "problem-unknown": Text(
        "« {word} » n'est pas connu : {value}", "« {word} » is not known: {value}"
    ),
    "problem-near": Text(
        "« {word} » n'est pas connu : vouliez-vous écrire « {nearest} » ?",
        "« {word} » is not known: did you mean « {nearest} »?",
    ),
    "problem-near-value": Text(
        "« {word} : {value} » n'est pas lisible : vouliez-vous écrire « {nearest} » ?",
        "« {word} : {value} » cannot be read: did you mean « {nearest} »?",
    ),
    "problem-two-readings": Text(
        "« {word} » se lit de deux façons ({value}) : écrivez le nom de naissance en capitales",
        "« {word} » can be read in two ways ({value}): write the birth name in capitals",
    ),
    "problem-no-request": Text(
        "« {word} » va avec une demande, et la ligne « Demande » manque",
        "« {word} » goes with a request, and the line « Request » is missing",
    ),
    "problem-apart": Text(
        "une demande est écrite à part ({value}) : mettez la ligne « {word} » avec celles du"
        " patient",
        "a request stands apart ({value}): put the line « {word} » beside the patient's",
    ),
    "example-head": Text("Exemple à recopier :", "An example to copy:"),
    "example": Text(
        "Patient : DUPONT Jean\nNé le : 30/01/1959\nDocument : Compte-rendu radiologie\n",
        "Patient : DUPONT Jean\nBorn : 30/01/1959\nDocument : Compte-rendu radiologie\n",
    ),
    "subject-notice": Text("RMP : information", "RMP: notice"),
    "code-rests": Text(
        """\
Le code du patient {patient}, né(e) le {birth_date}, a été essayé {count} fois sans succès. Par
précaution il ne permet plus d'ouvrir le dossier pendant {minutes} minutes. Vos propres accès et
les urgences ne sont pas concernés.

Si le patient n'est pas à l'origine de ces essais, proposez-lui un nouveau code :

    Demande : nouveau code
    Patient : {patient}
    Né le : {birth_date}
""",
        """\
The code of {patient}, born {birth_date}, was tried {count} times without success. To be safe it
opens the dossier no more for {minutes} minutes. Your own access and emergencies are not concerned.

If these tries were not the patient's doing, offer him a new code:

    Request : new code
    Patient : {patient}
    Born : {birth_date}
""",
    ),
}
