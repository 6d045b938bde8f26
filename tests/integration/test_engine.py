"""The engine with the real model and a real worker process."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psutil
import pytest

from quietdesk import resources
from quietdesk.cancel import CancelToken
from quietdesk.engine.engine import Engine, run_worker
from quietdesk.engine.messages import Finish, Generate, Priority, Sampling, WorkerSettings
from quietdesk.errors import Cancelled, ErrorCode, UserError

DOCUMENT = (
    "Dunmore County Council closes the swing bridge over the River Tarn for eleven months from 6 January. Divers found "
    "corrosion in four of its nine support piles. The repair costs £8.6 million. A free passenger ferry will run every "
    "15 minutes. Firms can apply for hardship grants of up to £7,500 from 1 December. "
)
PREFIX = f"### Document\n{DOCUMENT}\n"


@pytest.fixture(scope="module")
def settings(model_file: Path) -> WorkerSettings:
    return WorkerSettings(model_file, resources.path("adapters/default.gguf"))


@pytest.fixture(scope="module")
def engine(settings: WorkerSettings) -> Iterator[Engine]:
    with Engine(lambda: settings) as engine:
        yield engine


def workers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]


def test_summary_streams_and_ends(engine: Engine) -> None:
    pieces: list[str] = []
    done = engine.generate(Generate("### Summary\n", prefix=PREFIX, max_tokens=200), pieces.append)
    assert done.finish is Finish.END
    assert "".join(pieces) == done.text
    assert len(pieces) > 10
    assert "bridge" in done.text


def test_prefix_is_computed_once(engine: Engine) -> None:
    engine.generate(Generate("### Summary\n", prefix=PREFIX, max_tokens=1))
    again = engine.generate(Generate("### Key points\n", prefix=PREFIX, max_tokens=60))
    assert again.reused_tokens >= 0.9 * again.prompt_tokens
    with_other_adapter = engine.generate(Generate("### Key points\n", prefix=PREFIX, max_tokens=1, adapter=False))
    assert with_other_adapter.reused_tokens == 0


def test_a_reused_prefix_gives_the_same_text(settings: WorkerSettings) -> None:
    request = Generate("### Key points\n", prefix=PREFIX, max_tokens=40, logprob=True)
    with Engine(lambda: settings) as engine:
        first, again = engine.generate(request), engine.generate(request)
    assert again.reused_tokens > 0 == first.reused_tokens
    assert again.text == first.text
    assert again.logprob == pytest.approx(first.logprob, abs=0.01)


def test_numbers_are_only_those_allowed(engine: Engine) -> None:
    text = engine.generate(Generate("### Summary\n", prefix=PREFIX, numbers=("6", "15"), max_tokens=120)).text
    for other in ("8.6", "7,500", "1 December"):
        assert other not in text


def test_stop_and_length(engine: Engine) -> None:
    stopped = engine.generate(Generate("### Summary\n", prefix=PREFIX, stop=(" the ",), max_tokens=120))
    assert stopped.finish is Finish.STOP
    assert " the " not in stopped.text
    short = engine.generate(Generate("### Summary\n", prefix=PREFIX, max_tokens=5))
    assert (short.finish, short.tokens) == (Finish.LENGTH, 5)


def test_sampling_repeats_with_its_seed(engine: Engine) -> None:
    def write(seed: int) -> str:
        return engine.generate(
            Generate("### Summary\n", prefix=PREFIX, max_tokens=30, sampling=Sampling(temperature=1.2, seed=seed))
        ).text

    assert write(5) == write(5)
    assert len({write(seed) for seed in range(4)}) > 1


def test_texts_drawn_side_by_side(engine: Engine) -> None:
    request = Generate(
        "### Summary\n", prefix=PREFIX, max_tokens=60, stop=("\n",), numbers=("6", "15"), logprob=True,
        sampling=Sampling(temperature=0.9, seed=3),
    )  # fmt: skip
    drawn = engine.draw(request, 4)
    assert len(drawn) == 4
    assert len({done.text for done in drawn}) > 1
    assert all(done.tokens and done.logprob < 0 for done in drawn)
    assert not any("7,500" in done.text for done in drawn)
    assert [done.text for done in engine.draw(request, 4)] == [done.text for done in drawn]


def test_as_many_texts_as_there_is_no_room_for(engine: Engine) -> None:
    with pytest.raises(UserError):
        engine.draw(Generate("### Summary\n", prefix=PREFIX, max_tokens=5), 50)
    assert len(engine.draw(Generate("### Summary\n", prefix=PREFIX, max_tokens=5), 2)) == 2


def test_drawing_gives_way_and_comes_to_its_end(settings: WorkerSettings) -> None:
    """More requests than the context has sequences: the later ones wait for the first."""
    request = Generate("### Summary\n", prefix=PREFIX, max_tokens=25, sampling=Sampling(temperature=0.9))
    with Engine(lambda: settings) as engine, ThreadPoolExecutor(3) as threads:
        drawn = list(threads.map(lambda _: engine.draw(request, 4), range(3)))
    texts = [[done.text for done in each] for each in drawn]
    assert texts[0] == texts[1] == texts[2]


def test_scores_agree_with_one_another(engine: Engine) -> None:
    scores = engine.score("The capital of France is", (" Paris", " a banana", " Paris, of course", ""))
    assert scores.tokens[0] == 1
    assert scores.logprobs[0] > scores.logprobs[1]
    assert scores.logprobs[2] < scores.logprobs[0]
    assert scores.logprobs[3] == 0.0
    together = engine.score("The capital of France is", (" Paris",) * 7)
    assert np.allclose(together.logprobs, scores.logprobs[0], atol=0.05)


def test_vectors_do_not_depend_on_their_neighbours(engine: Engine) -> None:
    texts = ["short", DOCUMENT, "", "发票 金额 三百元", DOCUMENT * 3]
    together = engine.embed(texts, layer=9, max_tokens=200)
    assert together.shape == (5, engine.info().width)
    for row, text in zip(together, texts, strict=True):
        alone = engine.embed([text], layer=9, max_tokens=200)[0]
        assert np.dot(row, alone) / np.linalg.norm(row) / np.linalg.norm(alone) > 0.999
    assert np.array_equal(engine.embed([DOCUMENT], layer=9), engine.embed([DOCUMENT], layer=9))


def test_token_vectors_are_means(engine: Engine) -> None:
    one, two, both, empty = engine.token_vectors([" river", " bridge", " river bridge", ""])
    assert np.allclose((one + two) / 2, both, atol=1e-4)
    assert not empty.any()


def test_a_layer_that_does_not_exist(engine: Engine) -> None:
    with pytest.raises(UserError) as caught:
        engine.embed(["x"], layer=99)
    assert caught.value.code is ErrorCode.INTERNAL


def test_a_text_too_long_is_refused_and_the_next_is_served(engine: Engine) -> None:
    with pytest.raises(UserError, match="longer than the model can read"):
        engine.generate(Generate(DOCUMENT * 100))
    assert engine.count_tokens(["one two"]) == [2]


def test_control_tokens_in_a_document_are_text(engine: Engine) -> None:
    assert engine.count_tokens(["<end_of_turn>"])[0] > 1


def test_cancel_takes_effect_within_a_chunk(engine: Engine) -> None:
    engine.info()
    token = CancelToken()
    started = threading.Event()
    ended: list[float] = []

    def work() -> None:
        started.set()
        try:
            engine.generate(Generate("### Summary\n", prefix=DOCUMENT * 30, max_tokens=400), cancel=token)
        except Cancelled:
            ended.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    time.sleep(0.5)
    cancelled = time.monotonic()
    token.cancel()
    thread.join()
    # One chunk of 64 tokens takes 0.15 s on two idle cores; ten times that for a busy machine.
    assert ended[0] - cancelled < 1.5
    assert engine.count_tokens(["free again"])


def test_interactive_goes_before_background(engine: Engine) -> None:
    finished: list[str] = []

    def background() -> None:
        engine.embed([DOCUMENT * 5] * 4, max_tokens=400, priority=Priority.BACKGROUND)
        finished.append("background")

    thread = threading.Thread(target=background)
    thread.start()
    time.sleep(0.3)
    engine.generate(Generate("### Summary\n", prefix=PREFIX, max_tokens=8))
    finished.append("interactive")
    thread.join()
    assert finished == ["interactive", "background"]


def test_a_parked_background_text_goes_on_where_it_was(settings: WorkerSettings) -> None:
    """Two long requests do not fit into the context together: the background one gives way and resumes."""
    request = Generate("\n### Summary\n", prefix=DOCUMENT * 6, max_tokens=60, priority=Priority.BACKGROUND)
    pieces: list[str] = []
    texts: list[str] = []
    with Engine(lambda: dataclasses.replace(settings, cells=768)) as engine:
        alone = engine.generate(request).text
        thread = threading.Thread(target=lambda: texts.append(engine.generate(request, pieces.append).text))
        thread.start()
        while len(pieces) < 10 and thread.is_alive():
            time.sleep(0.01)
        engine.generate(Generate("\n### Key points\n", prefix="Other. " + DOCUMENT * 6, max_tokens=3))
        thread.join()
    assert texts == ["".join(pieces)]
    # Computed again in other chunks the numbers differ in their last bits, so only the beginning must agree.
    assert texts[0][:20] == alone[:20]


def test_a_killed_worker_is_replaced_and_the_text_comes_once(settings: WorkerSettings) -> None:
    with Engine(lambda: settings) as engine:
        expected = engine.generate(Generate("### Summary\n", prefix=PREFIX)).text
        pieces: list[str] = []

        def kill_once(piece: str) -> None:
            pieces.append(piece)
            if len(pieces) == 10:
                os.kill(workers()[-1].pid, signal.SIGKILL)

        again = engine.generate(Generate("### Summary\n", prefix=PREFIX), kill_once)
        assert again.text == expected
        assert "".join(pieces) == expected


def crash_on_request(connection: Connection, settings: WorkerSettings) -> None:
    """A worker that loads the real model and dies as soon as it is asked something."""
    threading.Thread(target=run_worker, args=(_DyingConnection(connection), settings)).run()


class _DyingConnection:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def poll(self, timeout: float = 0.0) -> bool:
        return self._connection.poll(timeout)

    def send_bytes(self, data: bytes) -> None:
        self._connection.send_bytes(data)

    def recv_bytes(self) -> bytes:
        self._connection.recv_bytes()
        os._exit(139)


def test_a_request_that_crashes_the_worker_twice_is_reported(settings: WorkerSettings) -> None:
    with Engine(lambda: settings, worker_main=crash_on_request) as engine:
        with pytest.raises(UserError) as caught:
            engine.count_tokens(["poison"])
        assert caught.value.code is ErrorCode.INTERNAL
        assert "twice" in caught.value.message


def test_idle_worker_leaves_and_comes_back(settings: WorkerSettings) -> None:
    with Engine(lambda: settings, idle_seconds=0.5) as engine:
        engine.count_tokens(["a"])
        assert engine.loaded
        deadline = time.monotonic() + 10
        while engine.loaded and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not engine.loaded
        assert engine.count_tokens(["a"]) == [1]


def test_closing_ends_the_process_and_what_waits(settings: WorkerSettings) -> None:
    engine = Engine(lambda: settings)
    engine.info()
    pid = engine.worker_pid
    outcome: list[type[BaseException]] = []

    def work() -> None:
        try:
            engine.generate(Generate("### Summary\n", prefix=DOCUMENT * 20))
        except BaseException as error:  # noqa: BLE001  whatever ends it is what the test looks at
            outcome.append(type(error))

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.3)
    engine.close()
    thread.join()
    assert outcome == [Cancelled]
    assert not psutil.pid_exists(pid)
    with pytest.raises(Cancelled):
        engine.count_tokens(["x"])


def test_a_file_that_is_no_model_is_a_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(1000))
    with Engine(lambda: WorkerSettings(broken, None)) as engine, pytest.raises(UserError) as caught:
        engine.count_tokens(["x"])
    assert caught.value.code is ErrorCode.MODEL_CORRUPT
    assert "model verify" in caught.value.hint


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_the_system_refuses_the_worker_the_network(engine: Engine) -> None:
    engine.info()
    status = Path(f"/proc/{engine.worker_pid}/status").read_text("ascii")
    assert re.search(r"^Seccomp:\s+2$", status, re.MULTILINE)


def test_what_was_spent_is_counted(engine: Engine) -> None:
    before = engine.spent
    done = engine.generate(Generate("The ferry sails at noon. The ferry sails at", max_tokens=8))
    engine.embed(["a text of some words"])
    spent = engine.spent - before
    assert spent.tokens_written == done.tokens > 0
    assert spent.tokens_read >= done.prompt_tokens - done.reused_tokens
    assert spent.cpu_seconds > 0
