"""Why a mail was refused that was not surely meant for the service, or not now."""

from collections.abc import Mapping

from rmp_milter.mail.catalogue.text import Text

REFUSALS: Mapping[str, Text] = {
    "not-for-us": Text(
        "Ce message a été écrit à d'autres : sa partie signée nomme ses destinataires, et le "
        "service n'en est pas, ou en copie cachée seulement. Rien n'a été fait ni conservé. S'il "
        "est bien pour lui, écrivez-en un nouveau, l'adresse du service en « À » ou « Copie ». Si "
        "vous ne l'avez pas envoyé ici vous-même, prévenez l'hébergeur.",
        "This mail was written to others: its signed part names its recipients, and the service "
        "is none of them, or in blind copy only. Nothing was done or kept. If it is for the "
        "service, write a new one with its address in « To » or « Cc ». If you did not send it "
        "here yourself, tell the host.",
    ),
    "service-unnamed": Text(
        "Cette demande doit nommer le service dans son texte même : une signature dit qui écrit, "
        "non à qui. Rien n'a été fait. Ajoutez à vos premières lignes la ligne « Service » du "
        "modèle ci-dessous, telle quelle, puis renvoyez le message.",
        "This request must name the service in its very text: a signature says who writes, not "
        "to whom. Nothing was done. Add to your first lines the line « Service » of the model "
        "below, as it stands, and send the mail again.",
    ),
    "unsigned-unbound": Text(
        "Ce message n'est pas signé, et rien n'y montre que vous l'avez écrit vous-même, ces "
        "jours-ci. Rien n'a été fait. Signez-le, ou ajoutez à ses premières lignes les deux "
        "lignes ci-dessous, avec votre adresse inscrite au service et la date du jour, puis "
        "renvoyez-le.",
        "This mail is not signed, and nothing in it shows that you wrote it yourself, these days. "
        "Nothing was done. Sign it, or add to its first lines the two lines below, with your "
        "address that the service knows and the day's date, and send it again.",
    ),
}
