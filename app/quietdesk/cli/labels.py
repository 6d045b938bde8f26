"""``quietdesk labels``: label sets, descriptions and examples."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from quietdesk.cli.output import EXIT_OK, Output, for_each_input
from quietdesk.documents.source import shown
from quietdesk.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from quietdesk.desk import Desk
    from quietdesk.store.labels import LabelStore
    from quietdesk.tools.classify.label_sets import Label, LabelSet

OpenDesk = Callable[[], AbstractContextManager["Desk"]]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object for each line.")]
SetName = Annotated[str, typer.Argument(metavar="SET", help="`default` is the built-in set.")]


def register(app: typer.Typer, open_desk: OpenDesk) -> None:
    """Add the commands."""
    group = typer.Typer(help="Label sets, descriptions and examples.", no_args_is_help=True)
    app.add_typer(group, name="labels")
    _register_looking(group, open_desk)
    _register_changing(group, open_desk)
    _register_teaching(group, open_desk)


def _register_looking(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command("list")
    def list_sets(as_json: AsJson = False) -> None:
        """Show the label sets."""
        output = Output(as_json)
        with open_desk() as desk:
            _list(desk.labels, output)

    @group.command()
    def show(set_name: SetName = "default", as_json: AsJson = False) -> None:
        """Show the labels of a set, with descriptions and how many examples were taught."""
        from quietdesk.tools.classify.label_sets import in_force

        output = Output(as_json)
        with open_desk() as desk:
            chosen = in_force(set_name, desk.labels.find(set_name))
            for label in chosen.labels:
                if as_json:
                    output.object(_fields(label))
            if not as_json:
                rows = ((label.id, label.description(), str(len(label.examples))) for label in chosen.labels)
                output.table(("label", "description", "taught"), rows)


def _list(store: LabelStore, output: Output) -> None:
    from quietdesk.tools.classify.label_sets import DEFAULT_SET, in_force, normalise

    stored = store.sets()
    names = [DEFAULT_SET, *(each.name for each in stored if normalise(each.name) != DEFAULT_SET)]
    rows = []
    for name in names:
        found = next((each for each in stored if normalise(each.name) == normalise(name)), None)
        # A set that was just made has no labels yet.
        empty = name != DEFAULT_SET and found is not None and not found.labels
        chosen = None if empty else in_force(name, found)
        count = len(chosen.labels) if chosen else 0
        taught = sum(len(label.examples) for label in chosen.labels) if chosen else 0
        multi = bool(found and found.multi)
        if output.as_json:
            output.object({"name": name, "labels": count, "taught": taught, "multi": multi})
        rows.append((name, str(count), str(taught), "several" if multi else "one"))
    if not output.as_json:
        output.table(("set", "labels", "taught", "labels a document"), rows)


def _fields(label: Label) -> dict[str, object]:
    return {
        "label": label.id,
        "names": dict(label.names),
        "description": label.description(),
        "taught": len(label.examples),
    }


def _register_changing(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command()
    def new(
        set_name: SetName,
        labels: Annotated[list[str] | None, typer.Argument(metavar="[LABEL]...")] = None,
        multi: Annotated[bool, typer.Option("--multi", help="A document may have several of the labels.")] = False,
    ) -> None:
        """Make a label set."""
        from quietdesk.store.labels import StoredLabel
        from quietdesk.tools.classify.label_sets import DEFAULT_SET, check_labels, check_name, normalise

        check_name(set_name, "label set")
        if normalise(set_name) == DEFAULT_SET:
            raise _is_built_in("made")
        names = [each.strip() for each in labels or ()]
        if names:
            check_labels(names)
        with open_desk() as desk:
            desk.labels.create(set_name.strip(), tuple(StoredLabel(each) for each in names), multi)
        Output().notice(f"Label set {set_name.strip()} is made.")

    @group.command()
    def add(
        set_name: SetName,
        label: str,
        description: Annotated[str, typer.Option(help="What belongs under it, in a sentence.")] = "",
    ) -> None:
        """Add a label, or describe one anew."""
        from quietdesk.store.labels import StoredLabel
        from quietdesk.tools.classify.label_sets import check_description, check_name

        check_name(label)
        check_description(description)
        with open_desk() as desk:
            _require(desk.labels, set_name)
            desk.labels.put_label(set_name, StoredLabel(label.strip(), description.strip()))
        Output().notice(f"{set_name} has the label {label.strip()}.")

    @group.command()
    def remove(
        set_name: SetName,
        label: Annotated[str | None, typer.Argument(help="The whole set when left out.")] = None,
        yes: Annotated[bool, typer.Option("--yes", help="Remove a set without asking.")] = False,
    ) -> None:
        """Remove a label or a set, with what was taught."""
        output = Output()
        with open_desk() as desk:
            if label is not None:
                _remove_label(desk.labels, set_name, label)
                output.notice(f"{label} is removed from {set_name}.")
            elif yes or output.confirm(f"Remove the label set {set_name} with all that was taught to it?"):
                desk.labels.remove(set_name)
                output.notice(f"{set_name} is removed.")


def _remove_label(store: LabelStore, set_name: str, label: str) -> None:
    from quietdesk.tools.classify.label_sets import default_set, in_force

    known = in_force(set_name, store.find(set_name)).label(label)
    built_in = any(each.id == known.id for each in default_set().labels)
    _require(store, set_name)
    store.remove_label(set_name, known.id, hide=built_in)


def _register_teaching(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command()
    def teach(
        set_name: SetName,
        label: Annotated[str | None, typer.Argument()] = None,
        files: Annotated[list[str] | None, typer.Argument(metavar="FILE...")] = None,
        undo: Annotated[bool, typer.Option("--undo", help="Take the last teaching back.")] = False,
    ) -> None:
        """Show documents that belong under a label. Kept is what the model makes of them, never their text."""
        if undo == bool(label) or bool(label) != bool(files):
            raise typer.BadParameter("give a label and files, or --undo alone")
        output = Output()
        with open_desk() as desk:
            if label is None or files is None:
                _undo(desk.labels, set_name, output)
                return
            code = _teach(desk, set_name, label, files, output)
        if code != EXIT_OK:
            raise typer.Exit(code)


def _teach(desk: Desk, set_name: str, label: str, files: list[str], output: Output) -> int:
    from quietdesk.tools.classify.filed_text import filed_text
    from quietdesk.tools.classify.label_sets import in_force

    chosen: LabelSet = in_force(set_name, desk.labels.find(set_name))
    known = chosen.label(label)
    desk.warm_up()
    _require(desk.labels, set_name)

    def one(source: str) -> None:
        text = filed_text(desk.read(source))
        (vector,) = desk.classifier.vectors([text])
        news = desk.labels.teach(set_name, known.id, text, vector.astype("<f4").tobytes(), desk.classifier.space)
        output.notice(f"{shown(source)}: {known.id}" if news else f"{shown(source)}: {known.id}, as before")

    return for_each_input(files, one, output)


def _undo(store: LabelStore, set_name: str, output: Output) -> None:
    undone = store.undo_teaching(set_name)
    then = f" The document is under {undone.now} again." if undone.now else ""
    output.notice(f"The last example of {undone.label} is taken back.{then}")


def _require(store: LabelStore, set_name: str) -> None:
    """Let the built-in set have an entry of its own in the store when it is first changed."""
    from quietdesk.tools.classify.label_sets import DEFAULT_SET, normalise

    if normalise(set_name) == DEFAULT_SET and store.find(set_name) is None:
        store.create(DEFAULT_SET)


def _is_built_in(what: str) -> UserError:
    return UserError(
        ErrorCode.UNSUPPORTED, "Built-in label set", f"The set `default` is built in and cannot be {what}.",
        "Add labels to it, remove some, teach it, or make a set with another name.",
    )  # fmt: skip
