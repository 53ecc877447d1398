"""Emergency access: what is sent at once, what is asked back, and what refuses it.

Lines have at most 66 characters, values filled in. A form to copy always has a slot
(``[pourquoi]``): until that is filled in, neither the form nor a piece of it is a request.
In a justification's the slot parts the request from the reference: a piece that has both
has it too, and what stands below is not taken for the reason.
"""

from collections.abc import Mapping

from rmp_milter.mail.catalogue import slots
from rmp_milter.mail.catalogue.text import Text


def _asked(french: str, english: str, words: Text) -> Text:
    """Return a form's line that is to be filled in."""
    inside = slots.slot(words)
    return Text(f"{french} : {inside.fr}", f"{english} : {inside.en}")


REFUSALS: Mapping[str, Text] = {
    "reason-missing": Text(
        "Le motif manque. Rien n'a été fait. Écrivez en quelques mots pourquoi, puis renvoyez le "
        "message. Seuls les auditeurs liront ces mots.",
        "The reason is missing. Nothing was done. Write why in a few words and send the mail "
        "again. Only auditors will read these words.",
    ),
    "emergency-professionals-only": Text(
        "Votre demande n'a rien ouvert. L'accès en urgence est réservé aux professionnels de "
        "santé inscrits, et votre clé est celle d'un patient. Votre propre dossier se demande "
        "sans urgence.",
        "Your request opened nothing. Emergency access is for enrolled healthcare professionals, "
        "and your key is a patient's. Your own dossier needs no emergency.",
    ),
    "emergency-unsigned": Text(
        "Votre demande d'urgence n'est pas signée : elle n'a rien ouvert. Le plus rapide : "
        "renvoyez-la signée avec votre clé inscrite (case « Signer » de votre messagerie) ; la "
        "réponse est immédiate. Si cette clé n'est pas ici, faites envoyer la demande par un "
        "confrère inscrit.",
        "Your emergency request is not signed: it opened nothing. The quickest way: send it again "
        "signed with your enrolled key (« Sign » in your mail client); the answer is immediate. If "
        "that key is not at hand, have an enrolled colleague send the request.",
    ),
    "emergency-unknown-key": Text(
        "Votre demande d'urgence est signée avec une clé que le service ne connaît pas : elle n'a "
        "rien ouvert. Le plus rapide : signez-la avec votre clé inscrite, ou faites-la envoyer par "
        "un confrère inscrit.",
        "Your emergency request is signed with a key that the service does not know: it opened "
        "nothing. The quickest way: sign it with your enrolled key, or have an enrolled colleague "
        "send it.",
    ),
    "emergency-unsure": Text(
        "Le service n'arrive pas à vérifier votre inscription, sans doute après une panne chez "
        "l'hébergeur : votre demande d'urgence n'a rien ouvert. Le plus rapide : faites-la "
        "envoyer par un confrère inscrit, et appelez l'hébergeur.",
        "The service cannot verify that you are enrolled, probably after a fault at the host's: "
        "your emergency request opened nothing. The quickest way: have an enrolled colleague send "
        "it, and call the host.",
    ),
    "emergency-bad-signature": Text(
        "La signature de votre demande d'urgence ne correspond pas à son texte, changé en route : "
        "elle n'a rien ouvert. Le plus rapide : écrivez-la dans un nouveau message, sans pièce "
        "jointe, signé et chiffré.",
        "The signature of your emergency request does not fit its text, which was changed on its "
        "way: it opened nothing. The quickest way: write it in a new mail without attachments, "
        "signed and encrypted.",
    ),
    "emergency-expired-key": Text(
        "Votre clé est expirée ou révoquée : votre demande d'urgence n'a rien ouvert, car aucune "
        "réponse ne peut être chiffrée pour vous. Le plus rapide : prolongez-la dans votre "
        "messagerie et renvoyez la demande, signée, avec votre clé publique jointe. Sinon, "
        "faites-la envoyer par un confrère inscrit.",
        "Your key is expired or revoked: your emergency request opened nothing, since no answer "
        "can be encrypted to you. The quickest way: prolong it in your mail client and send the "
        "request again, signed, with your public key attached. Else have an enrolled colleague "
        "send it.",
    ),
}

WORDS: Mapping[str, Text] = {
    "Patient": Text("Patient", "Patient"),
    "Nom": Text("Nom", "Birth name"),
    "Prénom": Text("Prénom", "First name"),
    "Nom d'usage": Text("Nom d'usage", "Used name"),
    "Né le": Text("Né le", "Born"),
    "Âge": Text("Âge", "Age"),
    "NIR": Text("NIR", "NIR"),
    "Référence": Text("Référence", "Reference"),
}
"""The words of a form that say who is meant, in their order."""

