"""What stands in the examples where a doctor writes his own: ``[NOM Prénom]``.

In one place, so that the examples and the parser (:mod:`rmp_milter.mail.header.slots`) have
the same words. An example never holds a real value: our texts come back in quotations.
"""

from rmp_milter.mail.catalogue.text import Text

NAME = Text("NOM Prénom", "NAME First name")
BEGINNING = Text("NOM ou premières lettres", "NAME or first letters")
DAY = Text("jj/mm/aaaa", "dd/mm/yyyy")
CODE = Text("code du patient", "the patient's code")
WHY = Text("pourquoi", "why")
DOCUMENT = Text("type du document", "kind of document")
COLLEAGUE = Text("nom ou RPPS du confrère", "name or RPPS number of the colleague")
LETTERS = Text("premières lettres du nom", "first letters of the name")
AGE = Text("âge approximatif", "about the age")
REFERENCE = Text("référence", "reference")
NUMBERS = Text("numéros de l'index", "numbers of the index")
TABLE = Text("nom de la table", "name of the table")
TAB = Text("nom de l'onglet", "name of the tab")
ADDRESS = Text("adresse du patient", "the patient's address")
MAIL = Text("adresse électronique du patient", "the patient's mail address")
FINGERPRINT = Text("empreinte de la nouvelle clé", "fingerprint of the new key")
AUTHOR = Text("votre adresse inscrite", "your enrolled address")
SERVICE = Text("adresse du service", "the service's address")
SCOPE = Text("dossier, résumé ou index", "dossier, summary or index")
WORD = Text("mot de la liste", "word of the list")

ALL = (
    *(
        NAME,
        BEGINNING,
        DAY,
        CODE,
        WHY,
        DOCUMENT,
        COLLEAGUE,
        LETTERS,
        AGE,
        REFERENCE,
        NUMBERS,
        TABLE,
        TAB,
    ),
    *(ADDRESS, MAIL, FINGERPRINT, AUTHOR, SERVICE, SCOPE, WORD),
)
"""Words that are no value: they count as not filled in without their brackets too.

``[oui]`` and the names of requests in brackets are not among these: without brackets they
are what is meant.
"""


def slot(words: Text) -> Text:
    """Return the slot as the examples show it, in brackets."""
    return Text(f"[{words.fr}]", f"[{words.en}]")
