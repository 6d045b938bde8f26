"""The parts of a letter: taken out of what a model wrote, or supplied where they are missing."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from quietdesk import resources
from quietdesk.tools.draft.person import People

LONGEST_SUBJECT = 78
"""Characters, the line length that RFC 5322 recommends."""

TONES = ("neutral", "friendly", "formal", "firm", "apologetic")

_TITLED = re.compile(
    r"^(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Herr|Frau|Madame|Monsieur|Sir|Rev|Councillor|Coach|Rabbi|"
    r"Captain|Judge)\b"
)
_TWO_NAMES = re.compile(
    r"^(?!(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herr|Frau|Aunt|Uncle|Coach|Rabbi|The|Dear)\b)[A-Z][a-zà-ÿ'’-]+ "
    r"[A-Z][\w'’-]+$"
)
_EVERYONE = re.compile(
    r"^(?:all|everyone|everybody|all (?:staff|of us|of you|colleagues|employees)|大家|全体.*|所有.*|"
    r"各位.*)$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\[[^\]\n]{1,40}\]|<[A-Za-z][^>\n@\d]{0,39}>|\{[^}\n]{1,40}\}|_{3,}|X{3,}")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in parts; ``closing`` includes the sender's name on a line of its own."""

    subject: str
    greeting: str
    body: str
    closing: str

    @property
    def text(self) -> str:
        """What is sent: greeting, body and closing."""
        return "\n\n".join(part for part in (self.greeting, self.body, self.closing) if part)


class Phrases:
    """The fixed words of one language's letters (resources/prompts/draft_letters.toml)."""

    def __init__(self, language: str) -> None:
        table = _tables()
        self._words: dict[str, Any] = table.get(language, table["other"])

    def say(self, key: str, tone: str = "") -> str:
        """A phrase for ``tone``."""
        value = self._words[key]
        if isinstance(value, str):
            return value
        return str(value.get(tone) or value["other"])

    def greeting(self, people: People, tone: str) -> str:
        """``Dear Ms. Ito,`` or its like; without a name when none is known."""
        name = salutation_name(people.recipient)
        if tone == "friendly" and _TWO_NAMES.match(name) and not people.greets_group:
            name = name.split()[0]
        if not name:
            return self.say("nobody", tone)
        if _EVERYONE.match(name):
            return self.say("everyone", tone)
        if name.endswith("们") and "plural" in self._words:
            return self.say("plural").replace("{name}", name)
        key = "titled" if _TITLED.match(name) and tone != "formal" else "greeting"
        return self.say(key, tone).replace("{name}", name)

    def closing(self, people: People, tone: str) -> str:
        """The closing line, and the sender's name on the next."""
        return "\n".join(part for part in (self.say("closing", tone), people.sender) if part)

    def knows_greeting(self, line: str, people: People) -> bool:
        """Whether ``line`` greets the recipient by the given name and nobody else."""
        known = set(str(self._words["greetings_known"]).split())
        given = set(_words(people.recipient))
        used = _words(line)
        if not given or not used or not set(used) <= known | given:
            return False
        return bool(set(used) & given) and (people.greets_group or not {"all", "everyone", "team"} & set(used) - given)


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(resources.text("prompts/draft_letters.toml"))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text)]


def salutation_name(recipient: str) -> str:
    """The name to greet by: without role, department, address or remark in brackets."""
    name = re.sub(r"<[^>]*>|\([^)]*\)|（[^）]*）", "", recipient)
    name = re.sub(r"\S+@\S+", "", name)
    first = re.split(r"[,，;|]", name)[0].strip(" \"'")
    first = re.sub(r"\s+", " ", first)
    return first[:60]


def has_placeholder(text: str) -> bool:
    """Whether a form's blank such as ``[Name]`` was left in ``text``."""
    return bool(_PLACEHOLDER.search(text))


def shortened(text: str, limit: int = LONGEST_SUBJECT) -> str:
    """``text`` on one line, cut at a word's end to at most ``limit`` characters."""
    text = re.sub(r"\s+", " ", text).strip()
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    if " " in cut[limit // 2 :]:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:–-") + "…"
