"""The words that mail clients write around what they quote or forward, by language.

French and English as far as they are known; of other languages the usual ones.
"""

from enum import Enum, auto

from rmp_milter.dossier.identity import fold


def _words(words: str) -> list[str]:
    return [word.strip() for word in words.split(",")]


# What somebody did who is quoted: small letters, as a pattern.
WROTE = "|".join(
    [
        *("a [ée]crit", "avez [ée]crit", "as [ée]crit", "ont [ée]crit", "[ée]crivait"),
        *("a r[ée]pondu", "wrote", "writes", "has written"),
        *("schrieb", "schrieben", "hat geschrieben", "escribi[óo]", "ha scritto", "scrisse"),
        *("schreef", "geschreven", "escreveu", "a [ée]crit", "va escriure", "skrev", "skreiv"),
        *("kirjoitti", "napsal", "napsala", "nap[íi]sal", "napisał", "napisała", "pisze"),
        *("írta", "yazdı", "написал", "написала", "пишет", "написав", "пише", "έγραψε"),
        *("a scris", "đã viết", "menulis", "写道", "寫道", "כתב", "كتب"),
    ]
)

# How an attribution begins, if it does not with a date: small letters, as a pattern.
BEGINS = "|".join(
    [
        *("le", "on", "at", "a", "à", "am", "el", "il", "op", "em", "den", "dnia", "w dniu"),
        *("dne", "в", "vào", "pe", "pada", "pon", "lun", "mar", "mer", "jeu", "ven", "sam"),
        *("dim", "mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    ]
)


class BlockRole(Enum):
    """What a line of a mail's header, as clients print it, says."""

    FROM = auto()
    DATE = auto()
    SENT = auto()  # a date, in a word that heads no memo
    TO = auto()
    SUBJECT = auto()
    OTHER = auto()


_ROLES: dict[BlockRole, list[str]] = {
    BlockRole.FROM: _words(
        "DE, DE LA PART DE, EXPEDITEUR, EMETTEUR, FROM, SENDER, VON, DA, VAN, FRA, FRAN,"
        "REMITENTE, MITTENTE, GONDEREN, KIMDEN, LAHETTAJA, FELADO, EXPEDITOR, ОТ, ОТ КОГО, ВІД,"
        "ΑΠΟ, 发件人, 寄件者, 差出人, 보낸 사람"
    ),
    BlockRole.DATE: _words("DATE, DATUM, FECHA, DATA, DATO, PAIVAYS, ДАТА, TARIH"),
    BlockRole.SENT: _words(
        "ENVOYE, ENVOYE LE, DATE D ENVOI, SENT, GESENDET, ENVIADO, ENVIADO EL, ENVIADA EM,"
        "ENVIADO EM, INVIATO, VERZONDEN, SENDT, SKICKAT, ODESLANO, WYSLANO, LAHETETTY, TRIMIS,"
        "GONDERILDI, GONDERME TARIHI, ОТПРАВЛЕНО, НАДІСЛАНО, 发送时间,"
        "寄件日期, 送信日時, 보낸 날짜"
    ),
    BlockRole.TO: _words(
        "A, POUR, DESTINATAIRE, DESTINATAIRES, TO, AN, PARA, AAN, TIL, TILL, DO, KOMU, CATRE,"
        "KIME, VASTAANOTTAJA, CIMZETT, КОМУ, ΠΡΟΣ, 收件人, 收件者, 宛先, 받는 사람"
    ),
    BlockRole.SUBJECT: _words(
        "OBJET, SUJET, SUBJECT, BETREFF, ASUNTO, OGGETTO, ONDERWERP, ASSUNTO, AMNE, EMNE, AIHE,"
        "PREDMET, TEMAT, TARGY, SUBIECT, KONU, ТЕМА, ΘΕΜΑ, 主题, 主旨, 件名, 제목"
    ),
    BlockRole.OTHER: _words(
        "CC, CCI, BCC, COPIE, COPIE A, COPIES A, COPY TO, KOPIE, COPIA, REPONDRE A, REPLY TO,"
        "IMPORTANCE, PIECES JOINTES, PIECE JOINTE, ATTACHMENTS, MESSAGE ID, ORGANISATION"
    ),
}
ROLES = {fold(word): role for role, words in _ROLES.items() for word in words}

# Lines that stand above a whole mail, as patterns of folded words.
FORWARDED = "|".join(
    [
        r"(?:DEBUT DU )?(?:MESSAGE|MAIL|COURRIEL|E MAIL) (?:TRANSFERE|REEXPEDIE|RETRANSMIS)",
        *(r"TRANSFERE PAR .*", r"(?:BEGIN |START OF )?FORWARDED (?:MESSAGE|MAIL)(?: FROM .*)?"),
        *(r"FORWARDED BY .*", r"(?:ANFANG DER )?WEITERGELEITETE NACHRICHT"),
        *("MENSAJE REENVIADO", "MESSAGGIO INOLTRATO", "DOORGESTUURD BERICHT"),
        *("MENSAGEM ENCAMINHADA", "VIDAREBEFORDRAT MEDDELANDE", "VIDERESENDT MEDDELELSE"),
    ]
)
ORIGINAL = "|".join(
    [
        r"(?:DEBUT DU )?(?:MESSAGE|MAIL|COURRIEL|E MAIL) (?:D ORIGINE|ORIGINAL|INITIAL)",
        *(r"RENDEZ VOUS D ORIGINE", r"ORIGINAL (?:MESSAGE|MAIL|E MAIL|EMAIL|APPOINTMENT)"),
        *(r"REPLY MESSAGE", r"URSPRUNGLICHE (?:NACHRICHT|MITTEILUNG)", "MENSAJE ORIGINAL"),
        *("MESSAGGIO ORIGINALE", "OORSPRONKELIJK BERICHT", "MENSAGEM ORIGINAL"),
        *("URSPRUNGLIGT MEDDELANDE", "OPRINDELIG MEDDELELSE", "OPPRINNELIG MELDING"),
        *("PUVODNI ZPRAVA", "WIADOMOSC ORYGINALNA", "ALKUPERAINEN VIESTI"),
    ]
)
DATED = r"MESSAGE DU \d{1,2} \d{1,2} (?:\d{4}|\d{2})(?P<hour> (?:A )?\d{1,2}(?: |H| H )\d{2})?"
ENDED = r"(?:END OF |END |FIN DU )(?:FORWARDED MESSAGE|MESSAGE (?:TRANSFERE|REEXPEDIE))"
