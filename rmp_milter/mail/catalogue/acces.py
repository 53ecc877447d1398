"""The list of accesses: who did what to a dossier, in words that a patient understands."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

_ACTS = {
    "creation": Text("a créé le dossier", "created the dossier"),
    "depot": Text("a fait un dépôt", "made a deposit"),
    "rattachement": Text(
        "a fait rattacher des documents qui attendaient un dossier",
        "had documents attached that waited for a dossier",
    ),
    "consultation": Text("a consulté le dossier", "read the dossier"),
    "traduit": Text(
        "a reçu un document que le service a ouvert et chiffré pour lui",
        "was sent a document that the service opened and encrypted for them",
    ),
    "renvoi": Text("a redemandé des documents", "asked for documents again"),
    "copie": Text("a demandé une copie du dossier", "asked for a copy of the dossier"),
    "acces": Text("a demandé la liste des accès", "asked for the list of accesses"),
    "fiche": Text("a modifié la fiche du patient", "changed the patient's sheet"),
    "medecin_traitant": Text("est devenu(e) médecin traitant", "became the treating doctor"),
    "medecin traitant": Text("est devenu(e) médecin traitant", "became the treating doctor"),
    "cle": Text("a renouvelé la clé du médecin traitant", "renewed the treating doctor's key"),
    "reclassement": Text("a changé d'onglet", "changed the tab"),
    "rectification": Text("a rectifié", "corrected"),
    "masquage": Text("a masqué", "masked"),
    "demasquage": Text("a démasqué", "unmasked"),
    "opposition": Text(
        "a enregistré l'opposition du patient à un médecin",
        "noted that the patient refuses a doctor",
    ),
    "levee d'opposition": Text("a levé l'opposition à un médecin", "admitted a doctor again"),
    "code": Text("a fait établir un nouveau code", "had a new code made"),
    "revocation du code": Text("a révoqué le code", "revoked the code"),
    "cle_patient": Text("a enregistré la clé du patient", "enrolled the patient's key"),
    "cle du patient": Text("a enregistré la clé du patient", "enrolled the patient's key"),
    "contestation": Text(
        "a contesté le changement de médecin traitant",
        "contested the change of treating doctor",
    ),
    "cloture": Text("a clos le dossier", "closed the dossier"),
    "urgence": Text("a accédé au dossier en urgence", "read the dossier in an emergency"),
    "urgence liste": Text(
        "a reçu en urgence une liste où le patient figure",
        "was sent a list in an emergency on which the patient stands",
    ),
    "controle": Text("a examiné un accès en urgence", "looked into an emergency access"),
    "justification": Text("a justifié un accès en urgence", "justified an emergency access"),
    "reprise": Text(
        "a repris le dossier tel qu'il était enregistré",
        "took the dossier over as it was stored",
    ),
    "restauration": Text(
        "a repris le dossier après la restauration d'une copie",
        "took the dossier over after a copy was restored",
    ),
    "reouverture": Text("a rouvert le dossier", "reopened the dossier"),
    "effacement": Text("a effacé le dossier", "erased the dossier"),
    "recherche": Text("a cherché la référence du dossier", "looked up the dossier's reference"),
    "export": Text(
        "a remis une copie chiffrée du dossier", "handed over an encrypted copy of the dossier"
    ),
    "code reactive": Text(
        "a réactivé le code après des essais infructueux", "let the code be tried again"
    ),
}

LETTERS: Mapping[str, Text] = {
    "subject-accesses": Text("RMP : accès au dossier de {patient}", "RMP: accesses, {patient}"),
    "accesses-head": Text(
        """\
Accès au dossier de {patient}, né(e) le {birth_date}.
{count} ligne(s) : date et {clock}, qui, quoi.
Les numéros sont ceux de la table {table}.
""",
        """\
