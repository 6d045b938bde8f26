"""Messages between the reader and its process: JSON, one object each; the bytes of a file go as they are."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from quietdesk.documents.document import Document, MailHeaders
from quietdesk.errors import ErrorCode, UserError

CHUNK = 1 << 20  # bytes of a file sent at a time; an empty message ends the file
REPLY_LIMIT = 1 << 29  # bytes; more is not accepted from the process


def encode(message: dict[str, Any]) -> bytes:
    """A message for the pipe. File names may have bytes that are no text, as Python writes them."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")


def decode(data: bytes) -> dict[str, Any]:
    """The message that :func:`encode` wrote.

    Raises:
        ValueError: it is no JSON object.
    """
    message = json.loads(data.decode("utf-8", "surrogatepass"))
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


def document_fields(document: Document) -> dict[str, Any]:
    return asdict(document)


def document(fields: dict[str, Any], source: str) -> Document:
    """The document of a reply, with the source as the caller named it."""
    mail = fields.get("mail")
    return Document(
        source=source, text=str(fields["text"]), pages=fields["pages"], ocr_pages=tuple(fields["ocr_pages"]),
        language=fields["language"], title=fields["title"], author=fields["author"],
        mail=MailHeaders(**mail) if mail else None,
    )  # fmt: skip


def error(fields: dict[str, str], shown_name: str) -> UserError:
    """The error of a reply, with the file's name in front."""
    return UserError(
        ErrorCode(fields["code"]), fields["title"], f"{shown_name}: {fields['message']}", fields["hint"]
    )
