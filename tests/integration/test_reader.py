"""The reader: every format through the real process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers import make_files as make
from quietdesk.documents.document import Document
from quietdesk.documents.reader import Reader
from quietdesk.errors import ErrorCode, UserError

Read = Callable[..., Document]
RunQuietdesk = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One process for the whole module; these files are harmless, it survives them all."""
    with Reader() as running:
        running.start()
        running.network_lock()
        yield running


@pytest.fixture
def read(reader: Reader, tmp_path: Path) -> Read:
    """Writes a file and reads it."""

    def write_and_read(data: bytes | str, name: str = "file") -> Document:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        document = reader.read(path)
        assert document.source == str(path)
        return document

    return write_and_read


def fails(read: Read, data: bytes, code: ErrorCode, name: str = "file") -> UserError:
    with pytest.raises(UserError) as caught:
        read(data, name)
    error = caught.value
    assert error.code is code
    assert name in error.message
    assert error.hint
    return error


def test_plain_text(read: Read) -> None:
    found = read("Dear all,\r\n\r\nthe meeting is on Monday and we will send the report to you.\x00", "note.txt")
    assert found.text == "Dear all,\n\nthe meeting is on Monday and we will send the report to you."
    assert (found.language, found.pages, found.ocr_pages, found.mail) == ("en", None, (), None)


def test_text_of_unknown_encoding(read: Read) -> None:
    text = "会议将于周一举行，请各部门准备好工作报告，并于周五之前发送给办公室。"
    found = read(text.encode("gb18030"))
    assert (found.text, found.language) == (text, "zh")


def test_docx(read: Read) -> None:
    box = "<w:txbxContent>" + make.word_paragraph("In the box") + "</w:txbxContent>"
    field = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    body = (
        make.word_paragraph("First paragraph")
        + f"<w:p><w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
        '<w:p><w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr><w:r><w:t>An item</w:t></w:r></w:p>'
        '<w:p><w:pPr><w:pStyle w:val="berschrift1"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
        "<w:r><w:t>A numbered heading</w:t></w:r></w:p>"
        f"<w:tbl><w:tr><w:tc>{make.word_paragraph('a')}</w:tc><w:tc>{make.word_paragraph('b')}</w:tc></w:tr></w:tbl>"
        "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
        "<w:r><w:tab/><w:t>tail</w:t></w:r></w:p>"
    )
    instruction = "<w:r><w:instrText> PAGE </w:instrText></w:r>"
    page_number = f"{field('begin')}{instruction}{field('separate')}<w:r><w:t>77</w:t></w:r>"
    parts = {
        "header1": make.word_paragraph("The header"), "header2": make.word_paragraph("The header"),
        "footer1": f"<w:p><w:r><w:t>The footer </w:t></w:r>{page_number}{field('end')}</w:p>",
        "footnotes": '<w:footnote w:type="separator"><w:p><w:r><w:t>---</w:t></w:r></w:p></w:footnote>'
        f"<w:footnote>{make.word_paragraph('The note')}</w:footnote>",
        "comments": f"<w:comment>{make.word_paragraph('The comment')}</w:comment>",
        "styles": '<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>',
    }  # fmt: skip
    found = read(make.docx(body, title="Title", author="Author", parts=parts), "a.docx")
    assert found.text.split("\n") == [
        "The header", "", "First paragraph", "", "In the box", "- An item", "A numbered heading", "a\tb", "new\ttail",
        "", "The note", "", "The comment", "", "The footer",
    ]  # fmt: skip
    assert (found.title, found.author) == ("Title", "Author")


def test_pptx(read: Read) -> None:
    slides = [make.shape("First slide") + make.shape("1", "sldNum"), make.shape("Second slide")]
    found = read(make.pptx(slides, notes="Said aloud"), "a.pptx")
    assert found.text == "First slide\nSaid aloud\n\nSecond slide"
    assert found.pages == 2


def test_spreadsheets(read: Read) -> None:
    assert read(make.xlsx([["Name", "Place"], ["Ann Example", "Leeds"]]), "a.xlsx").text == (
        "Name\tPlace\nAnn Example\tLeeds"
    )
    row = "<table:table-row><table:table-cell office:value-type='string'><text:p>one cell</text:p></table:table-cell>"
    sheet = f"<table:table table:name='T'>{row}</table:table-row></table:table>"
    assert "one cell" in read(make.odf("spreadsheet", sheet), "a.ods").text


def test_a_long_spreadsheet(read: Read) -> None:
    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>{i}</v></c><c r="B{i}"><v>{i}</v></c></row>' for i in range(1, 60_001))
    assert read(make.xlsx(rows), "a.xlsx").text.endswith("60000\t60000")


