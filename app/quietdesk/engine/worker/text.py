"""Text out of tokens as it is decoded: whole characters only, and never beyond a stop string."""

from __future__ import annotations

import codecs


class TextStream:
    """Collects the bytes of tokens; gives out text that no later token can take back."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stops = tuple(stop for stop in stops if stop)
        self._longest = max(map(len, self._stops), default=0)
        self.text = ""
        self._given = 0
        self.stopped = False

    def feed(self, piece: bytes) -> str:
        """Add a token's bytes; returns the text that is certain now and was not given before."""
        added = self._decoder.decode(piece)
        if not added:
            return ""
        searched = max(0, len(self.text) - self._longest)
        self.text += added
        found = [at for stop in self._stops if (at := self.text.find(stop, searched)) >= 0]
        if found:
            self.text = self.text[: min(found)]
            self.stopped = True
        return self._give(len(self.text) if self.stopped else len(self.text) - self._held_back())

    def finish(self) -> str:
        """The rest, when the text has ended."""
        if not self.stopped:
            self.text += self._decoder.decode(b"", final=True)
        return self._give(len(self.text))

    def _give(self, end: int) -> str:
        start, self._given = self._given, max(self._given, end)
        return self.text[start : self._given]

    def _held_back(self) -> int:
        """Length of the longest ending that could be the beginning of a stop string."""
        for size in range(min(self._longest - 1, len(self.text)), 0, -1):
            ending = self.text[-size:]
            if any(stop.startswith(ending) for stop in self._stops):
                return size
        return 0
