"""`arcwatch notify test`, `channels`, `ls`, `replay`, `rm` and `secret`: outgoing notifications."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from arcwatch.commands.console.calls import read, run
from arcwatch.commands.console.confirm import confirm
from arcwatch.commands.console.options import (
    DatabaseOption,
    DataDirOption,
    JsonOption,
    UrlOption,
    YesOption,
    examples,
    group,
)
from arcwatch.commands.console.output import as_json, moment, say, table
from arcwatch.errors import DeploymentError

app = group("Notifications: webhooks, chats and mailboxes that hear what landed and failed.")

_COLUMNS = ("id", "channel", "status", "news", "since", "next", "attempts", "error")
_SPARE = ("since", "next")
_CHANNEL_COLUMNS = ("channel", "kind", "notifier", "waiting", "dead", "last taken", "last failed", "error", "last test")
_CHANNEL_SPARE = ("last taken", "last failed", "error")
_NONE = "no message waits, and none is dead"

FileOption = Annotated[
    Path | None,
    typer.Option("--file", envvar="NOTIFICATIONS_FILE", help="The file of channels.", show_default="none"),
]
IdsArgument = Annotated[
    list[UUID] | None, typer.Argument(metavar="ID", help="As `notify ls` shows them.", show_default=False)
]
AllOption = Annotated[bool, typer.Option("--all", help="Every dead one.")]


@app.command("test", epilog=examples("arcwatch notify test ops", "arcwatch notify test team --by-notifier"))
def try_channel(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The channel's, in the file.")],
    *,
    file: FileOption = None,
    by_notifier: Annotated[
        bool, typer.Option("--by-notifier", help="Have the running notifier send it: an admin's token is needed.")
    ] = False,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Send a test message to a channel, once, and say whether it was taken: from here, or from the notifier.

    From here nothing is stored. --by-notifier asks the query API; the token is ADMIN_TOKEN of the environment, else
    that of the running deployment.
    """
    from arcwatch.clients import channels

    taken = (
        channels.test_by_notifier(data_dir, url, name) if by_notifier else channels.Taken(*_tried_from_here(name, file))
    )
    if json:
        as_json({"channel": name, "taken": taken.reason is None, "kind": taken.kind, "reason": taken.reason})
    elif taken.reason is None:
        say(f"{name} took the message")
    if taken.reason is not None and not json:
        raise DeploymentError(f"{name} did not take the message ({taken.kind}): {taken.reason}")
    if taken.reason is not None:
        raise typer.Exit(1)


def _tried_from_here(name: str, file: Path | None) -> tuple[str | None, str | None]:
    from notifier.settings import Settings

    from arcwatch.clients import notifications

    settings = read(lambda: Settings(notifications_file=file) if file else Settings())
    tried = run(notifications.send_test(settings.channels, name, settings.site))
    return tried.kind, tried.reason


@app.command("channels", epilog=examples("arcwatch notify channels", "arcwatch notify channels --json"))
def list_channels(*, data_dir: DataDirOption = None, url: UrlOption = None, json: JsonOption = False) -> None:
    """List the notifier's channels: whether it runs, what became of their messages and of the last test.

    The token is ADMIN_TOKEN of the environment, else that of the running deployment.
    """
    from arcwatch.clients import channels

    found = channels.listed(data_dir, url)
    if json:
        as_json(found)
        return
    table(_CHANNEL_COLUMNS, map(_channel_row, found), empty="no notifier has told of a channel", spare=_CHANNEL_SPARE)


@app.command(epilog=examples("arcwatch notify ls", "arcwatch notify ls --json"))
def ls(*, data_dir: DataDirOption = None, database_url: DatabaseOption = None, json: JsonOption = False) -> None:
    """List the messages that are held, wait to be sent again, or are dead; the oldest first."""
    from arcwatch.clients import notifications

    found = run(notifications.unsent(_url(data_dir, database_url)))
    if json:
        as_json(found)
        return
    table(_COLUMNS, map(_row, found), empty=_NONE, spare=_SPARE)


@app.command(epilog=examples("arcwatch notify replay --all"))
def replay(
    ids: IdsArgument = None,
    *,
    every: AllOption = False,
    data_dir: DataDirOption = None,
    database_url: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Have dead messages sent again, under the same ids."""
    from arcwatch.clients import audit_lines, notifications

    chosen, url = _chosen(ids, every=every), _url(data_dir, database_url)
    with audit_lines.audited(url, "notifications.replay", ids=chosen, all=every or None):
        done = run(notifications.replay(url, chosen))
    _tell(done, "will be sent", json=json)


@app.command(epilog=examples("arcwatch notify rm --all --yes"))
def rm(
    ids: IdsArgument = None,
    *,
    every: AllOption = False,
    yes: YesOption = False,
    data_dir: DataDirOption = None,
    database_url: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Remove dead messages for good, or by their ID those that wait, too: what they tell is not told."""
    from arcwatch.clients import audit_lines, notifications

    chosen, url = _chosen(ids, every=every), _url(data_dir, database_url)
    many = "every dead message" if chosen is None else f"{len(chosen)} messages"
    confirm(f"Remove {many} for good?", yes=yes)
    with audit_lines.audited(url, "notifications.drop", ids=chosen, all=every or None):
        done = run(notifications.remove(url, chosen))
    _tell(done, "removed", json=json)


@app.command(epilog=examples("arcwatch notify secret"))
def secret() -> None:
    """Print a new secret for a webhook. Keep it from others; the receiver needs it, too."""
    from notifier.channels.secrets import fresh_secret

    say(fresh_secret())


def _url(data_dir: Path | None, given: str | None) -> str:
    from common.process import logs

    from arcwatch.clients.running import url_of

    logs.configure("critical", "console", "notify")
    return url_of("database_url", data_dir, given)


def _chosen(ids: list[UUID] | None, *, every: bool) -> list[UUID] | None:
    if every == bool(ids):
        raise typer.BadParameter("name the messages by their ID, or say --all")
    return None if every else ids


def _tell(done: list[UUID], what: str, *, json: bool) -> None:
    if json:
        as_json([str(each) for each in done])
        return
    for each in done:
        say(f"{each} {what}")
    if not done:
        say("there is no such message")


def _row(message: dict[str, Any]) -> list[object]:
    times = [moment(message[name].isoformat()) for name in ("created_at", "due_at")]
    shown = [message["id"], message["channel"], message["status"], message["pieces"]]
    return [*shown, times[0], "-" if message["status"] == "dead" else times[1], message["attempts"], message["error"]]


def _channel_row(of: dict[str, Any]) -> list[object]:
    state = "runs" if of["running"] else "does not run" if of["kind"] else "has it no more"
    taken, failed = (moment(of[name]) if of[name] else "-" for name in ("sentAt", "failedAt"))
    test = of["lastTest"]
    tested = "-" if test is None else f"{test['state']}: {test['reason']}" if test["reason"] else test["state"]
    return [of["name"], of["kind"] or "-", state, of["waiting"], of["dead"], taken, failed, of["error"] or "-", tested]
