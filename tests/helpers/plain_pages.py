"""The plain pages of an encrypted database, read without SQLite: what no table shows any more is seen too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from quietdesk.store.encrypted_file import PAGE_BYTES

_RESERVED = 32
"""At a page's end: 16 bytes of nonce, the last four of which are a counter, and 16 of tag."""

_PLAIN_BEGINNING = 24
"""Bytes of the first page that are not encrypted."""


def plain_pages(path: Path, key: bytes) -> bytes:
    """The content of every page of the file itself; its -wal must be empty.

    The page's own key is the second half of a first block of ChaCha20; the content begins with the block after it
    (https://utelle.github.io/SQLite3MultipleCiphers/docs/ciphers/cipher_chacha20/).
    """
    content = path.read_bytes()
    assert len(content) % PAGE_BYTES == 0
    return b"".join(
        _page(content[place : place + PAGE_BYTES], place // PAGE_BYTES + 1, key)
        for place in range(0, len(content), PAGE_BYTES)
    )


def _page(page: bytes, number: int, key: bytes) -> bytes:
    begin = _PLAIN_BEGINNING if number == 1 else 0
    end = PAGE_BYTES - _RESERVED
    nonce = page[end : end + 12]
    counter = int.from_bytes(page[end + 12 : end + 16], "little") ^ number
    page_key = _stream(key, nonce, counter, 1)[32:]
    stream = _stream(page_key, nonce, counter + 1, PAGE_BYTES // 64)
    return page[:begin] + bytes(a ^ b for a, b in zip(page[begin:end], stream, strict=False))


def _stream(key: bytes, nonce: bytes, counter: int, blocks: int) -> bytes:
    """ChaCha20 as in RFC 8439, §2.3, all blocks at once."""
    state = np.empty((16, blocks), np.uint32)
    state[:4] = np.frombuffer(b"expand 32-byte k", "<u4")[:, None]
    state[4:12] = np.frombuffer(key, "<u4")[:, None]
    state[12] = (np.arange(blocks, dtype=np.uint64) + counter).astype(np.uint32)
    state[13:] = np.frombuffer(nonce, "<u4")[:, None]
    mixed = state.copy()
    for _ in range(10):
        for column in range(4):
            _quarter(mixed, column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            _quarter(mixed, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return (mixed + state).T.astype("<u4").tobytes()


def _quarter(words: npt.NDArray[np.uint32], a: int, b: int, c: int, d: int) -> None:
    for one, other, target, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        words[one] += words[other]
        turned = words[target] ^ words[one]
        words[target] = (turned << np.uint32(turn)) | (turned >> np.uint32(32 - turn))
