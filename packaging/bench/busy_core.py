"""How much one busy core elsewhere costs: the engine's thread policy against the best fixed number of threads.

    python packaging/bench/busy_core.py MODEL.gguf [--rounds 5] [--idle]

Prints tokens a second while decoding, with another process computing all the time (or without, ``--idle``), and the
ratio of the policy to the best fixed number. All three engines run in turn, so that they see the same machine.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import multiprocessing
import os
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

from quietdesk import resources
from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import Generate, WorkerSettings

PROMPT = "### Document\nThe council closes the bridge for eleven months. Divers found corrosion.\n### Summary\n"


def compute_for_ever() -> None:
    """Keep one core busy, and end when orphaned."""
    parent = os.getppid()
    while os.getppid() == parent:
        sum(range(1_000_000))


def decode_speed(engine: Engine, tokens: int = 120) -> float:
    """Tokens a second after the first."""
    times: list[float] = []
    request = Generate(PROMPT, max_tokens=tokens, numbers=(), adapter=False)
    while len(times) < tokens // 2:
        engine.generate(request, lambda _: times.append(time.monotonic()))
    gaps = [after - before for before, after in itertools.pairwise(times)]
    return 1 / statistics.mean(gaps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle", action="store_true", help="measure without the busy core")
    arguments = parser.parse_args()
    settings = WorkerSettings(arguments.model, resources.path("adapters/default.gguf"))
    kinds = {"policy": None, "1 thread": 1, "2 threads": 2}
    speeds: dict[str, list[float]] = {kind: [] for kind in kinds}
    with ExitStack() as stack:
        engines = {}
        for kind, threads in kinds.items():
            choose = functools.partial(dataclasses.replace, settings, threads=threads)
            engines[kind] = stack.enter_context(Engine(choose))
            engines[kind].info()
        if not arguments.idle:
            busy = multiprocessing.get_context("spawn").Process(target=compute_for_ever, daemon=True)
            busy.start()
            stack.callback(busy.kill)
            time.sleep(1)
        for _ in range(arguments.rounds):
            for kind, engine in engines.items():
                speeds[kind].append(decode_speed(engine))
    medians = {kind: statistics.median(values) for kind, values in speeds.items()}
    for kind, values in speeds.items():
        print(f"{kind:10} {medians[kind]:6.1f} tokens/s   {min(values):.1f}–{max(values):.1f}")
    best = max(medians["1 thread"], medians["2 threads"])
    print(f"policy / best fixed: {medians['policy'] / best:.2f}")


if __name__ == "__main__":
    main()
