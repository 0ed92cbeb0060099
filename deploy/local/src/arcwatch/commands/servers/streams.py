"""`arcwatch topology ...` and `nats-url`: NATS, for who works with it by hand."""

from typing import TYPE_CHECKING, Annotated

import typer

from arcwatch.commands.console.calls import on_nats
from arcwatch.commands.console.confirm import confirm
from arcwatch.commands.console.options import (
    DataDirOption,
    JsonOption,
    NatsOption,
    WaitOption,
    YesOption,
    examples,
    group,
)
from arcwatch.commands.console.output import as_json, say, table

if TYPE_CHECKING:
    from arcwatch.clients.stream_contents import Contents

topology = group("The streams and consumers on NATS.")
_MEBIBYTE = 1024**2

NATS_URL = examples(
    "arcwatch nats-url",
    "arcwatch nats-url --user watcher --json",
)


@topology.command(epilog=examples("arcwatch topology apply --check", "arcwatch topology apply --replicas 3"))
def apply(
    *,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    replicas: Annotated[int, typer.Option(envvar="NATS_REPLICAS", min=1, max=5, help="3 on a cluster.")] = 1,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit status 1 where something differs.")
    ] = False,
    wait: WaitOption = 30.0,
    json: JsonOption = False,
) -> None:
    """Make NATS match the table of streams and consumers, and say what differed. Safe to run again."""
    from functools import partial

    from common.bus import topology

    from arcwatch.clients import audit_lines

    ask = topology.drift if check else topology.apply
    waits = partial(say, err=True)
    database = None if check else audit_lines.database_of(data_dir, nats_url)
    with audit_lines.audited(database, "topology.apply", replicas=replicas):
        found = on_nats(lambda client: ask(client.jetstream(timeout=10), replicas), data_dir, nats_url, wait, waits)
    if json:
        as_json({"applied": not check, "drift": [str(each) for each in found]})
    else:
        for each in found:
            say(str(each))
        say(_summary(len(found), check=check))
    if check and found:
        raise typer.Exit(1)


def _summary(differences: int, *, check: bool) -> str:
    if not differences:
        return "the topology is as it should be"
    if check:
        return f"{differences} differences; `arcwatch topology apply` mends them"
    return f"mended {differences} differences"


@topology.command(epilog=examples("arcwatch topology ls"))
def ls(*, data_dir: DataDirOption = None, nats_url: NatsOption = None, json: JsonOption = False) -> None:
    """Show what the streams hold, subject by subject, and how full they are."""
    from dataclasses import asdict

    from arcwatch.clients import stream_contents

    found = on_nats(stream_contents.contents, data_dir, nats_url)
    if json:
        as_json([asdict(each) for each in found])
        return
    rows = [(each.stream, subject, count) for each in found for subject, count in sorted(each.subjects.items())]
    table(("stream", "subject", "messages"), rows, empty="the streams are empty")
    for each in found:
        say(_room(each))


def _room(of: "Contents") -> str:
    limit = f" of {of.max_bytes / _MEBIBYTE:.0f}" if of.max_bytes > 0 else ""
    return f"{of.stream}: {of.messages} messages, {of.bytes / _MEBIBYTE:.1f}{limit} MiB"


@topology.command(epilog=examples("arcwatch topology purge model.discovered --keep 1000"))
def purge(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="As `topology ls` shows it.")],
    *,
    keep: Annotated[int, typer.Option("--keep", min=1, help="The newest stay: so many.")] = 1_000,
    yes: YesOption = False,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    json: JsonOption = False,
) -> None:
    """Make room on the stream ARCWATCH: remove the oldest messages of a subject, delivered or not.

    The next sync finds again what was dropped before it was ingested.
    """
    from functools import partial

    from arcwatch.clients import audit_lines, stream_contents

    confirm(f"Remove all messages of {subject} but the newest {keep}?", yes=yes)
    with audit_lines.audited(audit_lines.database_of(data_dir, nats_url), "topology.purge", subject=subject, keep=keep):
        removed = on_nats(partial(stream_contents.purge, subject=subject, keep=keep), data_dir, nats_url)
    if json:
        as_json({"subject": subject, "removed": removed})
    else:
        say(f"removed {removed} messages of {subject}")


def nats_url(
    *,
    user: Annotated[
        str, typer.Option("--user", help="admin may do everything; watcher, ingester and query-api what they need.")
    ] = "admin",
    data_dir: DataDirOption = None,
    json: JsonOption = False,
) -> None:
    """Print the URL of the running deployment's NATS, with user and password, for any NATS client.

    nats -s "$(arcwatch nats-url)" pub model.discovered '{"dataset":"owner/name","model":"some-model"}'

    Users other than admin receive answers only under their own inbox prefix, which --json tells.
    """
    from common.bus.servers import inbox_prefix_of

    from arcwatch.clients.running import nats_url_of

    url = nats_url_of(data_dir, user)
    if json:
        as_json({"url": url, "user": user, "inbox_prefix": inbox_prefix_of(url).decode()})
    else:
        say(url)
