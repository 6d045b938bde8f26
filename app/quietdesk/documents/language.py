"""The language of a text, by its script and the commonest words. Not for short snippets: those stay untold."""

from __future__ import annotations

import re
from collections import Counter

_READ = 6000  # characters looked at
_WORDS = """
en the of and to in is that for it was with as on be at by this have from are not or an you we
de der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch wir ich
fr de la le et les des en un du une que est dans qui par pour au sur pas plus ne ce il nous vous
es de la que el en y a los del se las por un para con no una su al es lo como más pero
pt de a que o e do da em um para com não uma os no se na por mais as dos como mas ao foi
it di che e la il un a per in è una sono non con del si da le dei al come più nel alla gli
nl de van het een en in is dat op te zijn met voor niet aan er om ook als bij maar naar wordt
sv och i att det som en på är av för med till den har inte om ett men var jag vi så kan
pl i w na z do się nie że to jest o jak za od po przez dla co tak ale są był oraz
cs a v se na je že o s z do i to k ve pro za by ale si po jako jsou od které
tr ve bir bu için ile da de olarak daha çok olan en gibi ne kadar ama ya sonra değil
"""  # the commonest of each language, after its code
_FUNCTION_WORDS = {line.split()[0]: frozenset(line.split()[1:]) for line in _WORDS.strip().split("\n")}
_SCRIPTS = {
    "han": r"[\u4e00-\u9fff]", "kana": r"[\u3040-\u30ff]", "ko": r"[\uac00-\ud7a3]", "cyrillic": r"[\u0400-\u04ff]",
    "ar": r"[\u0600-\u06ff]", "he": r"[\u0590-\u05ff]", "el": r"[\u0370-\u03ff]", "th": r"[\u0e00-\u0e7f]",
    "hi": r"[\u0900-\u097f]", "latin": r"[A-Za-zÀ-ɏ]",
}  # fmt: skip
_WEIGHTS = {"han": 2.5, "ko": 2.0, "kana": 2.0}  # letters of an alphabet that one character is worth


def detect(text: str) -> str | None:
    """ISO 639-1 code of the language most of the beginning is written in, None when it cannot be told."""
    sample = text[:_READ]
    counts = {name: len(re.findall(pattern, sample)) * _WEIGHTS.get(name, 1.0) for name, pattern in _SCRIPTS.items()}
    east_asian = counts["han"] + counts["kana"]
    counts["han"], counts["kana"] = (0.0, east_asian) if counts["kana"] > 0.1 * east_asian else (east_asian, 0.0)
    script, amount = max(counts.items(), key=lambda item: item[1])
    if amount < 4:
        return None
    if script == "latin":
        return _by_words(sample)
    if script == "cyrillic":
        return "uk" if len(re.findall(r"[іїєґ]", sample.lower())) > 0.03 * counts["cyrillic"] else "ru"
    return {"han": "zh", "kana": "ja"}.get(script, script)


def _by_words(sample: str) -> str | None:
    words = Counter(re.findall(r"[^\W\d_]+", sample.lower()))
    total = sum(words.values())
    scores = {code: sum(words[word] for word in known) for code, known in _FUNCTION_WORDS.items()}
    (best, score), (_, second) = sorted(scores.items(), key=lambda item: item[1], reverse=True)[:2]
    enough = score >= 3 and score >= 0.08 * total and score > second
    return best if enough else None
