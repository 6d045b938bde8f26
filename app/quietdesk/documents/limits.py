"""What reading one file may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """Bounds on the reader process and on what it accepts. Sizes in bytes, times in seconds.

    memory_bytes: address space of the reader process (resident memory where the system cannot limit that).
    seconds: wall and CPU time without a result; a recognised page of a scan counts as one, so that a long scan
        is read to its end while a page that hangs is not waited for.
    scan_seconds: wall time for a whole file, however many pages are recognised.
    file_bytes: files above are refused unread.
    text_bytes: plain text, HTML and mail above are refused: decoded, they would not fit in the memory.
    unpacked_bytes: what the parts of an office file or e-book may come to when inflated.
    pixels: images above are refused before they are decoded.
    """

    memory_bytes: int = 1 << 30
    seconds: float = 60.0
    scan_seconds: float = 600.0
    file_bytes: int = 300_000_000
    text_bytes: int = 50_000_000
    unpacked_bytes: int = 300_000_000
    pixels: int = 100_000_000
