"""Why a mail was refused: heard at SMTP time by strangers, read in a letter by doctors."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

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
    "nothing-asked": Text(
        "Rien n'a été fait : ce message ne contient aucune demande que le service comprenne. "
        "Personne ne lit les messages adressés au service, et il ne les transmet à personne. "
        "Pour écrire à un confrère, écrivez à son adresse. L'objet du message n'est pas lu.",
        "Nothing was done: this mail holds no request that the service understands. Nobody reads "
        "mail to the service, and it passes it on to nobody. To write to a colleague, use his "
        "address. The subject is not read.",
    ),
    "not-filed": Text(
        "Les documents n'ont pas pu être rattachés avec certitude à un dossier. Rien n'a été "
        "conservé. Vérifiez le nom de naissance, le premier prénom et la date de naissance, et "
        "ajoutez si possible le numéro de sécurité sociale (ligne « NIR : »).",
        "The documents could not be attached to a dossier with certainty. Nothing was kept. "
        "Check birth name, first given name and birth date and add the social security number "
        "if you can (line « NIR : »).",
    ),
    "hprim-unclear": Text(
        "Le message HPRIM n° {number} sur {count} ne désigne pas son patient avec certitude (nom, "
        "prénom et date de naissance complète). Rien n'a été conservé, les autres messages du "
        "fichier non plus. Corrigez-le, ou envoyez un message par patient.",
        "HPRIM message {number} of {count} does not surely name its patient (name, first name and "
        "full birth date). Nothing was kept, none of the others either. Correct it, or send one "
        "mail a patient.",
    ),
    "several-patients": Text(
        "Le message contient des résultats HPRIM de plusieurs patients et d'autres documents, "
        "sans dire à qui ceux-ci appartiennent. Rien n'a été conservé. Envoyez un message par "
        "patient.",
        "The mail holds HPRIM results of several patients and other documents without saying "
        "whose these are. Nothing was kept. Send one mail a patient.",
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
    "card-needed": Text(
        "Cette demande doit porter l'attestation de la carte Vitale du patient : votre lecteur de "
        "carte la fournit, recopiez-la sur une ligne « Vitale : », avec une ligne « NIR : ».",
        "This request must carry the attestation of the patient's Vitale card: your card reader "
        "makes it, copy it into a line « Vitale : », beside a line « NIR : ».",
    ),
    "attestation-used": Text(
        "Cette attestation de carte Vitale a déjà servi. Rien n'a été fait. Faites lire la carte à "
        "nouveau : chaque attestation ne vaut que pour un seul message.",
        "This attestation of a Vitale card was used before. Nothing was done. Have the card read "
        "again: each attestation is good for one mail.",
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
    "too-many": Text(
        "Trop de demandes avec un code, de créations refusées ou de listes en peu de temps. Rien "
        "n'a été fait. Attendez une heure, puis renvoyez le message. Les urgences ne sont jamais "
        "limitées.",
        "Too many requests with a code, refused creations or lists in a short time. Nothing was "
        "done. Wait an hour and send the mail again. Emergencies are never limited.",
    ),
    "no-such-entry": Text(
        "Le dossier ne contient pas pour vous d'entrée numéro {numbers}. Demandez l'index "
        "(« Demande : index ») pour voir les numéros. Rien n'a été fait.",
        "For you the dossier has no entry {numbers}. Ask for the index (« Request : index ») to "
        "see the numbers. Nothing was done.",
    ),
    "stale": Text(
        "La signature de ce message est trop ancienne ou son horloge est déréglée. Rien n'a été "
        "fait. Vérifiez l'heure de votre ordinateur, puis écrivez le message à nouveau.",
        "The signature of this mail is too old or its clock is wrong. Nothing was done. Check your "
        "computer's time and write the mail again.",
    ),
    "replayed": Text(
        "Ce message chiffré a déjà été reçu une fois ; cette copie n'a rien changé. Pour répéter "
        "une demande, écrivez un nouveau message.",
        "This encrypted mail was received once before; this copy changed nothing. To repeat a "
        "request, write a new mail.",
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
