"""Every sentence that a person reads from the service, in French and in English.

One catalogue, so that a text is found, corrected and compared in one place. Placeholders
are named (``{patient}``); a missing one is a programming error and raises KeyError.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Language = Literal["fr", "en"]


class Text(NamedTuple):
    """One text in both languages; French is what doctors read by default."""

    fr: str
    en: str


REFUSALS: Mapping[str, Text] = {
    "not-encrypted": Text(
        "Ce message n'est pas chiffré. Aucune donnée n'a été conservée. Chiffrez-le avec la clé "
        "publique du service, puis renvoyez-le.",
        "This mail is not encrypted. Nothing was kept. Encrypt it to the service's public key "
        "and send it again.",
    ),
    "clear-attachment": Text(
        "Le texte de ce message est chiffré, mais une pièce jointe ne l'est pas. Rien n'a été "
        "conservé. Chiffrez aussi les pièces jointes (PGP/MIME les chiffre d'office).",
        "The text of this mail is encrypted but an attachment is not. Nothing was kept. Encrypt "
        "the attachments too (PGP/MIME does it by itself).",
    ),
    "smime": Text(
        "Ce message est chiffré en S/MIME. Le service lit OpenPGP : chiffrez-le avec la clé "
        "OpenPGP du service.",
        "This mail is encrypted with S/MIME. The service reads OpenPGP: encrypt it to the "
        "service's OpenPGP key.",
    ),
    "winmail": Text(
        "Outlook a enfermé ce message dans un fichier winmail.dat, que le service ne peut pas "
        "ouvrir. Dans Outlook, choisissez le format « Texte brut », puis renvoyez-le. Rien n'a été "
        "conservé.",
        "Outlook packed this mail into a file winmail.dat, which the service cannot open. Choose "
        "the format « Plain text » in Outlook and send it again. Nothing was kept.",
    ),
    "unreadable": Text(
        "Le message n'a pas pu être déchiffré. Vérifiez qu'il est chiffré avec la clé actuelle "
        "du service et qu'il n'a pas été abîmé en route. Rien n'a été conservé.",
        "The mail could not be decrypted. Check that it is encrypted to the service's present "
        "key and was not damaged on its way. Nothing was kept.",
    ),
    "no-integrity": Text(
        "Le message est chiffré sans contrôle d'intégrité (ancien format). Mettez à jour le "
        "logiciel de chiffrement. Rien n'a été conservé.",
        "The mail is encrypted without integrity protection (an old format). Update the "
        "encryption software. Nothing was kept.",
    ),
    "unsupported": Text(
        "Le message est chiffré dans un format que tous les médecins ne peuvent pas lire. "
        "Importez de nouveau la clé publique du service, puis renvoyez-le. Rien n'a été conservé.",
        "The mail is encrypted in a format that not every doctor can read. Import the service's "
        "public key again and resend. Nothing was kept.",
    ),
    "too-large": Text(
        "Le message dépasse la taille acceptée ({limit} Mo). Répartissez les documents sur "
        "plusieurs messages. Rien n'a été conservé.",
        "The mail is larger than accepted ({limit} MB). Spread the documents over several mails. "
        "Nothing was kept.",
    ),
    "damaged-mail": Text(
        "La structure de ce message est abîmée ou trop complexe. Renvoyez-le depuis votre "
        "messagerie. Rien n'a été conservé.",
        "The structure of this mail is damaged or too complex. Send it again from your mail "
        "client. Nothing was kept.",
    ),
    "no-text": Text(
        "Le message ne contient pas de texte : l'en-tête qui désigne le patient manque. Rien n'a "
        "été conservé.",
        "The mail holds no text: the header that names the patient is missing. Nothing was kept.",
    ),
    "layered": Text(
        "Une pièce jointe est chiffrée deux fois pour le service : personne d'autre ne pourrait "
        "l'ouvrir. Joignez le fichier tel quel, votre messagerie le chiffre. Rien n'a été "
        "conservé.",
        "An attachment is encrypted to the service twice over: nobody else could open it. Attach "
        "the plain file, your mail client encrypts it. Nothing was kept.",
    ),
    "unknown-sender": Text(
        "L'expéditeur n'est pas inscrit auprès du service, ou le message n'est pas signé. Signez "
        "avec votre clé inscrite, ou adressez-vous à l'hébergeur. Rien n'a été conservé.",
        "The sender is not enrolled with the service, or the mail is not signed. Sign with your "
        "enrolled key or ask the host. Nothing was kept.",
    ),
    "bad-signature": Text(
        "La signature de ce message ne correspond pas à son contenu. Rien n'a été conservé. "
        "Renvoyez-le ; si cela se répète, prévenez l'hébergeur.",
        "The signature of this mail does not fit its content. Nothing was kept. Send it again; "
        "if it happens again, tell the host.",
    ),
    "expired-key": Text(
        "Votre clé de signature est expirée ou révoquée. Rien n'a été conservé. Envoyez votre "
        "nouvelle clé publique à l'hébergeur.",
        "Your signing key is expired or revoked. Nothing was kept. Send your new public key to "
        "the host.",
    ),
    "header-problems": Text(
        "L'en-tête du message n'a pas été compris. Rien n'a été conservé.",
        "The header of the mail was not understood. Nothing was kept.",
    ),
    "not-filed": Text(
        "Les documents n'ont pas pu être rattachés avec certitude à un dossier. Rien n'a été "
        "conservé. Vérifiez le nom de naissance, le premier prénom et la date de naissance, et "
        "ajoutez si possible le numéro de sécurité sociale (ligne « NIR : »).",
        "The documents could not be attached to a dossier with certainty. Nothing was kept. "
        "Check birth name, first given name and birth date and add the social security number "
        "if you can (line « NIR : »).",
    ),
    "no-access": Text(
        "L'accès n'est pas accordé. Vérifiez le nom de naissance, le premier prénom, la date de "
        "naissance et le code que le patient vous a donné. Pour protéger les patients, le service "
        "ne dit pas lequel de ces éléments ne convient pas.",
        "Access is not granted. Check birth name, first given name, birth date and the code that "
        "the patient gave you. To protect patients, the service does not say which of them does "
        "not fit.",
    ),
    "code-missing": Text(
        "Le code du patient manque. Ajoutez la ligne « Code : » avec le code que le patient vous "
        "donne. Le médecin traitant signe son message et n'a pas besoin du code.",
        "The patient's code is missing. Add a line « Code : » with the code that the patient gives "
        "you. The treating doctor signs his mail and needs no code.",
    ),
    "signature-needed": Text(
        "Cette demande doit être signée avec votre clé inscrite.",
        "This request must be signed with your enrolled key.",
    ),
    "consent-missing": Text(
        "Le dossier n'a pas été créé : le consentement du patient doit être indiqué. Ajoutez la "
        "ligne « Consentement : oui » si le patient est d'accord.",
        "The dossier was not created: the patient's consent must be stated. Add the line "
        "« Consentement : oui » if the patient agrees.",
    ),
    "weak-code": Text(
        "Le dossier n'a pas été créé : le code choisi est trop court. Choisissez un code plus "
        "long, ou retirez la ligne « Code : » pour que le service en fabrique un.",
        "The dossier was not created: the code is too short. Choose a longer one, or leave the "
        "line « Code : » out and the service makes one.",
    ),
    "doctors-only": Text(
        "Seul un médecin inscrit peut créer un dossier.",
        "Only an enrolled doctor can create a dossier.",
    ),
    "not-created": Text(
        "Le dossier n'a pas pu être créé. Adressez-vous à l'hébergeur en donnant la date et "
        "l'heure de ce message.",
        "The dossier could not be created. Ask the host, giving the date and time of this mail.",
    ),
    "already-yours": Text(
        "Ce dossier existe déjà et vous en êtes le médecin traitant. Rien n'a été changé. Pour y "
        "ajouter un document, renvoyez le message sans la ligne « Demande : ».",
        "This dossier exists already and you are its treating doctor. Nothing was changed. To add "
        "a document, send the mail again without the line « Demande : ».",
    ),
    "nothing-to-file": Text(
        "Le message ne contient rien à conserver : ni document, ni lettre.",
        "The mail holds nothing to keep: no document and no letter.",
    ),
    "not-in-service": Text(
        "Cette demande n'est pas encore en service. Adressez-vous à l'hébergeur.",
        "This request is not in service yet. Ask the host.",
    ),
    "unavailable": Text(
        "Le service est momentanément indisponible. Le message sera présenté à nouveau.",
        "The service is unavailable for the moment. The mail will be tried again.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-refusal": Text(
        "RMP : votre message n'a pas été traité", "RMP: your mail was refused"
    ),
    "subject-created": Text(
        "RMP : dossier créé pour {patient}", "RMP: dossier created: {patient}"
    ),
    "subject-filed": Text("RMP : reçu pour {patient}", "RMP: receipt for {patient}"),
    "subject-dossier": Text("RMP : dossier de {patient}", "RMP: dossier of {patient}"),
    "subject-list": Text("RMP : vos patients", "RMP: your patients"),
    "subject-help": Text("RMP : mode d'emploi", "RMP: how to use it"),
    "outer-subject": Text("Réponse du service RMP", "Answer of the RMP service"),
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
    "filed": Text(
        """\
