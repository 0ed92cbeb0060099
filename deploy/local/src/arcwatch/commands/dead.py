"""`arcwatch dead ls`, `dead replay` and `dead rm`: the dead letters."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arcwatch.commands.console.calls import on_nats
from arcwatch.commands.console.options import DataDirOption, JsonOption, NatsOption, group
from arcwatch.commands.console.output import as_json, moment, say, table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nats.aio.client import Client

    from arcwatch.clients.dead_letters import Acted, Dead

    Act = Callable[[Client, list[int] | None], Awaitable[Acted]]

app = group("Dead letters: messages that no delivery settled.")

_COLUMNS = ("seq", "failed at", "service", "kind", "deliveries", "about", "reason")
_REASON_WIDTH = 100

SequencesArgument = Annotated[
    list[int] | None, typer.Argument(metavar="[SEQ]...", help="As `dead ls` shows them.", show_default=False)
]


@app.command()
def ls(*, data_dir: DataDirOption = None, nats_url: NatsOption = None, json: JsonOption = False) -> None:
    """List them, the oldest first. `--json` shows each with its body."""
    from arcwatch.clients import dead_letters

    found = on_nats(dead_letters.listed, data_dir, nats_url)
    if json:
        as_json([_json(dead) for dead in found])
        return
    table(_COLUMNS, (_row(dead) for dead in found), empty="there are no dead letters")


@app.command()
def replay(
    sequences: SequencesArgument = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Replay every one.")] = False,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    json: JsonOption = False,
) -> None:
    """Publish them again under fresh ids, and take them off the list."""
    from arcwatch.clients import dead_letters

    _taken_off(dead_letters.replay, "replayed", sequences, data_dir, nats_url, all_=all_, json=json)


@app.command()
def rm(
    sequences: SequencesArgument = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Remove every one.")] = False,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    json: JsonOption = False,
) -> None:
    """Remove them for good, such as requests that are not needed any more. What they asked for is not done."""
    from arcwatch.clients import dead_letters

    _taken_off(dead_letters.remove, "removed", sequences, data_dir, nats_url, all_=all_, json=json)


def _taken_off(
    act: "Act",
    done: str,
    sequences: list[int] | None,
    data_dir: Path | None,
    nats_url: str | None,
    *,
    all_: bool,
    json: bool,
) -> None:
    if all_ == bool(sequences):
        raise typer.BadParameter("name the messages by their SEQ, or say --all")
    chosen = None if all_ else sequences
    acted = on_nats(lambda client: act(client, chosen), data_dir, nats_url)
    if json:
        as_json([_json(dead) for dead in acted.done])
    else:
        for dead in acted.done:
            say(f"{done} {dead.sequence}: {dead.what}")
        if not acted.done and not acted.failures:
            say("there are no dead letters")
    for sequence, reason in acted.failures.items():
        say(f"not {done} {sequence}: {reason}", err=True)
    if acted.failures:
        raise typer.Exit(1)


def _row(dead: "Dead") -> list[object]:
    letter = dead.letter
    reason = letter.reason if len(letter.reason) <= _REASON_WIDTH else f"{letter.reason[: _REASON_WIDTH - 1]}…"
    at = moment(letter.failed_at.isoformat())
    return [dead.sequence, at, letter.service, letter.kind, letter.delivery_count, dead.what, reason]


def _json(dead: "Dead") -> dict[str, Any]:
    letter = dead.letter
    known = letter.model_dump(include={"service", "kind", "reason", "stream_sequence", "failed_at"})
    message = {"subject": letter.subject, "body": letter.body} if letter.subject else {"subject": None, "body": None}
    return {"sequence": dead.sequence, **known, "deliveries": letter.delivery_count, **message}
