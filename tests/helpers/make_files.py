"""Builders of small files of many formats, right or wrong in any detail."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from PIL.Image import Image

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
X = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def zip_file(members: Mapping[str, str | bytes], *, stored: Sequence[str] = ()) -> bytes:
    """A ZIP archive; the parts named in ``stored`` are not compressed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            how = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, compress_type=how)
    return target.getvalue()


def _relationships(*targets: tuple[str, str, str]) -> str:
    entries = "".join(f'<Relationship Id="{i}" Type="{R}/{kind}" Target="{target}"/>' for i, kind, target in targets)
    return f'<Relationships xmlns="{PACKAGE}/relationships">{entries}</Relationships>'


def _core(title: str, author: str) -> str:
    return (
        f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(title)}</dc:title><dc:creator>{escape(author)}</dc:creator></cp:coreProperties>"
    )


def word_paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def docx(body: str, *, title: str = "", author: str = "", parts: Mapping[str, str] | None = None) -> bytes:
    """A DOCX whose ``body`` is WordprocessingML; ``parts``: content of further parts in word/, by name and root."""
    spaces = f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:r="{R}"'
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": _relationships(("rId1", "officeDocument", "word/document.xml")),
        "word/document.xml": f"<w:document {spaces}><w:body>{body}</w:body></w:document>",
        "docProps/core.xml": _core(title, author),
    }
    for name, content in (parts or {}).items():
        members[f"word/{name}.xml"] = f"<w:root {spaces}>{content}</w:root>"
    return zip_file(members)


def pptx(slides: Sequence[str], *, notes: str = "") -> bytes:
    """A PPTX; each slide is DrawingML of a shape tree. The parts are numbered against the order of the slides."""
    last = len(slides)
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": _relationships(("rId1", "officeDocument", "ppt/presentation.xml")),
        "ppt/_rels/presentation.xml.rels": _relationships(
            *((f"rId{i}", "slide", f"slides/slide{last - i}.xml") for i in range(last))
        ),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst>'
        + "".join(f'<p:sldId id="{256 + i}" r:id="rId{i}"/>' for i in range(last))
        + "</p:sldIdLst></p:presentation>",
    }
    for i, shapes in enumerate(slides):
        members[f"ppt/slides/slide{last - i}.xml"] = f'<p:sld xmlns:p="{P}" xmlns:a="{A}">{shapes}</p:sld>'
    if notes:
        members[f"ppt/slides/_rels/slide{last}.xml.rels"] = _relationships(("n", "notesSlide", "../notesSlides/n.xml"))
        members["ppt/notesSlides/n.xml"] = f'<p:notes xmlns:p="{P}" xmlns:a="{A}">{shape(notes)}</p:notes>'
    return zip_file(members)


def shape(text: str, placeholder: str = "body") -> str:
    return (
        f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{placeholder}"/></p:nvPr></p:nvSpPr>'
        f"<p:txBody><a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def xlsx(rows: Sequence[Sequence[str]] | str) -> bytes:
    """A workbook of one sheet: rows of text cells, or the XML of its rows."""
    if not isinstance(rows, str):
        rows = "".join(
            f'<row r="{r}">'
            + "".join(
                f'<c r="{chr(65 + c)}{r}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
                for c, cell in enumerate(row)
            )
            + "</row>"
            for r, row in enumerate(rows, start=1)
        )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    return zip_file(
        {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}"/></Types>',
            "_rels/.rels": _relationships(("rId1", "officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": f'<workbook xmlns="{X}" xmlns:r="{R}"><sheets>'
            '<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": _relationships(("rId1", "worksheet", "worksheets/sheet1.xml")),
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{X}"><sheetData>{rows}</sheetData></worksheet>',
        }
    )


_ODF_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "draw", "presentation", "style", "meta")
)


def odf(kind: str, body: str, *, styles: str = "", meta: str = "", manifest: str = "") -> bytes:
    """An OpenDocument file; ``kind`` is text, presentation or spreadsheet, ``body`` its content's XML."""
    spaces = f'{_ODF_SPACES} xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return zip_file(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {spaces}><office:body><office:{kind}>{body}</office:{kind}>"
            "</office:body></office:document-content>",
            "styles.xml": f"<office:document-styles {spaces}>{styles}</office:document-styles>",
            "meta.xml": f"<office:document-meta {spaces}><office:meta>{meta}</office:meta></office:document-meta>",
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
            f'manifest:1.0">{manifest}</manifest:manifest>',
        },
        stored=["mimetype"],
    )


def flat_odf(body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_ODF_SPACES}><office:body><office:text>{body}'
        "</office:text></office:body></office:document>"
    ).encode()


