"""What a shell offers on Tab: names and runs that the running deployment knows, or nothing at all, and soon."""

import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

# A shell waits for it, and so does the person at it.
SECONDS = 1.0
# Names come from whoever uploads. What a shell would act upon is not offered: some insert it as it is.
_HARMLESS = re.compile(r"[\w.@+][\w.@+/=-]*", re.ASCII)
_RUNS = 50


def datasets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the datasets of which something is ingested."""
    return _fit({row["dataset"] for row in _models(ctx)}, incomplete)


def models(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the ingested folders, of the dataset where one is named already."""
    wanted = ctx.params.get("dataset")
    return _fit({row["model"] for row in _models(ctx) if wanted in {None, row["dataset"]}}, incomplete)


def runs(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the latest runs, with what each was."""
    found = _asked(ctx, "/api/admin/ingestion-history", {"limit": _RUNS}, "runs")
    return [
        (str(run["id"]), f"{run['status']}, {run['datasetName']}")
        for run in found
        if str(run["id"]).startswith(incomplete)
    ]


def _models(ctx: typer.Context) -> list[dict[str, Any]]:
    return _asked(ctx, "/api/models", {}, "data")


def _fit(names: set[str], incomplete: str) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete) and _HARMLESS.fullmatch(name))


def _asked(ctx: typer.Context, path: str, query: dict[str, object], field: str) -> list[dict[str, Any]]:
    """Return what the API says within a second: it is asked in a thread, which ends with the process at the latest."""
    found: list[dict[str, Any]] = []

    def ask() -> None:
        with contextlib.suppress(Exception):  # a shell has no place for what went wrong
            found.extend(_answer(ctx, path, query, field))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(SECONDS)
    return list(found)


def _answer(ctx: typer.Context, path: str, query: dict[str, object], field: str) -> Iterator[dict[str, Any]]:
    from arcwatch.clients.api import get

    data_dir = ctx.params.get("data_dir")
    yield from get(Path(data_dir) if data_dir else None, ctx.params.get("url"), path, query, SECONDS)[field]
