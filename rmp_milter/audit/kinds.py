"""Kinds of event: all that this version writes, so that a word that is none can be told."""

KINDS = frozenset(
    {
        # What mails ask, by the word of their header, and by the policy's word for it.
        *("creation", "depot", "dossier", "consultation", "liste", "aide", "droits", "fiche"),
        *("medecin traitant", "medecin_traitant", "remplacement", "fin de remplacement"),
        *("cle", "reclassement", "rectification", "masquage", "demasquage", "opposition"),
        *("levee d'opposition", "code", "revocation du code", "cle du patient", "cle_patient"),
        *("acces", "renvoi", "copie", "contestation", "cloture"),
        *("urgence", "urgence liste", "justification"),
        # What follows from mails by itself.
        *("rattachement", "traduit", "sans titre", "heartbeat"),
        # What the host does.
        *("inscription", "modification", "radiation", "controle", "auditor key"),
        *("recherche", "export", "reouverture", "effacement", "code reactive"),
        *("reprise", "restauration", "rescellement", "nouvelle clé de garde"),
        "nouvelle clé du journal",
    }
)
