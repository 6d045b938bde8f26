"""The yardstick of the benchmark: the same file through llama-cpp-python's ordinary interface, in its own process."""

from __future__ import annotations

import json
import os
import signal
import time
from multiprocessing.connection import Connection
from typing import Any

from quietdesk.engine.messages import WorkerSettings


def plain_main(connection: Connection, settings: WorkerSettings) -> None:
    """Serve ``{"prompt", "max_tokens"}`` objects with times until the other side closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    started = time.monotonic()
    import llama_cpp

    model = llama_cpp.Llama(
        model_path=str(settings.model), lora_path=str(settings.adapter) if settings.adapter else None,
        n_ctx=settings.cells, n_threads=settings.threads, n_threads_batch=settings.threads, verbose=False,
    )  # fmt: skip
    _answer(connection, {"load_seconds": time.monotonic() - started})
    try:
        while True:
            _answer(connection, _complete(model, json.loads(connection.recv_bytes())))
    except (EOFError, OSError):
        return


def _answer(connection: Connection, fields: dict[str, Any]) -> None:
    connection.send_bytes(json.dumps(fields).encode())


def _complete(model: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Seconds to the first token, seconds for the rest, and how many tokens the rest has."""
    model.reset()
    started = time.monotonic()
    first, last, tokens = 0.0, started, 0
    for _ in model.create_completion(
        request["prompt"], max_tokens=request["max_tokens"], temperature=0.0, stream=True, stop=request["stop"]
    ):
        last = time.monotonic()
        tokens += 1
        first = first or last - started
    return {"first": first, "rest": max(last - started - first, 1e-9), "tokens": max(tokens - 1, 0)}
