"""What the reader gets out of a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailHeaders:
    """The headers of a mail file that an answer needs; empty strings where a header is missing."""

    sender: str
    recipients: str
    subject: str
    date: str
    message_id: str
    references: str
    reply_to: str


@dataclass(frozen=True, slots=True)
class Document:
    """Text of one file.

    source: the path as it was given, ``-`` for standard input.
    pages: number of pages or slides, None where the format has none.
    ocr_pages: 1-based numbers of the pages whose text was recognised from an image.
    language: ISO 639-1 code (``en``, ``zh``) or None when it could not be told.
    mail: for EML and MSG files; ``text`` is then the body alone, without headers.
    """

    source: str
    text: str
    pages: int | None = None
    ocr_pages: tuple[int, ...] = ()
    language: str | None = None
    title: str | None = None
    author: str | None = None
    mail: MailHeaders | None = None
