"""Text formats with a little markup: tables, subtitles, Markdown, LaTeX."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marked:
    """Text without its markup, and what the markup says about title and author."""

    text: str
    title: str | None = None
    author: str | None = None


def csv_text(text: str) -> str:
    """One line for each row, cells separated by a tab; the text as it is when it is no table."""
    delimiter = max(",;\t|", key=text[:20_000].count)
    csv.field_size_limit(1 << 30)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return text
    return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in rows)


_CUE_TIME = re.compile(r"^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->.*$")
_CUE_END = re.compile(r"[.!?…。！？♪\"”»)\]]$")
_CUE_TAG = re.compile(r"<[^<>\n]{0,80}>|\{\\[^{}\n]{0,80}\}")


def subtitles_text(text: str) -> str:
    """The spoken words of an SRT or VTT file: no numbers, times, styles; one line for each sentence."""
    lines: list[str] = []
    block: list[str] = []
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line.strip():
            block.append(line)
            continue
        lines += _cue_lines(block)
        block = []
    return _sentences([line for i, line in enumerate(lines) if i == 0 or line != lines[i - 1]])


def _cue_lines(block: list[str]) -> list[str]:
    timed = next((i for i, line in enumerate(block) if _CUE_TIME.match(line)), None)
    if timed is None:
        skipped = not block or block[0].lstrip("\ufeff").startswith(("WEBVTT", "NOTE", "STYLE", "REGION"))
        return [] if skipped else [line.strip() for line in block]
    spoken = (_CUE_TAG.sub("", line).strip() for line in block[timed + 1 :])
    return [line for line in spoken if line]


def _sentences(lines: list[str]) -> str:
    joined: list[str] = []
    for line in lines:
        if joined and not _CUE_END.search(joined[-1]) and not line.startswith(("-", "–", "[", "♪", "(")):
            space = "" if ord(joined[-1][-1]) > 0x2E80 else " "
            joined[-1] += space + line
        else:
            joined.append(line)
    return "\n".join(joined)


_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n(?:---|\.\.\.)\n", re.S)


def markdown_text(text: str) -> Marked:
    """Markdown without its marks; the content of code blocks stays as it is."""
    text = text.replace("\r\n", "\n")
    title = author = None
    front = _FRONT_MATTER.match(text)
    if front:
        title, author = _front_matter(front[1], "title"), _front_matter(front[1], "author")
        text = text[front.end() :]
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    parts = re.split(r"^(?:```|~~~)[^\n]*\n", text, flags=re.M)
    text = "".join(part if i % 2 else _without_marks(part) for i, part in enumerate(parts))
    return Marked(text, title, author)


def _front_matter(block: str, key: str) -> str | None:
    found = re.search(rf"^{key}:\s*(.+)$", block, re.M)
    return found[1].strip().strip("\"'") if found else None


def _without_marks(text: str) -> str:
    text = re.sub(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t#]*$", r"\1", text, flags=re.M)
    text = re.sub(r"^[ \t]*(?:=+|-{3,}|(?:\*[ \t]*){3,}|_{3,})[ \t]*$", "", text, flags=re.M)
    text = re.sub(r"^[ \t]*(?:>[ \t]?)+", "", text, flags=re.M)
    text = re.sub(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+(?:[ \t]*:?-{2,}:?[ \t]*)?$\n?", "", text, flags=re.M)
    text = re.sub(r"^[ \t]*\|(.*)\|[ \t]*$", lambda m: "\t".join(c.strip() for c in m[1].split("|")), text, flags=re.M)
    text = re.sub(r"!\[([^\[\]\n]*)\]\([^()\n]*\)", r"\1", text)
    text = re.sub(r"\[([^\[\]\n]+)\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)?\)|\[[^\[\]\n]*\])", r"\1", text)
    text = re.sub(r"^ {0,3}\[[^\[\]\n]+\]:[ \t]+\S+.*$", "", text, flags=re.M)
    text = re.sub(r"(\*\*|__)(?=\S)([^\n]{1,200}?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,200}?)(?<=\S)\*(?![\w*])", r"\1", text)
    return re.sub(r"`([^`\n]+)`", r"\1", text)


_DROPPED_ENVIRONMENTS = re.compile(r"\\begin\{(comment|tikzpicture|thebibliography)\}.*?\\end\{\1\}", re.S)
_DROPPED_COMMANDS = re.compile(
    r"\\(?:label|ref|eqref|pageref|cite[a-z]*|bibliography(?:style)?|includegraphics|input|include|usepackage|pagestyle"
    r"|documentclass|vspace|hspace|setlength|newcommand|renewcommand|setcounter|hypersetup|graphicspath|thispagestyle"
    r"|maketitle|tableofcontents|newpage|clearpage|noindent|centering|begin|end)\*?(?:\[[^\[\]]*\])*(?:\{[^{}]*\})*"
)
_TEXT_MARKS = {"``": "“", "''": "”", "---": "—", "--": "–", "~": " ", "\\\\": "\n", "\\,": " ", "\\ ": " "}
_ACCENTS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "c": "\u0327", "v": "\u030c"}
_LETTERS = {"ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "i": "ı"}


def latex_text(source: str) -> Marked:
    """The running text of a LaTeX file; formulas stay as they are written."""
    text = re.sub(r"(?<!\\)%[^\n]*\n?", "", source.replace("\r\n", "\n"))
    title, author = _command_argument(text, "title"), _command_argument(text, "author")
    begin, end = text.find(r"\begin{document}"), text.find(r"\end{document}")
    if begin >= 0:
        text = text[begin + len(r"\begin{document}") : end if end > begin else len(text)]
        text = "\n\n".join(part for part in (title, author, text) if part)
    text = _DROPPED_ENVIRONMENTS.sub("", text)
    text = re.sub(r"\\item\b(?:\[([^\[\]]*)\])?", r"\n- \1", text)
    text = _DROPPED_COMMANDS.sub("", text)
    return Marked(_latex_letters(text), title and _latex_letters(title), author and _latex_letters(author))


def _command_argument(text: str, command: str) -> str | None:
    braced = r"\{((?:[^{}]{1,500}|\{[^{}]{0,500}\}){0,40})\}"
    found = re.search(rf"\\{command}\*?(?:\[[^\[\]]*\])?{braced}", text)
    return found[1].strip() if found else None


def _accented(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", match[2] + _ACCENTS[match[1]])


def _latex_letters(text: str) -> str:
    text = re.sub(r"\\(['`^\"~])\s*\{?\\?([A-Za-z])\}?", _accented, text)
    text = re.sub(r"\\([cv])\{([A-Za-z])\}", _accented, text)
    text = re.sub(r"\\(ss|o|O|ae|AE|aa|AA|l|L|i)\b\s?(?:\{\})?", lambda m: _LETTERS[m[1]], text)
    for mark, replacement in _TEXT_MARKS.items():
        text = text.replace(mark, replacement)
    text = re.sub(r"\\([%&$#_{}])", r"\1", text)
    text = re.sub(r"[ \t]&[ \t]", "\t", text)
    for _ in range(8):  # commands within commands, inside out
        text, n = re.subn(r"\\[A-Za-z]+\*?(?:\[[^\[\]]*\])?\{([^{}]*)\}", r"\1", text)
        if not n:
            break
    text = re.sub(r"\\(?:textbf|textit|emph|large|Large|small|tiny|bf|it|em|par|hline|quad|qquad)\b\s?", " ", text)
    return re.sub(r"\{([^{}]*)\}", r"\1", text)
