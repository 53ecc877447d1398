"""The answer to a creation."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "creation-held": Text(
        "Le dossier n'a pas été créé et rien n'a été conservé : l'identité n'est pas sûre, ou un "
        "dossier existe déjà. Pour protéger les patients, le service ne dit pas lequel des deux. "
        "Vérifiez nom de naissance, premier prénom, date de naissance, sexe et NIR. Si le patient "
        "a déjà un code, écrivez « Demande : médecin traitant » avec ce code ; sinon, "
        "adressez-vous à l'hébergeur.",
        "The dossier was not created and nothing was kept: the identity is not certain, or there "
        "is a dossier already. To protect patients the service does not say which. Check birth "
        "name, first given name, birth date, sex and NIR. If the patient has a code already, write "
        "« Request : treating doctor » with that code; otherwise ask the host.",
    ),
    "creation-proofs": Text(
        "Le dossier n'a pas été créé. Pour créer un dossier, l'hébergeur demande : {proofs}.",
        "The dossier was not created. To create one, the host asks for: {proofs}.",
    ),
    "creation-attestation": Text(
        "Le dossier n'a pas été créé : l'attestation Vitale n'est pas valable pour vous et pour ce "
        "service, ou elle est périmée. Lisez la carte à nouveau, ou retirez la ligne « Vitale : ».",
        "The dossier was not created: the Vitale attestation does not hold for you and this "
        "service, or is out of date. Read the card again, or leave the line « Vitale : » out.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "proof-signature": Text("message signé", "signed mail"),
    "proof-compte": Text("compte et mot de passe", "account and password"),
    "proof-code": Text("ligne « Code : »", "line « Code : »"),
    "proof-vitale": Text("attestation Vitale", "Vitale attestation"),
    "proof-or": Text(", ou ", ", or "),
    "creation-asked": Text(
        """\
Un confrère a demandé la création d'un dossier pour un patient dont l'identité est, ou paraît
être, celle de votre patient {patient}, né(e) le {birth_date}. Le dossier n'a pas été
modifié, et le service n'a pas dit à ce confrère qu'il existe.

Si votre patient change de médecin traitant, il lui suffit de donner son code à ce confrère.
Sinon, parlez-en avec lui : la demande figure dans la liste des accès à son dossier.
""",
        """\
A colleague asked for the creation of a dossier for a patient whose identity is, or seems to be,
that of your patient {patient}, born {birth_date}. The dossier was not changed, and the colleague
was not told that it is there.

If your patient changes doctors, giving the code to this colleague is all it takes. Otherwise
talk about it: the request stands in the list of accesses to the dossier.
""",
    ),
    "subject-created": Text(
        "RMP : dossier créé pour {patient}", "RMP: dossier created: {patient}"
    ),
    "created": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, est créé. Vous en êtes le médecin traitant.
Consentement du patient recueilli par {doctor} le {date} (texte {version}).

Voici le code confidentiel du patient, à lui remettre.

    {code}

{spelled}

Il le donne aux confrères à qui il permet de lire son dossier, par écrit ou de vive voix
(majuscules, espaces et tirets ne comptent pas). Il ne sera plus affiché. La fiche à imprimer
pour lui est jointe ({slip}). À défaut, découpez celle-ci.

+----------------------------------------------------------------+
  Résumé médical partagé
  Fiche de {patient}, né(e) le {birth_date}
  Code personnel du patient

      {code}

  Ce code est confidentiel. Ne le donnez qu'à un professionnel de
  santé à qui vous permettez de lire votre dossier.
+----------------------------------------------------------------+
""",
        """\
The dossier of {patient}, born {birth_date}, is created. You are the treating doctor.
The patient's consent was collected by {doctor} on {date} (text {version}).

Here is the patient's confidential code, to be handed over.

    {code}

{spelled}

The patient gives it, in writing or by word of mouth, to the colleagues who may read the dossier
(capitals, blanks and dashes do not count). It will not be shown again. The slip to print is
attached ({slip}). Failing that, cut this one out.

+----------------------------------------------------------------+
  Shared medical summary
  Slip of {patient}, born {birth_date}
  The patient's personal code

      {code}

  This code is confidential. Give it only to a professional whom
  you allow to read your dossier.
+----------------------------------------------------------------+
""",
    ),
    "created-sheet": Text("Fiche du patient :\n\n{sheet}", "The patient's sheet:\n\n{sheet}"),
    "adopted": Text(
        "Document(s) reçu(s) avant la création et rattaché(s) au dossier :\n\n{documents}\n",
        "Document(s) received before the creation, now in the dossier:\n\n{documents}\n",
    ),
    "adopted-line": Text(
        "{date}, {author}, onglet « {onglet} » : {titles}",
        "{date}, {author}, tab « {onglet} »: {titles}",
    ),
    "also-filed": Text(
        "Document(s) reçu(s) avec la demande, onglet « {onglet} » :\n\n{documents}\n",
        "Document(s) received with the request, tab « {onglet} »:\n\n{documents}\n",
    ),
}
