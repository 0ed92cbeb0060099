"""`arcwatch up`, `demo` and `hub`: what runs until Ctrl-C."""

import importlib.util
import sys
from pathlib import Path
from typing import Annotated

import typer

from arcwatch.commands.console.options import DataDirOption, WaitOption, examples
from arcwatch.errors import DeploymentError

PortOption = Annotated[
    int, typer.Option("--port", envvar="PORT", min=0, max=65_535, help="Where the page and the API are; 0 for any.")
]
HostOption = Annotated[
    str,
    typer.Option("--host", envvar="HOST", help="The address that page and API listen on; :: for all, IPv4 and IPv6."),
]
IngestersOption = Annotated[int, typer.Option("--ingesters", min=1, max=32, help="How many ingesters share the work.")]

UP = examples(
    "arcwatch up",
    "arcwatch up --port 9000 --ingesters 2",
)
DEMO = examples(
    "arcwatch demo",
    "arcwatch demo --port 9000 --every 1",
)
HUB = examples(
    "arcwatch hub submissions --port 8400",
)


def up(
    *,
    data_dir: DataDirOption = None,
    port: PortOption = 8080,
    host: HostOption = "127.0.0.1",
    ingesters: IngestersOption = 1,
    wait: WaitOption = 30.0,
) -> None:
    """Watch the Hub: start NATS, PostgreSQL and every service in this terminal. Ctrl-C stops everything.

    NATS_URL and DATABASE_URL name servers of your own to use instead. Services take their settings (HF_TOKEN,
    HF_DATASETS, ...) from the environment. Data stays in the data folder.
    """
    from arcwatch.data_dir import DataDir
    from arcwatch.embedded.deployment import Extras, Options
    from arcwatch.embedded.up import up as run

    run(Options(DataDir.at(data_dir), port, ingesters, host, patience_seconds=wait), Extras())


def demo(
    *,
    data_dir: DataDirOption = None,
    port: PortOption = 8080,
    host: HostOption = "127.0.0.1",
    ingesters: IngestersOption = 1,
    every: Annotated[float, typer.Option("--every", min=0.1, help="Seconds between two landings.")] = 5.0,
) -> None:
    """Show everything without a network: a local Hub in which a new sample submission lands every few seconds.

    Each demo begins with empty data, in the folder `demo` of the data folder; that of `arcwatch up` is not touched.
    """
    from arcwatch.data_dir import DataDir
    from arcwatch.embedded.demo import Demo
    from arcwatch.embedded.deployment import Options
    from arcwatch.embedded.up import up as run

    _require_local_hub("demo")
    run(Options(DataDir.at(data_dir).demo, port, ingesters, host, fresh=True), Demo(every))


def hub(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Holds OWNER/DATASET/MODEL/TASK.json")],
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Where to listen; 0 for any.")] = 0,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; containers reach that of Docker's bridge.")
    ] = "127.0.0.1",
) -> None:
    """Serve a folder of submissions as a Hub: for demos, tests and development.

    Point HF_ENDPOINT at it. Changes in the folder are seen at the next request, and uploads are written into it; they
    need a token, any will do.
    """
    import asyncio
    import contextlib

    _require_local_hub("hub")
    from localhub.run import run_hub

    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(run_hub(directory, port, host=host))


def _require_local_hub(command: str) -> None:
    if importlib.util.find_spec("localhub") is None:
        # By path: the members are on no package index. pip fills the environments that have no pip, too.
        raise DeploymentError(
            f"`arcwatch {command}` needs the local Hub, which is not installed: in arcwatch's source tree, "
            f"`python3 -m pip --python {sys.executable} install ./deploy/localhub` adds it"
        )