Accesses to the dossier of {patient}, born {birth_date}.
{count} line(s): date and {clock}, who, what.
The numbers are those of the table {table}.
""",
    ),
    "accesses-partial": Text(
        """\
Cette liste porte sur les documents que vous voyez. Le médecin
traitant, ou le patient avec sa propre clé, reçoit la liste
entière.
""",
        """\
This list is about the documents that you see. The treating
doctor, or the patient with a key of his own, is sent the whole of
it.
""",
    ),
    "accesses-newest": Text(
        "Seules les {count} dernières opérations figurent ici.\n",
        "Only the last {count} operations are shown.\n",
    ),
    "accesses-no-proofs": Text(
        """\
Aucun fichier de preuve n'est joint : il montrerait l'opération
entière. Seuls en reçoivent le médecin traitant, son remplaçant et
le patient avec sa propre clé.
""",
        """\
No proof file is attached: it would show the whole operation. Only
the treating doctor, his locum, and the patient with a key of his
own are sent any.
""",
    ),
    "accesses-proofs": Text(
        """\
LES PREUVES
Chaque fichier joint porte le numéro de sa ligne. Il prouve que
cette opération est inscrite à cette place dans le journal des
accès : l'hébergeur ne peut plus la changer ni
l'effacer sans qu'un auditeur le voie.

Vous n'avez rien à en faire : gardez ces fichiers, ou remettez-les
à qui doit vérifier. Un fichier dit en clair qui a fait quoi et
quand, avec l'adresse et la clé de l'auteur ; il ne contient aucun
document.

Pour qui vérifie, sans connexion, avec le programme rmp-audit et
la clé de vérification du journal (cle.txt, que donne l'hébergeur
et que confirme un auditeur) ; il dit ce que le fichier prouve :

    rmp-audit receipt {file} --vkey cle.txt
""",
        """\
THE PROOFS
Each attached file bears the number of its line. It proves that
this operation is written in this place of the access log: the
host can no longer change or remove it without an auditor seeing
it.

You need do nothing with them: keep these files, or hand them to
who has to verify. A file says in clear who did what and when,
with the author's address and key; it holds no document.

To verify, offline, with the program rmp-audit and the log's
verifier key (key.txt, which the host gives and an auditor
confirms); it says what the file proves:

    rmp-audit receipt {file} --vkey key.txt
""",
    ),
    "accesses-proofs-newest": Text(
        """\
Seules les {count} dernières lignes ont leur fichier. Pour une autre,
donnez son numéro à un auditeur du service : il peut faire le
même.
""",
        """\
Only the last {count} lines have their file. For another one, give its
number to an auditor of the service, who can make the same.
""",
    ),
    "accesses-entry": Text(
        " (document {entries})",
        " (document {entries})",
    ),
    "accesses-entries": Text(
        " (documents {entries})",
        " (documents {entries})",
    ),
    "accesses-patient": Text("Le patient", "The patient"),
    "accesses-reviewer": Text("Un contrôleur", "A reviewer"),
    "accesses-host": Text("L'hébergeur", "The host"),
    "accesses-locum": Text("{locum}, remplaçant de {doctor},", "{locum}, locum of {doctor},"),
    "act-unknown": Text("a fait : {action}", "did: {action}"),
    "refused-code": Text(
        "s'est vu refuser l'accès (code faux)", "was refused access (wrong code)"
    ),
    "refused-card": Text(
        "s'est vu refuser l'accès (attestation Vitale non valable)",
        "was refused access (Vitale attestation not valid)",
    ),
    "refused-other": Text("s'est vu refuser l'accès", "was refused access"),
    "by-cps": Text(", avec sa carte CPS", ", with a CPS card"),
    "by-code": Text(", avec le code du patient", ", with the patient's code"),
    "by-vitale": Text(", avec la carte Vitale", ", with the Vitale card"),
    "range-to": Text("à", "to"),
    **{f"act-{action}": words for action, words in _ACTS.items()},
}
