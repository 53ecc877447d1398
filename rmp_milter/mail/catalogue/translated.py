"""What stands in front of a document that the service opened and sealed anew for its reader.

Or in the place of one that it does not seal, since it is not what was stored.
"""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "index-untranslated": Text(
        "(chiffré comme votre logiciel ne sait pas l'ouvrir ; ce service\n"
        "      n'ouvre aucun document pour le chiffrer autrement)",
        "(encrypted as your program cannot open it; this service opens no\n"
        "      document to encrypt it in another way)",
    ),
    "prescriber-untranslated": Text(
        """Ceux qui ne sont pas joints sont chiffrés comme votre logiciel ne
sait pas les ouvrir, et ce service n'ouvre aucun document pour le
chiffrer autrement. Demandez-les à leur auteur.
""",
        """Those that are not attached are encrypted as your program cannot
open them, and this service opens no document to encrypt it in
another way. Ask their author for them.
""",
    ),
    "translated": Text(
        """Le service a ouvert ce document, en mémoire seulement, au moment
de vous l'envoyer, puis l'a chiffré et signé de nouveau pour
vous : votre logiciel ne l'ouvrirait pas tel que son auteur l'a
chiffré, ou vous l'avez demandé ainsi.
""",
        """The service opened this document, in memory only, when it was sent
to you, then encrypted and signed it anew for you: your program
would not open it as its author encrypted it, or you have asked
for this.
""",
    ),
    "translated-signed": Text(
        """Signature de {author}
vérifiée le {day} : valable.
""",
        """Signature of {author}
verified on {day}: valid.
""",
    ),
    "translated-weak": Text(
        """Signature de {author} vérifiée le {day} :
juste, par une clé trop faible.
""",
        """Signature of {author} verified on {day}:
it fits, by a key that is too weak.
""",
    ),
    "translated-doubtful": Text(
        """Reçu le {day} de {author},
dont la signature n'a pas été tenue pour valable.
""",
        """Received on {day} from {author},
whose signature was not held to be valid.
""",
    ),
    "translated-account": Text(
        """Reçu le {day} sans signature, par le compte de messagerie
de {author}.
""",
        """Received on {day} without a signature, by the mail account
of {author}.
""",
    ),
    "translated-unknown": Text(
        """Reçu avant que le service ne note ce que valent les signatures.
""",
        """Received before the service noted what signatures are worth.
""",
    ),
    "unsound-document": Text(
        """Le document {number} n'est pas joint : ce que le service en conserve
a changé depuis qu'il l'a reçu, et il n'envoie rien d'abîmé.
L'hébergeur le voit dans son journal. En attendant, demandez ce
document à son auteur.
""",
        """Document {number} is not enclosed: what the service keeps of it has
changed since it came, and it sends nothing that is damaged. The
host sees it in the log. Meanwhile ask its author for it.
""",
    ),
    "translated-original": Text(
        """Le document tel que son auteur l'a signé est joint.
""",
        """The document as its author signed it is attached.
""",
    ),
}
