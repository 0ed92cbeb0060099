"""`arcwatch score`: a folder on this disk, scored as an ingestion would score it, without any server."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arcwatch.commands.console.options import JsonOption, examples
from arcwatch.commands.console.output import as_json, percent, say, table

if TYPE_CHECKING:
    from arcwatch.scoring.document import Scored
    from arcwatch.scoring.models import Choice, Model

# From so many files on it takes so long that people want to see it go on.
_MANY_FILES = 200
_SHOWN_FILES = 5
_SUMMARY = ("model", "task set", "score", "of submitted", "solved", "submitted", "tasks", "errors", "warnings")
_LOOKED_FOR = "<task id>.json, directly or in folders below, or submission.json or attempts.json for all tasks"

EXAMPLES = examples(
    "arcwatch score submissions/my-model",
    "arcwatch score submissions/my-model --source ARC2-Eval --fail-on warning --expect results.json",
)


class FailOn(StrEnum):
    """From which severity on findings fail."""

    ERROR = "error"
    WARNING = "warning"


_DirArgument = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="A model's folder, or one of several.", exists=True, file_okay=False),
]
_FailOnOption = Annotated[FailOn, typer.Option("--fail-on", help="The least severity of a finding that fails.")]
_ExpectOption = Annotated[
    Path | None,
    typer.Option(
        "--expect",
        help="The official scorer's results.json, or what --json printed before: any difference fails.",
        exists=True,
        dir_okay=False,
    ),
]
_SourceOption = Annotated[
    str | None, typer.Option("--source", help="The task set, such as ARC2-Eval.", show_default="told by names")
]
_TasksDirOption = Annotated[
    Path | None,
    typer.Option("--tasks-dir", envvar="ARC_TASKS_DIR", help="Task sets besides the bundled ones.", file_okay=False),
]


def score(
    directory: _DirArgument,
    *,
    fail_on: _FailOnOption = FailOn.ERROR,
    expect: _ExpectOption = None,
    source: _SourceOption = None,
    tasks_dir: _TasksDirOption = None,
    json: JsonOption = False,
) -> None:
    """Score a folder before its upload, by the same rules: without a server, a database or a network.

    Exit status 0 when all is well, 1 when there are findings of --fail-on or differences from --expect, 2 when there
    is nothing to score or its task set is not known.
    """
    from arcwatch.scoring.document import as_document

    scored = _score(directory, source, tasks_dir)
    documents = [as_document(each) for each in scored]
    differences = _differences(expect, scored, documents, tasks_dir) if expect else []
    failed = [each["model"] for each in documents if _fails(each["findings"], fail_on)]
    if json:
        as_json({"models": documents, "failed": failed, "differences": [each._asdict() for each in differences]})
    else:
        _show(documents, differences, fail_on)
    if failed or differences:
        raise typer.Exit(1)


def _score(directory: Path, source: str | None, tasks_dir: Path | None) -> "list[Scored]":
    from common.process.choices import no_such

    from arcwatch.scoring.disk import scan
    from arcwatch.scoring.models import available_sources, find_models
    from arcwatch.scoring.scorer import score_model

    sources = available_sources(tasks_dir)
    if source and source not in sources:
        raise typer.BadParameter(no_such("task set", source, sources))
    folder = scan(directory.resolve())
    models = find_models(folder, [source] if source else sources, tasks_dir)
    if not models:
        raise typer.BadParameter(f"no submission in {directory}: looked for {_LOOKED_FOR}")
    choices = _choices(models, source, tasks_dir)
    with _progress_bar(sum(len(model.folder.files) for model in models)) as advance:
        return [score_model(model, choice, tasks_dir, advance) for model, choice in zip(models, choices, strict=True)]


def _choices(models: "Sequence[Model]", source: str | None, tasks_dir: Path | None) -> "list[Choice]":
    """Return each model's task set; one that does not tell its own has that of most others."""
    from collections import Counter

    from arcwatch.scoring.models import Choice, available_sources, choose_source

    if source:
        return [Choice(source, "by --source")] * len(models)
    told = [choose_source(model.folder, tasks_dir) for model in models]
    counted = Counter(choice.source for choice in told if choice)
    if not counted:
        sources = ", ".join(available_sources(tasks_dir))
        raise typer.BadParameter(
            f"neither names of folders nor ids of tasks tell the task set of {models[0].name}: say --source; "
            f"there are {sources}, and ARC_TASKS_DIR (or --tasks-dir) may hold others"
        )
    usual = counted.most_common(1)[0][0]
    return [choice or Choice(usual, "guessed: that of the others", guessed=True) for choice in told]


