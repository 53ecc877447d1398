"""The page that says how to write to the service."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "subject-help": Text("RMP : mode d'emploi", "RMP: how to use it"),
    "help": Text(
        """\
Service de résumé médical partagé : mode d'emploi

Écrivez un message chiffré et signé au service. Les premières lignes du texte disent ce que
vous demandez ; une ligne vide les sépare de votre lettre.

TOUS LES JOURS

Recevoir un dossier (médecin traitant ou remplaçant : sans la ligne « Code » ; tout autre
professionnel : avec le code que donne le patient) :

    Demande : dossier
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Code : ........

(ou, au lieu du code, « Vitale : » et l'attestation de votre lecteur de carte.)
Une partie seulement : « Demande : résumé », « Demande : index », ou une de ces lignes en plus :

    Onglet : biologie
    Depuis : 01/01/2026
    Numéros : 2, 5-7

Déposer un document (il suffit de le joindre ; la dernière ligne, facultative, adresse une copie
au confrère nommé ; un résultat HPRIM se passe de ces lignes) :

    Patient : DUPONT Jean
    Né le : 30/01/1959
    Document : Compte-rendu radiologie
    Prescripteur : Dr Anne MOREL

Créer le dossier d'un patient qui y consent (sans ligne « Code », le service fabrique le code) :

    Demande : création
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Consentement : oui

(facultatif : Nom d'usage, Sexe, Adresse, NIR, Régime, Mutuelle ; vos Téléphone, Fax, Portable,
Courriel. Pour les changer plus tard : « Demande : fiche ».)

Retrouver vos patients par les premières lettres du nom :

    Demande : liste
    Nom : DU

EN URGENCE

Sans code ni carte, même si vous ne savez que le début du nom (vous choisirez dans une liste). Le
médecin traitant et le patient en sont informés ; vous justifierez l'accès ensuite :

    Demande : urgence
    Patient : DUPONT Jean
    Âge : environ 65 ans
    Motif : trouvé inconscient, traitement inconnu

    Demande : justification
    Référence : U-K7QX-3MZB-9FTR
    Motif : AVC ischémique confirmé

SELON LES BESOINS

Devenir le médecin traitant (avec le code et l'accord du patient) :

    Demande : médecin traitant
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Code : ........
    Consentement : oui

Déclarer un remplaçant (pour y mettre fin : « Demande : fin de remplacement ») :

    Demande : remplacement
    Remplaçant : Dr Anne MOREL
    Du : 01/07/2026
    Au : 31/07/2026

Changer des documents d'onglet (médecin traitant ou remplaçant) :

    Demande : reclassement
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Numéros : 3, 5-7
    Onglet : Imagerie

Changer de clé (joignez la nouvelle, signez avec l'ancienne) :

    Demande : nouvelle clé

LES DROITS DU PATIENT

Masquer des entrées (numéros de l'index) :

    Demande : masquage
    Patient : DUPONT Jean
    Né le : 30/01/1959
    Numéros : 2, 5

De même : démasquage, rectification (joignez la nouvelle version), opposition et levée d'opposition
(ligne « Médecin : »), nouveau code, révocation du code, accès, copie, renvoi, clôture, clé du
patient (joignez-la ; ligne « Courriel : »). La page à remettre au patient :

    Demande : droits

Recevoir ce mode d'emploi :

    Demande : aide
""",
        """\
Shared medical summary: how to use it

Send an encrypted and signed mail to the service. The first lines of the text say what you ask
for; an empty line parts them from your letter.

EVERY DAY

Receive a dossier (treating doctor or locum: without the line « Code »; anybody else: with the
code that the patient gives):

    Request : dossier
    Patient : DUPONT Jean
    Born : 30/01/1959
    Code : ........

(or, in the code's place, « Vitale : » and the attestation of your card reader.)
Only a part of it: « Request : summary » or « Request : index », or add one of these lines:

    Tab : biologie
    Since : 01/01/2026
    Numbers : 2, 5-7

File a document (just attach it; the last line, if you want, sends a copy to this colleague; an
HPRIM result needs none of these lines):

    Patient : DUPONT Jean
    Born : 30/01/1959
    Document : Compte-rendu radiologie
    Prescriber : Dr Anne MOREL

Create the dossier of a consenting patient (without a line « Code » the service makes the code):

    Request : creation
    Patient : DUPONT Jean
    Born : 30/01/1959
    Consent : yes

(optional: Used name, Sex, Address, NIR, Insurance, Mutual insurance; your Phone, Fax, Mobile,
Email. To change them later: « Request : sheet ».)

Find your patients by the first letters of the name:

    Request : list
    Name : DU

IN AN EMERGENCY

Without code or card, even if you know only how the name begins (you will choose from a list). The
treating doctor and the patient are told of it; you justify the access afterwards:

    Request : emergency
    Patient : DUPONT Jean
    Age : about 65
    Reason : found unconscious, medication unknown

    Request : justification
    Reference : U-K7QX-3MZB-9FTR
    Reason : ischaemic stroke confirmed

AS NEEDED

Become the treating doctor (with the patient's code and consent):

    Request : treating doctor
    Patient : DUPONT Jean
    Born : 30/01/1959
    Code : ........
    Consent : yes

Declare a locum (to end it: « Request : end of locum »):

    Request : locum
    Locum : Dr Anne MOREL
    From : 01/07/2026
    Until : 31/07/2026

Move documents to another tab (treating doctor or locum):

    Request : refile
    Patient : DUPONT Jean
    Born : 30/01/1959
    Numbers : 3, 5-7
    Tab : Imagerie

Change your key (attach the new one, sign with the old one):

    Request : new key

THE PATIENT'S RIGHTS

Mask entries (numbers of the index):

    Request : mask
    Patient : DUPONT Jean
    Born : 30/01/1959
    Numbers : 2, 5

Likewise: unmask, correction (attach the new version), opposition and admit (line « Doctor : »),
new code, revoke code, accesses, copy, resend, close, patient key (attach it; line « Email : »).
The page to hand to the patient:

    Request : rights

Receive this page:

    Request : help
""",
    ),
}
