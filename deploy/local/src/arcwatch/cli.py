"""The command `arcwatch`: which commands there are. What each one does is in `commands/`, loaded when it is used."""

import sys
from pathlib import Path

import typer
from dotenv import load_dotenv

from arcwatch.commands import (
    dead,
    doctor,
    ingest,
    names,
    rescore,
    runs,
    score,
    servers,
    start,
    submissions,
    sync,
    verify,
    webhooks,
)
from arcwatch.errors import explained
from arcwatch.printable import printable

app = typer.Typer(
    name="arcwatch",
    help="Watch Hugging Face for ARC-AGI submissions, score them, and tell which model is the latest.",
    epilog="Begin with `arcwatch demo`, which needs no network, or `arcwatch up`. "
    "The other commands find the running deployment through its data folder (--data-dir).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("up", rich_help_panel="Run")(start.up)
app.command("demo", rich_help_panel="Run")(start.demo)
app.command("hub", rich_help_panel="Run")(start.hub)
app.add_typer(submissions.models, name="models", rich_help_panel="Look")
app.add_typer(runs.runs, name="runs", rich_help_panel="Look")
app.command("doctor", rich_help_panel="Look")(doctor.doctor)
app.command("score", rich_help_panel="Check")(score.score)
app.command("verify", rich_help_panel="Check")(verify.verify)
app.command("sync", rich_help_panel="Operate")(sync.sync)
app.command("ingest", rich_help_panel="Operate")(ingest.ingest)
app.command("rescore", rich_help_panel="Operate")(rescore.rescore)
app.add_typer(names.names, name="names", rich_help_panel="Operate")
app.add_typer(dead.app, name="dead", rich_help_panel="Operate")
app.add_typer(webhooks.app, name="webhooks", rich_help_panel="Operate")
app.command("migrate", rich_help_panel="Operate")(servers.migrate)
app.command("nats-url", rich_help_panel="Operate")(servers.nats_url)
app.add_typer(servers.topology, name="topology", rich_help_panel="Operate")


def main() -> None:
    """Run a command; whatever a user can mend is one line on standard error and exit status 1."""
    load_dotenv(Path.cwd() / ".env")  # what is set already wins
    try:
        app()
    except Exception as error:
        known = explained(error)
        if known is None:
            raise
        print(f"arcwatch: {printable(str(known))}", file=sys.stderr)  # noqa: T201 - the one line
        sys.exit(1)
