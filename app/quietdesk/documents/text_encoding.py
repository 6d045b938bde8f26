"""Bytes of unknown encoding to text: by marks and declarations, else the likeliest encoding by letter frequencies."""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from quietdesk.documents import letter_frequencies as frequencies

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_ESCAPES = (
    (re.compile(rb"\x1b\$[@B]|\x1b\$\([@BDO]|\x1b\([JI]"), "iso2022_jp_3"),
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"~\{(?:[\x21-\x7d][\x21-\x7e]){1,200}~\}"), "hz"),
)
# Declared by standard names, meant as their supersets (as in the WHATWG Encoding Standard, section 4.2).
_SUPERSETS = {
    "gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030",
    "shift_jis": "cp932", "euc_kr": "cp949", "ks_c_5601_1987": "cp949", "ksc5601": "cp949",
    "big5": "cp950", "iso8859_1": "cp1252", "latin_1": "cp1252", "ascii": "cp1252", "iso8859_9": "cp1254",
    "iso8859_11": "cp874", "tis_620": "cp874",
}  # fmt: skip
_SAMPLE = 32_768  # bytes: beyond that the verdict does not change
_WRONG_BYTE = -16.0  # log-probability of a byte that the encoding does not have
_SYMBOL, _STRANGE = -7.0, -12.0


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of ``data``. ``declared``: the encoding that a header or the file itself names, if any.

    Never fails: bytes that do not fit the likeliest encoding become U+FFFD.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    wide = _wide(data)
    if wide:
        return data.decode(wide, "replace")
    for pattern, name in _ESCAPES:
        if pattern.search(data[:_SAMPLE]) and data[:_SAMPLE].isascii():
            return data.decode(name, "replace")
    utf8 = _decode_if_clean(data, "utf-8")
    if utf8 is not None:
        return utf8
    declared_text = _decode_if_clean(data, _python_name(declared))
    if declared_text is not None:
        return declared_text
    return data.decode(likeliest(data), "replace")


