"""The list of accesses: who did what to a dossier, in words that a patient understands."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

_ACTS = {
    "creation": Text("a créé le dossier", "created the dossier"),
    "depot": Text("a déposé des documents", "filed documents"),
    "rattachement": Text(
        "a fait rattacher des documents qui attendaient un dossier",
        "had documents attached that waited for a dossier",
    ),
    "consultation": Text("a consulté le dossier", "read the dossier"),
    "renvoi": Text("a redemandé des documents", "asked for documents again"),
    "copie": Text("a demandé une copie du dossier", "asked for a copy of the dossier"),
    "acces": Text("a demandé la liste des accès", "asked for the list of accesses"),
    "fiche": Text("a modifié la fiche du patient", "changed the patient's sheet"),
    "medecin_traitant": Text("est devenu(e) médecin traitant", "became the treating doctor"),
    "medecin traitant": Text("est devenu(e) médecin traitant", "became the treating doctor"),
    "cle": Text("a renouvelé la clé du médecin traitant", "renewed the treating doctor's key"),
    "reclassement": Text("a changé l'onglet", "changed the tab"),
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
    "cloture": Text("a clos le dossier", "closed the dossier"),
    "urgence": Text("a accédé au dossier en urgence", "read the dossier in an emergency"),
    "urgence liste": Text(
        "a reçu en urgence une liste où le patient figure",
        "was sent a list in an emergency on which the patient stands",
    ),
    "controle": Text("a examiné un accès en urgence", "looked into an emergency access"),
    "justification": Text("a justifié un accès en urgence", "justified an emergency access"),
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
Accès au dossier de {patient}, né(e) le {birth_date} : {count} ligne(s)
Date et {clock}, auteur, opération. Les numéros sont ceux de la table {table}.
""",
        """\
Accesses to the dossier of {patient}, born {birth_date}: {count} lines
Date and {clock}, who, what. The numbers are those of the table {table}.
""",
    ),
    "accesses-partial": Text(
        "Cette liste porte sur les entrées que vous voyez. Le médecin traitant, ou le patient par\n"
        "sa propre clé, reçoit la liste entière.\n",
        "This list is about the entries that you see. The treating doctor, or the patient with a\n"
        "key of his own, is sent the whole of it.\n",
    ),
    "accesses-newest": Text(
        "Seules les {count} dernières opérations figurent ici.\n",
        "Only the last {count} operations are shown.\n",
    ),
    "accesses-no-proofs": Text(
        "Aucune preuve n'est jointe : elle montrerait l'opération entière. Seuls en reçoivent le\n"
        "médecin traitant, son remplaçant et le patient, par sa propre clé.\n",
        "No proof is attached: it would show the whole operation. Only the treating doctor, his\n"
        "locum, and the patient with a key of his own are sent any.\n",
    ),
    "accesses-proofs": Text(
        """\
PREUVES
Chaque fichier joint porte le numéro de sa ligne, qui est celui de l'opération dans le journal
des accès. Il prouve que cette opération y est inscrite, telle quelle, à cette place :
l'hébergeur ne peut plus la changer ni l'effacer sans qu'un auditeur puisse le constater.
Pour vérifier un fichier, hors ligne, avec le programme rmp et la clé de vérification du
journal (cle.txt : l'hébergeur la donne, un auditeur la confirme) :

    rmp access verify {file} --vkey cle.txt

Un fichier dit en clair qui a fait quoi et quand, avec l'adresse et la clé de l'auteur ; il ne
contient aucun document. Ne le remettez qu'à qui doit le lire.
""",
        """\
PROOFS
Each attached file bears the number of its line, which is that of the operation in the access
log. It proves that this operation is written there, as it is, in this place: the host can no
longer change or remove it without an auditor being able to find out.
To verify a file, offline, with the program rmp and the log's verifier key (key.txt: the host
gives it, an auditor confirms it):

    rmp access verify {file} --vkey key.txt

A file says in clear who did what and when, with the author's address and key; it holds no
document. Hand it only to who has to read it.
""",
    ),
    "accesses-proofs-newest": Text(
        "Seules les {count} dernières lignes ont leur fichier. Pour une autre, donnez son numéro\n"
        "à un auditeur du service : il peut établir le même.\n",
        "Only the last {count} lines have their file. For another one, give its number to an\n"
        "auditor of the service: he can make the same.\n",
    ),
    "accesses-entry": Text(" (entrée {entries})", " (entry {entries})"),
    "accesses-entries": Text(" (entrées {entries})", " (entries {entries})"),
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
    "by-code": Text(", avec le code du patient", ", with the patient's code"),
    "by-vitale": Text(", avec la carte Vitale", ", with the Vitale card"),
    "range-to": Text("à", "to"),
    **{f"act-{action}": words for action, words in _ACTS.items()},
}