def epub(chapters: Sequence[str], *, title: str = "", author: str = "") -> bytes:
    """An EPUB; each chapter is the XHTML of a body. The files are named against the reading order."""
    names = [f"c{len(chapters) - i}.xhtml" for i in range(len(chapters))]
    items = "".join(f'<item id="{name}" href="{name}"/>' for name in sorted(names))
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    members: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="book/p.opf"/></rootfiles></container>',
        "book/p.opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
    }
    for name, chapter in zip(names, chapters, strict=True):
        members[f"book/{name}"] = f"<html><head><title>{title}</title></head><body>{chapter}</body></html>"
    return zip_file(members, stored=["mimetype"])


def pdf(pages: Sequence[bytes], *, images: Sequence[bytes] = (), info: str = "", password: str = "",
        compress: bool = False) -> bytes:  # fmt: skip
    """A PDF; each page is a content stream, in which /F1 is Helvetica and /I0, /I1… are the ``images`` (JPEG)."""
    count = len(pages)
    first_image = 5 + 2 * count
    resources = "<</Font<</F1 3 0 R>>/XObject<<"
    resources += "".join(f"/I{i} {first_image + i} 0 R" for i in range(len(images))) + ">>>>"
    kids = " ".join(f"{5 + 2 * i} 0 R" for i in range(count))
    objects: list[bytes | tuple[str, bytes]] = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {count}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        f"<<{info}>>".encode(),
    ]
    for i, content in enumerate(pages):
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources{resources}/Contents {6 + 2 * i} 0 R>>".encode()
        )
        objects.append(("/Filter/FlateDecode", zlib.compress(content)) if compress else ("", content))
    objects += [(_image_dictionary(image), image) for image in images]
    return _pdf_file(objects, password)


def pdf_lines(*lines: str, size: int = 12, top: int = 720, left: int = 72) -> bytes:
    """A content stream with lines of text below each other."""
    shown = "".join(f"({_pdf_string(line)}) Tj 0 -{size * 1.2:.1f} Td " for line in lines)
    return f"BT /F1 {size} Tf {left} {top} Td {shown}ET ".encode("cp1252")


def pdf_full_page_image(number: int = 0) -> bytes:
    return f"q 612 0 0 792 0 0 cm /I{number} Do Q".encode()


