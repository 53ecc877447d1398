"""The answer to a creation."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "creation-held": Text(
        "Le dossier n'a pas été créé et rien n'a été conservé : l'identité n'est pas sûre, ou "
        "le dossier existe déjà. Pour protéger les patients, le service ne dit pas lequel des "
        "deux. Vérifiez le nom de naissance, le premier prénom, la date de naissance, le sexe "
        "et le NIR. Si le patient a déjà un code, envoyez la demande « médecin traitant » "
        "avec ce code. Sinon, adressez-vous à l'hébergeur.",
        "The dossier was not created and nothing was kept: the identity is not certain, or "
        "the dossier exists already. To protect patients, the service does not say which. "
        "Check birth name, first given name, birth date, sex and NIR. If the patient has a "
        "code already, send the request « treating doctor » with that code. Otherwise ask the "
        "host.",
    ),
    "creation-proofs": Text(
        "Le dossier n'a pas été créé : il manque une preuve que l'hébergeur exige. Rien n'a "
        "été conservé. Il faut {proofs}. Complétez, puis renvoyez le message.",
        "The dossier was not created: a proof is missing that the host asks for. Nothing was "
        "kept. It takes {proofs}. Complete the mail and send it again.",
    ),
    "creation-attestation": Text(
        "Le dossier n'a pas été créé : l'attestation de carte Vitale est périmée, ou n'est "
        "pas faite pour vous et pour ce service. Rien n'a été conservé. Faites lire la carte "
        "à nouveau, ou retirez la ligne Vitale, puis renvoyez le message.",
        "The dossier was not created: the attestation of the Vitale card is out of date, or "
        "not made for you and this service. Nothing was kept. Have the card read again, or "
        "leave the line Vitale out, and send the mail again.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "proof-signature": Text(
        "un message signé",
        "a signed mail",
    ),
    "proof-cps": Text(
        "un message signé avec votre carte CPS",
        "a mail signed with your CPS card",
    ),
    "proof-compte": Text(
        "le compte et le mot de passe",
        "account and password",
    ),
    "proof-code": Text(
        "une ligne Code",
        "a line Code",
    ),
    "proof-vitale": Text(
        "l'attestation de la carte Vitale",
        "the attestation of the Vitale card",
    ),
    "proof-or": Text(", ou ", ", or "),
    "creation-asked": Text(
        """\
Un confrère a demandé un dossier pour un patient qui est, ou
paraît être, le vôtre : {patient},
né(e) le {birth_date}. Rien n'a été changé, et le service ne lui a
pas dit que le dossier existe.

Si votre patient change de médecin traitant, il lui suffit de
donner son code à ce confrère. Sinon, parlez-en avec lui, car
cette demande figure dans la liste des accès à son dossier.
""",
        """\
A colleague asked for a dossier for a patient who is, or seems to
be, yours: {patient}, born {birth_date}.
Nothing was changed, and the colleague was not told that the
dossier is there.

If your patient changes doctors, giving the code to this colleague
is all it takes. Otherwise talk about it: the request stands in
the list of accesses to the dossier.
""",
    ),
    "subject-created": Text(
        "RMP : dossier créé pour {patient}", "RMP: dossier created: {patient}"
    ),
    "created": Text(
        """\
Le dossier de {patient}, né(e) le {birth_date}, est
créé. Vous en êtes le médecin traitant.

Voici le code confidentiel du patient, à lui remettre.

    {code}

{spelled}

Majuscules, espaces et tirets ne comptent pas.

Notez-le maintenant, il ne sera plus affiché. Imprimez la fiche
jointe ({slip}) et remettez-la au patient. Il donne ce
code aux confrères à qui il permet de lire son dossier.

Consentement du patient recueilli par {doctor} le
{date} (texte {version}).

À découper, si la fiche ne s'imprime pas :

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
The dossier of {patient}, born {birth_date}, is
created. You are the treating doctor.

Here is the patient's confidential code, to be handed over.

    {code}

{spelled}

Capitals, blanks and dashes do not count.

Note it now, it will not be shown again. Print the slip that is
attached ({slip}) and hand it to the patient, who gives
the code to the colleagues who may read the dossier.

The patient's consent was collected by {doctor} on
{date} (text {version}).

To cut out, if the slip does not print:

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
        """\
Ces documents attendaient le dossier et y sont maintenant :

{documents}
""",
        """\
These documents waited for the dossier and are now in it:

{documents}
""",
    ),
    "adopted-line": Text(
        "{date}, {author}, onglet « {onglet} » : {titles}",
        "{date}, {author}, tab « {onglet} »: {titles}",
    ),
    "also-filed": Text(
        """\
Document(s) reçu(s) avec la demande, onglet « {onglet} » :

{documents}
""",
        """\
Document(s) received with the request, tab « {onglet} »:

{documents}
""",
    ),
}
