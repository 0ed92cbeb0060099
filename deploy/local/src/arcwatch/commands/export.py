"""`arcwatch export`: all data as files, of one instant."""

import contextlib
import signal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arcwatch.commands.console.options import DataDirOption, DatasetOption, JsonOption, UrlOption, examples
from arcwatch.commands.console.output import as_json, note, say, table
from arcwatch.commands.console.signals import ending, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arcwatch.clients.exports import Progress

_COLUMNS = ("file", "rows", "bytes", "sha256")
_TABLES = ("submissions", "tasks", "attempts")
EXAMPLES = examples("arcwatch export data", "arcwatch export data --format csv --what submissions,tasks --json")


class FileFormat(StrEnum):
    """What the files are."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put the files.", file_okay=False)],
    *,
    file_format: Annotated[FileFormat, typer.Option("--format", help="What the files are.")] = FileFormat.PARQUET,
    what: Annotated[str, typer.Option(help="Which tables, with commas.")] = ",".join(_TABLES),
    dataset: DatasetOption = None,
    model: Annotated[str | None, typer.Option(help="Only this model's folder.")] = None,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="What the models wrote, too: many times as large.")
    ] = False,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Put all submissions, their tasks and their attempts into DIR as files, with a manifest.

    All files are of one instant, and compared with their hashes; docs/export.md names the columns. Files of an earlier
    export are replaced. After a failure, Ctrl-C or SIGTERM, DIR is as it was before.
    """
    from arcwatch.clients import exports
    from arcwatch.clients.running import url_of

    if unknown := [each for each in what.split(",") if each not in _TABLES]:
        raise typer.BadParameter(f"there is no table {unknown[0]!r}; there are {', '.join(_TABLES)}")
    query = {
        "format": file_format.value,
        "what": what,
        "dataset": dataset,
        "model": model,
        "withText": "true" if with_text else None,
    }
    with _stoppable(), _progress(visible=not json) as progress:
        manifest = exports.export(url_of("url", data_dir, url), query, folder, progress)
    if json:
        as_json(manifest)
    else:
        _show(manifest, folder)


def _show(manifest: "Mapping[str, Any]", folder: Path) -> None:
    files = manifest["files"]
    table(_COLUMNS, [[folder / each["name"], each["rows"], each["bytes"], each["sha256"]] for each in files], empty="")
    note(f"as of {manifest['exportedAt']}; {folder / 'manifest.json'} says more")


@contextlib.contextmanager
def _stoppable() -> "Iterator[None]":
    """Have SIGTERM and a terminal that goes away end the command as Ctrl-C does: what is there by half goes."""

    def stop(number: int, _: object) -> None:
        raise SystemExit(status_of(number))

    before = {number: signal.signal(number, stop) for number in ending()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _progress(*, visible: bool) -> "Iterator[Progress]":
    """Yield what shows on standard error how much is there; where that is no terminal, only what goes wrong."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

    from arcwatch.clients import exports

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not (visible and console.is_terminal)) as bar:
        task = bar.add_task("export", total=None)
        yield exports.Progress(
            received=lambda count: bar.update(task, completed=count), again=lambda why: say(why, err=True)
        )