def test_odt(read: Read) -> None:
    body = (
        "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes><text:h>Heading</text:h>"
        "<text:p>Some<text:s text:c='3'/>text<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>The note</text:p></text:note-body></text:note> and more<office:annotation><dc:creator>Ann</dc:creator>"
        "<text:p>The comment</text:p></office:annotation></text:p>"
        "<text:list><text:list-item><text:p>An item</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell>"
        "<text:p>b</text:p></table:table-cell></table:table-row></table:table>"
    )
    styles = "<style:master-page><style:header><text:p>The header</text:p></style:header></style:master-page>"
    meta = "<dc:title>Title</dc:title><meta:initial-creator>Ann</meta:initial-creator><dc:creator>Bob</dc:creator>"
    found = read(make.odf("text", body, styles=styles, meta=f"{meta}<meta:document-statistic meta:page-count='4'/>"))
    assert found.text.split("\n") == [
        "Heading", "Some   text and more", "The note", "The comment", "- An item", "a\tb", "", "The header",
    ]  # fmt: skip
    assert (found.title, found.author, found.pages) == ("Title", "Ann", 4)
    assert read(make.flat_odf("<text:p>Flat text</text:p>"), "a.fodt").text == "Flat text"


def test_odp(read: Read) -> None:
    page = "<draw:page><draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame></draw:page>".format
    found = read(make.odf("presentation", page("One") + page("Two")), "a.odp")
    assert (found.text, found.pages) == ("One\n\nTwo", 2)


def test_epub(read: Read) -> None:
    found = read(make.epub(["<p>Once upon</p>", "<p>a time.</p>"], title="Tale", author="Ann"), "a.epub")
    assert found.text == "Tale\n\nOnce upon\n\nTale\n\na time."
    assert (found.title, found.author) == ("Tale", "Ann")


def test_old_office_and_rtf(read: Read) -> None:
    assert read(make.doc("Old words, Ümlaut and 中文."), "a.doc").text == "Old words, Ümlaut and 中文."
    rtf = rb"{\rtf1\ansi\ansicpg936 \'c4\'e3\'ba\'c3 hello\par b\u20320?}"
    assert read(rtf, "a.rtf").text == "你好 hello\n\nb你"


def test_outlook_message(read: Read) -> None:
    transport = "From: Ann <ann@example.org>\r\nMessage-ID: <2@x>\r\nReferences: <1@x>\r\nReply-To: o@example.org\r\n"
    found = read(make.msg("Budget", "Please find it.\r\nAnn", transport=transport), "a.msg")
    assert found.text == "Please find it.\nAnn"
    assert found.mail is not None
    assert (found.mail.sender, found.mail.subject) == ("Ann <ann@example.org>", "Budget")
    assert (found.mail.message_id, found.mail.references, found.mail.reply_to) == ("<2@x>", "<1@x>", "o@example.org")


def test_mail_and_markup(read: Read) -> None:
    mail = "From: a@example.org\nDate: Mon, 2 Jun 2025\nSubject: Hi\nMessage-ID: <1@x>\n\nThe body."
    found = read(mail, "no-extension")
    assert found.text == "The body."
    assert found.mail is not None
    assert read("<!doctype html><p>One<p>Two", "a.bin").text == "One\n\nTwo"
    assert read("a;b\n1;2", "a.csv").text == "a\tb\n1\t2"
    assert read("# Head\n\n**bold**", "a.md").text == "Head\n\nbold"
    assert read("\\documentclass{a}\\begin{document}\\section{S}Text\\end{document}", "a.tex").text == "SText"
    assert read("1\n00:00:01,000 --> 00:00:02,000\nSpoken.\n", "a.srt").text == "Spoken."
    assert read("def f():\n    return 1\n", "a.py").text == "def f():\n    return 1"


def test_pdf(read: Read) -> None:
    sentence = ("A sentence that is broken over two lines of the page because it", "is long.")
    first = make.pdf_lines("Running title", *sentence)
    pages = [first] + [make.pdf_lines("Running title", f"Text number {word}.") for word in ("two", "three")]
    numbered = [page + make.pdf_lines(str(n), top=40, left=300) for n, page in enumerate(pages, start=1)]
    found = read(make.pdf(numbered, info="/Title(The title)/Author(Ann)", compress=True), "a.pdf")
    assert found.text.split("\n") == [
        "Running title", "A sentence that is broken over two lines of the page because it is long.",
        "Text number two.", "Text number three.",
    ]  # fmt: skip
    assert (found.pages, found.title, found.author, found.ocr_pages) == (3, "The title", "Ann", ())


