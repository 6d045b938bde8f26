"""``quietdesk model``: which language model is used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quietdesk.cli.output import EXIT_ERROR, EXIT_OK, EXIT_USAGE, Output, byte_progress, for_each_input
from quietdesk.errors import ErrorCode, UserError
from quietdesk.privacy.network_lock import lock_network

if TYPE_CHECKING:
    from quietdesk.desk import Desk
    from quietdesk.engine.download import Catalogue, CatalogueEntry, Downloader
    from quietdesk.engine.models import InstalledModel, ModelStore

OpenDesk = Callable[[], AbstractContextManager["Desk"]]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a model.")]
Use = Annotated[bool, typer.Option("--use", help="Use it from now on.")]


def register(app: typer.Typer, open_desk: OpenDesk) -> None:
    """Add the commands."""
    group = typer.Typer(help="Which language model is used.", no_args_is_help=True)
    app.add_typer(group, name="model")

    @group.callback()
    def lock(context: typer.Context) -> None:
        if context.invoked_subcommand != "download":
            lock_network()

    _register_choice(group, open_desk)
    _register_supply(group, open_desk)


def _register_choice(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command("list")
    def list_models(as_json: AsJson = False) -> None:
        """Show the models: size, licence, checksum, where from."""
        output = Output(as_json)
        with open_desk() as desk:
            _show(desk.models, output)

    @group.command()
    def use(name: str) -> None:
        """Use this model from now on."""
        output = Output()
        with open_desk() as desk, byte_progress("Checking") as progress:
            model = desk.models.use(name, progress)
        output.notice(f"{model.name} is used from now on.")

    @group.command()
    def verify(
        name: Annotated[str | None, typer.Argument(help="All models when left out.")] = None,
        repair: Annotated[
            bool, typer.Option("--repair", help="Put the default model together again if it is damaged.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        """Compare the model files with their checksums."""
        output = Output(as_json)

        def check(model: str) -> None:
            with byte_progress(f"Checking {model}") as progress:
                found = desk.models.verify(model, repair, progress)
            if as_json:
                output.object({"source": model, "status": "ok", "sha256": found.sha256, "size": found.size})
            else:
                output.text(f"{model}: ok, SHA-256 {found.sha256}")

        with open_desk() as desk:
            names = [name] if name else [model.name for model in desk.models.list()]
            code = for_each_input(names, check, output)
        if code != EXIT_OK:
            raise typer.Exit(code)


def _register_supply(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command("import")
    def import_model(
        file: Annotated[Path, typer.Argument(help="A GGUF file of a text model; it is copied.")],
        name: Annotated[str | None, typer.Option(help="What to call it; else after the file.")] = None,
        use: Use = False,
    ) -> None:
        """Copy a model file into Quietdesk."""
        output = Output()
        with open_desk() as desk:
            with byte_progress(f"Copying {file.name}") as progress:
                model = desk.models.import_file(file, name, progress=progress, try_loading=_try_loading)
            _say_installed(desk.models, model, use, output)

    @group.command()
    def download(
        name: Annotated[
            str | None, typer.Argument(help="One of the catalogue, which is shown when left out.")
        ] = None,
        yes: Annotated[
            bool, typer.Option("--yes", help="Download without asking; accepts the terms that are shown.")
        ] = False,
        use: Use = False,
    ) -> None:
        """Fetch a model of the catalogue over the network; the only command that uses it."""
        from quietdesk.engine.download import Catalogue

        output, catalogue = Output(), Catalogue.load()
        if name is None:
            _show_catalogue(catalogue, output)
            return
        entry = catalogue.find(name)
        with open_desk() as desk:
            model = _present(desk.models, entry)
            if model is None:
                downloader, file = _download(desk, catalogue, entry, yes, output)
                lock_network()
                model = _take_in(desk, downloader, file, entry)
            _say_installed(desk.models, model, use, output)

    @group.command()
    def remove(
        name: str,
        yes: Annotated[
            bool, typer.Option("--yes", help="Even if it is in use; the default model is used from then on.")
        ] = False,
    ) -> None:
        """Delete a model file, or what is left of a broken-off download."""
        from quietdesk.engine.download import Downloader

        output = Output()
        with open_desk() as desk:
            left = Downloader(desk.paths.models).discard(name)
            if not left or any(model.name == name for model in desk.models.list()):
                desk.models.remove(name, even_in_use=yes)
            in_use = desk.models.chosen()
        output.notice(f"{name} is removed. In use: {in_use}.")


def _show(store: ModelStore, output: Output) -> None:
    chosen, models = store.chosen(), store.list()
    if output.as_json:
        for model in models:
            output.object(_as_dict(model, model.name == chosen))
        return
    output.table(
        ("  Name", "Size", "Context", "Licence", "SHA-256", "What it is"),
        [
            (
                f"{'*' if model.name == chosen else ' '} {model.name}", _size(model.size),
                f"{model.context:,}", model.licence, f"{model.sha256[:12]}…", "\n".join(filter(None, _what(model))),
            )
            for model in models
        ],
    )  # fmt: skip
    output.notice("* in use. More: `quietdesk model download`.")


def _what(model: InstalledModel) -> tuple[str, str, str]:
    state = ""
    if not model.path.is_file():
        state = "put in place at first use" if model.name == "default" else "its file is missing"
    return model.title, f"from {model.origin}", state


def _as_dict(model: InstalledModel, in_use: bool) -> dict[str, object]:
    return {
        "name": model.name, "title": model.title, "in_use": in_use, "present": model.path.is_file(),
        "size": model.size, "licence": model.licence, "sha256": model.sha256, "origin": model.origin,
        "context": model.context, "architecture": model.architecture, "chat_template": model.chat_template,
        "adapter": model.adapter is not None, "path": str(model.path),
    }  # fmt: skip


def _size(size: int | None) -> str:
    return "unknown size" if size is None else f"{size / 1e6:,.0f} MB"


def _show_catalogue(catalogue: Catalogue, output: Output) -> None:
    output.table(
        ("Name", "Size", "Licence", "What it is"),
        [
            (entry.name, _size(entry.size), entry.licence, f"{entry.title}\nfrom {entry.repository}")
            for entry in catalogue.entries
        ],
    )


def _present(store: ModelStore, entry: CatalogueEntry) -> InstalledModel | None:
    """The model, when it is there already and whole.

    Raises:
        UserError: ``unsupported``: another model has its name.
    """
    found = next((model for model in store.list() if model.name == entry.name), None)
    if found is None:
        return None
    if entry.sha256 is not None and found.sha256 != entry.sha256:
        raise UserError(
            ErrorCode.UNSUPPORTED, "Name is taken", f"There is another model called {entry.name}.",
            f"Remove that one first: `quietdesk model remove {entry.name}`.",
        )
    try:
        with byte_progress("Checking") as progress:
            return store.verify(entry.name, progress=progress)
    except UserError as error:
        if error.code not in (ErrorCode.MODEL_CORRUPT, ErrorCode.MODEL_MISSING):
            raise
        return None


def _download(desk: Desk, catalogue: Catalogue, entry: CatalogueEntry, yes: bool,
              output: Output) -> tuple[Downloader, Path]:  # fmt: skip
    from quietdesk.engine.download import Downloader

    downloader = Downloader(desk.paths.models)
    output.notice(f"Terms of {entry.title}:\n\n{catalogue.terms(entry)}\n")
    _ask(entry, downloader, yes, output)
    with byte_progress(f"Downloading {entry.name}") as progress:
        return downloader, downloader.fetch(entry, progress)


def _take_in(desk: Desk, downloader: Downloader, file: Path, entry: CatalogueEntry) -> InstalledModel:
    try:
        return desk.models.import_file(
            file, entry.name, origin=f"{downloader.host}: {entry.repository}, {entry.file}",
            licence=entry.licence, move=True, try_loading=_try_loading,
        )
    except UserError:
        # It would fail again: nothing is kept.
        downloader.discard(entry.name)
        raise


def _ask(entry: CatalogueEntry, downloader: Downloader, yes: bool, output: Output) -> None:
    """Go on only with the person's consent."""
    what = f"{entry.file} ({_size(entry.size)}) from {downloader.host}"
    if yes:
        output.notice(f"Downloading {what}; the terms are accepted with --yes.")
    elif not sys.stdin.isatty():
        output.notice(f"Nothing was downloaded. To accept the terms and download {what}, add --yes.")
        raise typer.Exit(EXIT_USAGE)
    elif not output.confirm(f"Accept these terms and download {what}?"):
        output.notice("Nothing was downloaded.")
        raise typer.Exit(EXIT_ERROR)


def _try_loading(path: Path) -> None:
    """Whether the worker can load the file; it knows the architectures that llama.cpp supports."""
    from quietdesk.engine.engine import Engine
    from quietdesk.engine.messages import WorkerSettings

    with Engine(lambda: WorkerSettings(path, None)) as engine:
        try:
            engine.info()
        except UserError as error:
            raise UserError(
                ErrorCode.UNSUPPORTED, "Model cannot be loaded", error.message,
                "It may be of a kind that this version does not support yet. Choose another file.",
            ) from error


def _say_installed(store: ModelStore, model: InstalledModel, use: bool, output: Output) -> None:
    if use:
        store.use(model.name)
    output.notice(f"{model.name} is there: {model.title}, {_size(model.size)}, SHA-256 {model.sha256}.")
    output.notice("It is used from now on." if use else f"Use it: `quietdesk model use {model.name}`.")
