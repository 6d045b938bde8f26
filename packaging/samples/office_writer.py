"""Small DOCX and ODT writers: headings and paragraphs, the same bytes each time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

from text_source import Paragraph

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FIXED_TIME = (2026, 9, 1, 0, 0, 0)
_OPEN_XML = "http://schemas.openxmlformats.org"  # a fixed name of the format, not a place to fetch from
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"


def write_docx(paragraphs: Sequence[Paragraph]) -> bytes:
    """A word-processing document (ECMA-376) of the paragraphs."""
    word = f"{_OPEN_XML}/wordprocessingml/2006/main"
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/>'
        f'<w:rPr><w:b/><w:sz w:val="{size}"/></w:rPr></w:style>'
        for level, size in ((1, 32), (2, 26))
    )
    body = "".join(_docx_paragraph(paragraph) for paragraph in paragraphs)
    types = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType='
        f'"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"/>'
        for part, kind in (("document", "document.main"), ("styles", "styles"))
    )
    return _archive({
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_OPEN_XML}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": _relation("officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": _relation("styles", "styles.xml"),
        "word/document.xml": f'{_XML}<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'{_XML}<w:styles xmlns:w="{word}">{styles}</w:styles>',
    })


def write_odt(paragraphs: Sequence[Paragraph]) -> bytes:
    """A word-processing document (ISO/IEC 26300) of the paragraphs."""
    media = "application/vnd.oasis.opendocument.text"
    body = "".join(_odt_paragraph(paragraph) for paragraph in paragraphs)
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in (("/", media), ("content.xml", "text/xml"))
    )
    return _archive({
        "mimetype": media,
        "META-INF/manifest.xml": f'{_XML}<manifest:manifest xmlns:manifest="{_OASIS}:manifest:1.0" '
        f'manifest:version="1.3">{entries}</manifest:manifest>',
        "content.xml": f'{_XML}<office:document-content xmlns:office="{_OASIS}:office:1.0" '
        f'xmlns:text="{_OASIS}:text:1.0" office:version="1.3"><office:body><office:text>{body}'
        "</office:text></office:body></office:document-content>",
    })


def _docx_paragraph(paragraph: Paragraph) -> str:
    style = f'<w:pPr><w:pStyle w:val="Heading{paragraph.level}"/></w:pPr>' if paragraph.level else ""
    return f'<w:p>{style}<w:r><w:t xml:space="preserve">{escape(paragraph.text)}</w:t></w:r></w:p>'


def _odt_paragraph(paragraph: Paragraph) -> str:
    if paragraph.level:
        return f'<text:h text:outline-level="{paragraph.level}">{escape(paragraph.text)}</text:h>'
    return f"<text:p>{escape(paragraph.text)}</text:p>"


def _relation(kind: str, target: str) -> str:
    return (
        f'{_XML}<Relationships xmlns="{_OPEN_XML}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{_OPEN_XML}/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'
    )


def _archive(parts: dict[str, str]) -> bytes:
    # Stored, not deflated: compressed bytes differ from one zlib to the next.
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), content.encode("utf-8"))
    return out.getvalue()
