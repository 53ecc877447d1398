"""How mail clients quote, forward, wrap and convert: the same words in each one's manner."""

import html
import textwrap
from collections.abc import Callable

from rmp_milter.mail.whose.words import Words

NAME = "Karim BENALI"
ADDRESS = "benali@exemple.fr"
WIDTH = 72

Client = Callable[[str], str]


def _marked(mark: str) -> Client:
    return lambda quoted: "\n".join(mark + line for line in quoted.split("\n"))


def _below(head: str, mark: str = "") -> Client:
    return lambda quoted: head + (_marked(mark)(quoted) if mark else quoted)


_BLOCK_FR = (
    f"De : {NAME} <{ADDRESS}>\nEnvoyé : jeudi 12 novembre 2026 10:12\n"
    "À : RMP <rmp@exemple.fr>\nObjet : RMP\n\n"
)
_BLOCK_EN = (
    f"From: {NAME} <{ADDRESS}>\nSent: Thursday, November 12, 2026 10:12 AM\n"
    "To: RMP <rmp@exemple.fr>\nSubject: RMP\n\n"
)
REPLIES: dict[str, Client] = {
    "thunderbird fr": _below(f"Le 12/11/2026 à 10:12, {NAME} a écrit :\n", "> "),
    "thunderbird en": _below(f"On 11/12/26 10:12, {NAME} wrote:\n", "> "),
    "thunderbird de": _below(f"Am 12.11.26 um 10:12 schrieb {NAME}:\n", "> "),
    "outlook fr": _below("-----Message d'origine-----\n" + _BLOCK_FR),
    "outlook fr new": _below("_" * 32 + "\n" + _BLOCK_FR),
    "outlook fr bare": _below(_BLOCK_FR.replace(f" <{ADDRESS}>", "").replace(" :", "\u00a0:")),
    "outlook en": _below("-----Original Message-----\n" + _BLOCK_EN),
    "outlook en bold": _below(_BLOCK_EN.replace("From:", "*From:*").replace("To:", "*To:*")),
    "outlook mac": _below(
        f"De : {NAME} <{ADDRESS}>\nDate : jeudi, 12 novembre 2026 à 10:12\n"
        "À : RMP <rmp@exemple.fr>\nObjet : Re: RMP\n\n"
    ),
    "apple": _below(f"Le 12 nov. 2026 à 10:12, {NAME} <{ADDRESS}> a écrit :\n\n", "> "),
    "apple marked": _below(
        f"> Le 12 nov. 2026 à 10:12, {NAME} <{ADDRESS}> a écrit :\n> \n", "> "
    ),
    "gmail": _below(f"Le jeu. 12 nov. 2026 à 10:12, {NAME} <{ADDRESS}> a\nécrit :\n\n", "> "),
    "roundcube": _below(f"Le 2026-11-12 10:12, {NAME} a écrit :\n", "> "),
    "zimbra": _below(
        f'----- Mail original -----\nDe: "{NAME}" <{ADDRESS}>\nÀ: "RMP" <rmp@exemple.fr>\n'
        "Envoyé: Jeudi 12 Novembre 2026 10:12:00\nObjet: RMP\n\n"
    ),
    "mutt": _below(f"On Thu, Nov 12, 2026 at 10:12:00AM +0100, {NAME} wrote:\n", "> "),
    "eudora": _below("À 10:12 12/11/2026 +0100, vous avez écrit :\n", ">"),
    "claws": _below(
        f"Le Thu, 12 Nov 2026 10:12:00 +0100,\n{NAME} <{ADDRESS}> a écrit :\n\n", "> "
    ),
    "yahoo": _below(
        f"Le jeudi 12 novembre 2026 à 10:12:00 UTC+1, {NAME} <{ADDRESS}> a écrit :\n\n"
    ),
    "orange": _below(
        f'> Message du 12/11/26 10:12\n> De : "{NAME}" <{ADDRESS}>\n'
        '> A : "RMP" <rmp@exemple.fr>\n> Copie à : \n> Objet : RMP\n> \n',
        "> ",
    ),
    "gnus": _below(f'>>>>> "KB" == {NAME} <{ADDRESS}> writes:\n\n', "KB> "),
}
FORWARDS: dict[str, Client] = {
    "thunderbird fr": _below(
        "-------- Message transféré --------\nSujet : \tRMP\n"
        f"Date : \tThu, 12 Nov 2026 10:12:00 +0100\nDe : \t{NAME} <{ADDRESS}>\n"
        "Pour : \tdemo@exemple.fr\n\n\n"
    ),
    "gmail": _below(
        f"---------- Forwarded message ---------\nDe : {NAME} <{ADDRESS}>\n"
        "Date: jeu. 12 nov. 2026 à 10:12\nSubject: RMP\nTo: <demo@exemple.fr>\n\n\n"
    ),
    "apple": _below(
        f"Début du message réexpédié :\n\n> De: {NAME} <{ADDRESS}>\n> Objet: RMP\n"
        "> Date: 12 novembre 2026 à 10:12:00 UTC+1\n> À: demo@exemple.fr\n> \n",
        "> ",
    ),
    "mutt": lambda quoted: (
        f"----- Forwarded message from {NAME} <{ADDRESS}> -----\n\n"
        f"Date: Thu, 12 Nov 2026 10:12:00 +0100\nFrom: {NAME} <{ADDRESS}>\n"
        "To: demo@exemple.fr\nSubject: RMP\n\n"
        f"{quoted}\n\n----- End forwarded message -----"
    ),
    "outlook fr": _below("-----Message d'origine-----\n" + _BLOCK_FR),
}


