"""The ZIP files that office documents and e-books are, opened so that they cannot blow up."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import BinaryIO, cast

from quietdesk.documents import failures
from quietdesk.documents.limits import ReaderLimits
from quietdesk.documents.xml_text import XmlHandler, parse

_MAX_MEMBERS = 20_000
_CHUNK = 1 << 20


class Container:
    """Parts of a ZIP file by name.

    Raises:
        UserError: too_large when the parts would come to more than ``limits.unpacked_bytes``; encrypted; corrupt.
    """

    def __init__(self, data: bytes, limits: ReaderLimits) -> None:
        self._data = data
        self._limits = limits
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error) as error:
            raise failures.corrupt() from error
        members = self._zip.infolist()
        if len(members) > _MAX_MEMBERS or sum(m.file_size for m in members) > limits.unpacked_bytes:
            raise failures.too_large("unpacked, it would be larger than the reader accepts.")
        if any(member.flag_bits & 1 for member in members):
            raise failures.encrypted()
        self.names = frozenset(self._zip.namelist())

    def open(self, name: str) -> BinaryIO:
        """The inflated content of a part; never more than its declared size.

        Raises:
            UserError: corrupt, when there is no such part.
        """
        if name not in self.names:
            raise failures.corrupt("a part of the file is missing.")
        return cast(BinaryIO, self._zip.open(name))

    def read(self, name: str) -> bytes:
        """All of a part, empty when there is no such part."""
        if name not in self.names:
            return b""
        with self._zip.open(name) as stream:
            return stream.read()

    def parse(self, name: str, handler: XmlHandler) -> None:
        """Feed an XML part to ``handler``."""
        with self.open(name) as stream:
            parse(stream, handler)

    def parse_if_there(self, name: str, handler: XmlHandler) -> None:
        """The same for a part that may be missing."""
        if name in self.names:
            self.parse(name, handler)

    def check_real_sizes(self) -> None:
        """Inflate every part, to see that none is larger than it declares: for parsers that trust the stream.

        Raises:
            UserError: corrupt.
        """
        for member in self._zip.infolist():
            if member.compress_type == zipfile.ZIP_DEFLATED and self._real_size(member) != member.file_size:
                raise failures.corrupt("a part of the file is not as large as it says.")

    def _real_size(self, member: zipfile.ZipInfo) -> int:
        """Inflated size, counted to one chunk above what is declared."""
        header = self._data[member.header_offset : member.header_offset + 30]
        if len(header) < 30:
            raise failures.corrupt()
        name_length, extra_length = struct.unpack_from("<HH", header, 26)
        start = member.header_offset + 30 + name_length + extra_length
        pending = self._data[start : start + member.compress_size]
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        size = 0
        try:
            while pending and not inflate.eof and size <= member.file_size:
                size += len(inflate.decompress(pending, _CHUNK))
                pending = inflate.unconsumed_tail
        except zlib.error as error:
            raise failures.corrupt() from error
        return size
