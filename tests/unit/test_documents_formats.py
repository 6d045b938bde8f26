"""What kind of file it is, compound files, containers, names of files."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import make_files as make
from quietdesk.documents.compound_file import CompoundFile, CompoundFileError
from quietdesk.documents.container import Container
from quietdesk.documents.formats import Format, detect
from quietdesk.documents.limits import ReaderLimits
from quietdesk.documents.source import open_regular, shown
from quietdesk.errors import ErrorCode, UserError

LIMITS = ReaderLimits()
MAIL = b"Received: from x\r\nFrom: a@example.org\r\nSubject: Hello\r\n\r\nBody"


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (make.pdf([b""]), "a.txt", Format.PDF),
        (b"\n\n%PDF-1.7\nendobj", "x", Format.PDF),
        (b"The mark %PDF-1.4 begins such a file.", "notes.txt", Format.TEXT),
        (make.docx(""), "report.zip", Format.DOCX),
        (make.pptx([""]), "x", Format.PPTX),
        (make.xlsx([["a"]]), "x.dat", Format.SHEET),
        (make.odf("text", ""), "x", Format.ODF_TEXT),
        (make.odf("presentation", ""), "x", Format.ODF_TEXT),
        (make.odf("spreadsheet", ""), "x", Format.SHEET),
        (make.epub(["x"]), "x", Format.EPUB),
        (make.flat_odf(""), "x.fodt", Format.FLAT_ODF),
        (make.doc("x"), "x", Format.DOC),
        (make.msg("a", "b"), "x", Format.MSG),
        (b"{\\rtf1 x}", "a.doc", Format.RTF),
        (make.png_header(3, 3), "photo", Format.IMAGE),
        (b"BMW is a maker of cars and motorcycles.", "a.txt", Format.TEXT),
        (MAIL, "no name", Format.EML),
        (b"Subject: x\nFrom: me\n\nJust notes, no mail program wrote this.", "a.txt", Format.TEXT),
        (b"Subject: x\nFrom: me\n\nBody", "a.eml", Format.EML),
        (b"Just words", "a.eml", Format.TEXT),
        (b"From a@b Mon Jun 2 2025\nFrom: a@b\n\nx", "archive", Format.MBOX),
        (b"From here on", "a.mbox", Format.TEXT),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>x", "a.txt", Format.HTML),
        ("<html><body>x".encode("utf-16"), "a", Format.HTML),
        (b"<!-- note --><html>", "a", Format.HTML),
        (b'<?xml version="1.0"?><rss/>', "a.txt", Format.XML),
        (b"a,b\n1,2", "a.CSV", Format.CSV),
        (b"# x", "README.md", Format.MARKDOWN),
        (b"% comment\n\\documentclass{a}", "a.txt", Format.LATEX),
        (b"WEBVTT\n", "a", Format.SUBTITLES),
        (b"1\n", "a.srt", Format.SUBTITLES),
        (b"print('x')", "a.py", Format.TEXT),
    ],
)  # fmt: skip
def test_format(data: bytes, name: str, expected: Format) -> None:
    assert detect(data, name) is expected


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (make.zip_file({"a.txt": "x"}), "archive"), (b"\x1f\x8b\x08" + bytes(200), "archive"),
        (b"\x7fELF" + bytes(200), "program"), (b"\0\0\0\x20ftypisom" + bytes(200), "video"),
        (b"\0\0\0\x20ftypheic" + bytes(200), "HEIC"), (bytes(range(256)) * 9, "known kind"),
        (make.compound_file({"Other": b"x"}), "old Office"),
    ],
)  # fmt: skip
def test_unsupported(data: bytes, words: str) -> None:
    with pytest.raises(UserError) as caught:
        detect(data, "x.txt")
    assert caught.value.code is ErrorCode.UNSUPPORTED
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "data",
    [
        make.compound_file({"EncryptedPackage": b"x", "EncryptionInfo": b"y"}),
        make.doc("secret", encrypted=True),
        make.compound_file({"Workbook": struct.pack("<HHHHHH", 0x809, 2, 0, 0x2F, 2, 0)}),
        make.compound_file({"PowerPoint Document": b"x", "Current User": bytes(12) + b"\xdf\xc4\xd1\xf3"}),
    ],
)  # fmt: skip
def test_encrypted_office_files(data: bytes) -> None:
    with pytest.raises(UserError) as caught:
        detect(data, "x")
    assert caught.value.code is ErrorCode.ENCRYPTED


@given(st.dictionaries(st.text("abcXYZ", min_size=1, max_size=20), st.binary(max_size=6000), max_size=6))
def test_compound_file_gives_its_streams_back(streams: dict[str, bytes]) -> None:
    unique = {name.upper(): data for name, data in streams.items()}
    file = CompoundFile(make.compound_file(unique))
    assert file.names() == set(unique)
    for name, data in unique.items():
        assert file.read(name) == data
    assert file.read("missing") is None


@settings(max_examples=150)
@given(st.data())
def test_damaged_compound_files_are_told(data: st.DataObject) -> None:
    whole = bytearray(make.msg("Subject", "Body " * 100))
    for _ in range(data.draw(st.integers(1, 12))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        file = CompoundFile(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
        for name in file.names():
            file.read(name)
    except CompoundFileError:
        pass


def test_container_refuses_what_would_blow_up() -> None:
    bomb = make.zip_file({"word/document.xml": bytes(2_000_000)})
    with pytest.raises(UserError) as caught:
        Container(bomb, ReaderLimits(unpacked_bytes=1_000_000))
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_container_finds_parts_that_lie_about_their_size() -> None:
    data = bytearray(make.zip_file({"a.xml": bytes(500_000)}))
    entry = data.rfind(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 1000)
    container = Container(bytes(data), LIMITS)
    with pytest.raises(UserError) as caught:
        container.check_real_sizes()
    assert caught.value.code is ErrorCode.CORRUPT
    Container(make.zip_file({"a": bytes(500_000), "b": b""}), LIMITS).check_real_sizes()


def test_container_with_a_password(tmp_path: Path) -> None:
    data = bytearray(make.zip_file({"a": b"x"}))
    entry = data.rfind(b"PK\x01\x02")
    data[entry + 8] |= 1
    with pytest.raises(UserError) as caught:
        Container(bytes(data), LIMITS)
    assert caught.value.code is ErrorCode.ENCRYPTED
    assert zipfile.is_zipfile(tmp_path) is False


def test_names_can_be_printed() -> None:
    assert shown("plain näme 😀.txt") == "plain näme 😀.txt"
    assert shown("two\nlines\udcff.txt") == "two\\nlines\\udcff.txt"


@pytest.mark.parametrize("name", ["missing", "a" * 300, "file/below", "nul\0byte"])
def test_names_of_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(UserError) as caught:
        open_regular(tmp_path / name, LIMITS)
    assert caught.value.code is ErrorCode.NOT_FOUND
