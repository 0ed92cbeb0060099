"""The command `arcwatch`: which commands there are. What each one does is in `commands/`, loaded when it is used."""

import io
import os
import sys
from pathlib import Path

import typer
from dotenv import load_dotenv

from arcwatch.commands import (
    doctor,
    export,
    ingest,
    names,
    rescore,
    runs,
    score,
    start,
    submissions,
    sync,
    verify,
    webhooks,
)
from arcwatch.commands.console import root
from arcwatch.commands.console.endings import ended
from arcwatch.commands.notifications import notify
from arcwatch.commands.operations import audit, datasets, dead
from arcwatch.commands.recovery import backup, rebuild, restore
from arcwatch.commands.servers import streams, tables
from arcwatch.errors import DeploymentError

app = typer.Typer(
    name="arcwatch",
    cls=root.Commands,
    help="Watch Hugging Face for ARC-AGI submissions, score them, and tell which model is the latest.",
    epilog="Begin with `arcwatch demo`, which needs no network, or `arcwatch up`. "
    "The other commands find the running deployment through its data folder (--data-dir).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(root.options)

app.command("up", rich_help_panel="Run", epilog=start.UP)(start.up)
app.command("demo", rich_help_panel="Run", epilog=start.DEMO)(start.demo)
app.command("hub", rich_help_panel="Run", epilog=start.HUB)(start.hub)
app.add_typer(submissions.models, name="models", rich_help_panel="Look")
app.add_typer(runs.runs, name="runs", rich_help_panel="Look")
app.command("doctor", rich_help_panel="Look", epilog=doctor.EXAMPLES)(doctor.doctor)
app.command("export", rich_help_panel="Look", epilog=export.EXAMPLES)(export.export)
app.command("score", rich_help_panel="Check", epilog=score.EXAMPLES)(score.score)
app.command("verify", rich_help_panel="Check", epilog=verify.EXAMPLES)(verify.verify)
app.command("sync", rich_help_panel="Operate", epilog=sync.EXAMPLES)(sync.sync)
app.command("ingest", rich_help_panel="Operate", epilog=ingest.EXAMPLES)(ingest.ingest)
app.command("rescore", rich_help_panel="Operate", epilog=rescore.EXAMPLES)(rescore.rescore)
app.add_typer(names.names, name="names", rich_help_panel="Operate")
app.add_typer(datasets.datasets, name="datasets", rich_help_panel="Operate")
app.add_typer(dead.app, name="dead", rich_help_panel="Operate")
app.add_typer(audit.audit, name="audit", rich_help_panel="Look")
app.add_typer(notify.app, name="notify", rich_help_panel="Operate")
app.add_typer(webhooks.app, name="webhooks", rich_help_panel="Operate")
app.command("migrate", rich_help_panel="Operate", epilog=tables.MIGRATE)(tables.migrate)
app.command("sql", rich_help_panel="Look", epilog=tables.SQL)(tables.sql)
app.command("nats-url", rich_help_panel="Operate", epilog=streams.NATS_URL)(streams.nats_url)
app.add_typer(streams.topology, name="topology", rich_help_panel="Operate")
app.command("backup", rich_help_panel="Recover", epilog=backup.EXAMPLES)(backup.backup)
app.command("restore", rich_help_panel="Recover", epilog=restore.EXAMPLES)(restore.restore)
app.command("rebuild", rich_help_panel="Recover", epilog=rebuild.EXAMPLES)(rebuild.rebuild)


def main() -> None:
    """Run a command and exit; `ended` says with which status."""
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a locale that has no such letter ends no command
    sys.exit(ended(_run))


def _open_what_is_closed() -> None:
    """Have nothing read and written where a standard stream is closed (`>&-`): else a file of ours takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - until the end


def _run() -> None:
    settings = Path.cwd() / ".env"
    try:
        load_dotenv(settings)  # what is set already wins
    except UnicodeDecodeError as error:
        raise DeploymentError(f"{settings} is not UTF-8") from error
    app(prog_name="arcwatch")