Reçu le {date} pour {patient}, né(e) le {birth_date} :

{documents}

Classé dans l'onglet « {onglet} » ({reason}).
""",
        """\
Received on {date} for {patient}, born {birth_date}:

{documents}

Filed under the tab « {onglet} » ({reason}).
""",
    ),
    "also-filed": Text(
        "Document(s) reçu(s) avec la demande, onglet « {onglet} » :\n\n{documents}\n",
        "Document(s) received with the request, tab « {onglet} »:\n\n{documents}\n",
    ),
    "index-head": Text(
        """\
Dossier de {patient}, né(e) le {birth_date}
Médecin traitant : {treating}
État au {date} : {entries} entrée(s), {documents} document(s)
""",
        """\
Dossier of {patient}, born {birth_date}
Treating doctor: {treating}
As of {date}: {entries} entries, {documents} documents
""",
    ),
    "index-empty": Text(
        "Ce dossier ne contient encore aucun document.", "This dossier is empty."
    ),
    "index-mails": Text(
        "Les documents suivent dans {count} message(s), dans l'ordre de cette table. Chacun garde\n"
        "l'objet et la signature de son auteur : votre messagerie peut donc signaler que le\n"
        "signataire n'est pas l'expéditeur, ou que sa clé vous manque.",
        "The documents follow in {count} mail(s), in the order of this table. Each keeps its\n"
        "author's subject and signature, so your mail client may point out that the signer is\n"
        "not the sender, or that you do not have the signer's key.",
    ),
    "index-keys": Text(
        "Les clés publiques des auteurs sont jointes ({name}). Importez-les\n"
        "pour vérifier leurs signatures : sans elles, Thunderbird annonce à tort un échec du\n"
        "déchiffrement quand vous ouvrez une pièce jointe signée.",
        "The authors' public keys are attached ({name}). Import them to\n"
        "check their signatures: without them Thunderbird wrongly reports that decryption failed\n"
        "when you open a signed attachment.",
    ),
    "index-unreadable": Text(
        "(déposé pour une autre de vos clés : redemandez le dossier avec le code du patient)",
        "(filed for another of your keys: ask again with the patient's code)",
    ),
    "enclosed": Text(
        "Message {index} sur {count} : {title}\n\nLes pièces jointes sont chiffrées une par une : "
        "ouvrez-les avec votre clé.\n",
        "Mail {index} of {count}: {title}\n\nEach attachment is encrypted by itself: open it with "
        "your key.\n",
    ),
    "numbered": Text("\nMessage {index} sur {count}.\n", "\nMail {index} of {count}.\n"),
    "list-head": Text(
        "Vos patients dont le nom commence par « {letters} » : {count}",
        "Your patients whose name begins with « {letters} »: {count}",
    ),
    "list-head-all": Text("Vos patients : {count}", "Your patients: {count}"),
    "list-line": Text(
        "{patient}, né(e) le {birth_date} ; dernière entrée : {last}",
        "{patient}, born {birth_date}; last entry: {last}",
    ),
    "list-none": Text("aucune", "none"),
    "letter-part": Text("lettre", "letter"),
    "unnamed-part": Text("document sans nom", "unnamed document"),
    "refused": Text("{reason}\n", "{reason}\n"),
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
    "example-head": Text("Exemple à recopier :", "An example to copy:"),
    "example": Text(
        "Patient : DUPONT Jean\nNé le : 30/01/1959\nDocument : Compte-rendu radiologie\n",
        "Patient : DUPONT Jean\nBorn : 30/01/1959\nDocument : Compte-rendu radiologie\n",
    ),
    "help": Text(
        """\