def looks_binary(data: bytes) -> bool:
    """True for bytes that are no text in any encoding: NULs or many control characters."""
    sample = data[:_SAMPLE]
    if any(sample.startswith(mark) for mark, _ in _BOMS) or _wide(data):
        return False
    controls = len(sample.translate(None, bytes(range(32, 256)) + b"\t\n\r\f\v\x1b\x1a\x08"))
    return controls > max(1, len(sample) // 200)


def _python_name(declared: str | None) -> str | None:
    try:
        name = codecs.lookup((declared or "").strip().strip("\"'")).name
    except (LookupError, UnicodeError, ValueError):
        return None
    name = name.replace("-", "_")
    if name.startswith(("base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib", "unicode_escape", "raw_unicode")):
        return None
    return _SUPERSETS.get(name, name)


def _decode_if_clean(data: bytes, encoding: str | None) -> str | None:
    """The text when at most one in a thousand bytes does not fit ``encoding``."""
    if encoding is None:
        return None
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        pass
    except (LookupError, UnicodeError):
        return None
    text = data.decode(encoding, "replace")
    outside = len(data) - len(data.translate(None, bytes(range(128, 256))))
    return text if text.count("\ufffd") * 50 <= outside and len(data) > 200 else None


def _wide(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, told by where the zero bytes are and that nearly all comes out as text."""
    sample = data[: _SAMPLE // 4 * 4]
    if b"\0" not in sample:
        return None
    for name, unit in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        whole = sample[: len(sample) // unit * unit]
        try:
            text = codecs.getincrementaldecoder(name)().decode(whole)
        except UnicodeDecodeError:
            continue
        if text and sum(map(_plausible, text)) >= 0.97 * len(text):
            return name
    return None


def _plausible(char: str) -> bool:
    """Characters of everyday text: wrong byte order gives rare blocks and unassigned code points."""
    code = ord(char)
    return (
        0x20 <= code < 0x7F or char in "\n\r\t\f\ufeff" or 0xA0 <= code < 0x700 or 0xE00 <= code < 0xE80
        or 0x2010 <= code < 0x2040 or 0x3000 <= code < 0x3100 or 0x4E00 <= code < 0x9FA6 or 0xAC00 <= code < 0xD7A4
        or 0xFF00 <= code < 0xFFF0 or 0x20A0 <= code < 0x20C0 or 0x1F300 <= code < 0x1FB00
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An encoding, a language written in it, and the log-probability of each of its characters."""

    encoding: str
    language: str
    probability: Callable[[str], float]


def likeliest(data: bytes) -> str:
    """The encoding under which the bytes outside ASCII are likeliest: sum of the characters' log-probabilities.

    Language models of single letters are enough, as each encoding maps the same bytes to other letters.
    """
    sample = _lines_outside_ascii(data)
    decoded: dict[str, str] = {}
    best, best_score = "cp1252", -math.inf
    for candidate in _candidates():
        if candidate.encoding not in decoded:
            decoder = codecs.getincrementaldecoder(candidate.encoding)("replace")
            decoded[candidate.encoding] = decoder.decode(sample)
        score = _score(decoded[candidate.encoding], candidate)
        if score > best_score:
            best, best_score = candidate.encoding, score
    return best


def _lines_outside_ascii(data: bytes) -> bytes:
    """The lines that tell something, up to the sample's size: a long English header says nothing."""
    lines: list[bytes] = []
    size = 0
    for line in re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*", data[: 64 * _SAMPLE]):
        lines.append(line.group()[: _SAMPLE - size])
        size += len(lines[-1]) + 1
        if size >= _SAMPLE:
            break
    return b"\n".join(lines)


_CASE_BREAK = re.compile(r"[^\W\d_A-Z](?<=[^A-ZА-ЯΑ-ΩЁЇІЄ])[А-ЯΑ-ΩЁЇІЄÀ-ÖØ-ÞĀĄĆČĎĘĚŁŃŇŘŚŠŤŮŹŻŽ]")
_ACCENT_RUN = re.compile(r"[\u00a0-\u024f\u2010-\u2122]{2}")
_MIXED_WORD = re.compile(r"[A-Za-z][\u0370-\u0e7f]|[\u0370-\u0e7f][A-Za-z]")


def _score(text: str, candidate: _Candidate) -> float:
    counts = Counter(text)
    total = sum(n * candidate.probability(char) for char, n in counts.items() if ord(char) > 0x7F)
    total -= 3.0 * len(_CASE_BREAK.findall(text))
    if candidate.language in frequencies.ACCENTED:
        total -= 2.0 * len(_ACCENT_RUN.findall(text))
    elif candidate.language in frequencies.ALPHABETS:
        total -= 5.0 * len(_MIXED_WORD.findall(text))
    return total + _PRIORS.get(candidate.encoding, 0.0)


@cache
def _candidates() -> tuple[_Candidate, ...]:
    pairs: list[_Candidate] = [
        _Candidate("gb18030", "zh", _cjk(frequencies.CHINESE_SIMPLIFIED, _level("gb2312", 0xD8))),
        _Candidate("cp950", "zh", _cjk(frequencies.CHINESE_TRADITIONAL, _level("big5", 0xC7))),
        _Candidate("big5hkscs", "zh", _cjk(frequencies.CHINESE_TRADITIONAL, _level("big5", 0xC7))),
    ]
    kanji = _cjk(frequencies.JAPANESE_KANJI, _level("euc_jp", 0xD0), -1.0)
    pairs += [_Candidate(name, "ja", _japanese(kanji)) for name in ("cp932", "euc_jis_2004")]
    pairs.append(_Candidate("cp949", "ko", _korean()))
    for encoding, languages in _ALPHABETIC:
        pairs += [_Candidate(encoding, lang, _alphabetic(lang)) for lang in languages]
    return tuple(pairs)


_WESTERN = ("fr", "de", "es", "pt", "it", "nordic", "en", "is")
_ALPHABETIC: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cp1252", _WESTERN),
    ("iso8859_15", ("fr",)),
    ("cp1251", ("ru", "uk")),
    ("koi8_r", ("ru",)),
    ("koi8_u", ("uk",)),
    ("cp866", ("ru",)),
    ("iso8859_5", ("ru",)),
    ("mac_cyrillic", ("ru",)),
    ("cp1250", ("cs", "sk", "pl", "hu", "ro", "hr")),
    ("iso8859_2", ("cs", "sk", "pl", "hu", "ro", "hr")),
    ("cp1257", ("lt", "lv", "et")),
    ("cp1254", ("tr",)),
    ("cp1253", ("el",)),
    ("iso8859_7", ("el",)),
    ("cp1255", ("he",)),
    ("cp1256", ("ar", "fa")),
    ("iso8859_6", ("ar",)),
    ("cp874", ("th",)),
    ("mac_roman", ("fr", "de", "es", "en")),
    ("cp437", ("fr", "de")),
    ("cp850", ("fr", "de", "es")),
)
# What is met on disks today: Windows encodings first, those of MS-DOS, old Macintoshes and rare standards last.
_PRIORS = {
    "cp1252": 2.0, "iso8859_15": 0.5, "iso8859_5": -3.0, "mac_cyrillic": -3.0, "iso8859_6": -3.0, "mac_roman": -2.0,
    "cp437": -3.0, "cp850": -2.5, "cp874": -1.0, "cp1257": -1.0, "cp1254": -0.5, "big5hkscs": -1.0,
}  # fmt: skip
_PUNCTUATION = dict.fromkeys("«»“”„‘’–—…•·°§€©®№\u00a0", -4.5)


def _alphabetic(language: str) -> Callable[[str], float]:
    accented = language in frequencies.ACCENTED
    letters = frequencies.ACCENTED.get(language) or frequencies.ALPHABETS[language]
    table = dict(_PUNCTUATION)
    decay = 0.75 if accented else 0.9
    for rank, letter in enumerate(letters):
        value = math.log((1 - decay) * decay**rank)
        # Half of the bytes of an alphabet outside ASCII are letters, a few in a hundred of an accented text.
        table[letter] = value - (1.2 if accented else 0.0)
        table.setdefault(letter.upper(), table[letter] - 2.5)

    def probability(char: str) -> float:
        value = table.get(char)
        return value if value is not None else _unlisted(char)

    return probability


def _unlisted(char: str) -> float:
    if char == "\ufffd" or 0x80 <= ord(char) < 0xA0 or 0xE000 <= ord(char) < 0xF900:
        return _WRONG_BYTE
    return _SYMBOL if char.isalpha() and ord(char) < 0x250 else _STRANGE + 2.0


_CJK_PUNCTUATION = dict.fromkeys("，。、：；？！「」『』（）“”《》・…　", -3.6)


def _cjk(frequent: str, common: Callable[[str], bool], shift: float = 0.0) -> Callable[[str], float]:
    """Zipf's law over the commonest characters, then the first level of the national standard, then the rest."""
    table = {char: math.log(0.02 / (1 + rank / 8)) + shift for rank, char in enumerate(frequent)}
    table.update(_CJK_PUNCTUATION)

    def probability(char: str) -> float:
        value = table.get(char)
        if value is None:
            if common(char):
                value = -9.0 + shift
            elif "\u4e00" <= char < "\u9fa6":
                value = -11.5 + shift
            elif char == "\ufffd" or 0xE000 <= ord(char) < 0xF900:
                value = 2 * _WRONG_BYTE
            else:
                value = -10.0 if "\uff00" <= char < "\uff60" else 2 * _SYMBOL
            table[char] = value
        return value

    return probability


def _level(encoding: str, end: int) -> Callable[[str], bool]:
    """Whether a character is in the part of a standard that holds the common ones (lead byte below ``end``)."""

    def common(char: str) -> bool:
        try:
            return "\u4e00" <= char < "\ua000" and char.encode(encoding)[0] < end
        except UnicodeEncodeError:
            return False

    return common


def _japanese(kanji: Callable[[str], float]) -> Callable[[str], float]:
    table = {char: math.log(0.035 / (1 + rank / 8)) for rank, char in enumerate(frequencies.JAPANESE_HIRAGANA)}
    table |= {char: math.log(0.012 / (1 + rank / 8)) for rank, char in enumerate(frequencies.JAPANESE_KATAKANA)}

    def probability(char: str) -> float:
        value = table.get(char)
        if value is not None:
            return value
        if "\uff61" <= char <= "\uff9f":  # halfwidth katakana: one byte in cp932
            return -6.5
        return -8.5 if "\u3040" <= char < "\u3100" else kanji(char)

    return probability


def _korean() -> Callable[[str], float]:
    table = {char: math.log(0.03 / (1 + rank / 8)) for rank, char in enumerate(frequencies.KOREAN)}
    table.update(_CJK_PUNCTUATION)

    def probability(char: str) -> float:
        value = table.get(char)
        if value is not None:
            return value
        if "\uac00" <= char < "\ud7a4":
            try:
                return -8.0 if char.encode("euc_kr") else -12.0
            except UnicodeEncodeError:
                return -13.0
        return 2 * _WRONG_BYTE if char == "\ufffd" else 2 * _SYMBOL

    return probability
