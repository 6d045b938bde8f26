"""Text recognition: images, scans, pages that lie on their side or head."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from helpers import make_files as make
from quietdesk.documents import ocr
from quietdesk.documents.limits import ReaderLimits
from quietdesk.documents.reader import Reader
from quietdesk.errors import ErrorCode, UserError

pytestmark = pytest.mark.skipif(not ocr.available(), reason="the ocr extra is not installed")

LINES = ("Invoice number 4711", "Total amount 250 euros")


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as running:
        running.network_lock()
        yield running


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_an_image_is_read_however_it_lies(reader: Reader, turn: int) -> None:
    found = reader.read_bytes(make.text_image(*LINES, turn=turn), "photo.png")
    assert found.text.split("\n") == list(LINES)
    assert (found.pages, found.ocr_pages) == (1, (1,))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF", "BMP"])
def test_kinds_of_images(reader: Reader, kind: str) -> None:
    assert "4711" in reader.read_bytes(make.text_image(*LINES, size=(800, 400), kind=kind), "x").text


def test_an_image_with_transparent_ground(reader: Reader) -> None:
    from PIL import Image

    ink = make.text_picture(*LINES, size=(800, 400)).convert("L").point(lambda value: 255 - value)
    picture = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    picture.putalpha(ink)
    target = io.BytesIO()
    picture.save(target, "PNG")
    assert "4711" in reader.read_bytes(target.getvalue(), "x.png").text


def test_every_page_of_a_tiff(reader: Reader) -> None:
    pages = [make.text_picture(f"This is page number {n}", size=(900, 300)) for n in (1, 2)]
    target = io.BytesIO()
    pages[0].save(target, "TIFF", save_all=True, append_images=pages[1:])
    found = reader.read_bytes(target.getvalue(), "fax.tif")
    assert found.text.split("\n") == ["This is page number 1", "This is page number 2"]
    assert (found.pages, found.ocr_pages) == (2, (1, 2))


def test_only_the_scanned_pages_of_a_pdf_are_recognised(reader: Reader) -> None:
    scan = make.text_image("Scanned contract", "of the tenant", kind="JPEG", size=(1224, 1584), font=60)
    digital = make.pdf_lines("A page with a text layer of its own, which is long enough.")
    found = reader.read_bytes(make.pdf([make.pdf_full_page_image(), digital], images=[scan]), "a.pdf")
    assert found.text.split("\n") == [
        "Scanned contract", "of the tenant", "A page with a text layer of its own, which is long enough.",
    ]  # fmt: skip
    assert (found.pages, found.ocr_pages) == (2, (1,))


def test_a_scan_without_text_recognition_says_how_to_get_it() -> None:
    scan = make.text_image("Scanned", kind="JPEG", size=(612, 792))
    with Reader(ocr=False) as reader, pytest.raises(UserError) as caught:
        reader.read_bytes(make.pdf([make.pdf_full_page_image()], images=[scan]), "a.pdf")
    assert caught.value.code is ErrorCode.NO_TEXT
    assert "quietdesk[ocr]" in caught.value.hint


def test_an_image_without_text(reader: Reader) -> None:
    with pytest.raises(UserError) as caught:
        reader.read_bytes(make.text_image(size=(400, 300)), "blank.png")
    assert caught.value.code is ErrorCode.NO_TEXT


def test_five_hundred_megapixels_are_told_by_the_header(reader: Reader) -> None:
    with pytest.raises(UserError) as caught:
        reader.read_bytes(make.png_header(25_000, 20_000), "huge.png")
    assert caught.value.code is ErrorCode.TOO_LARGE
    assert "500 million pixels" in caught.value.message


def test_damaged_images(reader: Reader) -> None:
    whole = make.text_image(*LINES, size=(300, 200))
    for data in (whole[:60], whole[:100] + bytes(200), make.png_header(300, 200), b"\xff\xd8\xff" + bytes(50)):
        with pytest.raises(UserError) as caught:
            reader.read_bytes(data, "x.png")
        assert caught.value.code in (ErrorCode.CORRUPT, ErrorCode.NO_TEXT)


def test_a_large_image_within_the_memory() -> None:
    """Seventy-two megapixels: decoded, and let go before recognition takes its own memory."""
    with Reader(ReaderLimits()) as reader:
        found = reader.read_bytes(make.text_image("LARGE PRINT", size=(9_000, 8_000), font=900), "poster.png")
    assert found.text == "LARGE PRINT"