LETTERS: Mapping[str, Text] = {
    "subject-emergency": Text(
        "RMP : accès en urgence, {patient}", "RMP: emergency access, {patient}"
    ),
    "subject-emergency-list": Text(
        "RMP : urgence, patients possibles", "RMP: emergency, patients"
    ),
    "subject-emergency-reason": Text(
        "RMP : urgence, le motif manque", "RMP: emergency, the reason is missing"
    ),
    "emergency-patient": Text("Dossier de {patient}", "Dossier of {patient}"),
    "emergency-used-name": Text(" (nom d'usage {name})", " (name in use {name})"),
    "emergency-born": Text("{age}, né(e) le {birth_date}", "{age}, born {birth_date}"),
    "emergency-born-F": Text(
        "{age}, sexe féminin, née le {birth_date}", "{age}, female, born {birth_date}"
    ),
    "emergency-born-M": Text(
        "{age}, sexe masculin, né le {birth_date}", "{age}, male, born {birth_date}"
    ),
    "age-years": Text("{count} ans", "{count} years old"),
    "age-months": Text("{count} mois", "{count} months old"),
    "age-days": Text("{count} jour(s)", "{count} day(s) old"),
    "emergency-summary": Text(
        "Lisez d'abord le résumé du {day} (document {number}),\n{where}.",
        "Read the summary of {day} first (document {number}),\n{where}.",
    ),
    "emergency-no-summary": Text(
        "Aucun résumé médical ici. Lisez d'abord le document {number}\ndu {day}, {where}.",
        "There is no summary. Read document {number} of {day} first,\n{where}.",
    ),
    "emergency-where-separate": Text(
        "le message qui suit celui-ci", "the mail that follows this one"
    ),
    "emergency-where-grouped": Text(
        "le message qui suit celui-ci", "the mail that follows this one"
    ),
    "emergency-where-partitioned": Text(
        "le premier fichier chiffré joint à ce message",
        "the first encrypted file attached to this mail",
    ),
    "emergency-treating": Text(
        "Le médecin traitant est {treating}.", "The treating doctor is {treating}."
    ),
    "emergency-reached": Text("On le joint au {phone}.", "To be reached at {phone}."),
    "emergency-or": Text(" ou au ", " or "),
    "emergency-count": Text(
        "Ce dossier a {entries} document(s), {documents} fichier(s).",
        "This dossier has {entries} document(s), {documents} file(s).",
    ),
    "emergency-masked": Text(
        "Ce que le patient a masqué n'y figure pas.",
        "What the patient has masked is not among these.",
    ),
    "emergency-next": Text(
        """\
À FAIRE ENSUITE
Cet accès en urgence du {at} porte
la référence {reference}.
Justifiez-le avant le {until}
en répondant à ce message, signé, avec quelques mots qui disent
pourquoi. Ou bien envoyez ces lignes, complétées.

    Demande : justification
    Motif : [pourquoi]
    Référence : {reference}

Seuls les auditeurs lisent ces mots. L'accès est inscrit au
journal ; le médecin traitant et le patient en sont informés.
""",
        """\
WHAT TO DO NEXT
This emergency access of {at} has
the reference {reference}.
Justify it before {until}
by answering this mail, signed, with a few words that say why. Or
send these lines, completed.

    Request : justification
    Reason : [why]
    Reference : {reference}

Only auditors read these words. The access is in the log; the
treating doctor and the patient are told of it.
""",
    ),
    "emergency-form-request": Text("Demande : urgence", "Request : emergency"),
    "emergency-slot-reason": _asked("Motif", "Reason", slots.WHY),
    "emergency-slot-reference": _asked("Référence", "Reference", slots.REFERENCE),
    "emergency-slot-patient": _asked("Patient", "Patient", slots.NAME),
    "emergency-slot-name": _asked("Patient", "Patient", slots.BEGINNING),
    "emergency-slot-born": _asked("Né le", "Born", slots.DAY),
    "emergency-slot-age": _asked("Âge", "Age", slots.AGE),
    "emergency-reason": Text(
        """\
Le motif manque. Rien n'a encore été cherché ni ouvert.
Copiez ces lignes dans un nouveau message signé, écrivez
pourquoi à la dernière, envoyez. La réponse est immédiate.""",
        """\
The reason is missing. Nothing was looked for or opened yet.
Copy these lines into a new signed mail, write why in the last
one, send. The answer is immediate.""",
    ),
    "emergency-reason-foot": Text(
        "Quelques mots suffisent ; seuls les auditeurs les liront.",
        "A few words are enough; only auditors will read them.",
    ),
    "emergency-alike": Text(
        "{count} patients ressemblent à ce que vous écrivez.",
        "{count} patients resemble what you write.",
    ),
    "emergency-alike-one": Text(
        "Un patient ressemble à ce que vous écrivez.", "One patient resembles what you write."
    ),
    "emergency-reference-unknown": Text(
        "Référence inconnue. Aucun dossier ouvert ne porte\n« {reference} ».",
        "Unknown reference. No open dossier has\n« {reference} ».",
    ),
    "emergency-near": Text(
        "{count} patients en approchent, par elle ou par le nom.",
        "{count} patients come close, by it or by the name.",
    ),
    "emergency-near-one": Text(
        "Un patient en approche, par elle ou par le nom.",
        "One patient comes close, by it or by the name.",
    ),
    "emergency-reference-twice": Text(
        "{count} dossiers portent cette référence. Choisissez par le nom\n"
        "et la date de naissance exacts, sans référence.",
        "{count} dossiers have this reference. Choose by the exact name\n"
        "and birth date, without a reference.",
    ),
    "emergency-reference-other": Text(
        "Cette référence n'est pas celle d'un patient du nom que vous\n"
        "écrivez. Voici le sien, puis les noms qui ressemblent.",
        "This reference is not one of a patient of the name that you\n"
        "write. Here is whose it is, then the names that are alike.",
    ),
    "emergency-choose": Text(
        "Choisissez par la référence de la ligne. Copiez ces lignes dans\n"
        "un nouveau message signé, complétez-les ; la réponse est\n"
        "immédiate.",
        "Choose by the reference of the line. Copy these lines into a new\n"
        "signed mail and complete them; the answer is immediate.",
    ),
    "emergency-choose-otherwise": Text(
        "Copiez ces lignes dans un nouveau message signé, complétez-les ;\n"
        "la réponse est immédiate.",
        "Copy these lines into a new signed mail and complete them; the\nanswer is immediate.",
    ),
    "emergency-list-foot": Text(
        "Cette liste est inscrite au journal, pour chaque patient nommé.",
        "This list is in the log, for each patient named.",
    ),
    "emergency-more": Text(
        "D'autres ressemblent encore. Ajoutez prénom, âge ou date de\n"
        "naissance si le bon n'y est pas.",
        "More are alike. Add first name, age or birth date if the right\none is not here.",
    ),
    "emergency-cut": Text(
        "Trop de patients ressemblent pour les chercher tous : ajoutez un\nprénom ou un âge.",
        "Too many patients are alike to look for all: add a first name or\nan age.",
    ),
    "emergency-candidate-born": Text("né(e) le {birth_date}", "born {birth_date}"),
    "emergency-candidate-who": Text("qui est", "who was"),
    "emergency-candidate-used": Text("nom d'usage {name}", "name in use {name}"),
    "emergency-candidate-treating": Text(
        "suivi(e) par {treating}", "in the care of {treating}"
    ),
    "emergency-nobody": Text(
        "Aucun dossier ne ressemble à ce que vous écrivez.",
        "No dossier resembles what you write.",
    ),
    "emergency-nothing-said": Text(
        "Votre demande ne dit pas qui chercher. Il y faut un nom, une\n"
        "date de naissance ou une référence. Rien n'a été cherché.",
        "Your request does not say whom to look for. It needs a name, a\n"
        "birth date or a reference. Nothing was looked for.",
    ),
    "emergency-ask-again": Text(
        """\
Demandez plus largement, par le nom seul (de naissance ou d'usage)
ou ses trois premières lettres, et l'âge si vous l'estimez.
Copiez ces lignes dans un nouveau message signé, complétez-les.""",
        """\
Ask more widely, by the name alone (by birth or in use) or its
first three letters, and the age if you can guess it.
Copy these lines into a new signed mail and complete them.""",
    ),
    "emergency-ask-otherwise": Text(
        "Sans nom, la date de naissance exacte ou le NIR suffit.",
        "Without a name the exact birth date or the NIR is enough.",
    ),
    "emergency-notice": Text(
        """\
Votre patient {patient}, né(e) le {birth_date}.

Son dossier a été lu en urgence, sans code ni carte,
par {doctor} (RPPS {rpps}).
C'était le {at}, référence {reference}.

{told}

Cet accès doit être justifié ; les auditeurs l'examineront. Pour
le contester, écrivez à l'hébergeur en citant la référence.
""",
        """\
Your patient {patient}, born {birth_date}.

The dossier was read in an emergency, without code or card,
by {doctor} (RPPS {rpps}).
It was on {at}, reference {reference}.

{told}

This access must be justified; auditors will look into it. To
object, write to the host and quote the reference.
""",
    ),
    "emergency-told-mail": Text(
        "Le patient en est informé par message.", "The patient is told by mail."
    ),
    "emergency-told-letter": Text(
        "Le patient en est informé par courrier.", "The patient is told by letter."
    ),
    "emergency-told-none": Text(
        "Son adresse n'est pas connue, informez-le s'il vous plaît.",
        "The patient's address is not known, please tell the patient.",
    ),
    "emergency-letter": Text(
        """\
Madame, Monsieur,

Le {at}, {doctor}
a lu en urgence votre résumé médical partagé, sans votre code ni
votre carte. C'est permis lorsque la santé du patient l'exige. Ce
que vous avez masqué n'a pas été montré.

Vous n'avez rien à faire. Le médecin doit justifier cet accès, et
des auditeurs l'examinent. Pour le contester, écrivez à
l'hébergeur en citant la référence {reference}.

Votre médecin traitant peut demander pour vous la liste de tous
les accès à votre dossier.
""",
        """\
Dear Madam or Sir,

On {at} {doctor}
read your shared medical summary in an emergency, without your
code or card. This is allowed where a patient's health demands it.
What you have masked was not shown.

You need do nothing. The doctor must justify this access, and
auditors look into it. To object, write to the host and quote the
reference {reference}.

Your treating doctor can ask for you for the list of all accesses
to your dossier.
""",
    ),
}