Service de résumé médical partagé : mode d'emploi

Écrivez un message chiffré et signé au service. Les premières lignes du texte disent ce que
vous demandez ; une ligne vide les sépare de votre lettre.

Déposer un document (il suffit de le joindre) :

    Patient : DUPONT Jean
    Né le : 30/01/1959
    Document : Compte-rendu radiologie

Créer le dossier d'un patient qui y consent (sans ligne « Code », le service fabrique le code) :

    Demande : création
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Consentement : oui

Recevoir un dossier (médecin traitant : message signé, sans code ; autre praticien : avec le
code que donne le patient) :

    Demande : dossier
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Code : ........

Chercher parmi vos patients, par les premières lettres du nom :

    Demande : liste
    Nom : DU

Recevoir cette page :

    Demande : aide
""",
        """\
Shared medical summary: how to use it

Send an encrypted and signed mail to the service. The first lines of the text say what you ask
for; an empty line parts them from your letter.

File a document (just attach it):

    Patient : DUPONT Jean
    Born : 30/01/1959
    Document : Compte-rendu radiologie

Create the dossier of a consenting patient (without a line « Code » the service makes the code):

    Request : creation
    Patient : DUPONT Jean
    Born : 30/01/1959
    Consent : yes

Receive a dossier (treating doctor: signed mail, no code; anybody else: with the code that the
patient gives):

    Request : dossier
    Patient : DUPONT Jean
    Born : 30/01/1959
    Code : ........

Search among your patients by the first letters of the name:

    Request : list
    Name : DU

Receive this page:

    Request : help
""",
    ),
}


def text(key: str, language: Language, **facts: str) -> str:
    """Return the letter text ``key`` with its placeholders filled in."""
    return str(getattr(LETTERS[key], language)).format_map(facts)


def refusal(key: str, language: Language, facts: Mapping[str, str]) -> str:
    """Return why a mail was refused; ``facts`` as in :class:`rmp_milter.errors.MailError`."""
    return str(getattr(REFUSALS[key], language)).format_map(facts)
