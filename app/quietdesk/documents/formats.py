"""What kind of file it is: by its content first, by its name where the content leaves it open."""

from __future__ import annotations

import io
import re
import zipfile
from enum import Enum, auto
from pathlib import PurePath

from quietdesk.documents import failures
from quietdesk.documents.compound_file import MAGIC as COMPOUND_MAGIC
from quietdesk.documents.compound_file import CompoundFile, CompoundFileError
from quietdesk.documents.text_encoding import looks_binary


class Format(Enum):
    """Each is read by one function of :mod:`quietdesk.documents.extract`."""

    PDF = auto()
    DOCX = auto()
    PPTX = auto()
    SHEET = auto()  # XLSX, XLS, ODS
    ODF_TEXT = auto()  # ODT and ODP
    EPUB = auto()
    DOC = auto()
    PPT = auto()
    MSG = auto()
    RTF = auto()
    EML = auto()
    MBOX = auto()
    HTML = auto()
    XML = auto()
    FLAT_ODF = auto()
    CSV = auto()
    LATEX = auto()
    MARKDOWN = auto()
    SUBTITLES = auto()
    IMAGE = auto()
    TEXT = auto()


_EXTENSIONS = {
    "csv": Format.CSV, "tsv": Format.CSV, "tex": Format.LATEX, "latex": Format.LATEX, "ltx": Format.LATEX,
    "md": Format.MARKDOWN, "markdown": Format.MARKDOWN, "srt": Format.SUBTITLES, "vtt": Format.SUBTITLES,
    "html": Format.HTML, "htm": Format.HTML, "xhtml": Format.HTML, "xml": Format.XML, "rss": Format.XML,
    "atom": Format.XML, "svg": Format.XML, "eml": Format.EML, "mbox": Format.MBOX, "mbx": Format.MBOX,
}  # fmt: skip
# Signatures of files without readable text: https://www.garykessler.net/library/file_sigs.html
_OTHERS = (
    (b"\x1f\x8b", "a compressed archive"), (b"BZh", "a compressed archive"), (b"\xfd7zXZ", "a compressed archive"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"), (b"Rar!", "an archive"), (b"\x28\xb5\x2f\xfd", "a compressed archive"),
    (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"\xca\xfe\xba\xbe", "a program"),
    (b"OggS", "audio or video"), (b"ID3", "audio"), (b"\xff\xfb", "audio"), (b"fLaC", "audio"),
    (b"\x1a\x45\xdf\xa3", "a video"), (b"SQLite format 3\0", "a database"), (b"wOFF", "a font"), (b"wOF2", "a font"),
    (b"%!PS", "a PostScript file"), (b"AT&TFORM", "a DjVu file"), (b"!BDN", "an Outlook data file"),
)  # fmt: skip
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ODF = ("application/vnd.oasis.opendocument.", "application/vnd.sun.xml.")
_UNPACK = "Unpack it and choose the files inside."


def detect(data: bytes, name: str) -> Format:
    """The format of a file's content.

    Raises:
        UserError: unsupported, encrypted or corrupt, where that can be told without reading on.
    """
    head = data[:4096]
    if head.lstrip().startswith(b"%PDF-") or (b"%PDF-" in head[:1024] and b"endobj" in data):
        return Format.PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _in_zip(data)
    if head.startswith(COMPOUND_MAGIC):
        return _in_compound_file(data)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{\\rtf"):
        return Format.RTF
    if _is_image(head):
        return Format.IMAGE
    _refuse_known_binaries(head, data)
    extension = PurePath(name).suffix.lstrip(".").lower()
    by_name = _EXTENSIONS.get(extension, Format.TEXT)
    return _by_markup(_ascii_view(head), by_name)


def _is_image(head: bytes) -> bool:
    if head[:4] == b"RIFF":
        return head[8:12] == b"WEBP"
    if head.startswith(b"BM"):  # letters of a word too: the header's reserved bytes are zero
        return len(head) > 26 and head[6:10] == b"\0\0\0\0"
    return head.startswith(_IMAGES)


def _refuse_known_binaries(head: bytes, data: bytes) -> None:
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        raise failures.unsupported("it is a HEIC or AVIF picture.", "Save it as JPEG or PNG.")
    if head[4:8] == b"ftyp" or head[:4] == b"RIFF":
        raise failures.unsupported("it is audio or video.", "Quietdesk reads documents, mail and images.")
    if not looks_binary(data):
        return
    for magic, kind in _OTHERS:
        if head.startswith(magic):
            hint = _UNPACK if "archive" in kind else "Quietdesk reads documents, mail and images."
            raise failures.unsupported(f"it is {kind}.", hint)
    if head[257:262] == b"ustar":
        raise failures.unsupported("it is an archive.", _UNPACK)
    raise failures.unsupported("it is neither text nor a document of a known kind.")


def _ascii_view(head: bytes) -> bytes:
    """The beginning with UTF-16/32 reduced to its ASCII characters, for looking at markup."""
    return head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")


_BEFORE_ROOT = re.compile(rb"\A(?:<!--.*?-->\s*|<\?xml[^>]*>\s*|<!doctype(?!\s+html)[^>]*>\s*)+", re.S)
# Beginnings that tell a text format whatever the name says.
_BEGINNINGS = (
    (re.compile(rb"From [^\n]*\r?\n[A-Za-z][A-Za-z0-9-]*:"), Format.MBOX),
    (re.compile(rb"WEBVTT\b"), Format.SUBTITLES),
    (re.compile(rb"(?:%[^\n]*\n\s*)*\\documentclass"), Format.LATEX),
)


def _by_markup(head: bytes, by_name: Format) -> Format:
    lower = head.lower()
    if re.match(rb"<!doctype\s+html|<html|<head\b|<body\b", _BEFORE_ROOT.sub(b"", lower)):
        return Format.HTML
    if lower.startswith(b"<?xml"):
        if b"<office:document" in lower:
            return Format.FLAT_ODF
        return Format.HTML if by_name is Format.HTML else Format.XML
    found = next((kind for pattern, kind in _BEGINNINGS if pattern.match(head)), None)
    if found is None and by_name in (Format.EML, Format.TEXT) and _mail_headers(head, by_name):
        found = Format.EML
    return found or (Format.TEXT if by_name in (Format.MBOX, Format.EML) else by_name)


_HEADER = re.compile(rb"^([A-Za-z][A-Za-z0-9-]*):", re.M)
_MAIL = {b"received", b"message-id", b"mime-version", b"return-path", b"x-mailer", b"dkim-signature", b"delivered-to"}


def _mail_headers(head: bytes, by_name: Format) -> bool:
    """A block of mail headers at the very beginning. A plain text needs one that only mail programs write."""
    if not re.match(rb"[A-Za-z][A-Za-z0-9-]*:", head):
        return False
    block = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    names = {name.lower() for name in _HEADER.findall(block)}
    if by_name is Format.EML:
        return bool(names & (_MAIL | {b"from", b"to", b"subject", b"date"}))
    return bool(names & _MAIL) and len(names & {b"from", b"to", b"subject", b"date"}) >= 2


def _in_zip(data: bytes) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            kind = _mimetype(archive) if "mimetype" in names else ""
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError, OSError) as error:
        raise failures.corrupt() from error
    if kind.startswith("application/epub") or "META-INF/container.xml" in names:
        return Format.EPUB
    if kind.startswith(_ODF):
        return Format.SHEET if "spreadsheet" in kind or kind.endswith(".calc") else Format.ODF_TEXT
    for prefix, found in (("word/", Format.DOCX), ("ppt/", Format.PPTX), ("xl/", Format.SHEET)):
        if "[Content_Types].xml" in names and any(name.startswith(prefix) for name in names):
            return found
    if "content.xml" in names and "META-INF/manifest.xml" in names:
        return Format.ODF_TEXT
    raise failures.unsupported("it is an archive, not a document.", _UNPACK)


def _mimetype(archive: zipfile.ZipFile) -> str:
    with archive.open("mimetype") as stream:
        return stream.read(200).decode("ascii", "replace").strip()


def _in_compound_file(data: bytes) -> Format:
    try:
        file = CompoundFile(data)
        names = file.names()
        if {"EncryptedPackage", "EncryptionInfo"} & names:
            raise failures.encrypted()
        if "WordDocument" in names:
            return _checked_doc(file)
        if "PowerPoint Document" in names:
            return _checked_ppt(file, names)
        if {"Workbook", "Book", "WORKBOOK", "BOOK"} & names:
            return _checked_xls(file, names)
    except (CompoundFileError, ValueError, IndexError) as error:
        raise failures.corrupt() from error
    if "__properties_version1.0" in names:
        return Format.MSG
    raise failures.unsupported("it is an old Office file without text, or of another program.")


def _checked_doc(file: CompoundFile) -> Format:
    """Refuse an encrypted DOC: bit fEncrypted of FibBase ([MS-DOC] 2.5.2)."""
    header = file.read("WordDocument", 32) or b""
    if len(header) > 11 and header[11] & 0x01:
        raise failures.encrypted()
    return Format.DOC


def _checked_ppt(file: CompoundFile, names: frozenset[str]) -> Format:
    """Refuse an encrypted PPT: header token of CurrentUserAtom ([MS-PPT] 2.3.2)."""
    user = file.read("Current User", 32) or b""
    if user[12:16] == b"\xdf\xc4\xd1\xf3" or "EncryptedSummary" in names:
        raise failures.encrypted()
    return Format.PPT


def _checked_xls(file: CompoundFile, names: frozenset[str]) -> Format:
    """Refuse an encrypted XLS: a FilePass record among the first of the globals ([MS-XLS] 2.4.117)."""
    stream = next(name for name in ("Workbook", "Book", "WORKBOOK", "BOOK") if name in names)
    records = file.read(stream, 4096) or b""
    offset = 0
    while offset + 4 <= len(records):
        kind = int.from_bytes(records[offset : offset + 2], "little")
        if kind == 0x2F:
            raise failures.encrypted()
        offset += 4 + int.from_bytes(records[offset + 2 : offset + 4], "little")
    return Format.SHEET
