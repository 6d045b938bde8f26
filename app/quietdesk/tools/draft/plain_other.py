"""Notes of other languages than English written out without the model."""

from __future__ import annotations

import re

from quietdesk.tools.draft.notes import Note
from quietdesk.tools.draft.phrases import sentence
from quietdesk.tools.draft.plain import Line

_QUESTION = re.compile(
    r"[?？]$|(?:吗|呢|能否|可否|是否).{0,12}$|^(?:能否|可否|是否|能不能|可不可以|请问|什么时候|几点|哪)"
)
_ASKS = re.compile(r"^(?:请|麻烦|烦请|务必|记得|望|盼|拜托|恳请)|请|麻烦")
_ANSWER_HOPED = re.compile(r"^(?:盼|望|等)(?:您|你)?(?:的)?(?:回复|回音|答复)$")
_THANKS = re.compile(r"^(?:谢谢|感谢|多谢)(?P<what>.*)$")
_SORRY = re.compile(r"^(?:抱歉|对不起|不好意思|很抱歉|非常抱歉)[，,、 ]?(?P<what>.*)$")
_YES = re.compile(r"^(?:可以|好的?|行|没问题|同意|是的?)$")
_NO = re.compile(r"^(?:不行|不可以|不能|不同意|没办法|不用了?)$")


class ChinesePlainWriter:
    """Chinese notes are nearly sentences already: a full stop and a polite word."""

    def __init__(self, tone: str) -> None:
        self._you = "你" if tone == "friendly" else "您"

    def write(self, note: Note) -> Line:
        """The note as a sentence."""
        text = note.plain.strip().rstrip("。.;；，, ")
        for form in (self._question, self._polite, self._answer):
            if said := form(text):
                return Line(said if said[-1] in "。！？" else said + "。")
        return Line(text + ("" if text[-1] in "！？!?" else "。"))

    def _question(self, text: str) -> str:
        if not _QUESTION.search(text):
            return ""
        return text.rstrip("?？") + "？"

    def _polite(self, text: str) -> str:
        if _ANSWER_HOPED.match(text):
            return f"盼{self._you}回复"
        if match := _THANKS.match(text):
            what = match["what"].lstrip("，, ")
            return f"感谢{what}" if what else "谢谢"
        if match := _SORRY.match(text):
            return f"很抱歉，{match['what']}" if match["what"] else "非常抱歉"
        return text if _ASKS.search(text) else ""

    def _answer(self, text: str) -> str:
        if _YES.match(text):
            return f"{text}，没有问题" if text != "没问题" else text
        return f"很抱歉，{text}" if _NO.match(text) else ""


class LiteralWriter:
    """Notes of a language that the program has no rules for: their own words, a capital and a mark."""

    def write(self, note: Note) -> Line:
        """A question or a longer sentence as it is, anything else as a line of a list."""
        text = note.written.strip()
        if text[-1:] in ".!?。！？؟":
            return Line(sentence(text))
        return Line(sentence(text, ""), listed=True)
