"""The mail that is answered: its own words, without quoted history, signature and small print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import getaddresses

from quietdesk.documents.document import Document

LONGEST_BODY = 1800
"""Characters of the received mail that the model reads; about 450 tokens."""

_HISTORY = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|message d'origine|mensaje "
    r"original|原始邮件|转发邮件).*"
    r"|_{10,}\s*"
    r"|begin forwarded message:"
    r"|on\s.{6,160}(?:\n.{0,160})?\bwrote:"
    r"|am\s.{6,160}(?:\n.{0,160})?\bschrieb.{0,80}:"
    r"|le\s.{6,160}(?:\n.{0,160})?\ba écrit\s?:"
    r"|el\s.{6,200}\sescribió:"
    r"|il\s.{6,200}\sha scritto:"
    r"|op\s.{6,200}\sschreef.{0,80}:"
    r"|.{0,80}(?:写道|寫道)\s*[:：]"
    r"|(?:from|von|de|发件人|寄件者)\s*[:：]\s?.+\n\s*(?:sent|date|gesendet|datum|envoyé|enviado|to|an|发送时间|日期|"
    r"收件人)\s*[:：].*)$",
    re.IGNORECASE | re.MULTILINE,
)
_MESSAGE = re.compile(
    r"^From: (?P<sender>[^\n]*)\n(?:Date: (?P<date>[^\n]*)\n)?(?:Subject: "
    r"(?P<subject>[^\n]*)\n)?(?=\n)",
    re.MULTILINE,
)
_SIGNATURE = re.compile(r"^(?:-- ?|—+|_{2,})\s*$", re.MULTILINE)
_SMALL_PRINT = re.compile(
    r"^\s*(?:sent from my \w+|get outlook for|von meinem \w+ gesendet|this e-?mail (?:and any|is confidential|"
    r"may contain)|the information (?:in|contained in) this"
    r"|confidentiality notice|disclaimer\b|please consider the environment|"
    r"diese e-?mail enthält|发自我的).*", re.IGNORECASE | re.MULTILINE
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail to be answered. ``body`` is what its sender wrote; ``quoted`` the whole text for quoting below a reply."""

    sender: str
    subject: str
    body: str
    quoted: str = ""
    date: str = ""
    message_id: str = ""
    references: str = ""
    reply_to: str = ""
    recipients: str = ""

    @classmethod
    def of(cls, document: Document) -> ReceivedMail:
        """The mail of a document: of several the last one; a text without headers is taken as the body."""
        mail = document.mail
        if mail is not None:
            return cls(
                mail.sender, mail.subject, own_words(document.text), document.text, mail.date, mail.message_id,
                mail.references, mail.reply_to, mail.recipients,
            )  # fmt: skip
        blocks = list(_MESSAGE.finditer(document.text))
        if not blocks or blocks[0].start() > 0:
            return cls("", document.title or "", own_words(document.text), document.text)
        last = blocks[-1]
        text = document.text[last.end() :].strip()
        return cls(last["sender"], last["subject"] or "", own_words(text), text, last["date"] or "")

    @property
    def sender_name(self) -> str:
        """The sender's name without the address; the address's first part where there is no name."""
        return display_name(self.sender)

    @property
    def reader_name(self) -> str:
        """The name of the one person it was sent to; empty when it went to several, or to an address without a name."""
        people = [pair for pair in getaddresses([self.recipients]) if pair[1]]
        return re.sub(r"\s+", " ", people[0][0]).strip() if len(people) == 1 else ""


def display_name(address: str) -> str:
    """``Rosalind Quillfeather`` of ``Rosalind Quillfeather <r.q@example.org>``."""
    name = re.sub(r"<[^>]*>", "", address).strip().strip("\"'").strip()
    if name and "@" not in name:
        return re.sub(r"\s+", " ", name)
    local = re.split(r"@", re.sub(r"[<>]", "", address), maxsplit=1)[0].strip()
    if re.fullmatch(r"[A-Za-z]+[._][A-Za-z]+", local):
        return " ".join(part.capitalize() for part in re.split(r"[._]", local))
    return ""


def own_words(text: str) -> str:
    """``text`` of a mail without the mails quoted below or in it, signature and small print.

    At most :data:`LONGEST_BODY` characters, cut at the end of a sentence or line.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    history = _HISTORY.search(text)
    own = text[: history.start()] if history and text[: history.start()].strip() else text
    own = "\n".join(line for line in own.split("\n") if not re.match(r"\s*>", line))
    signature = _SIGNATURE.search(own)
    if signature and own[: signature.start()].strip():
        own = own[: signature.start()]
    own = _SMALL_PRINT.sub("", own)
    own = re.sub(r"\n{3,}", "\n\n", own).strip()
    return bounded(own)


def bounded(text: str, limit: int = LONGEST_BODY) -> str:
    """``text`` cut after the last sentence or line that ends before ``limit`` characters."""
    if len(text) <= limit:
        return text
    ends = [match.end() for match in re.finditer(r"[.!?。！？](?=\s|$)|[。！？]|\n", text[:limit])]
    return text[: ends[-1] if ends and ends[-1] > limit // 2 else limit].rstrip()
