"""The page that says how to write to the service."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-help": Text("RMP : mode d'emploi", "RMP: how to use it"),
    "help": Text(
        """\
Service de résumé médical partagé : mode d'emploi

Écrivez au service un nouveau message, chiffré et signé. La
demande s'écrit au début du texte (l'objet n'est pas lu) ; une
ligne vide la sépare de votre lettre, s'il y en a une. Recopiez le
modèle qu'il vous faut et remplacez tout ce qui est entre
crochets, crochets compris. Un modèle laissé tel quel ne fait
rien.

EN URGENCE

Sans code ni carte. La date de naissance exacte, sur une ligne
« Né le », ouvre le dossier aussitôt ; sinon vous choisissez dans
une liste, même avec le début du nom seul :

{example_urgence}

Ensuite, justifiez l'accès : répondez au message reçu, en quelques
mots au-dessus du texte cité, ou écrivez :

{example_justification}

TOUS LES JOURS

Recevoir un dossier. Le médecin traitant et son remplaçant
retirent la ligne « Code », et tout autre professionnel y met le
code que donne le patient :

{example_consultation}

À la place du code, une ligne « Vitale » peut porter l'attestation
de votre lecteur de carte. « résumé » donne le dernier résumé,
« index » la liste des documents, « original » joint à ce que le
service a rechiffré ce que l'auteur a signé. Pour n'en recevoir
que certains, ajoutez une ou plusieurs de ces lignes :

{example_part}

Déposer un document : joignez-le. La dernière ligne, facultative,
en envoie une copie au confrère nommé. Un résultat HPRIM se passe
de ces lignes.

{example_depot}

Créer le dossier d'un patient qui y consent (le service fabrique
son code, sauf si vous en donnez un sur une ligne « Code ») :

{example_creation}

Vous pouvez ajouter Nom d'usage, Sexe, Adresse, NIR, Régime,
Mutuelle, et pour vous joindre Téléphone, Fax, Portable, Courriel.
Pour les changer plus tard, demandez « fiche ».

Retrouver vos patients par les premières lettres du nom :

{example_liste}

SELON LES BESOINS

Devenir le médecin traitant, avec le code et l'accord du patient :

{example_medecin_traitant}

Déclarer un remplaçant (pour y mettre fin, demandez « fin de
remplacement ») :

{example_remplacement}

Changer des documents d'onglet (médecin traitant ou remplaçant) :

{example_reclassement}

Changer de clé. Joignez la nouvelle, signez avec l'ancienne ; sans
l'empreinte entière de la nouvelle, rien n'est changé :

{example_nouvelle_cle}

Écrire sans signer (avec compte et mot de passe, si l'hébergeur
l'admet). Ajoutez ces lignes à vos premières lignes :

{example_unsigned}

LES DROITS DU PATIENT

Masquer des documents (les numéros sont ceux de l'index) :

{example_masquage}

De même : démasquage, rectification (joignez la nouvelle version),
opposition et levée d'opposition (ligne « Médecin »), nouveau
code, révocation du code, accès, copie, renvoi, contestation,
clôture, clé du patient (joignez-la ; ligne « Courriel »). La page
à remettre au patient :

{example_droits}

Recevoir ce mode d'emploi :

{example_aide}
""",
        """\
Shared medical summary: how to use it

Write a new mail to the service, encrypted and signed. The request
stands at the beginning of the text (the subject is not read); an
empty line parts it from your letter, if there is one. Copy the
model that you need and replace all that stands in brackets, and
the brackets. A model that is left as it is does nothing.

IN AN EMERGENCY

Without code or card. The exact birth date, in a line « Born »,
opens the dossier at once; otherwise you choose from a list, even
if you know only how the name begins:

{example_urgence}

Justify the access afterwards: answer the mail that you received,
in a few words above the quoted text, or write:

{example_justification}

EVERY DAY

Receive a dossier. The treating doctor and the locum leave out the
line « Code », and anybody else gives the patient's code in it:

{example_consultation}

In the code's place a line « Vitale » may hold the attestation of
your card reader. « summary » brings the newest summary, « index »
the list of documents, « original » attaches what the author
signed to what the service encrypted anew. To receive only some of
them, add one or more of these lines:

{example_part}

File a document: attach it. The last line, if you want, sends a
copy to this colleague. An HPRIM result needs none of these lines.

{example_depot}

Create the dossier of a consenting patient (the service makes the
code, unless you give one in a line « Code »):

{example_creation}

You may add Used name, Sex, Address, NIR, Insurance, Mutual
insurance, and to reach you Phone, Fax, Mobile, Email. To change
them later, request « sheet ».

Find your patients by the first letters of the name:

{example_liste}

AS NEEDED

Become the treating doctor, with the patient's code and consent:

{example_medecin_traitant}

Declare a locum (to end it, request « end of locum »):

{example_remplacement}

Move documents to another tab (treating doctor or locum):

{example_reclassement}

Change your key. Attach the new one, sign with the old one;
without the whole fingerprint of the new one nothing is changed:

{example_nouvelle_cle}

Write without signing (by account and password, if the host allows
it). Add these lines to your first lines:

{example_unsigned}

THE PATIENT'S RIGHTS

Mask documents (the numbers are those of the index):

{example_masquage}

Likewise: unmask, correction (attach the new version), opposition
and admit (line « Doctor »), new code, revoke code, accesses,
copy, resend, contest, close, patient key (attach it; line
« Email »). The page to hand to the patient:

{example_droits}

Receive this page:

{example_aide}
""",
    ),
}
