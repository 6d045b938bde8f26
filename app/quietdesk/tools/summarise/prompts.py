"""What models with a chat template are asked for a summary, read from ``resources/prompts/summarise.toml``."""

from __future__ import annotations

import tomllib
from typing import Any

from quietdesk import resources


class SummaryPrompts:
    """Instructions by language."""

    def __init__(self) -> None:
        self._texts: dict[str, Any] = tomllib.loads(resources.text("prompts/summarise.toml"))

    def chat_points(self, text: str, count: int, language: str) -> str:
        """Asks for at most ``count`` sentences, one on each line."""
        return self._chat(language, "points").replace("{count}", str(count)).replace("{text}", text)

    def chat_rewrite(self, text: str, language: str) -> str:
        """Asks for one sentence that says what ``text`` says."""
        return self._chat(language, "rewrite").replace("{text}", text)

    def _chat(self, language: str, name: str) -> str:
        chat = self._texts["chat"]
        return str(chat.get(language, chat["other"])[name])