def _pdf_string(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _image_dictionary(jpeg: bytes) -> str:
    import PIL.Image

    with PIL.Image.open(io.BytesIO(jpeg)) as image:
        width, height = image.size
        colours = "/DeviceGray" if image.mode == "L" else "/DeviceRGB"
    return (
        f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace{colours}"
        "/BitsPerComponent 8/Filter/DCTDecode"
    )


def _pdf_file(objects: Sequence[bytes | tuple[str, bytes]], password: str) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets: list[int] = []
    owner = _md5(b"owner") * 2
    key = _pdf_key(password, owner)
    for number, item in enumerate(objects, start=1):
        offsets.append(len(out))
        if isinstance(item, bytes):
            out += b"%d 0 obj" % number + item + b"endobj\n"
            continue
        dictionary, stream = item
        if password:
            stream = _rc4(_md5(key + struct.pack("<I", number)[:3] + b"\0\0")[:10], stream)
        out += b"%d 0 obj<</Length %d%s>>stream\n" % (number, len(stream), dictionary.encode())
        out += stream + b"\nendstream endobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    encryption = ""
    if password:
        user = _rc4(key, _PDF_PADDING)
        encryption = (
            f"/Encrypt<</Filter/Standard/V 1/R 2/O<{owner.hex()}>/U<{user.hex()}>/P -4>>/ID[<{_PDF_ID.hex()}>"
            f"<{_PDF_ID.hex()}>]"
        )
    out += f"trailer<</Size {len(objects) + 1}/Root 1 0 R/Info 4 0 R{encryption}>>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(out)


_PDF_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_PDF_ID = bytes(range(16))


def _pdf_key(password: str, owner: bytes) -> bytes:
    """Key of the standard security handler, revision 2 (ISO 32000-1, algorithm 2)."""
    padded = (password.encode("latin-1") + _PDF_PADDING)[:32]
    return _md5(padded + owner + struct.pack("<i", -4) + _PDF_ID)[:5]


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def text_image(
    *lines: str, size: tuple[int, int] = (1200, 800), kind: str = "PNG", turn: int = 0, font: int = 40
) -> bytes:
    """A picture of printed lines; ``turn``: degrees it is turned to the left; ``kind``: a format of Pillow."""
    target = io.BytesIO()
    text_picture(*lines, size=size, turn=turn, font=font).save(target, kind)
    return target.getvalue()


def text_picture(*lines: str, size: tuple[int, int] = (1200, 800), turn: int = 0, font: int = 40) -> Image:
    """The same as an image of Pillow, which is only there with text recognition."""
    import PIL.Image
    from PIL import ImageDraw, ImageFont

    image = PIL.Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((80, 80 + number * font * 1.6), line, fill="black", font=ImageFont.load_default(font))
    return image.rotate(turn, expand=True)


def png_header(width: int, height: int) -> bytes:
    """The beginning of a PNG of any size, with next to no data."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """An OLE compound file with the streams at its root; those below 4096 bytes are in the mini stream."""
    streams = dict(sorted(streams.items(), key=lambda item: (len(item[0]), item[0].upper())))
    small = {name: data for name, data in streams.items() if len(data) < 4096}
    mini = bytearray()
    mini_table: list[int] = []
    mini_starts: dict[str, int] = {}
    for name, data in small.items():
        mini_starts[name] = len(mini) // 64
        count = max(1, -(-len(data) // 64))
        mini += data.ljust(count * 64, b"\0")
        mini_table += [*range(len(mini_table) + 1, len(mini_table) + count), _END]
    blocks: list[bytes] = [b""]  # the first sector is the allocation table, filled in last
    table = [_FAT]

    def store(data: bytes) -> int:
        if not data:
            return _END
        start, count = len(blocks), -(-len(data) // 512)
        for i in range(count):
            blocks.append(data[i * 512 : (i + 1) * 512].ljust(512, b"\0"))
            table.append(start + i + 1 if i + 1 < count else _END)
        return start

    starts = {name: store(data) for name, data in streams.items() if name not in small}
    starts |= mini_starts
    mini_start = store(bytes(mini))
    mini_table_start = store(struct.pack(f"<{len(mini_table)}I", *mini_table))
    names = list(streams)
    entries = [_directory_entry("Root Entry", 5, mini_start, len(mini), child=1 if names else _FREE)]
    for i, name in enumerate(names, start=1):
        right = i + 1 if i < len(names) else _FREE
        entries.append(_directory_entry(name, 2, starts[name], len(streams[name]), right=right))
    directory = store(b"".join(entries))
    assert len(table) <= 128, "one sector of allocation table is all that this builder makes"
    blocks[0] = struct.pack("<128I", *table, *[_FREE] * (128 - len(table)))
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIIII", 0, 1, directory, 0, 4096, mini_table_start, int(bool(mini)), _END, 0, 0)
    header += struct.pack("<108I", *[_FREE] * 108)
    return header + b"".join(blocks)


def _directory_entry(name: str, kind: int, start: int, size: int, *, right: int = _FREE, child: int = _FREE) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    entry = encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded), kind, 1, _FREE, right, child)
    return entry + bytes(36) + struct.pack("<IQ", start, size)


def doc(text: str, *, encrypted: bool = False) -> bytes:
    """A DOC of Word 97 with one piece of text. Source: [MS-DOC] 2.5.1 (Fib) and 2.8.35 (PlcPcd)."""
    data = (text + "\r").encode("utf-16-le")
    flags = 0x0200 | (0x0100 if encrypted else 0)  # the table stream is 1Table
    base = struct.pack("<HHHHHHH", 0xA5EC, 0xC1, 0, 0x0409, 0, flags, 0xBF).ljust(32, b"\0")
    longs = [0] * 22
    longs[3] = len(text) + 1  # ccpText
    clx = b"\x02" + struct.pack("<I", 16) + struct.pack("<II", 0, len(text) + 1) + struct.pack("<HIH", 0, 1536, 0)
    places = [0] * 186
    places[66], places[67] = 512, len(clx)  # fcClx, lcbClx
    fib = base + struct.pack("<H14H", 14, *[0] * 14) + struct.pack("<H22I", 22, *longs)
    fib += struct.pack("<H186I", 93, *places)
    table = (bytes(512) + clx).ljust(4096, b"\0")
    return compound_file({"WordDocument": (fib.ljust(1536, b"\0") + data).ljust(4096, b"\0"), "1Table": table})


def msg(subject: str, body: str, *, sender: str = "", transport: str = "") -> bytes:
    """An Outlook message with Unicode properties. Source: [MS-OXMSG] 2.4."""
    values = {0x001A: "IPM.Note", 0x0037: subject, 0x0C1A: sender, 0x1000: body, 0x007D: transport}
    streams: dict[str, bytes] = {}
    properties = bytes(8) + struct.pack("<IIII", 0, 0, 0, 0) + bytes(8)
    for tag, text in values.items():
        if text:
            data = text.encode("utf-16-le")
            streams[f"__substg1.0_{tag:04X}001F"] = data
            properties += struct.pack("<IIII", tag << 16 | 0x1F, 6, len(data) + 2, 0)
    streams["__properties_version1.0"] = properties
    return compound_file(streams)
