"""`arcwatch dead ls`, `dead replay` and `dead rm`: the dead letters."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arcwatch.commands.console.calls import on_nats
from arcwatch.commands.console.confirm import confirm
from arcwatch.commands.console.options import (
    DataDirOption,
    DescendingOption,
    JsonOption,
    NatsOption,
    SearchOption,
    YesOption,
    examples,
    group,
)
from arcwatch.commands.console.output import as_json, moment, say, table
from arcwatch.commands.console.sorting import arranged, matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arcwatch.clients.dead_letters import Acted, Dead


app = group("Dead letters: messages that no delivery settled.")

_COLUMNS = ("seq", "failed at", "service", "kind", "deliveries", "about", "reason")
_SPARE = ("deliveries", "service", "failed at")
_REASON_WIDTH = 100
_NONE = "there are no dead letters"


class Sort(StrEnum):
    """What dead letters are sorted by."""

    SEQ = "seq"
    FAILED_AT = "failed-at"
    KIND = "kind"
    ABOUT = "about"
    DELIVERIES = "deliveries"


SequencesArgument = Annotated[
    list[int] | None, typer.Argument(metavar="SEQ", help="As `dead ls` shows them.", show_default=False)
]
KindOption = Annotated[str | None, typer.Option("--kind", help="Only this kind, such as no_such_folder.")]


@app.command(epilog=examples("arcwatch dead ls", "arcwatch dead ls --kind invalid_event --json"))
def ls(
    *,
    kind: KindOption = None,
    search: SearchOption = None,
    sort: Annotated[Sort, typer.Option("--sort", help="The lowest first.")] = Sort.SEQ,
    descending: DescendingOption = None,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    json: JsonOption = False,
) -> None:
    """List them, the oldest first. `--json` shows each with its body."""
    from arcwatch.clients import dead_letters

    found = [
        dead
        for dead in on_nats(dead_letters.listed, data_dir, nats_url)
        if kind in {None, dead.letter.kind} and matches(search, dead.what, dead.letter.reason, dead.letter.service)
    ]
    shown = arranged(found, lambda dead: _value(dead, sort), descending=bool(descending))
    if json:
        as_json([_json(dead) for dead in shown])
        return
    table(_COLUMNS, map(_row, shown), empty="no dead letter is like that" if kind or search else _NONE, spare=_SPARE)


@app.command(epilog=examples("arcwatch dead replay 3 7", "arcwatch dead replay --all"))
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

    chosen = _chosen(sequences, all_=all_)
    _tell(on_nats(lambda client: dead_letters.replay(client, chosen), data_dir, nats_url), "replayed", json=json)


@app.command(epilog=examples("arcwatch dead rm 3", "arcwatch dead rm --all --yes"))
def rm(
    sequences: SequencesArgument = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Remove every one.")] = False,
    yes: YesOption = False,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    json: JsonOption = False,
) -> None:
    """Remove them for good, such as requests that are not needed any more. What they asked for is not done.

    It asks before, and then removes what it showed, no later one.
    """
    from arcwatch.clients import dead_letters
    from arcwatch.clients.dead_letters import Acted

    chosen = _chosen(sequences, all_=all_)
    found = on_nats(lambda client: dead_letters.chosen_ones(client, chosen), data_dir, nats_url)
    if not found:
        _tell(Acted(), "removed", json=json)
        return
    _confirm_removal(found, yes=yes)
    numbers = [dead.sequence for dead in found]
    _tell(on_nats(lambda client: dead_letters.remove(client, numbers), data_dir, nats_url), "removed", json=json)


def _confirm_removal(found: "Sequence[Dead]", *, yes: bool) -> None:
    if not yes:
        for dead in found:
            say(f"{dead.sequence}: {dead.what} ({dead.letter.kind})", err=True)
    many = "this dead letter" if len(found) == 1 else f"these {len(found)} dead letters"
    confirm(f"Remove {many} for good?", yes=yes)


def _chosen(sequences: list[int] | None, *, all_: bool) -> list[int] | None:
    if all_ == bool(sequences):
        raise typer.BadParameter("name the messages by their SEQ, or say --all")
    return None if all_ else sequences


def _tell(acted: "Acted", done: str, *, json: bool) -> None:
    if json:
        as_json([_json(dead) for dead in acted.done])
    else:
        for dead in acted.done:
            say(f"{done} {dead.sequence}: {dead.what}")
        if not acted.done and not acted.failures:
            say(_NONE)
    for sequence, reason in acted.failures.items():
        say(f"not {done} {sequence}: {reason}", err=True)
    if acted.failures:
        raise typer.Exit(1)


def _value(dead: "Dead", sort: Sort) -> object:
    values = {
        Sort.SEQ: dead.sequence,
        Sort.FAILED_AT: dead.letter.failed_at,
        Sort.KIND: dead.letter.kind,
        Sort.ABOUT: dead.what,
        Sort.DELIVERIES: dead.letter.delivery_count,
    }
    return values[sort]


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
