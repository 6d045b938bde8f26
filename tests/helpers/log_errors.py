"""Collects log records that no test should cause."""

from __future__ import annotations

import logging


class ErrorRecords(logging.Handler):
    """Keeps every record of level ERROR and above, as ``logger: message``."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {record.getMessage()}")
