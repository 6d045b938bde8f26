"""Speed of the engine on this machine, side by side with llama-cpp-python's ordinary interface on the same file."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import Generate, WorkerSettings


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure for the engine and for the yardstick, each a list of repeated measurements.

    better: whether a larger or a smaller figure is the better one; the ratio is ours / theirs.
    """

    name: str
    unit: str
    better: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median of the ratios of neighbouring runs: both halves of a pair saw the same machine."""
        return statistics.median(self._ratios())

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest ratio."""
        return min(self._ratios()), max(self._ratios())

    def _ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.ours, self.theirs, strict=True)]


@dataclass(frozen=True, slots=True)
class Timing:
    """One completion: seconds to its first token, tokens a second after it, CPU seconds of its process."""

    first: float
    decode: float
    cpu: float


class PlainModel:
    """llama-cpp-python with its own defaults, but all cores, in a child process."""

    def __init__(self, settings: WorkerSettings) -> None:
        threads = settings.threads or psutil.cpu_count(logical=False) or 1
        self._settings = dataclasses.replace(settings, threads=threads)
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_run_plain, args=(theirs, self._settings), daemon=True)
        started = time.monotonic()
        self._process.start()
        theirs.close()
        self._connection.recv_bytes()
        self.load_seconds = time.monotonic() - started

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def complete(self, prompt: str, max_tokens: int, stop: Sequence[str] = ()) -> Timing:
        """Continue the prompt greedily."""
        before = cpu_seconds(self.pid)
        request = {"prompt": prompt, "max_tokens": max_tokens, "stop": list(stop)}
        self._connection.send_bytes(json.dumps(request).encode())
        answer: dict[str, Any] = json.loads(self._connection.recv_bytes())
        return Timing(answer["first"], answer["tokens"] / answer["rest"], cpu_seconds(self.pid) - before)

    def close(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.join()
        self._process.close()


def _run_plain(connection: Connection, settings: WorkerSettings) -> None:
    from quietdesk.engine.worker.plain import plain_main

    plain_main(connection, settings)


class Benchmark:
    """Runs engine and yardstick in turn, so that both see the same machine."""

    def __init__(self, engine: Engine, settings: WorkerSettings, page: str, rounds: int = 5, tokens: int = 96) -> None:
        self._engine = engine
        self._settings = settings
        self._prompt = f"### Document\n{page}\n### Summary\n"
        self._rounds = rounds
        self._tokens = tokens

    def run(self, classify: Callable[[], float], labels: Sequence[str],
            progress: Callable[[str], None] = lambda _: None) -> list[Measure]:  # fmt: skip
        """All measures. ``classify`` classifies the page with the engine and returns its seconds."""
        progress("loading both")
        loads = [self._load_both() for _ in range(3)]
        plain = PlainModel(self._settings)
        try:
            self._engine.info()
            pairs = []
            for number in range(self._rounds):
                progress(f"round {number + 1} of {self._rounds}")
                pairs.append((self._complete(number), plain.complete(self._unlike(number), self._tokens)))
            progress("classification")
            answer = f"{self._prompt}\n### Labels\n{', '.join(labels)}\n### Label\n"
            sorting = [(classify(), _seconds(plain, answer)) for _ in range(self._rounds)]
            memory = (peak_memory(self._engine.worker_pid), peak_memory(plain.pid))
        finally:
            plain.close()
        size = self._engine.count_tokens([self._prompt])[0]
        return [
            _measure("load", "s", "lower", loads),
            _measure("prefill", "tokens/s", "higher", [(size / a.first, size / b.first) for a, b in pairs]),
            _measure("decode", "tokens/s", "higher", [(a.decode, b.decode) for a, b in pairs]),
            _measure("CPU for one page's summary", "s", "lower", [(a.cpu, b.cpu) for a, b in pairs]),
            _measure("classify one page", "s", "lower", sorting),
            _measure("peak memory", "MB", "lower", [memory]),
        ]

    def _unlike(self, number: int) -> str:
        """The prompt with a beginning of its own, so that nothing of an earlier round is reused."""
        return f"Round {number}.\n{self._prompt}"

    def _complete(self, number: int) -> Timing:
        times: list[float] = []
        before = cpu_seconds(self._engine.worker_pid)
        started = time.monotonic()
        self._engine.generate(
            Generate(self._unlike(number), max_tokens=self._tokens), lambda _: times.append(time.monotonic())
        )
        cpu = cpu_seconds(self._engine.worker_pid) - before
        return Timing(times[0] - started, (len(times) - 1) / (times[-1] - times[0]), cpu)

    def _load_both(self) -> tuple[float, float]:
        started = time.monotonic()
        with Engine(lambda: self._settings) as engine:
            engine.info()
            ours = time.monotonic() - started
        plain = PlainModel(self._settings)
        plain.close()
        return ours, plain.load_seconds


def _measure(name: str, unit: str, better: str, pairs: Sequence[tuple[float, float]]) -> Measure:
    return Measure(name, unit, better, tuple(a for a, _ in pairs), tuple(b for _, b in pairs))


def _seconds(plain: PlainModel, prompt: str) -> float:
    started = time.monotonic()
    plain.complete(prompt, 8, stop=["\n"])
    return time.monotonic() - started


def cpu_seconds(pid: int) -> float:
    """CPU seconds that a process has used so far."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def peak_memory(pid: int) -> float:
    """The most memory a process held at any time, in MB; where the system does not tell, what it holds now."""
    if sys.platform == "linux":
        status = Path(f"/proc/{pid}/status").read_text("ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1000
    memory = psutil.Process(pid).memory_info()
    return float(getattr(memory, "peak_wset", memory.rss)) / 1e6
