"""Why a mail was refused: heard at SMTP time by strangers, read in a letter by doctors."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "not-encrypted": Text(
        "Ce message n'est pas chiffré : il a voyagé en clair. Rien n'a été conservé. Dans la "
        "fenêtre de rédaction, cliquez sur « Chiffrer » (Thunderbird) ou « Secure » (Outlook "
        "avec Gpg4win), puis renvoyez-le. Si la clé publique du service vous manque, "
        "demandez-la à l'hébergeur.",
        "This mail is not encrypted: it travelled in clear. Nothing was kept. In the window "
        "where you write, click « Encrypt » (Thunderbird) or « Secure » (Outlook with "
        "Gpg4win), then send it again. If you lack the service's public key, ask the host for "
        "it.",
    ),
    "smime": Text(
        "Ce message est chiffré en S/MIME, pour lequel ce service n'a pas de certificat. Rien "
        "n'a été conservé. Chiffrez-le en OpenPGP, avec la clé publique du service, puis "
        "renvoyez-le ; ou demandez à l'hébergeur un certificat S/MIME du service.",
        "This mail is encrypted with S/MIME, for which this service has no certificate. Nothing "
        "was kept. Encrypt it with OpenPGP, to the service's public key, and send it again; or "
        "ask the host for an S/MIME certificate of the service.",
    ),
    "smime-unreadable": Text(
        "Ce message S/MIME n'a pas pu être ouvert, ou n'est pas signé en entier. Rien n'a été "
        "conservé. Dans Outlook, onglet « Options », cochez « Chiffrer » et « Signer », puis "
        "renvoyez-le. Si le refus se répète, demandez à l'hébergeur le certificat actuel du "
        "service.",
        "This S/MIME mail could not be opened, or is not signed as a whole. Nothing was kept. In "
        "Outlook, tab « Options », tick « Encrypt » and « Sign », then send it again. If it is "
        "refused once more, ask the host for the service's present certificate.",
    ),
    "old-cipher": Text(
        "Ce message est chiffré en 3DES, RC2 ou DES, qui ne protègent plus. Rien n'a été "
        "conservé. Dans Outlook : Fichier, Options, Centre de gestion de la confidentialité, "
        "« Sécurité de la messagerie », « Paramètres » : choisissez AES (256 bits), puis "
        "renvoyez-le.",
        "This mail is encrypted with 3DES, RC2 or DES, which protect no more. Nothing was kept. "
        "In Outlook: File, Options, Trust Center, « Email Security », « Settings »: choose AES "
        "(256-bit), then send it again.",
    ),
    "old-certificate": Text(
        "Ce message est chiffré avec un ancien certificat du service. Rien n'a été conservé. "
        "Demandez le nouveau à l'hébergeur, ou prenez-le dans le dernier message signé du "
        "service (clic droit sur l'expéditeur, « Ajouter aux contacts »), puis renvoyez-le.",
        "This mail is encrypted to a former certificate of the service. Nothing was kept. Ask "
        "the host for the new one, or take it from the service's latest signed mail (right "
        "click on the sender, « Add to contacts »), then send it again.",
    ),
    "unknown-certificate": Text(
        "Ce message est signé avec un certificat qui n'est pas inscrit. Rien n'a été conservé. "
        "Signez-le avec votre certificat inscrit, puis renvoyez-le ; ou demandez à l'hébergeur "
        "d'inscrire celui-ci.",
        "This mail is signed with a certificate that is not enrolled. Nothing was kept. Sign it "
        "with your enrolled certificate and send it again; or ask the host to enrol this one.",
    ),
    "expired-certificate": Text(
        "Le certificat qui signe ce message a expiré. Rien n'a été conservé. Signez avec votre "
        "nouveau certificat : s'il est au même nom et du même émetteur, il est repris de "
        "lui-même.",
        "The certificate that signs this mail has expired. Nothing was kept. Sign with your new "
        "certificate: one of the same name and issuer is taken up by itself.",
    ),
    "revoked-certificate": Text(
        "Le certificat qui signe ce message a été révoqué par son émetteur. Rien n'a été "
        "conservé. Envoyez un nouveau certificat à l'hébergeur.",
        "The certificate that signs this mail was revoked by its issuer. Nothing was kept. Send "
        "a new certificate to the host.",
    ),
    "winmail": Text(
        "Outlook a enfermé ce message dans un fichier winmail.dat, que le service ne peut pas "
        "ouvrir. Rien n'a été conservé. Dans Outlook, onglet « Format du texte », choisissez "
        "« Texte brut », puis renvoyez-le.",
        "Outlook packed this mail into a file winmail.dat, which the service cannot open. "
        "Nothing was kept. In Outlook, tab « Format Text », choose « Plain Text » and send it "
        "again.",
    ),
    "unreadable": Text(
        "Ce message n'a pas pu être déchiffré : il n'est pas chiffré avec la clé actuelle du "
        "service, ou il a été abîmé en route. Rien n'a été conservé. Renvoyez-le. Si le refus "
        "se répète, demandez à l'hébergeur la clé publique du service et importez-la.",
        "This mail could not be decrypted: it is not encrypted to the service's present key, "
        "or was damaged on its way. Nothing was kept. Send it again. If it is refused once "
        "more, ask the host for the service's public key and import it.",
    ),
    "old-key": Text(
        "Ce message est chiffré avec une ancienne clé du service, qui ne vaut plus rien. Rien "
        "n'a été conservé. Supprimez-la, demandez la nouvelle à l'hébergeur et comparez-en "
        "l'empreinte par téléphone, puis renvoyez-le.",
        "This mail is encrypted to an old key of the service, which is worth nothing any more. "
        "Nothing was kept. Remove it, ask the host for the new one and compare its fingerprint "
        "by telephone, then send it again.",
    ),
    "no-integrity": Text(
        "Ce message est chiffré à l'ancienne : rien ne prouve qu'il est arrivé intact. Rien "
        "n'a été conservé. Mettez à jour votre logiciel de chiffrement, puis renvoyez-le.",
        "This mail is encrypted in an old way: nothing proves that it arrived intact. Nothing "
        "was kept. Update your encryption software and send it again.",
    ),
    "unsupported": Text(
        "Ce message est chiffré dans un format que tous vos confrères ne pourraient pas lire. "
        "Rien n'a été conservé. Importez de nouveau la clé publique du service, puis "
        "renvoyez-le.",
        "This mail is encrypted in a format that not all of your colleagues could read. "
        "Nothing was kept. Import the service's public key again and send it once more.",
    ),
    "too-many-recipients": Text(
        "Ce message est chiffré pour trop de destinataires à la fois. Rien n'a été conservé. "
        "Envoyez au service un message à part, chiffré pour lui et pour vous.",
        "This mail is encrypted to too many recipients at once. Nothing was kept. Send the "
        "service a mail of its own, encrypted to it and to yourself.",
    ),
    "other-spelling": Text(
        "Cette écriture de l'adresse ne mène pas au service. Rien n'a été lu. Écrivez à "
        "{service}.",
        "This way of writing the address does not lead to the service. Nothing was read. Write "
        "to {service}.",
    ),
    "too-large": Text(
        "Ce message est trop gros : le service accepte {limit} Mo au plus. Rien n'a été "
        "conservé. Répartissez les documents sur plusieurs messages.",
        "This mail is too large: the service takes {limit} MB at most. Nothing was kept. "
        "Spread the documents over several mails.",
    ),
    "damaged-mail": Text(
        "Ce message est arrivé abîmé, ou trop compliqué pour être lu. Rien n'a été conservé. "
        "Écrivez un nouveau message, sans transférer l'ancien, et joignez-y les documents.",
        "This mail arrived damaged, or too complex to be read. Nothing was kept. Write a new "
        "mail, without forwarding the old one, and attach the documents to it.",
    ),
    "no-text": Text(
        "Le texte de ce message est vide : il ne dit pas de quel patient il s'agit, et "
        "l'objet du message n'est pas lu. Rien n'a été conservé. Écrivez au début du texte "
        "les lignes Patient et Né le, puis renvoyez le message.",
        "The text of this mail is empty: it does not say which patient it is about, and the "
        "subject is not read. Nothing was kept. Write the lines Patient and Born at the "
        "beginning of the text and send the mail again.",
    ),
    "layered": Text(
        "Une pièce jointe était déjà chiffrée pour le service avant d'être jointe : aucun "
        "confrère ne pourrait l'ouvrir. Rien n'a été conservé. Joignez le fichier d'origine, "
        "non chiffré : votre messagerie le chiffre avec le message.",
        "An attachment was encrypted to the service already before it was attached: no "
        "colleague could open it. Nothing was kept. Attach the original file, not encrypted: "
        "your mail client encrypts it with the mail.",
    ),
    "unknown-sender": Text(
        "Le service ne sait pas qui a écrit ce message : il n'est pas signé, ou pas avec une "
        "clé inscrite. Rien n'a été conservé. Signez-le avec votre clé inscrite (Thunderbird "
        ": menu « OpenPGP », « Signer numériquement »), puis renvoyez-le. Si vous n'êtes pas "
        "inscrit, adressez-vous à l'hébergeur.",
        "The service does not know who wrote this mail: it is not signed, or not with an "
        "enrolled key. Nothing was kept. Sign it with your enrolled key (Thunderbird: menu « "
        "OpenPGP », « Digitally Sign ») and send it again. If you are not enrolled, ask the "
        "host.",
    ),
    "bad-signature": Text(
        "La signature de ce message ne correspond pas à son contenu : il a sans doute été "
        "modifié en route. Rien n'a été conservé. Renvoyez-le ; si cela se répète, prévenez "
        "l'hébergeur.",
        "The signature of this mail does not fit its content: probably it was changed on its "
        "way. Nothing was kept. Send it again; if it happens once more, tell the host.",
    ),
    "expired-key": Text(
        "Votre clé est expirée ou révoquée. Rien n'a été conservé. Si elle est expirée : "
        "prolongez-la dans votre messagerie, puis renvoyez ce message, signé, avec votre clé "
        "publique jointe (Thunderbird : menu « OpenPGP », « Joindre ma clé publique ») ; la "
        "nouvelle date est reprise d'elle-même. Si elle est révoquée, envoyez une nouvelle clé "
        "publique à l'hébergeur.",
        "Your key is expired or revoked. Nothing was kept. If it is expired: prolong it in your "
        "mail client, then send this mail again, signed, with your public key attached "
        "(Thunderbird: menu « OpenPGP », « Attach My Public Key »); the new date is taken up by "
        "itself. If it is revoked, send a new public key to the host.",
    ),
    "header-problems": Text(
        "Les premières lignes de ce message n'ont pas été comprises. Rien n'a été fait ni "
        "conservé. Corrigez-les, puis renvoyez le message avec ses pièces jointes.",
        "The first lines of this mail were not understood. Nothing was done or kept. Correct "
        "them and send the mail again with its attachments.",
    ),
    "nothing-asked": Text(
        "Ce message ne demande rien que le service comprenne. Rien n'a été fait. La demande "
        "s'écrit au début du texte : l'objet n'est pas lu. Personne ne lit les messages "
        "envoyés ici ni ne les transmet : pour joindre un confrère, écrivez à son adresse.",
        "This mail asks for nothing that the service understands. Nothing was done. The "
        "request stands at the beginning of the text: the subject is not read. Nobody reads "
        "mails sent here or passes them on: to reach a colleague, write to his address.",
    ),
    "not-filed": Text(
        "Ces documents n'ont pas pu être attribués avec certitude à un patient. Rien n'a été "
        "conservé. Vérifiez le nom de naissance, le premier prénom et la date de naissance ; "
        "ajoutez si possible le numéro de sécurité sociale (une ligne NIR). Puis renvoyez le "
        "message.",
        "These documents could not be surely given to one patient. Nothing was kept. Check "
        "birth name, first given name and birth date; add the social security number if you "
        "can (a line NIR). Then send the mail again.",
    ),
    "hprim-unclear": Text(
        "Le résultat HPRIM n° {number} sur {count} ne désigne pas son patient avec certitude "
        "(nom, prénom et date de naissance complète). Rien n'a été conservé, les autres "
        "résultats non plus. Corrigez-le, ou envoyez un message par patient.",
        "HPRIM result {number} of {count} does not surely name its patient (name, first name "
        "and full birth date). Nothing was kept, none of the others either. Correct it, or "
        "send one mail a patient.",
    ),
    "several-patients": Text(
        "Ce message contient les résultats de plusieurs patients, et d'autres documents sans "
        "dire de qui. Rien n'a été conservé. Envoyez un message par patient.",
        "This mail holds the results of several patients, and other documents without saying "
        "whose. Nothing was kept. Send one mail a patient.",
    ),
    "no-access": Text(
        "L'accès n'est pas accordé. Vérifiez le nom de naissance, le premier prénom, la date "
        "de naissance et le code que le patient vous a donné. Pour protéger les patients, le "
        "service ne dit pas ce qui ne convient pas. Si la santé du patient ne peut attendre, "
        "envoyez la demande « urgence » : elle se passe de code.",
        "Access is not granted. Check birth name, first given name, birth date and the code "
        "that the patient gave you. To protect patients, the service does not say what does "
        "not fit. If the patient's health cannot wait, send the request « emergency »: it "
        "needs no code.",
    ),
    "code-missing": Text(
        "Le code du patient manque. Rien n'a été fait. Demandez-le au patient, ajoutez une "
        "ligne Code et renvoyez le message. Le médecin traitant n'en a pas besoin : il signe "
        "son message. Si la santé du patient ne peut attendre, envoyez la demande « urgence » "
        ": elle se passe de code.",
        "The patient's code is missing. Nothing was done. Ask the patient for it, add a line "
        "Code and send the mail again. The treating doctor needs none: he signs his mail. If "
        "the patient's health cannot wait, send the request « emergency »: it needs no code.",
    ),
    "signature-needed": Text(
        "Ce message n'est pas signé, et cette demande doit l'être. Rien n'a été fait. "
        "Signez-le avec votre clé inscrite (Thunderbird : menu « OpenPGP », « Signer "
        "numériquement »), puis renvoyez-le.",
        "This mail is not signed, and this request must be. Nothing was done. Sign it with "
        "your enrolled key (Thunderbird: menu « OpenPGP », « Digitally Sign ») and send it "
        "again.",
    ),
    "card-needed": Text(
        "Cette demande doit porter l'attestation de la carte Vitale du patient. Rien n'a été "
        "fait. Faites lire la carte, recopiez l'attestation entière sur une ligne Vitale, "
        "ajoutez une ligne NIR, puis renvoyez le message.",
        "This request must carry the attestation of the patient's Vitale card. Nothing was "
        "done. Have the card read, copy the whole attestation into a line Vitale, add a line "
        "NIR and send the mail again.",
    ),
    "cps-needed": Text(
        "Cette demande doit être signée avec votre carte CPS, et ce message ne l'est pas. Rien "
        "n'a été fait. Signez avec votre carte CPS, par son certificat de signature inscrit "
        "(Outlook : onglet « Options », « Signer »), puis renvoyez le message. Si la santé du "
        "patient ne peut attendre, envoyez la demande « urgence » : elle se passe de carte.",
        "This request must be signed with your CPS card, and this mail is not. Nothing was "
        "done. Sign with your CPS card, by its enrolled certificate for signing (Outlook: tab "
        "« Options », « Sign »), and send the mail again. If the patient's health cannot wait, "
        "send the request « emergency »: it needs no card.",
    ),
    "attestation-used": Text(
        "Cette attestation de carte Vitale a déjà servi. Rien n'a été fait. Faites lire la "
        "carte à nouveau : chaque attestation ne sert qu'une fois.",
        "This attestation of a Vitale card was used before. Nothing was done. Have the card "
        "read again: each attestation serves once.",
    ),
    "consent-missing": Text(
        "Le dossier n'a pas été créé : l'accord du patient n'est pas indiqué. Si le patient "
        "est d'accord, ajoutez une ligne Consentement avec le mot « oui », puis renvoyez le "
        "message.",
        "The dossier was not created: the patient's consent is not stated. If the patient "
        "agrees, add a line Consent with the word « yes » and send the mail again.",
    ),
    "weak-code": Text(
        "Le dossier n'a pas été créé : le code choisi serait trop vite deviné. Il lui faut au "
        "moins huit lettres sans accent ou chiffres, dont quatre différents ; ni suite comme "
        "12345678, ni nom ou date de naissance du patient. Choisissez-en un autre, ou retirez la "
        "ligne Code et le service en fabriquera un. Puis renvoyez le message.",
        "The dossier was not created: the code would be guessed too soon. It needs at least eight "
        "letters without accents or digits, four of them different; no row such as 12345678, no "
        "name or date of birth of the patient. Choose another, or leave the line Code out and "
        "the service will make one. Then send the mail again.",
    ),
    "doctors-only": Text(
        "Le dossier n'a pas été créé : seul un médecin inscrit peut le faire. Parlez-en au "
        "médecin traitant du patient.",
        "The dossier was not created: only an enrolled doctor can do so. Speak to the "
        "patient's treating doctor.",
    ),
    "already-yours": Text(
        "Le dossier de ce patient existe déjà, et vous en êtes le médecin traitant. Rien n'a "
        "été changé. Pour y ajouter un document, renvoyez le message sans la ligne Demande.",
        "This patient's dossier exists already, and you are the treating doctor. Nothing was "
        "changed. To add a document, send the mail again without the line Request.",
    ),
    "nothing-to-file": Text(
        "Ce message ne contient rien à conserver : ni pièce jointe, ni lettre. Rien n'a été "
        "fait. Joignez le document, ou écrivez votre lettre après une ligne vide, puis "
        "renvoyez-le. Pour recevoir un dossier, ajoutez une ligne Demande avec le mot « "
        "dossier » ; en urgence, le mot « urgence », et une ligne Motif qui dit pourquoi.",
        "This mail holds nothing to keep: no attachment and no letter. Nothing was done. "
        "Attach the document, or write your letter after an empty line, and send it again. To "
        "receive a dossier, add a line Request with the word « dossier »; in an emergency, the "
        "word « emergency », and a line Reason that says why.",
    ),
    "too-many": Text(
        "Trop de demandes avec un code, de créations refusées ou de listes en peu de temps. "
        "Rien n'a été fait. Attendez une heure, puis renvoyez le message. Les urgences ne "
        "sont jamais limitées.",
        "Too many requests with a code, refused creations or lists in a short time. Nothing "
        "was done. Wait an hour and send the mail again. Emergencies are never limited.",
    ),
    "no-such-entry": Text(
        "Pour vous, ce dossier n'a pas de document n° {numbers}. Rien n'a été fait. Pour voir "
        "les numéros, envoyez la demande « index ».",
        "For you this dossier has no document {numbers}. Nothing was done. To see the "
        "numbers, send the request « index ».",
    ),
    "table-missing": Text(
        "Une demande par numéros nomme aussi la table où ils ont été lus, derrière les numéros, "
        "ainsi « 5, 7 (table {table}) ». D'une table à l'autre, un numéro peut désigner un autre "
        "document. Rien n'a été fait. Votre table d'aujourd'hui est {table} ; vérifiez-y les "
        "numéros, puis renvoyez la demande.",
        "A request by numbers also names the table that they were read from, behind the numbers, "
        "like this, « 5, 7 (table {table}) ». From one table to another a number may mean another "
        "document. Nothing was done. Your table of today is {table}; check the numbers there and "
        "send the request again.",
    ),
    "table-other": Text(
        "Les numéros ont été lus dans la table {said}, qui n'est pas votre table d'aujourd'hui ; "
        "elle a changé depuis, ou son nom est mal recopié. Rien n'a été fait. Votre table "
        "d'aujourd'hui est {table} ; vérifiez-y les numéros, puis renvoyez la demande avec "
        "« (table {table}) » derrière eux.",
        "The numbers were read from the table {said}, which is not your table of today; it has "
        "changed since, or its name is not copied well. Nothing was done. Your table of today is "
        "{table}; check the numbers there and send the request again with « (table {table}) » "
        "behind them.",
    ),
    "stale-list": Text(
        "Le service ne peut pas vérifier en ce moment si votre certificat a été révoqué : la "
        "liste de son émetteur manque ou a trop d'âge. Cette demande change qui décide du "
        "dossier, elle attend donc. Rien n'a été fait. Prévenez l'hébergeur ; les urgences, "
        "dépôts et consultations restent possibles.",
        "The service cannot verify at present whether your certificate was revoked: its "
        "issuer's list is missing or too old. This request changes who decides about the "
        "dossier, so it waits. Nothing was done. Tell the host; emergencies, deposits and "
        "reading remain possible.",
    ),
    "unknown-issuer": Text(
        "Votre certificat vient d'un émetteur auquel l'hébergeur ne fait pas confiance. Rien "
        "n'a été fait. Adressez-vous à lui ; il peut ajouter cet émetteur. Une urgence reste "
        "possible.",
        "Your certificate is from an issuer whom the host does not trust. Nothing was done. Ask "
        "him; he can add this issuer. An emergency remains possible.",
    ),
    "wrong-purpose": Text(
        "Votre certificat n'est pas fait pour signer des messages. Rien n'a été fait. Signez "
        "avec le certificat de signature de votre carte ou de votre messagerie.",
        "Your certificate is not made for signing mail. Nothing was done. Sign with your card's "
        "or your mail program's certificate for signing.",
    ),
    "stale": Text(
        "Ce message a été signé il y a trop longtemps, ou l'heure de votre ordinateur est "
        "fausse. Rien n'a été fait. Vérifiez la date et l'heure, puis écrivez un nouveau "
        "message.",
        "This mail was signed too long ago, or your computer's time is wrong. Nothing was "
        "done. Check date and time and write a new mail.",
    ),
    "future": Text(
        "Ce message porte une signature du {signed}, alors qu'il est ici {now}. Rien n'a été "
        "fait. Vérifiez la date et l'heure de votre ordinateur, puis écrivez un nouveau "
        "message. Si elles sont justes, c'est l'horloge du service qui retarde : prévenez "
        "l'hébergeur.",
        "This mail carries a signature of {signed}, while it is {now} here. Nothing was done. "
        "Check your computer's date and time and write a new mail. If they are right, it is "
        "the service's clock that is behind: tell the host.",
    ),
    "replayed": Text(
        "Ce message a déjà été reçu une fois ; cette copie n'a rien changé, et aucun de ses "
        "fichiers n'a été conservé. Pour répéter une demande ou joindre autre chose, écrivez un "
        "nouveau message.",
        "This mail was received once before; this copy changed nothing, and none of its "
        "files was kept. To repeat a request or to attach something else, write a new mail.",
    ),
    "other-service": Text(
        "Ce message nomme un autre service ({service}). Rien n'a été fait. S'il est pour "
        "celui-ci, corrigez la ligne « Service » et renvoyez-le.",
        "This mail names another service ({service}). Nothing was done. If it is for this one, "
        "correct the line « Service » and send it again.",
    ),
    "not-in-service": Text(
        "Cette demande n'est pas encore possible ici. Rien n'a été fait. Adressez-vous à "
        "l'hébergeur.",
        "This request is not possible here yet. Nothing was done. Ask the host.",
    ),
    "unavailable": Text(
        "Le service est indisponible pour le moment. Si votre logiciel vous montre cette ligne, "
        "rien n'est parti : renvoyez le message dans quelques minutes. Un serveur le représente "
        "de lui-même.",
        "The service is unavailable for the moment. If your program shows you this line, "
        "nothing has left: send the mail again in a few minutes. A server does so by itself.",
    ),
}
