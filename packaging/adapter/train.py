"""Trains the task adapter: LoRA through the quantised weights of the default model, written as GGUF with a card.

    make adapter

On two cores without a GPU a step of four examples takes about three seconds when nothing else runs; a GPU is used when
there is one.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from card import write_card
from examples import Example, Row, examples_of, held_out, held_out_order, read_rows
from lora_gguf import PROJECTIONS, write_adapter
from peft import LoraConfig, inject_adapter_in_model
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).resolve().parent
_END = 1  # Gemma's end-of-text token
_UNREAD = -100  # a label that cross_entropy skips
# Rows of the vocabulary head that the loss is computed over besides those of the data. Low numbers are frequent
# pieces. The other 200,000 would cost half of a step and hardly compete.
_COMMON_TOKENS = 30_000
_MOST_MEASURED = 60  # held-out examples that the loss is computed over at every note of the progress


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run depends on besides the data.

    rank, alpha: of the LoRA matrices (Hu et al. 2021), in all projections. rate: peak learning rate of AdamW, with a
    linear warm-up and cosine decay to a tenth. batch: examples of a step. longest: tokens; longer examples are left
    out.
    """

    rank: int = 16
    alpha: int = 32
    rate: float = 5e-4
    batch: int = 4
    epochs: float = 1.6
    warm_up: int = 20
    longest: int = 480
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Tokens:
    """One example: ``ids``, and the same shifted by one where the model is to learn the next token."""

    ids: list[int]
    targets: list[int]


class Trainer:
    """One run over ``rows``, with the model of ``model_file``."""

    def __init__(self, model_file: Path, rows: list[tuple[str, Row]], settings: Settings) -> None:
        random.seed(settings.seed)
        torch.manual_seed(settings.seed)
        self._settings = settings
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        where = {"pretrained_model_name_or_path": model_file.parent, "gguf_file": model_file.name}
        self._tokenizer = AutoTokenizer.from_pretrained(**where)
        self.model = self._prepared(AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32))
        self._training = [pair for pair in rows if not held_out(pair[1])]
        # In a fixed random order: the files are sorted by task, and every task is to be measured.
        kept = sorted((pair for pair in rows if held_out(pair[1])), key=lambda pair: held_out_order(pair[1]))
        self._held_out = list(self._tokenised(kept, random.Random(settings.seed)))[:_MOST_MEASURED]
        self._head, self._row_of = self._small_head(rows)
        self.losses: list[dict[str, float]] = []

    def run(self, checkpoint: Path, every: int) -> None:
        """Train. The adapter is written to ``checkpoint`` whenever a note of the progress has the lowest held-out loss:
        what comes after the best one only learns the rows by heart.
        """
        settings = self._settings
        trained = [p for name, p in self.model.named_parameters() if "lora_" in name]
        optimizer = torch.optim.AdamW(trained, lr=settings.rate, weight_decay=0.0)
        steps = int(len(self._training) * settings.epochs / settings.batch)
        stream = self._endless()
        start, recent = time.monotonic(), []
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = settings.rate * self._schedule(step, steps)
            for _ in range(settings.batch):
                loss = self._loss(next(stream))
                (loss / settings.batch).backward()
                recent.append(loss.item())
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            if (step + 1) % every == 0 or step + 1 == steps:
                held_out_loss = self._note(step + 1, steps, recent, time.monotonic() - start)
                recent = []
                if held_out_loss <= min(entry["held_out_loss"] for entry in self.losses):
                    write_adapter(checkpoint, self.model.named_parameters(), settings.alpha)

    def _schedule(self, step: int, steps: int) -> float:
        rising = min(1.0, (step + 1) / self._settings.warm_up)
        return rising * (0.1 + 0.45 * (1 + math.cos(math.pi * step / steps)))

    def _note(self, step: int, steps: int, recent: list[float], seconds: float) -> float:
        with torch.no_grad():
            losses = [self._loss(tokens).item() for tokens in self._held_out]
        held_out_loss = round(float(sum(losses) / max(len(losses), 1)), 4)
        entry = {
            "step": step, "steps": steps, "training_loss": round(sum(recent) / len(recent), 4),
            "held_out_loss": held_out_loss, "seconds": round(seconds),
        }  # fmt: skip
        self.losses.append(entry)
        print(json.dumps(entry), flush=True)
        return held_out_loss

    def _prepared(self, model: Any) -> Any:
        """The frozen model in bfloat16 (twice as fast on CPUs that have it) with float32 LoRA matrices."""
        for parameter in model.parameters():
            parameter.requires_grad = False
        model = model.to(torch.bfloat16).to(self._device)
        config = LoraConfig(r=self._settings.rank, lora_alpha=self._settings.alpha, target_modules=list(PROJECTIONS))
        model = inject_adapter_in_model(config, model)
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.data = parameter.data.float()
        return model

    def _small_head(self, rows: list[tuple[str, Row]]) -> tuple[torch.Tensor, dict[int, int]]:
        used = {_END} | set(range(_COMMON_TOKENS))
        for tokens in self._tokenised(rows, random.Random(self._settings.seed)):
            used |= set(tokens.ids)
        kept = sorted(used)
        head = self.model.lm_head.weight.detach()[torch.tensor(kept, device=self._device)].float()
        return head, {token: row for row, token in enumerate(kept)}

    def _loss(self, tokens: Tokens) -> torch.Tensor:
        ids = torch.tensor([tokens.ids], device=self._device)
        learnt = [at for at, target in enumerate(tokens.targets) if target != _UNREAD]
        hidden = self.model.model(input_ids=ids).last_hidden_state[0, learnt].float()
        targets = torch.tensor([self._row_of.get(tokens.targets[at], 0) for at in learnt], device=self._device)
        return torch.nn.functional.cross_entropy(hidden @ self._head.T, targets)

    def _endless(self) -> Iterator[Tokens]:
        choice = random.Random(self._settings.seed)
        while True:
            order = choice.sample(self._training, len(self._training))
            yield from self._tokenised(order, choice)

    def _tokenised(self, rows: list[tuple[str, Row]], choice: random.Random) -> Iterator[Tokens]:
        for kind, row in rows:
            for example in examples_of(kind, row, choice):
                tokens = self._tokens(example)
                if len(tokens.ids) <= self._settings.longest:
                    yield tokens

    def _tokens(self, example: Example) -> Tokens:
        ids: list[int] = [self._tokenizer.bos_token_id]
        labels: list[int] = [_UNREAD]
        for span in example.spans:
            # Each span on its own, as the engine does it: a line's end is never part of a longer token.
            added = self._tokenizer(span.text, add_special_tokens=False).input_ids
            ids += added
            labels += added if span.learnt else [_UNREAD] * len(added)
        if example.ends:
            ids.append(_END)
            labels.append(_END)
        return Tokens(ids[:-1], labels[1:])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=HERE / "data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--every", type=int, default=50)
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    given = parser.parse_args()
    settings = Settings(**{name: getattr(given, name) for name in asdict(Settings())})
    rows = read_rows(given.data)
    trainer = Trainer(given.model, rows, settings)
    trainer.run(given.out, given.every)
    kinds = [kind for kind, row in rows if not held_out(row)]
    write_card(given.out, given.model, kinds, asdict(settings), trainer.losses)


if __name__ == "__main__":
    main()
