"""`arcwatch dead ls`, `dead replay` and `dead rm`: the dead letters."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arcwatch.commands.console.ages import AGE, age
from arcwatch.commands.console.calls import on_nats
from arcwatch.commands.console.confirm import confirm
from arcwatch.commands.console.options import (
    DataDirOption,
    DatasetOption,
    DescendingOption,
    JsonOption,
    NatsOption,
    SearchOption,
    YesOption,
    examples,
    group,
)
from arcwatch.commands.console.output import as_json, moment, note, say, table
from arcwatch.commands.console.sorting import arranged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from common.bus.dead_letters import Acted, Dead, Filter
    from nats.aio.client import Client

    Do = Callable[[Client, Sequence[Dead]], Awaitable[Acted]]


app = group("Dead letters: messages that no delivery settled.")

_COLUMNS = ("seq", "failed at", "service", "kind", "deliveries", "about", "reason")
_SPARE = ("deliveries", "service", "failed at")
_REASON_WIDTH = 100
_NONE = "there are no dead letters"
# After so many it says how far it is.
_BATCH = 50


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
KindOption = Annotated[str | None, typer.Option("--kind", help="Only this kind, such as folder_gone.")]
ServiceOption = Annotated[str | None, typer.Option("--service", help="Only of this service: ingester, watcher.")]
ModelOption = Annotated[str | None, typer.Option("--model", help="Only of this model's folder.")]
OlderOption = Annotated[
    timedelta | None,
    typer.Option("--older-than", parser=age, metavar="AGE", help=f"Only what failed so long ago: {AGE}."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Do nothing; show which.")]


@app.command(epilog=examples("arcwatch dead ls", "arcwatch dead ls --kind invalid_event --json"))
def ls(
    *,
    kind: KindOption = None,
    service: ServiceOption = None,
    dataset: DatasetOption = None,
    model: ModelOption = None,
    older_than: OlderOption = None,
    search: SearchOption = None,
    sort: Annotated[Sort, typer.Option("--sort", help="The lowest first.")] = Sort.SEQ,
    descending: DescendingOption = None,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    json: JsonOption = False,
) -> None:
    """List them, the oldest first. `--json` shows each with its body."""
    from common.bus import dead_letters

    wanted = dead_letters.Filter(service, kind, dataset, model, older_than, search)
    found = on_nats(lambda client: dead_letters.fitting(client, wanted), data_dir, nats_url)
    shown = arranged(found, lambda dead: _value(dead, sort), descending=bool(descending))
    if json:
        as_json([_json(dead) for dead in shown])
        return
    empty = _NONE if wanted == dead_letters.Filter() else "no dead letter is like that"
    table(_COLUMNS, map(_row, shown), empty=empty, spare=_SPARE)


@app.command(epilog=examples("arcwatch dead replay 3 7", "arcwatch dead replay --kind hub_unreachable --dry-run"))
def replay(
    sequences: SequencesArgument = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Replay every one.")] = False,
    kind: KindOption = None,
    service: ServiceOption = None,
    dataset: DatasetOption = None,
    model: ModelOption = None,
    older_than: OlderOption = None,
    search: SearchOption = None,
    dry_run: DryRunOption = False,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    json: JsonOption = False,
) -> None:
    """Publish them again under fresh ids, and take them off the list: those named, or all that fit the options."""
    from common.bus import dead_letters

    wanted = dead_letters.Filter(service, kind, dataset, model, older_than, search)
    found = _found(sequences, wanted, data_dir, nats_url, all_=all_)
    if dry_run:
        _tell(dead_letters.Acted(found), "would be replayed:", json=json)
        return
    _tell(_all_of(found, dead_letters.replay_each, "replayed", data_dir, nats_url), "replayed", json=json)


@app.command(epilog=examples("arcwatch dead rm 3", "arcwatch dead rm --older-than 30d --yes"))
def rm(
    sequences: SequencesArgument = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Remove every one.")] = False,
    kind: KindOption = None,
    service: ServiceOption = None,
    dataset: DatasetOption = None,
    model: ModelOption = None,
    older_than: OlderOption = None,
    search: SearchOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    data_dir: DataDirOption = None,
    nats_url: NatsOption = None,
    json: JsonOption = False,
) -> None:
    """Remove them for good, such as requests that are not needed any more. What they asked for is not done.

    It asks before, and then removes what it showed, no later one.
    """
    from common.bus import dead_letters

    wanted = dead_letters.Filter(service, kind, dataset, model, older_than, search)
    found = _found(sequences, wanted, data_dir, nats_url, all_=all_)
    if dry_run or not found:
        _tell(dead_letters.Acted(found), "would be removed:" if dry_run else "removed", json=json)
        return
    _confirm_removal(found, yes=yes)
    _tell(_all_of(found, dead_letters.remove_each, "removed", data_dir, nats_url), "removed", json=json)


def _found(
    sequences: list[int] | None, wanted: "Filter", data_dir: Path | None, nats_url: str | None, *, all_: bool
) -> "list[Dead]":
    """Return those that are named by number, or by what they have in common."""
    from common.bus import dead_letters

    filtered = wanted != dead_letters.Filter()
    if sequences and (all_ or filtered):
        raise typer.BadParameter("name the messages by their SEQ, or say which by options, not both")
    if not (sequences or all_ or filtered):
        raise typer.BadParameter("name the messages by their SEQ, or say --all, or which by options")
    if sequences:
        return on_nats(lambda client: dead_letters.chosen_ones(client, sequences), data_dir, nats_url)
    return on_nats(lambda client: dead_letters.fitting(client, wanted), data_dir, nats_url)


def _all_of(found: "list[Dead]", do: "Do", done: str, data_dir: Path | None, nats_url: str | None) -> "Acted":
    """Do it with each, and say how far it is where there are many."""
    from common.bus.dead_letters import Acted

    from arcwatch.clients import audit_lines

    async def work(client: "Client") -> Acted:
        acted = Acted()
        for start in range(0, len(found), _BATCH):
            some = await do(client, found[start : start + _BATCH])
            acted.done.extend(some.done)
            acted.failures.update(some.failures)
            if len(found) > _BATCH:
                note(f"{done} {len(acted.done)} of {len(found)}")
        return acted

    action = "dead_letters.replay" if done == "replayed" else "dead_letters.drop"
    database = audit_lines.database_of(data_dir, nats_url) if found else None
    with audit_lines.audited(database, action, sequences=[dead.sequence for dead in found]) as told:
        acted = on_nats(work, data_dir, nats_url)
        told.detail = "; ".join(f"{each}: {reason}" for each, reason in acted.failures.items()) or None
    return acted


def _confirm_removal(found: "Sequence[Dead]", *, yes: bool) -> None:
    if not yes:
        for dead in found:
            say(f"{dead.sequence}: {dead.what} ({dead.letter.kind})", err=True)
    many = "this dead letter" if len(found) == 1 else f"these {len(found)} dead letters"
    confirm(f"Remove {many} for good?", yes=yes)


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
