"""Images and scans: every page's text is recognised."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from quietdesk.documents import failures
from quietdesk.documents.clean import running_lines
from quietdesk.documents.document import Document
from quietdesk.documents.layout import Line, join_pages, join_paragraphs
from quietdesk.documents.limits import ReaderLimits
from quietdesk.documents.pdf import Recogniser

_LONG_SIDE = 2200  # pixels: 190 dpi for A4
_SHORT_SIDE = 1200  # smaller images are enlarged up to twice: small letters are read badly


def read_image(
    data: bytes, name: str, recogniser: Recogniser | None, limits: ReaderLimits, progress: Callable[[], None]
) -> Document:
    """The text in an image file, all pages of a TIFF. ``progress`` is called after each page.

    Raises:
        UserError: too_large (by the size in the header, before anything is decoded), corrupt, no_text without
            text recognition.
    """
    if recogniser is None:
        raise failures.no_text_in_image()
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # our own limit stands below
    try:
        with Image.open(io.BytesIO(data)) as image:
            count = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        pages: list[list[Line]] = []
        for number in range(count):
            pages.append(recogniser.lines(_pixels(data, number, limits)))
            progress()
    except (UnidentifiedImageError, OSError, SyntaxError, EOFError, ValueError) as error:
        raise failures.corrupt("the image is damaged or incomplete.") from error
    dropped = running_lines([[line.text for line in page] for page in pages])
    kept = [[line for i, line in enumerate(page) if i not in out] for page, out in zip(pages, dropped, strict=True)]
    recognised = tuple(i for i, page in enumerate(pages, start=1) if page)
    return Document(name, join_pages([join_paragraphs(page) for page in kept]), pages=count, ocr_pages=recognised)


def _pixels(data: bytes, number: int, limits: ReaderLimits) -> Any:
    """A page as an array of blue, green, red, upright and brought to a size that is read well.

    The decoded image is let go before recognition begins: both together would not fit in the memory.
    """
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        if number:
            image.seek(number)
        width, height = image.size
        if width * height > limits.pixels:
            millions, allowed = width * height // 1_000_000, limits.pixels // 1_000_000
            raise failures.too_large(
                f"the image has {millions} million pixels, {allowed} are allowed.", "Save it at a lower resolution."
            )
        image.draft("RGB", (_LONG_SIDE, _LONG_SIDE))
        turn = image.getexif().get(_ORIENTATION)
        page = _resized(image)
    if turn in _TURNS:
        page = page.transpose(_TURNS[turn])
    return np.ascontiguousarray(np.asarray(page)[:, :, ::-1])


_ORIENTATION = 0x0112  # EXIF tag: how the camera was held
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # its values to those of PIL's Image.Transpose


def _resized(page: Any) -> Any:
    """An image of red, green, blue of the wanted size; what is transparent becomes white paper."""
    from PIL import Image

    if page.mode.startswith("I"):  # 16 bits of grey
        page = page.point(lambda value: value / 256).convert("L")
    elif page.mode in ("P", "1", "CMYK", "YCbCr", "LAB", "HSV", "F"):
        page = page.convert("RGBA" if "transparency" in page.info else "RGB")
    scale = _LONG_SIDE / max(page.size)
    if scale > 1:
        scale = min(2.0, max(1.0, _SHORT_SIDE / max(page.size)))
    if scale != 1:
        size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
        page = page.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    if page.mode in ("RGBA", "LA", "PA"):
        paper = Image.new("RGBA", page.size, "white")
        page = Image.alpha_composite(paper, page.convert("RGBA"))
    return page.convert("RGB")
