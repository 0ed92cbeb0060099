"""PostgreSQL's data folder: made whole or not at all, and never used twice at a time."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from arcwatch.embedded import os_user
from arcwatch.embedded.os_user import OsUser
from arcwatch.embedded.processes import Child, Command
from arcwatch.errors import DeploymentError

MAJOR_VERSION = "18"
_ORPHANS_SECONDS = 3.0
# The built-in locale sorts by code point and knows Unicode's letters, the same on every system.
_INITDB_OPTIONS = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)


async def make_cluster(
    data: Path, bin_dir: Path, user: OsUser | None, log: Path, say: Callable[[str], None], *, durable: bool = True
) -> None:
    """Leave `data` as it is when it is a whole cluster; else make a new one and move it into place.

    Whatever else stood there is moved aside, not deleted.
    """
    if _is_whole(data):
        _check_version(data)
        return
    fresh = _clear_the_way(data, user, say)
    await _initdb(fresh, bin_dir, user, log, durable=durable)
    _put_in_place(fresh, data)


def _clear_the_way(data: Path, user: OsUser | None, say: Callable[[str], None]) -> Path:
    if data.exists() and any(data.iterdir()):
        aside = data.with_name(f"{data.name}.incomplete-{time.strftime('%Y%m%d-%H%M%S')}")
        data.rename(aside)
        say(f"PostgreSQL's data folder was incomplete: moved it to {aside} and made a new one")
    fresh = data.with_name(f"{data.name}.new")
    if fresh.exists():
        shutil.rmtree(fresh)
        say("PostgreSQL's data folder was never completed last time: made it anew")
    fresh.mkdir(mode=0o700)
    os_user.give(user, fresh)
    return fresh


def _put_in_place(fresh: Path, data: Path) -> None:
    if data.exists():
        data.rmdir()
    fresh.rename(data)
    _sync(data.parent)


def _is_whole(data: Path) -> bool:
    """Tell whether initdb got to its end here: both files exist only in a cluster that was ever complete."""
    return (data / "PG_VERSION").is_file() and (data / "global" / "pg_control").is_file()


def _check_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    if found != MAJOR_VERSION:
        raise DeploymentError(
            f"{data} was made by PostgreSQL {found}, this is {MAJOR_VERSION}: move that folder away to begin anew, "
            "or bring it up to date with pg_upgrade"
        )


async def _initdb(folder: Path, bin_dir: Path, user: OsUser | None, log: Path, *, durable: bool) -> None:
    argv = (str(bin_dir / "initdb"), "--pgdata", str(folder), *_INITDB_OPTIONS, *(() if durable else ("--no-sync",)))
    initdb = Child(Command("initdb", argv, user=user.ids if user else None, death_signal=signal.SIGKILL), log)
    try:
        await initdb.start()
        status = await initdb.wait()
    finally:
        await initdb.stop()
    if status != 0:
        raise initdb.died()


def _sync(folder: Path) -> None:
    """Make the rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_not_running(data: Path, say: Callable[[str], None]) -> None:
    """Refuse when a server runs over this folder; let a stale postmaster.pid not stop the next one.

    PostgreSQL itself sees that a process is gone, but not that its id now belongs to another program, which happens
    at every restart of a container. It does ignore its parent's id, which is ours, and then still checks for shared
    memory in use: so that is what we write.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    first, *rest = pid_file.read_text().splitlines()
    pid = int(first) if first.strip().isdigit() else 0
    if pid and _works_in(pid, data):
        raise DeploymentError(f"PostgreSQL (pid {pid}) already runs over {data}: stop it first, `kill -INT {pid}`")
    pid_file.write_text("\n".join([str(os.getpid()), *rest]) + "\n")
    say("PostgreSQL was not shut down last time: it recovers by itself")


async def end_orphans(data: Path) -> None:
    """Wait until the backends of a server that was killed are gone: they hold its memory, and no other can start.

    They end by themselves once they notice. One that computes does not, and no client will get what it computes.
    """
    deadline = time.monotonic() + _ORPHANS_SECONDS
    while orphans := _processes_in(data):
        if time.monotonic() > deadline:
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.05)


def _processes_in(data: Path) -> list[int]:
    """Return who works in a data folder, where the system tells."""
    return [int(each.name) for each in Path("/proc").glob("[0-9]*") if _works_in(int(each.name), data)]


def _works_in(pid: int, data: Path) -> bool:
    """Tell whether that process is a server over this folder: one works in its data folder."""
    proc = Path("/proc")
    if (proc / "self" / "cwd").exists():
        try:
            return (proc / str(pid) / "cwd").samefile(data)
        except OSError:
            return False
    found = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)  # noqa: S603, S607 - a fixed command of the system
    return "postgres" in found.stdout
