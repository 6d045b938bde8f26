"""``quietdesk bench``: speed on this machine, against plain llama.cpp from Python on the same file."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from quietdesk.cli.output import Output

if TYPE_CHECKING:
    from quietdesk.desk import Desk
    from quietdesk.engine.benchmark import Measure


# About 450 words: one printed page.
_PAGE_CHARACTERS = 2700


def register(app: typer.Typer, open_desk: Callable[[], AbstractContextManager[Desk]]) -> None:
    """Add the command."""

    @app.command()
    def bench(
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object with every measurement.")] = False,
        rounds: Annotated[int, typer.Option(min=1, max=50, help="Measurements of each figure.")] = 5,
    ) -> None:
        """Measure the speed on this machine against plain llama-cpp-python on the same model file."""
        output = Output(as_json)
        with open_desk() as desk:
            measures = _measure(desk, rounds, output)
        if as_json:
            output.object({"measures": [_as_dict(measure) for measure in measures]})
        else:
            _print_table(measures, output)


def _measure(desk: Desk, rounds: int, output: Output) -> list[Measure]:
    from quietdesk import resources
    from quietdesk.engine.benchmark import Benchmark
    from quietdesk.engine.messages import WorkerSettings
    from quietdesk.tools.classify.label_sets import default_set

    page = desk.read(str(resources.path("samples/night-bus-report.pdf"))).text[:_PAGE_CHARACTERS]
    labels = default_set()
    settings = WorkerSettings(desk.model.path, desk.model.adapter)

    def classify() -> float:
        started = time.monotonic()
        desk.classifier.classify(page, labels)
        return time.monotonic() - started

    with output.notices.status("measuring") as status:
        benchmark = Benchmark(desk.engine, settings, page, rounds)
        return benchmark.run(classify, [label.id for label in labels.labels], status.update)


def _as_dict(measure: Measure) -> dict[str, object]:
    low, high = measure.spread
    return {
        "name": measure.name, "unit": measure.unit, "better": measure.better, "quietdesk": list(measure.ours),
        "plain": list(measure.theirs), "ratio": measure.ratio, "ratio_min": low, "ratio_max": high,
    }  # fmt: skip


def _print_table(measures: list[Measure], output: Output) -> None:
    from statistics import median

    output.text(f"{'':30}{'Quietdesk':>12}{'plain':>12}{'ratio':>8}   spread")
    for measure in measures:
        low, high = measure.spread
        output.text(
            f"{measure.name + ', ' + measure.unit:30}{median(measure.ours):12.2f}{median(measure.theirs):12.2f}"
            f"{measure.ratio:8.2f}   {low:.2f}–{high:.2f}  ({measure.better} is better)"
        )
