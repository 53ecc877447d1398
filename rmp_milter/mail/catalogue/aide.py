"""The page that says how to write to the service."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-help": Text("RMP : mode d'emploi", "RMP: how to use it"),
    "help": Text(
        """\
Service de résumé médical partagé : mode d'emploi

Écrivez un message chiffré et signé au service. Les premières lignes du texte disent ce que
vous demandez ; une ligne vide les sépare de votre lettre. Dans les exemples, remplacez ce qui est
entre crochets, crochets compris. Un exemple laissé tel quel ne fait rien.

TOUS LES JOURS

Recevoir un dossier (médecin traitant ou remplaçant : sans la ligne « Code » ; tout autre
professionnel : avec le code que donne le patient) :

{example_consultation}

(ou, au lieu du code, une ligne « Vitale » et l'attestation de votre lecteur de carte.)
« résumé » est le dernier résumé, « index » la table seule. Pour choisir des documents du dossier,
ajoutez une ou plusieurs de ces lignes :

{example_part}

Déposer un document (il suffit de le joindre ; la dernière ligne, facultative, adresse une copie
au confrère nommé ; un résultat HPRIM se passe de ces lignes) :

{example_depot}

Créer le dossier d'un patient qui y consent (sans ligne « Code », le service fabrique le code) :

{example_creation}

(facultatif : Nom d'usage, Sexe, Adresse, NIR, Régime, Mutuelle ; vos Téléphone, Fax, Portable,
Courriel. Pour les changer plus tard, demandez « fiche ».)

Retrouver vos patients par les premières lettres du nom :

{example_liste}

EN URGENCE

Sans code ni carte, même si vous ne savez que le début du nom (vous choisirez dans une liste). Le
médecin traitant et le patient en sont informés ; vous justifierez l'accès ensuite :

{example_urgence}

{example_justification}

SELON LES BESOINS

Devenir le médecin traitant (avec le code et l'accord du patient) :

{example_medecin_traitant}

Déclarer un remplaçant (pour y mettre fin, demandez « fin de remplacement ») :

{example_remplacement}

Changer des documents d'onglet (médecin traitant ou remplaçant) :

{example_reclassement}

Changer de clé (joignez la nouvelle, signez avec l'ancienne ; sans l'empreinte entière de la
nouvelle, rien n'est changé) :

{example_nouvelle_cle}

LES DROITS DU PATIENT

Masquer des entrées (numéros de l'index) :

{example_masquage}

De même : démasquage, rectification (joignez la nouvelle version), opposition et levée d'opposition
(ligne « Médecin »), nouveau code, révocation du code, accès, copie, renvoi, clôture,
clé du patient (joignez-la ; ligne « Courriel »). La page à remettre au patient :

{example_droits}

Recevoir ce mode d'emploi :

{example_aide}
""",
        """\
Shared medical summary: how to use it

Send an encrypted and signed mail to the service. The first lines of the text say what you ask
for; an empty line parts them from your letter. In the examples replace what stands in brackets,
and the brackets. An example that is left as it is does nothing.

EVERY DAY

Receive a dossier (treating doctor or locum: without the line « Code »; anybody else: with the
code that the patient gives):

{example_consultation}

(or, in the code's place, a line « Vitale » and the attestation of your card reader.)
« summary » is the newest summary, « index » the table alone. To choose documents of the dossier
add one or more of these lines:

{example_part}

File a document (just attach it; the last line, if you want, sends a copy to this colleague; an
HPRIM result needs none of these lines):

{example_depot}

Create the dossier of a consenting patient (without a line « Code » the service makes the code):

{example_creation}

(optional: Used name, Sex, Address, NIR, Insurance, Mutual insurance; your Phone, Fax, Mobile,
Email. To change them later, request « sheet ».)

Find your patients by the first letters of the name:

{example_liste}

IN AN EMERGENCY

Without code or card, even if you know only how the name begins (you will choose from a list). The
treating doctor and the patient are told of it; you justify the access afterwards:

{example_urgence}

{example_justification}

AS NEEDED

Become the treating doctor (with the patient's code and consent):

{example_medecin_traitant}

Declare a locum (to end it, request « end of locum »):

{example_remplacement}

Move documents to another tab (treating doctor or locum):

{example_reclassement}

Change your key (attach the new one, sign with the old one; without the whole fingerprint of the
new one nothing is changed):

{example_nouvelle_cle}

THE PATIENT'S RIGHTS

Mask entries (numbers of the index):

{example_masquage}

Likewise: unmask, correction (attach the new version), opposition and admit (line « Doctor »),
new code, revoke code, accesses, copy, resend, close, patient key (attach it; line « Email »).
The page to hand to the patient:

{example_droits}

Receive this page:

{example_aide}
""",
    ),
}
