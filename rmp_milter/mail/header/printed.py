"""Lines that letterheads and software print beside a patient's: they ask for nothing."""

from rmp_milter.dossier.identity import fold

_PRINTED = frozenset(
    {
        *("ADELI", "ASSURE", "ASSURE E", "ASSUREE", "BIOLOGISTE", "CABINET", "CENTRE"),
        *("CLINIQUE", "CODE COMMUNE", "CODE DE LA COMMUNE DE NAISSANCE", "CODE INSEE"),
        *("CODE LIEU DE NAISSANCE", "CODE PORTE", "CODE POSTAL", "COMMUNE DE NAISSANCE"),
        *("CONJOINT", "CORRESPONDANT", "CP", "DATE", "DATE D EXAMEN", "DATE DE CONSULTATION"),
        *("DATE DE L EXAMEN", "DATE DE PRELEVEMENT", "DATE EXAMEN", "DESTINATAIRE"),
        *("DIGICODE", "DOSSIER N", "EDITE LE", "ETABLISSEMENT", "EXAMEN DU", "FINESS"),
        *("HOPITAL", "IDENTITE QUALIFIEE", "IEP", "IMPRIME LE", "IPP", "LIEU DE NAISSANCE"),
        *("LIEU NAISSANCE", "MEDECIN CORRESPONDANT", "MEDECIN TRAITANT", "MERE"),
        *("MERE DE L ENFANT", "N ADELI", "N DE DOSSIER", "N DOSSIER", "N FINESS", "N IPP"),
        *("N PATIENT", "N RPPS", "NDA", "NE A", "NE E A", "NEE A", "NIP", "NOM DE L ASSURE"),
        *("NUMERO DE DOSSIER", "NUMERO DE PATIENT", "OBJET", "OID", "OPERATEUR"),
        *("OUVRANT DROIT", "PAYS", "PAYS DE NAISSANCE", "PERE", "PERSONNE A PREVENIR"),
        *("PERSONNE DE CONFIANCE", "POIDS", "PRELEVE LE", "PRENOM D USAGE", "PRENOM USUEL"),
        *("PRENOM UTILISE", "PROFESSION", "RADIOLOGUE", "RPPS", "SERVICE", "SITE"),
        *("STATUT DE L IDENTITE", "STATUT INS", "TAILLE", "TUTEUR", "TUTRICE", "UF", "UNITE"),
        *("VILLE",),
    }
)


def is_printed(word: str) -> bool:
    """Return whether such a line is printed, of whom or what it may be: it is passed over."""
    return fold(word) in _PRINTED
