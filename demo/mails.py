"""The mails of the demonstration: invented persons, texts as doctors write them."""

from testbed.pdf import one_page

# Longer than the four characters that a code needs, so that chance cannot write it into
# encrypted data where the demonstration looks for it.
CODE = "JzbVm7Kq"

PATIENT = "Patient : LEBRUN-CASTAING Héloïse\nNé le : 30/01/1959\n"

CREATION = f"Demande : création\n{PATIENT}Consentement : oui\nCode : {CODE}\n\n"

EARLY = f"""{PATIENT}Document : Radiographie du thorax

Cher confrère, thorax sans anomalie ; silhouette cardiaque normale.
"""

MASK = f"Demande : masquage\n{PATIENT}Numéros : 1\n\n"

MASKED_TITLE = "Radiographie du thorax"

REPORT = f"""{PATIENT}Document : Compte-rendu échographie

Cher confrère, voici l'échographie thyroïdienne de votre patiente : nodule isthmique
de 9 mm, EU-TIRADS 3. Contrôle dans un an.
"""

SUMMARY = f"""{PATIENT}Document : Résumé médical

Antécédents : hypothyroïdie fruste, appendicectomie.
Allergies : pénicilline (urticaire géante).
Traitement en cours : lévothyroxine 50 µg.
Vaccinations : à jour.
"""

CONSULTED = f"""{PATIENT}Document : Compte-rendu de consultation

Cher confrère, pas de goitre palpable ; anticorps anti-TPO négatifs.
"""

TREATING_ASKS = f"Demande : dossier\n{PATIENT}\n"

OTHER_ASKS = f"Demande : dossier\n{PATIENT}Code : {CODE}\n\n"

EMERGENCY = """Demande : urgence
Patient : Lebrun
Âge : environ 65 ans
Motif : trouvée inconsciente sur le palier, traitement inconnu
"""

EMERGENCY_CHOSEN = """Demande : urgence
Référence : {}
Motif : trouvée inconsciente sur le palier, traitement inconnu
"""

JUSTIFICATION = """Demande : justification
Référence : {}
Motif : coma hypothyroïdien suspecté, hospitalisée au CHU
"""

PDF_NAME = "échographie thyroïdienne.pdf"

PDF = one_page(
    [
        "Échographie thyroïdienne du 12 mars",
        "Patiente : LEBRUN-CASTAING Héloïse, née le 30/01/1959",
        "Nodule isthmique de 9 mm, EU-TIRADS 3.",
    ]
)

LEAF_NAME = "feuille de suivi.txt"

LEAF = b"TSH 4,8 mUI/l ; revoir dans un an.\n"

ASSAY_NAME = "dosages de thyroglobuline.csv"

ASSAY = "date;thyroglobuline µg/l\r\n12/03/2026;18,4\r\n".encode()

SECRETS: tuple[str | bytes, ...] = (
    "LEBRUN-CASTAING",
    "CASTAING",
    "Héloïse",
    "30/01/1959",
    "1959-01-30",
    "19590130",
    CODE,
    "Nodule isthmique",
    "thyroïdienne",
    "EU-TIRADS",
    "hypothyroïdie",
    "appendicectomie",
    "pénicilline",
    "lévothyroxine",
    "feuille de suivi",
    "TSH 4,8",
    "inconsciente sur le palier",
    "coma hypothyroïdien",
    MASKED_TITLE,
    "silhouette cardiaque",
    "goitre palpable",
    "anti-TPO",
    "thyroglobuline",
    PDF[200:260],
)
"""What must be found nowhere but in the mailboxes' encrypted mails, where it is sealed."""
