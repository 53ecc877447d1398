"""What is wrong with an attestation of a Vitale card, in itself: nothing of the patient."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

_FR = "L'attestation de carte Vitale n'a pas compté :"
_EN = "The attestation of a Vitale card did not count:"

LETTERS: Mapping[str, Text] = {
    "attestation-malformed": Text(
        f"{_FR} elle est incomplète ou abîmée. Recopiez-la entière, une seule par message.",
        f"{_EN} it is incomplete or damaged. Copy all of it, one in a mail.",
    ),
    "attestation-unknown-issuer": Text(
        f"{_FR} le service ne connaît pas le logiciel de lecture qui l'a établie. "
        "Adressez-vous à l'hébergeur.",
        f"{_EN} the card-reader software that made it is not known to this service. Ask the host.",
    ),
    "attestation-bad-signature": Text(
        f"{_FR} sa signature n'est pas valable, ou elle n'a pas été recopiée en entier. Faites "
        "lire la carte à nouveau.",
        f"{_EN} its signature is not valid, or not all of it was copied. Have the card read again.",
    ),
    "attestation-other-service": Text(
        f"{_FR} elle est établie pour un autre service. Faites lire la carte à nouveau, pour "
        "l'adresse de celui-ci.",
        f"{_EN} it is made out to another service. Have the card read again, for the address "
        "of this one.",
    ),
    "attestation-too-long": Text(
        f"{_FR} elle est valable plus longtemps que ce service ne l'accepte. Adressez-vous au "
        "fournisseur de votre logiciel de lecture.",
        f"{_EN} it is valid for longer than this service takes. Ask the maker of your "
        "card-reader software.",
    ),
    "attestation-expired": Text(
        f"{_FR} elle n'est plus valable, ou ne l'est pas encore. Faites lire la carte à nouveau et "
        "vérifiez l'heure de votre ordinateur.",
        f"{_EN} it is not valid any more, or not yet. Have the card read again and check your "
        "computer's time.",
    ),
    "attestation-other-doctor": Text(
        f"{_FR} elle est établie pour un autre professionnel (numéro RPPS). Faites lire la "
        "carte à nouveau, à votre nom.",
        f"{_EN} it is made out to another professional (RPPS number). Have the card read "
        "again, in your name.",
    ),
}