@contextlib.contextmanager
def _progress_bar(files: int) -> "Iterator[Callable[[str], object]]":
    """Yield what shows progress on standard error, where there is much to do and that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    visible = files >= _MANY_FILES and console.is_terminal
    with Progress(*columns, console=console, disable=not visible, transient=True) as progress:
        task = progress.add_task("", total=files)
        yield lambda _: progress.advance(task)


def _differences(
    expect: Path, scored: "Sequence[Scored]", documents: Sequence[Any], tasks_dir: Path | None
) -> list[Any]:
    from arcwatch.scoring.expectation import ExpectationError, differences

    try:
        return differences(expect.read_bytes(), scored, documents, tasks_dir)
    except ExpectationError as error:
        raise typer.BadParameter(f"{expect}: {error}") from error


def _fails(findings: Sequence[Any], fail_on: FailOn) -> bool:
    severities = {"error"} if fail_on is FailOn.ERROR else {"error", "warning"}
    return any(each["severity"] in severities for each in findings)


def _show(documents: Sequence[Any], differences: Sequence[Any], fail_on: FailOn) -> None:
    if len(documents) > 1:
        table(_SUMMARY, map(_summary, documents), empty="", spare=("tasks", "submitted", "solved", "task set"))
        say("")
    for each in documents:
        if len(documents) == 1:
            _show_figures(each)
        _show_findings(each)
    for difference in differences:
        say(f"differs: {difference.model}: {difference.figure}: {difference.message} ({difference.name})")
    say(_verdict(documents, differences, fail_on))


def _summary(of: Any) -> tuple[object, ...]:
    counts = (of["tasksSolved"], of["tasksSubmitted"], of["tasksTotal"], _count(of, "error"), _count(of, "warning"))
    return of["model"], of["source"], percent(of["score"]), percent(of["scoreSubmitted"]), *counts


def _show_figures(of: Any) -> None:
    points = sum(each["pairsSolved"] / each["pairsTotal"] for each in of["tasks"].values())
    low, high = of["scoreInterval"].values()
    attempts = ", ".join(f"{each['accuracyPercent']:.2f}%" for each in of["attempts"])
    rows = [
        ("model", of["model"]),
        ("task set", f"{of['source']}, version {of['taskSetVersion']} ({of['sourceReason']})"),
        ("rules", f"version {of['rulesVersion']}"),
        ("score", f"{percent(of['score'], 2)} of the set's {of['tasksTotal']} tasks ({points:.10g} points)"),
        ("95% interval", f"{percent(low)} to {percent(high)}"),
        ("of submitted", f"{percent(of['scoreSubmitted'], 2)} of {of['tasksSubmitted']} tasks"),
        ("solved", f"{of['tasksSolved']} tasks whole, {of['pairsSolved']} of {of['pairsTotal']} pairs"),
        ("by attempt", attempts or "-"),
        ("used", _usage(of)),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        say(f"{name.ljust(width)}  {value}")
    say("")


def _usage(of: Any) -> str:
    cost, tokens, time = of["totalCost"], of["totalTokens"], of["totalTimeMs"]
    known = (
        f"${cost:,.2f}" if cost is not None else "cost not known",
        f"{tokens:,} tokens" if tokens is not None else "tokens not known",
        f"{time / 1000:,.0f} s" if time is not None else "time not known",
    )
    return ", ".join(known)


def _show_findings(of: Any) -> None:
    for each in of["findings"]:
        say(f"{each['severity']}: {of['model']}: {each['kind']} ({each['count']}). {each['advice']}")
        for file in each["files"][:_SHOWN_FILES]:
            say(f"    {file['subject'] or 'the folder'}: {file['message']}")
        if len(each["files"]) > _SHOWN_FILES:
            say(f"    and {len(each['files']) - _SHOWN_FILES} more; --json lists all")
    if of["findings"]:
        say("")


def _verdict(documents: Sequence[Any], differences: Sequence[Any], fail_on: FailOn) -> str:
    errors, warnings = (sum(_count(each, severity) for each in documents) for severity in ("error", "warning"))
    found = f"{errors} errors, {warnings} warnings"
    if differences:
        return f"failed: {len(differences)} differences from what was expected; {found}"
    failed = errors or (fail_on is FailOn.WARNING and warnings)
    return f"failed: {found}" if failed else f"passed: {found}"


def _count(of: Any, severity: str) -> int:
    return sum(each["count"] for each in of["findings"] if each["severity"] == severity)
