"""Options and groups as several commands have them."""

from pathlib import Path
from typing import Annotated

import typer

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
DatasetOption = Annotated[str | None, typer.Option("--dataset", help="Only this dataset, such as owner/name.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many.")]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait for NATS or PostgreSQL of your own to answer.")
]


def group(text: str) -> typer.Typer:
    """Return a group of commands, which typer keeps as one when it has a single command, too."""
    app = typer.Typer(help=text, no_args_is_help=True)
    app.callback()(lambda: None)
    return app
