"""The messages between the engine and its worker: whatever is sent arrives unchanged."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quietdesk.engine.messages import (
    Cancel,
    Completion,
    Counts,
    CountTokens,
    Done,
    Draw,
    Drawn,
    Embed,
    Ended,
    Failed,
    Finish,
    Generate,
    Message,
    Piece,
    Priority,
    Ready,
    Sampling,
    Score,
    Scores,
    Submit,
    TokenVectors,
    Vectors,
    decode,
    encode,
)

# Half of a surrogate pair can stand in text out of damaged files.
text = st.text(st.characters(exclude_categories=()))
texts = st.lists(text, max_size=4).map(tuple)
whole = st.integers(0, 2**40)
whole_numbers = st.lists(whole, max_size=4).map(tuple)
real = st.floats(allow_nan=False)
reals = st.lists(real, max_size=4).map(tuple)
priority = st.sampled_from(Priority)

sampling = st.builds(Sampling, temperature=real, top_k=whole, seed=whole)
generate = st.builds(
    Generate, prompt=text, prefix=text, max_tokens=whole, stop=texts, sampling=sampling,
    numbers=st.none() | texts, adapter=st.booleans(), chat=st.booleans(), priority=priority,
)  # fmt: skip
requests = st.one_of(
    generate,
    st.builds(Draw, of=generate, count=whole),
    st.builds(Score, prefix=text, continuations=texts, adapter=st.booleans(), priority=priority),
    st.builds(Embed, texts=texts, max_tokens=whole, layer=st.none() | whole, priority=priority),
    st.builds(TokenVectors, texts=texts, priority=priority),
    st.builds(CountTokens, texts=texts, priority=priority),
)  # fmt: skip
completion = st.builds(
    Completion, text=text, finish=st.sampled_from(Finish), prompt_tokens=whole, reused_tokens=whole, tokens=whole,
    logprob=real, seconds=real,
)  # fmt: skip
results = st.one_of(
    completion,
    st.builds(Drawn, completions=st.lists(completion, max_size=3).map(tuple)),
    st.builds(Scores, logprobs=reals, tokens=whole_numbers),
    st.builds(Counts, counts=whole_numbers),
    st.builds(Vectors, rows=whole, width=whole, data=text, tokens=whole_numbers),
)  # fmt: skip
messages = st.one_of(
    st.builds(Submit, id=whole, request=requests),
    st.builds(Cancel, id=whole),
    st.builds(Ready, width=whole, layers=whole, context=whole, chat_template=st.booleans(), adapter=st.booleans(),
              load_seconds=real),
    st.builds(Piece, id=whole, text=text),
    st.builds(Done, id=whole, result=results),
    st.builds(Ended, id=whole),
    st.builds(Failed, id=st.none() | whole, reason=text),
)  # fmt: skip


@given(messages)
def test_round_trip(message: Message) -> None:
    assert decode(encode(message)) == message


@given(messages)
def test_message_is_json_of_one_type(message: Message) -> None:
    fields = json.loads(encode(message).decode("utf-8", "surrogatepass"))
    assert fields["type"] == type(message).__name__


def test_enumerations_come_back_as_themselves() -> None:
    back = decode(encode(Submit(1, Score("a", ("b",), priority=Priority.BACKGROUND))))
    assert isinstance(back, Submit)
    assert back.request.priority is Priority.BACKGROUND


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"type": "Nothing"}', b'{"type": "Cancel", "name": 1}', b"\xff"])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        decode(data)


@given(arrays(np.float32, st.tuples(st.integers(0, 5), st.integers(1, 8)), elements=st.floats(width=32)))
def test_vectors_round_trip(array: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
    back = Vectors.pack(array, [3] * len(array)).unpack()
    assert back.dtype == np.float32
    assert back.tobytes() == array.tobytes()
    assert back.shape == array.shape


def test_vectors_need_not_lie_in_order() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3).T
    assert np.array_equal(Vectors.pack(array, [1, 1, 1]).unpack(), array)
