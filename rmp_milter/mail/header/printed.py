"""Lines that letterheads and software print beside a patient's: they ask for nothing."""

from rmp_milter.dossier.identity import fold

_PRINTED = frozenset(
    {
        *("ADELI", "ANESTHESISTE", "ANTECEDENTS", "APPAREIL", "ASSURE", "ASSURE E"),
        *(
            "ASSUREE",
            "AUTEUR",
            "AUTHOR",
            "BIOLOGISTE",
            "CABINET",
            "CENTRE",
            "CHIRURGIEN",
            "CLINIQUE",
        ),
        *("CODE COMMUNE", "CODE DE LA COMMUNE DE NAISSANCE", "CODE INSEE"),
        *("CODE LIEU DE NAISSANCE", "CODE PORTE", "CODE POSTAL", "COMMUNE DE NAISSANCE"),
        *("CONCLUSION", "CONJOINT", "COPIE A", "CORRESPONDANT", "COTE", "CP", "DATE"),
        *("DATE D ENTREE", "DATE D EXAMEN", "DATE DE CONSULTATION", "DATE DE L ACTE"),
        *("DATE DE L EXAMEN", "DATE DE L INTERVENTION", "DATE DE PRELEVEMENT"),
        *("DATE DE SORTIE", "DATE DU COMPTE RENDU", "DATE DU DOCUMENT", "DATE EXAMEN"),
        *("DEMANDE N", "DEMANDEUR", "DESTINATAIRE", "DIGICODE", "DOSSIER", "DOSSIER N"),
        *("EDITE LE", "ETABLISSEMENT", "EXAMEN", "EXAMEN DEMANDE", "EXAMEN DU"),
        *("EXAMEN REALISE", "FINESS", "HEURE", "HOPITAL", "ID", "ID PATIENT"),
        *("IDENTITE QUALIFIEE", "IEP", "IMPRIME LE", "INDICATION", "INDICATIONS", "IPP"),
        *("LATERALITE", "LIEU", "LIEU DE NAISSANCE", "LIEU NAISSANCE"),
        *("MEDECIN CORRESPONDANT", "MEDECIN DEMANDEUR", "MEDECIN TRAITANT", "MERE"),
        *("MERE DE L ENFANT", "MODALITE", "MOTIF D HOSPITALISATION", "MOTIF DE CONSULTATION"),
        *("MOTIF DE LA CONSULTATION", "N ADELI", "N DE DEMANDE", "N DE DOSSIER", "N DEMANDE"),
        *("N DOSSIER", "N EXAMEN", "N FINESS", "N IPP", "N PATIENT", "N RPPS"),
        *("NATURE DE L EXAMEN", "NDA", "NE A", "NE E A", "NEE A", "NIP", "NOM DE L ASSURE"),
        *("NOM DU MEDECIN", "NUMERO DE DEMANDE", "NUMERO DE DOSSIER", "NUMERO DE PATIENT"),
        *("OBJET", "OID", "OPERATEUR", "OUVRANT DROIT", "PAYS", "PAYS DE NAISSANCE", "PERE"),
        *("PERSONNE A PREVENIR", "PERSONNE DE CONFIANCE", "POIDS", "PRELEVE LE"),
        *("PRENOM D USAGE", "PRENOM USUEL", "PRENOM UTILISE", "PRESCRIT LE", "PROFESSION"),
        *("RADIOLOGUE", "REDACTEUR", "RESULTAT", "RESULTATS", "RPPS", "SERVICE"),
        *("SERVICE DEMANDEUR", "SIGNATAIRE", "SITE", "STATUT DE L IDENTITE", "STATUT INS"),
        *("TAILLE", "TECHNIQUE", "TRAITEMENT", "TUTEUR", "TUTRICE", "UF", "UNITE", "VILLE"),
    }
)


def is_printed(word: str) -> bool:
    """Return whether such a line is printed, of whom or what it may be: it is passed over."""
    return fold(word) in _PRINTED
