"""A progress bar on standard error, where that is a terminal."""

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from common.events import IngestionProgress


@contextlib.contextmanager
def bar_of(model: str, *, visible: bool) -> "Iterator[Callable[[IngestionProgress], None]]":
    """Yield what shows an ingestion's progress; without a terminal it shows nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not (visible and console.is_terminal)) as progress:
        task = progress.add_task(f"{model}: waiting for an ingester", total=None)

        def show(event: "IngestionProgress") -> None:
            progress.update(task, description=event.model, completed=event.done, total=event.total)

        yield show
