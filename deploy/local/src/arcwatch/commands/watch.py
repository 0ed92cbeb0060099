"""`arcwatch runs watch`: runs as they go on, to their end, and an exit status that says how it was."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from arcwatch.commands.console import completion
from arcwatch.commands.console.options import DataDirOption, JsonOption, UrlOption
from arcwatch.commands.console.output import as_json, note, percent, say
from arcwatch.commands.console.styles import style_of
from arcwatch.errors import DeploymentError

_HISTORY = "/api/admin/ingestion-history"
_REQUEST = "/api/admin/ingestion-requests"
_LONGEST_RUN_ID = 10
EVERY_SECONDS = 1.0
# A run of the existing app, or of another version, whose status this one does not know.
UNKNOWN = "unknown"
# The worst first; that of several is the worst's.
_STATUSES = {"failed": 1, "partial": 3, UNKNOWN: 5, "skipped": 4, "completed": 0}
TIMED_OUT = 124
_GOING_ON = frozenset({"queued", "waiting", "running"})

_Targets = dict[str, "Seen"]


@dataclass(frozen=True)
class Seen:
    """What is known of a run or a request now."""

    state: str
    model: str
    run: dict[str, Any] | None = None
    done: int | None = None
    total: int | None = None
    reason: str | None = None

    @property
    def ended(self) -> bool:
        """Whether it stays as it is."""
        return self.state not in _GOING_ON


def watch(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="Its id, or that of a request, as `arcwatch ingest` prints it. Left out: every run that goes on now.",
            show_default=False,
            autocompletion=completion.runs,
        ),
    ] = None,
    *,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to watch at most.")] = 3600.0,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Watch a run to its end.

    Exit status 0: completed; 1: failed; 3: partial, some files could not be used; 4: skipped, nothing was to do;
    5: it ended in a way that this version does not know; 124: not done within --timeout. Of several, that of the worst.
    """
    targets = [target] if target else _going_on(data_dir, url)
    if not targets:
        note("no run goes on now")
    seen = _followed(targets, lambda each: look(data_dir, url, each), timeout, visible=not json)
    if json:
        as_json([{"watched": name, "state": of.state, "reason": of.reason, "run": of.run} for name, of in seen.items()])
    else:
        for name, of in seen.items():
            say(_sentence(name, of), style=style_of("state", of.state))
    ends = {of.state if of.state in _STATUSES else UNKNOWN for of in seen.values()}
    worst = next((state for state in _STATUSES if state in ends), "completed")
    if not all(of.ended for of in seen.values()):
        note(f"not done after {timeout:g} s")
        raise typer.Exit(TIMED_OUT)
    raise typer.Exit(_STATUSES[worst])


def run_of(data_dir: Path | None, url: str | None, run: int) -> dict[str, Any]:
    """Return one run."""
    from arcwatch.clients.api import get

    found: list[dict[str, Any]] = get(data_dir, url, _HISTORY, {"run": run})["runs"]
    if not found:
        raise DeploymentError(f"there is no run {run}; `arcwatch runs ls` lists the latest")
    return found[0]


def look(data_dir: Path | None, url: str | None, target: str) -> Seen:
    """Return how a run is now, or a request."""
    if target.isdigit() and len(target) <= _LONGEST_RUN_ID:
        run = run_of(data_dir, url, int(target))
        return _of_run(run, run.get("progress"))
    from urllib.parse import quote

    from arcwatch.clients.api import get

    found = get(data_dir, url, f"{_REQUEST}/{quote(target, safe='')}", {})
    run = found["run"]
    if run and found["state"] in {"running", "done"}:
        return _of_run(run, found["progress"])
    return Seen(found["state"], found["model"], run, reason=found["reason"])


def _of_run(run: dict[str, Any], progress: dict[str, int] | None) -> Seen:
    done, total = (progress["done"], progress["total"]) if progress else (None, None)
    return Seen(run["status"], run["datasetName"], run, done, total, run["errorLog"])


def _going_on(data_dir: Path | None, url: str | None) -> list[str]:
    from arcwatch.clients.api import get

    found = get(data_dir, url, _HISTORY, {"status": "running"})["runs"]
    return [str(run["id"]) for run in found]


def _followed(targets: list[str], look_at: Callable[[str], Seen], seconds: float, *, visible: bool) -> _Targets:
    """Look until all have ended or the time is over; an API that is away for a while is asked again."""
    from arcwatch.clients.api import NoAnswerError

    ends_at = time.monotonic() + seconds
    seen = {each: look_at(each) for each in targets}
    with _shown(visible=visible) as show:
        while True:
            for name, of in seen.items():
                show(name, of)
            open_ones = [name for name, of in seen.items() if not of.ended]
            if not open_ones or time.monotonic() >= ends_at:
                return seen
            time.sleep(EVERY_SECONDS)
            for name in open_ones:
                with contextlib.suppress(NoAnswerError):
                    seen[name] = look_at(name)


@contextlib.contextmanager
def _shown(*, visible: bool) -> Iterator[Callable[[str, Seen], None]]:
    """Yield what shows how things are: bars on a terminal, elsewhere a line whenever a state changes."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars: dict[str, Any] = {}
    states: dict[str, str] = {}
    with Progress(*columns, console=console, disable=not (visible and console.is_terminal), transient=True) as progress:

        def show(name: str, of: Seen) -> None:
            if name not in bars:
                bars[name] = progress.add_task("", total=None)
            progress.update(bars[name], description=_title(name, of), completed=of.done or 0, total=of.total)
            if visible and progress.disable and not of.ended and states.get(name) != of.state:
                note(_title(name, of))
            states[name] = of.state

        yield show


def _title(name: str, of: Seen) -> str:
    return f"{name} {of.model}: {of.state}"


def _sentence(name: str, of: Seen) -> str:
    said = f"{name} {of.model}: {of.state}"
    if of.state in {"completed", "partial"} and of.run:
        left = f", {of.run['failed']} files could not be used" if of.run["failed"] else ""
        return f"{said}: {percent(of.run['score'])} of the set{left}"
    return f"{said}: {of.reason.splitlines()[0]}" if of.reason else said
