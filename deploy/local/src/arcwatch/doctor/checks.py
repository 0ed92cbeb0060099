"""What `arcwatch doctor` looks at on the machine: each check finds something and says, where it is bad, what to do."""

import importlib
import os
import shutil
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from common.arc.task_sets import BUNDLED, Source, TaskSet, TaskSetError, detect_source, load_task_set
from common.process.settings import ServiceSettings, first_wrong
from pydantic import ValidationError

from arcwatch.data_dir import DataDir
from arcwatch.embedded import nats_server, postgres
from arcwatch.errors import DeploymentError

GIBIBYTE = 1024**3
# PostgreSQL's write-ahead log and NATS' streams may take this much before anything is ingested.
_DISK_NEEDED = 2 * GIBIBYTE
# A clock that is off by more makes ages and schedules wrong in ways that people notice.
_CLOCK_WARNING_SECONDS = 5.0
_CLOCK_PROBLEM_SECONDS = 60.0
_SERVICES = {"watcher": "watcher", "ingester": "ingester", "query-api": "query_api", "notifier": "notifier"}


class Verdict(StrEnum):
    """How bad a finding is. Only a problem makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One answer: what was looked at, what was found, what to do."""

    check: str
    verdict: Verdict
    found: str
    advice: str = ""


def ok(check: str, found: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(check, Verdict.OK, found)


def clock(whose: str, theirs: datetime, ours: datetime) -> Finding:
    """Compare a server's clock with ours: ages, retries and the schedule count on both."""
    check, ahead = f"clock of {whose}", (ours - theirs).total_seconds()
    if abs(ahead) <= _CLOCK_WARNING_SECONDS:
        return ok(check, "agrees with ours")
    found = f"ours is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} it"
    verdict = Verdict.PROBLEM if abs(ahead) > _CLOCK_PROBLEM_SECONDS else Verdict.WARNING
    return Finding(check, verdict, found, "have both machines' clocks set by NTP: `timedatectl` shows ours")


def programs() -> Iterable[Finding]:
    """Look for the servers' programs."""
    for name, find in (
        ("nats-server", nats_server.program),
        ("postgres", lambda: postgres.bin_dir() / "postgres"),
    ):
        try:
            yield ok(name, str(find()))
        except DeploymentError as error:
            yield Finding(name, Verdict.PROBLEM, "not installed", str(error))


def settings(environment: Mapping[str, str]) -> Iterable[Finding]:
    """Read every service's settings as the service would."""
    for name, module in _SERVICES.items():
        kind: type[ServiceSettings] = importlib.import_module(f"{module}.settings").Settings
        try:
            found = kind()
        except ValidationError as error:
            variable, wrong = first_wrong(error)
            advice = f"set {variable} otherwise, or unset it for the default"
            yield Finding(f"settings of {name}", Verdict.PROBLEM, f"{variable}: {wrong}", advice)
        else:
            yield ok(f"settings of {name}", f"readable; datasets: {', '.join(found.hf_datasets)}")
    if not environment.get("HF_TOKEN"):
        advice = "set HF_TOKEN for private or gated datasets and for a higher limit"
        yield Finding("HF_TOKEN", Verdict.WARNING, "not set: 500 API requests per 5 minutes", advice)


def task_sets() -> Iterable[Finding]:
    """Look whether the answers to every dataset's tasks are known."""
    try:
        wanted = ServiceSettings()
    except ValidationError:
        return  # said by the check of the settings
    for dataset in wanted.hf_datasets:
        source = detect_source(dataset)
        if source is None:
            advice = "its name must tell the task set, such as arc_agi_v2_public_eval"
            yield Finding(dataset, Verdict.PROBLEM, "no known task set", advice)
            continue
        try:
            tasks = load_task_set(source, wanted.arc_tasks_dir)
        except TaskSetError as error:
            yield Finding(dataset, Verdict.PROBLEM, f"no tasks of {source}", str(error))
        else:
            found = f"scored by {source}, {len(tasks.tasks)} tasks, edition {tasks.version}"
            yield ok(dataset, found + _origin(tasks, wanted.arc_tasks_dir))
    yield from _unread_folders(wanted.arc_tasks_dir)


def _origin(tasks: TaskSet, tasks_dir: Path | None) -> str:
    """Say where a set comes from, where that is not the package."""
    if tasks_dir is None or not (tasks_dir / tasks.source).is_dir():
        return ""
    if tasks.source not in BUNDLED:
        return " from ARC_TASKS_DIR"
    bundled = load_task_set(tasks.source).version
    which = "which is the same" if bundled == tasks.version else f"edition {bundled}"
    return f" from ARC_TASKS_DIR, in place of the bundled one, {which}"


def _unread_folders(tasks_dir: Path | None) -> Iterable[Finding]:
    """Look for folders of ARC_TASKS_DIR that were meant to hold a set, and are called like none."""
    known = {str(source) for source in Source}
    there = {each.name for each in tasks_dir.iterdir() if each.is_dir()} if tasks_dir and tasks_dir.is_dir() else set()
    if unread := sorted(name for name in there - known if not name.startswith(".")):
        advice = f"a set is read from a folder called exactly {', '.join(sorted(known))}"
        yield Finding("ARC_TASKS_DIR", Verdict.WARNING, f"not read: {', '.join(unread)}", advice)


def data_folder(place: DataDir) -> Iterable[Finding]:
    """Look at the folder, its room, and who may read its secrets."""
    existing = next(folder for folder in (place.path, *place.path.parents) if folder.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        yield Finding("data folder", Verdict.PROBLEM, f"{existing} is not writable", "choose another --data-dir")
        return
    free = shutil.disk_usage(existing).free
    room = f"{free / GIBIBYTE:.1f} GiB free at {existing}"
    if free < _DISK_NEEDED:
        advice = f"free at least {_DISK_NEEDED // GIBIBYTE} GiB, or choose another --data-dir"
        yield Finding("data folder", Verdict.PROBLEM, room, advice)
    else:
        yield ok("data folder", room)
    for file in (place.secrets_file, place.state_file):
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding("secrets", Verdict.PROBLEM, f"others may read {file}", f"chmod 600 {file}")