def _html_lines(text: str) -> str:
    return "<br>\n".join(html.escape(line) or "&nbsp;" for line in text.split("\n"))


def _html_divs(text: str) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


def _html_word(text: str) -> str:
    return "".join(
        f"<p class=MsoNormal>{html.escape(line) or '&nbsp;'}<o:p></o:p></p>"
        for line in text.split("\n")
    )


_HTML_BLOCK = (
    f"<p class=MsoNormal><b>De&nbsp;:</b> {NAME} &lt;{ADDRESS}&gt;<br><b>Envoyé&nbsp;:</b> jeudi "
    "12 novembre 2026 10:12<br><b>À&nbsp;:</b> RMP<br><b>Objet&nbsp;:</b> RMP</p>"
)
_ATTRIBUTION = f"Le 12/11/2026 à 10:12, {NAME} a écrit&nbsp;:"

HTML_REPLIES: dict[str, Client] = {
    "thunderbird": lambda quoted: (
        f'<div class="moz-cite-prefix">{_ATTRIBUTION}<br></div>'
        f'<blockquote type="cite" cite="mid:1@x">{_html_lines(quoted)}</blockquote>'
    ),
    "outlook": lambda quoted: (
        "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
        f"{_HTML_BLOCK}</div></div><p class=MsoNormal><o:p>&nbsp;</o:p></p>{_html_word(quoted)}"
    ),
    "outlook web": lambda quoted: (
        '<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">'
        f'<div id="divRplyFwdMsg" dir="ltr">{_HTML_BLOCK}</div>{_html_divs(quoted)}'
    ),
    "outlook telephone": lambda quoted: (
        '<div id="mail-editor-reference-message-container"><div>'
        f"<hr>{_HTML_BLOCK}</div>{_html_divs(quoted)}</div>"
    ),
    "apple": lambda quoted: (
        f'<div><br><blockquote type="cite"><div>{_ATTRIBUTION}</div><br>'
        f"<div>{_html_divs(quoted)}</div></blockquote></div>"
    ),
    "gmail": lambda quoted: (
        '<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f'{_ATTRIBUTION}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px '
        f'0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">{_html_divs(quoted)}'
        "</blockquote></div>"
    ),
    "roundcube": lambda quoted: (
        f'<p id="reply-intro">{_ATTRIBUTION}</p><blockquote type="cite" '
        f'style="padding: 0 0.4em; border-left: #1010ff 2px solid">{_html_lines(quoted)}'
        "</blockquote>"
    ),
    "zimbra": lambda quoted: (
        '<hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">'
        f"<b>De: </b>{NAME}<br><b>Objet: </b>RMP<br></div>"
        f'<div data-marker="__QUOTED_TEXT__">{_html_lines(quoted)}</div>'
    ),
    "yahoo": lambda quoted: (
        '<div id="yahoo_quoted_1" class="yahoo_quoted"><div style="color:#26282a"><div>'
        f"{_ATTRIBUTION}</div><div><br></div>{_html_divs(quoted)}</div></div>"
    ),
    "proton": lambda quoted: (
        f'<div class="protonmail_quote">{_ATTRIBUTION}<br><blockquote '
        f'class="protonmail_quote" type="cite">{_html_lines(quoted)}</blockquote></div>'
    ),
    "thunderbird forward": lambda quoted: (
        '<div class="moz-forward-container"><br><br>-------- Message transféré --------'
        '<table class="moz-email-headers-table"><tbody><tr><th>Sujet&nbsp;: </th><td>RMP</td></tr>'
        f"<tr><th>De&nbsp;: </th><td>{NAME}</td></tr></tbody></table><br>{_html_divs(quoted)}</div>"
    ),
    "a plain blockquote": lambda quoted: (
        f"<p>{_ATTRIBUTION}</p><blockquote>{_html_divs(quoted)}</blockquote>"
    ),
}
HTML_WAYS: dict[str, Client] = {
    "lines": _html_lines,
    "divs": _html_divs,
    "word": _html_word,
    "pre": lambda text: f"<pre>{html.escape(text)}</pre>",
    "pre-wrap": lambda text: f'<div style="white-space: pre-wrap">{html.escape(text)}</div>',
}


def wrapped(text: str, width: int = WIDTH) -> str:
    """Break long lines as a gateway does that knows of no marks."""
    return "\n".join(
        piece
        for line in text.split("\n")
        for piece in (textwrap.wrap(line, width, drop_whitespace=True) or [""])
    )


def flowed(text: str, width: int = WIDTH) -> str:
    """Break long lines as format=flowed has it, each with the marks of its own."""
    return "\n".join(piece for line in text.split("\n") for piece in _flowed_line(line, width))


def _flowed_line(line: str, width: int) -> list[str]:
    bare = line.lstrip("> ") if line.startswith(">") else line
    depth = line[: len(line) - len(bare)].count(">")
    mark = ">" * depth
    pieces = textwrap.wrap(bare, width - depth, drop_whitespace=True) or [""]
    stuffed = [
        f"{mark} {piece}" if mark or piece[:1] in {">", " "} else piece for piece in pieces
    ]
    return [piece + " " for piece in stuffed[:-1]] + stuffed[-1:]


def no_break(text: str) -> str:
    """Say each blank as a no-break one."""
    return text.replace(" ", "\u00a0")


def in_html(text: str, way: str) -> str:
    """Return plain text as one of :data:`HTML_WAYS` says it in HTML."""
    return f"<html><body>{HTML_WAYS[way](text)}</body></html>"


def owners(words: Words) -> str:
    """Return a letter for each line: O own, D doubtful, F foreign, H foreign and not shown."""
    return "".join("ODF"[line.whose] if line.shown else "H" for line in words.lines)
