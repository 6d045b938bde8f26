"""Makes the sample files that are not plain text out of packaging/samples/texts.

    python packaging/samples/make_samples.py [FOLDER]

FOLDER is resources/samples unless given. The other samples are kept as they are.
"""

from __future__ import annotations

import sys
from pathlib import Path

from office_writer import write_docx, write_odt
from pdf_writer import write_pdf
from text_source import read_paragraphs

TEXTS = Path(__file__).resolve().parent / "texts"
SAMPLES = Path(__file__).resolve().parents[2] / "resources" / "samples"


def main() -> None:
    """Write the four files into the folder named on the command line."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    (folder / "inbox").mkdir(parents=True, exist_ok=True)
    report = read_paragraphs(TEXTS / "night-bus-report.txt")
    (folder / "night-bus-report.pdf").write_bytes(write_pdf(report, report[0].text))
    invoice = read_paragraphs(TEXTS / "invoice.txt")
    (folder / "inbox" / "scan-0318.pdf").write_bytes(write_pdf(invoice, "Document 0318"))
    (folder / "inbox" / "kiln-street.docx").write_bytes(write_docx(read_paragraphs(TEXTS / "lease.txt")))
    (folder / "inbox" / "askeland-pryce.odt").write_bytes(write_odt(read_paragraphs(TEXTS / "cv.txt")))


if __name__ == "__main__":
    main()
