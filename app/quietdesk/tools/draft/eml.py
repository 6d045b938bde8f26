"""A draft as a mail file that mail programs open for sending."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from uuid import uuid4

from quietdesk.tools.draft.received import ReceivedMail

DOMAIN = "quietdesk.invalid"
"""The right side of our Message-IDs: a reserved name (RFC 2606), so that the machine's own is not given away."""

_LONGEST_QUOTE = 20_000  # characters of the quoted original
_MOST_REFERENCES = 20  # the first and the last ones are kept, as RFC 5322 (3.6.4) allows
_LONGEST_HEADER = 500
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s@]{1,200}>")
_REPLY_MARK = re.compile(r"^(?:\s*(?:re|aw|sv|antw|res|回复|答复|回覆)\s*(?:\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes into the file. ``sender`` and ``recipient``: an address, ``Name <address>``, or a name alone.

    original: the mail that is answered; it sets the recipient, the threading headers and the quotation.
    """

    subject: str
    text: str
    sender: str = ""
    recipient: str = ""
    original: ReceivedMail | None = None
    date: datetime | None = None


def reply_subject(subject: str) -> str:
    """``subject`` with ``Re:`` before it, once."""
    return f"Re: {_REPLY_MARK.sub('', subject).strip()}".strip()


def build(mail: Outgoing) -> bytes:
    """The bytes of an .eml file: UTF-8, CRLF line ends, ``X-Unsent: 1`` so that it opens as a draft.

    Line breaks and control characters in names and subject become blanks: no header can be smuggled in.
    """
    message = EmailMessage(policy=SMTP)
    subject = _line(mail.subject)
    message["Subject"] = reply_subject(subject) if mail.original else subject
    original = mail.original
    to = mail.recipient
    if original and "@" not in to:
        to = original.reply_to or original.sender or to
    for header, value in (("From", mail.sender), ("To", to)):
        if address := _address(value):
            message[header] = address
    message["Date"] = format_datetime((mail.date or datetime.now(UTC)).astimezone(UTC))
    message["Message-ID"] = f"<{uuid4().hex}@{DOMAIN}>"
    message["X-Unsent"] = "1"
    if original:
        _thread(message, original)
    message.set_content(_body(mail), charset="utf-8", cte="base64" if _is_wide(mail.text) else "quoted-printable")
    return message.as_bytes()


def _thread(message: EmailMessage, original: ReceivedMail) -> None:
    own = _MESSAGE_ID.findall(original.message_id)[:1]
    if not own:
        return
    message["In-Reply-To"] = own[0]
    references = list(dict.fromkeys([*_MESSAGE_ID.findall(original.references), *own]))
    if len(references) > _MOST_REFERENCES:
        references = [references[0], *references[-(_MOST_REFERENCES - 1) :]]
    message["References"] = " ".join(references)


def _body(mail: Outgoing) -> str:
    text = _clean(mail.text).rstrip("\n") + "\n"
    if mail.original is None or not mail.original.quoted.strip():
        return text
    quoted = _clean(mail.original.quoted).strip("\n")[:_LONGEST_QUOTE]
    return f"{text}\n{_attribution(mail.original)}\n" + "".join(
        f">{'' if line.startswith('>') else ' '}{line}".rstrip() + "\n" for line in quoted.split("\n")
    )


def _attribution(original: ReceivedMail) -> str:
    """Who wrote the quoted mail and when: names and dates alone, so that it fits every language."""
    return ", ".join(part for part in (_line(original.date), _line(original.sender)) if part) + ":"


def _address(value: str) -> Address | str:
    """An address header from what people type; a name without an address stands in quotation marks."""
    pairs = [(name, address) for name, address in getaddresses([_line(value)]) if name or address]
    for name, address in pairs:
        local, _, domain = address.rpartition("@")
        if (
            re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]+", local, re.ASCII)
            and re.fullmatch(r"[A-Za-z0-9.-]+", domain)
            and not _dotted(local)
        ):
            return Address(name, username=local, domain=domain)
    # A group without members is the one form in which RFC 5322 allows a name alone.
    name = _line(value).translate({ord(char): " " for char in '<>()[]:;@,\\"'})
    name = re.sub(r"\s+", " ", name).strip()
    return f'"{name}": ;' if name else ""


def _dotted(local: str) -> bool:
    return local.startswith(".") or local.endswith(".") or ".." in local


def _line(text: str) -> str:
    """``text`` on one line, without control characters and lone surrogates."""
    text = "".join(char if char.isprintable() else " " for char in text)
    return re.sub(r"\s+", " ", text).strip()[:_LONGEST_HEADER]


def _clean(text: str) -> str:
    text = re.sub(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", "\n", text)
    return "".join(
        char
        for char in text
        if char in "\n\t" or (char >= " " and not 0xD800 <= ord(char) <= 0xDFFF and char != "\x7f")
    )


def _is_wide(text: str) -> bool:
    """Whether most characters lie outside ASCII: base64 is shorter then."""
    return sum(char > "\x7f" for char in text) * 2 > len(text)