def test_pdf_columns_and_tables(read: Read) -> None:
    left = [f"left column line {i} with words" for i in range(8)]
    right = [f"right column line {i} with words" for i in range(8)]
    page = make.pdf_lines(*left) + make.pdf_lines(*right, left=330)
    text = read(make.pdf([page]), "a.pdf").text
    assert text.index("left column line 7") < text.index("right column line 0")
    row = make.pdf_lines("Total", left=72) + make.pdf_lines("250.00", left=300)
    assert read(make.pdf([row]), "a.pdf").text == "Total\t250.00"


def test_standard_input(reader: Reader) -> None:
    found = reader.read_bytes(make.pdf([make.pdf_lines("Hello there")]), "-")
    assert (found.source, found.text) == ("-", "Hello there")
    with pytest.raises(UserError) as caught:
        reader.read_bytes(b"", "-")
    assert caught.value.code is ErrorCode.EMPTY


@pytest.mark.parametrize("name", ["Bericht 😀.txt", "two\nlines.txt", "-", "a'b\"c$(x).txt"])
def test_unusual_names(read: Read, name: str) -> None:
    assert read("Some text", name).text == "Some text"


def test_name_with_bytes_that_are_no_text(reader: Reader, tmp_path: Path) -> None:
    path = Path(bytes(tmp_path).decode() + "/caf\udce9.txt")
    try:
        path.write_text("Some text")
    except OSError:
        pytest.skip("this file system takes names of text only")
    found = reader.read(path)
    assert found.source.endswith("caf\udce9.txt")
    path.write_text("")
    with pytest.raises(UserError) as caught:
        reader.read(path)
    caught.value.message.encode("utf-8")


def test_errors_name_the_file_and_say_what_to_do(read: Read) -> None:
    fails(read, b"", ErrorCode.EMPTY)
    fails(read, b" \n\t\n", ErrorCode.NO_TEXT)
    fails(read, make.docx(make.word_paragraph(" ")), ErrorCode.NO_TEXT)
    fails(read, make.pdf([make.pdf_lines("x")], password="secret"), ErrorCode.ENCRYPTED)  # noqa: S106
    fails(read, make.odf("text", "", manifest="<manifest:encryption-data/>"), ErrorCode.ENCRYPTED)
    fails(read, make.odf("spreadsheet", "", manifest="<manifest:encryption-data/>"), ErrorCode.ENCRYPTED)
    fails(read, make.doc("x", encrypted=True), ErrorCode.ENCRYPTED)
    fails(read, make.zip_file({"a": "b"}), ErrorCode.UNSUPPORTED)
    fails(read, make.docx("x")[:200], ErrorCode.CORRUPT)
    fails(read, make.pdf([make.pdf_lines("x")])[:60], ErrorCode.CORRUPT)
    fails(read, make.zip_file({"[Content_Types].xml": "", "word/x": ""}), ErrorCode.CORRUPT)


def test_images_without_text_recognition(tmp_path: Path) -> None:
    with Reader(ocr=False) as reader:
        with pytest.raises(UserError) as caught:
            reader.read_bytes(make.png_header(10, 10), "photo.png")
        assert caught.value.code is ErrorCode.NO_TEXT
        assert "quietdesk[ocr]" in caught.value.hint


def test_the_command_writes_text_and_json(tmp_path: Path, run_quietdesk: RunQuietdesk) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.pdf"
    good.write_text("The meeting is on Monday and the report will be sent to all.")
    bad.write_bytes(b"%PDF-1.4\n")
    done = run_quietdesk("text", good, bad, "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert first == {
        "source": str(good), "text": good.read_text(), "pages": None, "ocr_pages": [], "language": "en",
    }  # fmt: skip
    assert (second["source"], second["status"], second["error"]["code"]) == (str(bad), "failed", "corrupt")
    assert done.returncode == 1
    done = run_quietdesk("text", "-", stdin="From standard input")
    assert (done.stdout, done.returncode) == ("From standard input\n", 0)


def test_the_command_survives_any_file_name(tmp_path: Path, run_quietdesk: RunQuietdesk) -> None:
    path = Path(bytes(tmp_path).decode() + "/caf\udce9.txt")
    try:
        path.write_text("Some text")
    except OSError:
        pytest.skip("this file system takes names of text only")
    done = run_quietdesk("text", path, "--json")
    assert json.loads(done.stdout)["source"] == str(path)


def test_a_password_is_told_whatever_the_name(read: Read) -> None:
    fails(read, make.pdf([make.pdf_lines("x")], password="secret"), ErrorCode.ENCRYPTED, "a.txt")  # noqa: S106
