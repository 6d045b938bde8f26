"""Which pages of a PDF are recognised, and how progress is told."""

from __future__ import annotations

from typing import Any

import pytest

from helpers import make_files as make
from quietdesk.documents import ocr
from quietdesk.documents.layout import Line
from quietdesk.documents.pdf import read_pdf
from quietdesk.errors import ErrorCode, UserError

TEXT = make.pdf_lines("A page with a text layer, long enough to be one.")


class ScriptedRecogniser:
    """Finds the same line on every page."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def lines(self, pixels: Any) -> list[Line]:
        self.shapes.append(pixels.shape)
        return [Line("recognised", 0, 100, 0, 10, 100)]


@pytest.fixture
def image() -> bytes:
    if not ocr.available():
        pytest.skip("pictures are made with Pillow, which comes with the ocr extra")
    return make.text_image("Scan", kind="JPEG", size=(306, 396))


def test_scanned_pages_alone_are_recognised_and_told(image: bytes) -> None:
    """Each recognised page renews the time for the file; pages that are only slow do not."""
    recogniser = ScriptedRecogniser()
    told: list[int] = []
    stamped = make.pdf_full_page_image() + make.pdf_lines("Stamp 17")
    pages = [make.pdf_full_page_image(), TEXT, stamped, b""]
    found = read_pdf(make.pdf(pages, images=[image]), "a.pdf", recogniser, lambda: told.append(len(recogniser.shapes)))
    assert found.ocr_pages == (1, 3)
    assert told == [1, 2]
    assert recogniser.shapes == [(2200, 1700, 3)] * 2
    assert (found.pages, found.text.count("recognised")) == (4, 2)


def test_a_small_picture_makes_no_scan(image: bytes) -> None:
    logo = b"q 60 0 0 60 500 700 cm /I0 Do Q"
    found = read_pdf(make.pdf([TEXT + logo], images=[image]), "a.pdf", ScriptedRecogniser(), lambda: None)
    assert found.ocr_pages == ()


def test_without_recognition_the_other_pages_are_read(image: bytes) -> None:
    found = read_pdf(make.pdf([make.pdf_full_page_image(), TEXT], images=[image]), "a.pdf", None, lambda: None)
    assert found.text == "A page with a text layer, long enough to be one."
    with pytest.raises(UserError) as caught:
        read_pdf(make.pdf([make.pdf_full_page_image()], images=[image]), "a.pdf", None, lambda: None)
    assert caught.value.code is ErrorCode.NO_TEXT
