"""What a takeover leaves standing, who may contest it, and the patient's suspended key."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

LETTERS: Mapping[str, Text] = {
    "treating-lost-contest": Text(
        """Si cela vous paraît être une erreur, parlez-en au patient. Vous
pouvez aussi contester ce changement, une fois, et vous redevenez
le médecin traitant. Écrivez un nouveau message avec ces lignes,
au plus tard le {at}.

{example_contestation}
""",
        """If you think that this is a mistake, talk to the patient. You can
also contest this change, once, and are the treating doctor again.
Write a new mail with these lines, at the latest
on {at}.

{example_contestation}
""",
    ),
    "treating-lost-stands": Text(
        """Vous ne pouvez pas contester ce changement. Si cela vous paraît
être une erreur, parlez-en au patient et prévenez l'hébergeur.
Avec le code du patient et son accord, la demande « médecin
traitant » vous rend cette place.
""",
        """You cannot contest this change. If you think that it is a mistake,
talk to the patient and tell the host. With the patient's code and
consent the request « treating doctor » gives you back this place.
""",
    ),
    "treating-lost-again": Text(
        """Le médecin traitant de {patient}, né(e) le {birth_date},
que vous étiez avant lui, a de nouveau changé.
C'est désormais {doctor}.

Vous pouvez encore contester, une fois, et vous redevenez le
médecin traitant. Écrivez un nouveau message avec ces lignes, au
plus tard le {at}.

{example_contestation}
""",
        """The treating doctor of {patient}, born {birth_date},
whom you preceded, has changed again. It is now {doctor}.

You can still contest, once, and are the treating doctor again.
Write a new mail with these lines, at the latest
on {at}.

{example_contestation}
""",
    ),
    "treating-contest": Text(
        """Ce changement peut être contesté, une fois, par le médecin
traitant précédent ou par le patient. Le dossier ne peut pas être
clos, et le patient ne peut pas recevoir une autre clé, avant
le {at}.
""",
        """This change can be contested, once, by the former treating doctor
or the patient. The dossier cannot be closed, and the patient
cannot be given another key, before {at}.
""",
    ),
    "stands-code": Text(
        """CE QUI RESTE D'AVANT
Le code du patient n'a pas changé, et d'autres le connaissent
peut-être. La demande « nouveau code » le remplace.
""",
        """WHAT STANDS FROM BEFORE
The patient's code has not changed, and others may know it. The
request « new code » replaces it.
""",
    ),
    "stands-key": Text(
        """La clé du patient, à l'adresse {mail}, est
suspendue :

    {fingerprint}

Elle n'ouvre plus rien et ne demande plus rien. Comparez cette
empreinte avec celle de l'appareil du patient, quand il est devant
vous. Si c'est la sienne, confirmez-la par la demande « clé du
patient », avec sa clé jointe. Sinon, ne faites rien.
""",
        """The patient's key, under the address {mail},
is suspended:

    {fingerprint}

It opens nothing and asks for nothing any more. Compare this
fingerprint with the one on the patient's device, when he is
before you. If it is his, confirm it with the request « patient
key », the key attached. Otherwise do nothing.
""",
    ),
    "stands-masks": Text(
        """{count} document(s) sont masqués. La demande « démasquage » les
montre de nouveau.
""",
        """{count} document(s) are masked. The request « unmask » shows them again.
""",
    ),
    "stands-oppositions": Text(
        """Le patient s'oppose à ces médecins. La demande « levée
d'opposition » les admet de nouveau.

{lines}
""",
        """The patient refuses these doctors. The request « admit » admits
them again.

{lines}
""",
    ),
    "stands-locums": Text(
        """Vos remplaçants agissent aussi pour ce dossier, en leurs jours. La
demande « fin de remplacement » y met fin.

{lines}
""",
        """Your locums act for this dossier too, in their days. The request
« end of locum » ends that.

{lines}
""",
    ),
    "key-suspended": Text(
        """Votre médecin traitant a changé. C'est désormais {doctor}.

Votre clé est suspendue : elle n'ouvre plus votre dossier tant que
ce médecin ne l'a pas confirmée. Montrez-lui son empreinte et
remettez-lui votre clé publique. Il envoie alors la demande « clé
du patient ».
""",
        """Your treating doctor has changed. It is now {doctor}.

Your key is suspended: it does not open your dossier until that
doctor has confirmed it. Show its fingerprint and hand over your
public key. The doctor then sends the request « patient key ».
""",
    ),
    "key-suspended-contest": Text(
        """Si vous n'avez pas voulu ce changement, vous pouvez le contester,
une fois, et le médecin traitant précédent reprend sa place.
Écrivez un nouveau message avec ces lignes, au plus
tard le {at}.

{example_contestation}
""",
        """If you did not want this change, you can contest it, once, and the
former treating doctor is yours again. Write a new mail with these
lines, at the latest on {at}.

{example_contestation}
""",
    ),
}
