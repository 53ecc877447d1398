"""What travelled in clear: refused, or dropped and said."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "clear-attachment": Text(
        "Le texte de ce message est chiffré, mais une pièce jointe ne l'est pas ({files}). Rien "
        "n'a été conservé. Chiffrez aussi les pièces jointes (PGP/MIME les chiffre d'office).",
        "The text of this mail is encrypted but an attachment is not ({files}). Nothing was kept. "
        "Encrypt the attachments too (PGP/MIME does it by itself).",
    ),
    "clear-text": Text(
        "Le texte de ce message a voyagé en clair : seules ses pièces jointes sont chiffrées. Rien "
        "n'a été conservé. Chiffrez le message entier, texte et pièces jointes (PGP/MIME), puis "
        "renvoyez-le.",
        "The text of this mail travelled in clear: only its attachments are encrypted. Nothing was "
        "kept. Encrypt the whole mail, text and attachments (PGP/MIME), and send it again.",
    ),
}

LETTERS: Mapping[str, Text] = {
    "dropped": Text(
        "Ce qui accompagnait le message en clair ({what}) n'a pas été conservé.",
        "What came with the mail in clear ({what}) was not kept.",
    ),
    "dropped-footer": Text("texte ou pied de page", "text or footer"),
    "dropped-logo": Text("logo", "logo"),
    "dropped-signature": Text("signature S/MIME", "S/MIME signature"),
    "dropped-calendar": Text("rendez-vous", "appointment"),
    "dropped-card": Text("carte de visite", "visiting card"),
    "dropped-report": Text("rapport de remise", "delivery report"),
    "dropped-file": Text("pièces jointes", "attachments"),
}
