"""Options and groups as several commands have them."""

from pathlib import Path
from typing import Annotated

import typer

from arcwatch.commands.console import completion

DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="ARCWATCH_DATA_DIR",
        help="The deployment's folder.",
        show_default=".arcwatch",
        file_okay=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", envvar="ARCWATCH_URL", help="The query API.", show_default="that of the running deployment"),
]
NatsOption = Annotated[
    str | None,
    typer.Option("--nats-url", envvar="NATS_URL", help="NATS.", show_default="that of the running deployment"),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database-url", envvar="DATABASE_URL", help="PostgreSQL.", show_default="that of the running deployment"
    ),
]
DatasetOption = Annotated[
    str | None,
    typer.Option("--dataset", help="Only this dataset, such as owner/name.", autocompletion=completion.datasets),
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many.")]
SearchOption = Annotated[
    str | None, typer.Option("--search", help="Only what holds this text; upper and lower case are the same.")
]
DescendingOption = Annotated[
    bool | None,
    typer.Option("--desc/--asc", help="Which end comes first.", show_default="as is usual for what is sorted by"),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where there is no terminal.")]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait for NATS or PostgreSQL of your own to answer.")
]
DatasetArgument = Annotated[
    str,
    typer.Argument(
        metavar="DATASET", help="Such as arcprize/arc_agi_v2_public_eval.", autocompletion=completion.datasets
    ),
]
ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="The folder's name.", autocompletion=completion.models)
]
OptionalDatasetArgument = Annotated[
    str | None,
    typer.Argument(metavar="DATASET", help="Such as owner/name.", autocompletion=completion.datasets),
]
OptionalModelArgument = Annotated[
    str | None, typer.Argument(metavar="MODEL", help="The folder's name.", autocompletion=completion.models)
]
RunArgument = Annotated[
    int,
    typer.Argument(
        metavar="RUN", min=1, max=2**31 - 1, help="Its id, as `runs ls` shows it.", autocompletion=completion.runs
    ),
]


def group(text: str) -> typer.Typer:
    """Return a group of commands, which typer keeps as one when it has a single command, too."""
    app = typer.Typer(help=text, no_args_is_help=True)
    app.callback()(lambda: None)
    return app


def examples(*lines: str) -> str:
    """Return what a command's help ends with."""
    return "\n\n".join(("Example:" if len(lines) == 1 else "Examples:", *lines))
