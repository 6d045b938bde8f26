"""What the xberg library reads: old Office, RTF, spreadsheets, Outlook messages. It gets bytes, never an address."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from quietdesk.documents import failures
from quietdesk.documents.clean import one_line
from quietdesk.documents.compound_file import CompoundFile
from quietdesk.documents.container import Container
from quietdesk.documents.document import Document, MailHeaders
from quietdesk.documents.formats import Format
from quietdesk.documents.limits import ReaderLimits
from quietdesk.documents.mail import mail_headers
from quietdesk.errors import UserError

_NO_TEXT = re.compile(r"^\[Image(?:: [^\]\n]*)?\]$|[ \t]*\(style_name: [^()\n]*\)$|\[\^\d+\]:?", re.M)
_MOST_CELLS = 5_000_000
_ANY_RATIO = 1_000_000  # sizes are checked before, in absolute numbers


class Xberg:
    """Runs the library with everything off that recognises, downloads, caches or looks into archives."""

    def __init__(self, limits: ReaderLimits, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self._limits = limits
        self._loop = loop

    def read(self, data: bytes, name: str, kind: Format) -> Document:
        """The text of a file of one of this module's formats.

        Raises:
            UserError: encrypted, corrupt.
        """
        if kind is Format.SHEET and data.startswith(b"PK"):
            container = Container(data, self._limits)
            if b"encryption-data" in container.read("META-INF/manifest.xml"):
                raise failures.encrypted()
            container.check_real_sizes()
        result = self._extract(data, name)
        if kind is Format.MSG:
            return _message(result, data, name)
        return _document(result, name, kind)

    def _extract(self, data: bytes, name: str) -> Any:
        import xberg

        config = xberg.ExtractionConfig(
            security_limits=xberg.SecurityLimits(
                max_table_cells=_MOST_CELLS, max_iterations=20 * _MOST_CELLS, max_compression_ratio=_ANY_RATIO,
                max_content_size=self._limits.unpacked_bytes, max_archive_size=self._limits.unpacked_bytes,
            ),
            use_cache=False, disable_ocr=True, enable_quality_processing=False, max_archive_depth=0,
            content_filter=xberg.ContentFilterConfig(
                include_headers=True, include_footers=True, include_footnotes=True, strip_repeating_text=False
            ),
        )  # fmt: skip
        source = xberg.ExtractInput(kind="bytes", bytes=data, filename=name)
        try:
            found = self._loop().run_until_complete(xberg.extract(source, config))
        except MemoryError:
            raise
        except BaseException as error:  # a panic in its core is a BaseException
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise _failure(str(error).lower()) from error
        if not found.results:
            raise failures.corrupt()
        return found.results[0]


def _failure(reason: str) -> UserError:
    if "password" in reason or "encrypt" in reason:
        return failures.encrypted()
    if "security_limits" in reason:
        return failures.too_large("it has more cells or content than the reader accepts.")
    return failures.corrupt()


def _document(result: Any, name: str, kind: Format) -> Document:
    if kind is Format.SHEET:
        text = _sheets(result) + _comments((result.metadata.additional or {}).get("comments", ""))
    else:
        text = _NO_TEXT.sub("", result.content)
    authors = result.metadata.authors or []
    return Document(
        name, text, pages=_slides(result, kind), title=one_line(result.metadata.title or "") or None,
        author=one_line(", ".join(authors)) or None,
    )  # fmt: skip


def _slides(result: Any, kind: Format) -> int | None:
    pages = result.metadata.pages
    return pages.total_count if pages and kind in (Format.PPT, Format.DOC) else None


def _sheets(result: Any) -> str:
    """Each sheet's name and its filled rows, a tab between cells; a workbook of one sheet goes without the name."""
    names = list(result.metadata.format.excel.sheet_names) if result.metadata.format else []
    lines: list[str] = []
    sheet = 0
    for table in result.tables:
        if table.page_number != sheet and len(names) > 1:
            sheet = table.page_number
            lines += ["", names[sheet - 1] if 0 < sheet <= len(names) else ""]
        rows = ("\t".join(" ".join(cell.split()) for cell in row).rstrip() for row in table.cells)
        lines += [row for row in rows if row]
    return "\n".join(lines)


def _comments(joined: str) -> str:
    comments = re.sub(r"(?:^|\s*[;,]\s*)[A-Z]{1,3}\d+: ", "\n", joined.strip('"')).strip()
    return f"\n\n{comments}" if comments else ""


def _message(result: Any, data: bytes, name: str) -> Document:
    """An Outlook message: the library puts the headers above the body, where they come off again."""
    head, _, body = result.content.partition("\n\n")
    if not re.match(r"(?:Subject|From|To|Date|CC): ", head):
        head, body = "", result.content
    fields = dict(line.split(": ", 1) for line in head.split("\n") if ": " in line)
    headers = _message_headers(fields, data)
    subject = headers.subject or one_line(result.metadata.title or "")
    return Document(
        name, body if body.strip() else subject, title=subject or None, author=headers.sender or None, mail=headers
    )


def _message_headers(fields: dict[str, str], data: bytes) -> MailHeaders:
    """What the library found, completed from the transport headers that a received message keeps."""
    import email

    file = CompoundFile(data)
    wide = file.read("__substg1.0_007D001F") or b""
    raw = wide.decode("utf-16-le", "replace") or (file.read("__substg1.0_007D001E") or b"").decode("latin-1")
    sent = mail_headers(email.message_from_string(raw))
    people = ", ".join(fields[key] for key in ("To", "CC") if key in fields)
    sender = re.sub(r"\s*<?/O=[^<>]*>?$", "", fields.get("From", ""))  # an address within Exchange is none outside
    return MailHeaders(
        sender=sent.sender or one_line(sender), recipients=sent.recipients or one_line(people),
        subject=one_line(fields.get("Subject", "")) or sent.subject, date=sent.date or fields.get("Date", ""),
        message_id=sent.message_id or fields.get("Message-ID", ""), references=sent.references,
        reply_to=sent.reply_to,
    )  # fmt: skip
