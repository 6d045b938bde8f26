"""The guards of decoding: numbers only from the source, no loops, whole characters, stop strings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.engine.messages import Sampling
from quietdesk.engine.worker.sampling import LoopGuard, NumberGuard, TokenChooser, log_softmax_at
from quietdesk.engine.worker.text import TextStream

SOURCE_NUMBERS = ("1,050", "10:30", "6.30", "88213", "5")


@pytest.mark.parametrize("text", ["pay 1,050 now", "at 10:30.", "5, or 88213", "no numbers", "6.30am", "(5)", "5"])
def test_numbers_of_the_source_pass(text: str) -> None:
    assert _writable(text, SOURCE_NUMBERS)


@pytest.mark.parametrize(
    "text", ["pay 1,051", "at 10:31", "50", "8821", "6.3 x", "1,05", "88213.5", "10 o'clock", "1050"]
)
def test_other_numbers_do_not(text: str) -> None:
    assert not _writable(text, SOURCE_NUMBERS)


def _writable(text: str, numbers: tuple[str, ...]) -> bool:
    guard = NumberGuard(numbers)
    return all(guard.allows(text[:at], text[at]) for at in range(len(text))) and guard.allows(text, "")


_numbers = st.from_regex(r"[0-9]{1,6}([.,:][0-9]{1,3}){0,2}", fullmatch=True)


@given(st.lists(_numbers, min_size=1, max_size=5), st.text(alphabet="ab .,:;-\n", max_size=80))
def test_any_number_of_the_source_can_be_written_anywhere(numbers: list[str], before: str) -> None:
    assert _writable(f"{before} {numbers[0]} and", tuple(numbers))


@given(st.lists(_numbers, max_size=5), _numbers)
def test_a_number_that_the_source_lacks_can_never_be_completed(numbers: list[str], other: str) -> None:
    if other not in numbers:
        assert not _writable(f"about {other} ", tuple(numbers))


def test_chooser_takes_the_best_allowed_token() -> None:
    pieces = [b"7", b"5", b" x", b""]
    logits = np.array([9.0, 5.0, 1.0, 0.0], np.float32)
    free = TokenChooser(Sampling(), pieces.__getitem__, lambda token: token == 3, None)
    guarded = TokenChooser(Sampling(), pieces.__getitem__, lambda token: token == 3, ("5",))
    assert free.choose(logits.copy(), "pay ") == 0
    assert guarded.choose(logits.copy(), "pay ") == 1


def test_an_unfinished_number_does_not_end_the_text() -> None:
    pieces = [b"", b"0"]
    chooser = TokenChooser(Sampling(), pieces.__getitem__, lambda token: token == 0, ("50",))
    assert chooser.choose(np.array([9.0, 1.0], np.float32), "pay 5") == 1


def test_same_seed_same_draws() -> None:
    logits = np.random.default_rng(1).normal(size=1000).astype(np.float32)
    def draws(seed: int) -> list[int | None]:
        chooser = TokenChooser(Sampling(temperature=1.0, seed=seed), lambda _: b"x", lambda _: False, None)
        return [chooser.choose(logits.copy(), "") for _ in range(20)]
    assert draws(3) == draws(3)
    assert draws(3) != draws(4)


def test_log_softmax_matches_its_definition() -> None:
    logits = np.random.default_rng(2).normal(size=500).astype(np.float32) * 4
    expected = logits - np.log(np.exp(logits.astype(np.float64)).sum())
    assert log_softmax_at(logits, 7) == pytest.approx(expected[7], abs=1e-4)


@given(st.lists(st.integers(0, 9), min_size=6, max_size=30))
def test_a_repeated_block_is_noticed(block: list[int]) -> None:
    guard = LoopGuard()
    assert True in {guard.looping(token) for token in block * 4}


def test_ordinary_text_is_no_loop() -> None:
    guard = LoopGuard()
    assert not any(guard.looping(token) for token in range(500))


@given(st.text(max_size=60), st.integers(1, 3))
def test_text_comes_out_as_it_went_in(text: str, size: int) -> None:
    stream = TextStream(())
    data = text.encode()
    out = "".join(stream.feed(data[at : at + size]) for at in range(0, len(data), size)) + stream.finish()
    assert out == stream.text == text


@given(st.text(alphabet="ab\n#", max_size=40), st.integers(1, 4))
def test_nothing_at_or_after_a_stop_string_is_given(text: str, size: int) -> None:
    stream = TextStream(("\n#", "ab\n"))
    out = ""
    for at in range(0, len(text), size):
        out += stream.feed(text[at : at + size].encode())
        if stream.stopped:
            break
    out += stream.finish()
    ends = [text.find(stop) for stop in ("\n#", "ab\n") if stop in text]
    assert out == text[: min(ends)] if ends else out == text
