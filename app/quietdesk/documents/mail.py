"""Mail files: EML and MBOX. Sources: RFC 5322 (messages), RFC 2045-2047 (MIME), RFC 3676 (flowed text), RFC 4155."""

from __future__ import annotations

import email
import email.header
import email.message
import email.policy
import re
from dataclasses import dataclass

from quietdesk.documents import failures
from quietdesk.documents.clean import clean, one_line
from quietdesk.documents.document import Document, MailHeaders
from quietdesk.documents.html_text import declared_encoding, html_text
from quietdesk.documents.text_encoding import decode

_MAX_DEPTH = 12  # multiparts and messages within each other
_MAX_PARTS = 500
_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")


@dataclass(frozen=True, slots=True)
class Mail:
    """One message: headers and the text of its body."""

    headers: MailHeaders
    text: str


def read_eml(data: bytes, name: str) -> Document:
    """The body of a mail file, with its headers beside it.

    Raises:
        UserError: encrypted (OpenPGP or S/MIME), corrupt when there is neither a header nor text.
    """
    message = _parse(data)
    if message.get_content_type() in _ENCRYPTED and "signed-data" not in str(message.get("Content-Type", "")):
        raise failures.encrypted()
    mail = _read(message)
    if not mail.text.strip() and not mail.headers.subject:
        raise failures.no_text()
    headers = mail.headers
    return Document(
        name, mail.text if mail.text.strip() else headers.subject, title=headers.subject or None,
        author=headers.sender or None, mail=headers,
    )  # fmt: skip


def read_mbox(data: bytes, name: str) -> Document:
    """All messages of a mailbox, each with sender, date and subject above it."""
    starts = [match.start() for match in re.finditer(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n", data)]
    messages = [
        re.sub(rb"^>(>*From )", rb"\1", data[data.index(b"\n", start) + 1 : stop], flags=re.M)
        for start, stop in zip(starts, [*starts[1:], len(data)], strict=True)
    ]
    if len(messages) == 1:
        return read_eml(messages[0], name)
    blocks: list[str] = []
    for message in messages:
        mail = _read(_parse(message))
        head = [f"From: {mail.headers.sender}", f"Date: {mail.headers.date}", f"Subject: {mail.headers.subject}"]
        blocks.append("\n".join(line for line in head if not line.endswith(": ")) + f"\n\n{clean(mail.text)}")
    return Document(name, "\n\n".join(blocks))


def _parse(data: bytes) -> email.message.Message:
    return email.message_from_bytes(data.lstrip(b"\r\n\xef\xbb\xbf"), policy=email.policy.compat32)


def _read(message: email.message.Message) -> Mail:
    return Mail(mail_headers(message), _Body().text(message))


def mail_headers(message: email.message.Message) -> MailHeaders:
    """The headers that an answer needs, decoded."""

    found: dict[str, str] = {}
    for name, raw in message.raw_items():  # as they stand: get() loses bytes outside ASCII
        found.setdefault(name.lower(), str(raw))

    def value(name: str) -> str:
        return header_text(found.get(name.lower(), ""))

    recipients = ", ".join(part for part in (value("To"), value("Cc")) if part)
    references = value("References") or value("In-Reply-To")
    return MailHeaders(
        sender=value("From"), recipients=recipients, subject=value("Subject"), date=value("Date"),
        message_id=value("Message-ID"), references=references, reply_to=value("Reply-To"),
    )  # fmt: skip


def header_text(raw: str) -> str:
    """A header as text: encoded words decoded, bytes outside ASCII guessed, one line."""
    text = raw
    if any("\udc80" <= char <= "\udcff" for char in text):
        text = decode(text.encode("utf-8", "surrogateescape"))
    pieces: list[str] = []
    try:
        for piece, charset in email.header.decode_header(text):
            pieces.append(piece if isinstance(piece, str) else decode(piece, charset))
    except (email.errors.HeaderParseError, ValueError, LookupError):
        pieces = [text]
    return one_line("".join(pieces))


class _Body:
    """Collects the text of one message: plain text where there is a choice, else HTML; attached messages too."""

    def __init__(self) -> None:
        self._parts = 0

    def text(self, message: email.message.Message) -> str:
        return "\n\n".join(block for block in self._blocks(message, 0) if block.strip())

    def _blocks(self, part: email.message.Message, depth: int) -> list[str]:
        self._parts += 1
        if depth > _MAX_DEPTH or self._parts > _MAX_PARTS:
            return []
        kind = part.get_content_type()
        payload = part.get_payload()
        if isinstance(payload, list):
            children = [child for child in payload if isinstance(child, email.message.Message)]
            if kind == "message/rfc822":
                return [block for child in children for block in self._attached(child, depth)]
            if kind == "multipart/alternative":
                return self._alternative(children, depth)
            return [block for child in children for block in self._blocks(child, depth + 1)]
        if part.get_content_maintype() != "text" or part.get_content_disposition() == "attachment":
            return []
        return [_leaf(part, kind)]

    def _alternative(self, children: list[email.message.Message], depth: int) -> list[str]:
        """The first version in plain text that says something; HTML is often all there is."""
        plain = [child for child in children if child.get_content_type() == "text/plain"]
        for child in [*plain, *reversed([child for child in children if child not in plain])]:
            blocks = self._blocks(child, depth + 1)
            if any(block.strip() for block in blocks):
                return blocks
        return []

    def _attached(self, message: email.message.Message, depth: int) -> list[str]:
        headers = mail_headers(message)
        head = f"From: {headers.sender}\nDate: {headers.date}\nSubject: {headers.subject}"
        return [head, *self._blocks(message, depth + 1)]


def _leaf(part: email.message.Message, kind: str) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset()
    if kind == "text/html":
        return html_text(decode(payload, charset or declared_encoding(payload))).text
    text = decode(payload, charset)
    if str(part.get_param("format") or "").lower() == "flowed":
        return _unflowed(text, str(part.get_param("delsp") or "").lower() == "yes")
    return text


def _unflowed(text: str, delete_space: bool) -> str:
    """Flowed text as paragraphs: a line that ends in a space goes on in the next one (RFC 3676, section 4)."""
    result: list[str] = []
    open_line = False
    for raw in text.replace("\r\n", "\n").split("\n"):
        line = raw.removeprefix(" ") if raw.startswith(" ") else raw
        quoted = line.startswith(">")
        if open_line and not quoted and result:
            result[-1] += line
        else:
            result.append(line)
        open_line = line.endswith(" ") and line != "-- " and not quoted
        if open_line and delete_space:
            result[-1] = result[-1][:-1]
    return "\n".join(result)
