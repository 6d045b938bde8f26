"""One text that the model writes: from rows of logits to a completion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quietdesk.engine.messages import Completion, Finish, Generate
from quietdesk.engine.worker.llama import LlamaModel
from quietdesk.engine.worker.sampling import LoopGuard, TokenChooser, log_softmax_at
from quietdesk.engine.worker.text import TextStream


class Writing:
    """Chooses each token of a text and notices its end.

    room: most tokens. emit: gets the text piece by piece.
    """

    def __init__(self, model: LlamaModel, request: Generate, room: int, emit: Callable[[str], None]) -> None:
        self.tokens: list[int] = []
        self._model = model
        self._room = room
        self._emit = emit
        self._stream = TextStream(request.stop)
        self._chooser = TokenChooser(request.sampling, model.piece, model.ends, request.numbers)
        self._loops = LoopGuard()
        self._with_logprob = request.logprob
        self._logprob = 0.0

    def take(self, logits: NDArray[np.float32]) -> Finish | None:
        """Choose the next token by ``logits``, which may be changed; why the text ends, if it does."""
        if len(self.tokens) >= self._room:
            return self._ended(Finish.LENGTH)
        plain = logits.copy() if self._with_logprob else logits
        token = self._chooser.choose(logits, self._stream.text)
        if token is None or self._model.ends(token):
            return self._ended(Finish.END)
        if self._with_logprob:
            self._logprob += log_softmax_at(plain, token)
        self.tokens.append(token)
        self._give(self._stream.feed(self._model.piece(token)))
        if self._stream.stopped:
            return self._ended(Finish.STOP)
        return self._ended(Finish.LOOP) if self._loops.looping(token) else None

    def completion(self, finish: Finish, prompt_tokens: int, reused_tokens: int, seconds: float) -> Completion:
        """What was written, with what it cost."""
        return Completion(
            text=self._stream.text,
            finish=finish,
            prompt_tokens=prompt_tokens,
            reused_tokens=reused_tokens,
            tokens=len(self.tokens),
            logprob=self._logprob / max(len(self.tokens), 1),
            seconds=seconds,
        )

    def _give(self, text: str) -> None:
        if text:
            self._emit(text)

    def _ended(self, finish: Finish) -> Finish:
        self._give(self._stream.finish())
        return finish
