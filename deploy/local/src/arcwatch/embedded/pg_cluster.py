"""PostgreSQL's folders: of its data, made whole or not at all and never used twice at a time, and of its socket."""

import asyncio
import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from arcwatch.embedded import os_user
from arcwatch.embedded.processes import Child, Command
from arcwatch.errors import DeploymentError

MAJOR_VERSION = "18"
# Of the socket's name only; nothing listens on TCP.
PORT = 5432
_SOCKET_NAME = f".s.PGSQL.{PORT}"
# sizeof(sockaddr_un.sun_path) less the closing NUL, on Linux; macOS has 103.
_LONGEST_PATH = 103
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
    data: Path, bin_dir: Path, user: pwd.struct_passwd | None, log: Path, say: Callable[[str], None], *, durable: bool
) -> None:
    """Leave `data` as it is when it is a whole cluster; else make a new one and move it into place.

    Whatever else stood there is moved aside, not deleted.
    """
    if not _is_whole(data):
        fresh = _clear_the_way(data, user, say)
        await _initdb(fresh, bin_dir, user, log, durable=durable)
        _put_in_place(fresh, data)


def _is_whole(data: Path) -> bool:
    """Tell whether initdb got to its end here: both files exist only in a cluster that was ever complete."""
    version = data / "PG_VERSION"
    if not (version.is_file() and (data / "global" / "pg_control").is_file()):
        return False
    found = version.read_text().strip()
    if found != MAJOR_VERSION:
        raise DeploymentError(
            f"{data} was made by PostgreSQL {found}, this is {MAJOR_VERSION}: move that folder away to begin anew, "
            "or bring it up to date with pg_upgrade"
        )
    return True


def _clear_the_way(data: Path, user: pwd.struct_passwd | None, say: Callable[[str], None]) -> Path:
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
    # The rename must survive a power cut, too.
    parent = os.open(data.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


async def _initdb(folder: Path, bin_dir: Path, user: pwd.struct_passwd | None, log: Path, *, durable: bool) -> None:
    argv = (str(bin_dir / "initdb"), "--pgdata", str(folder), *_INITDB_OPTIONS, *(() if durable else ("--no-sync",)))
    initdb = Child(Command("initdb", argv, user=user, death_signal=signal.SIGKILL), log)
    try:
        await initdb.start()
        status = await initdb.wait()
    finally:
        await initdb.stop()
    if status != 0:
        raise initdb.died()


def check_not_running(data: Path, say: Callable[[str], None]) -> None:
    """Refuse when a server runs over this folder; let a stale postmaster.pid not stop the next one.

    PostgreSQL itself sees that a process is gone, but not that its id now belongs to another program, which happens
    at every restart of a container. It does ignore its parent's id, which is ours, and then still checks for shared
    memory in use: so that is what we write.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    first, _, rest = pid_file.read_text().partition("\n")
    pid = int(first) if first.strip().isdigit() else 0
    if any(each.pid == pid for each in _servers_over(data)):
        raise DeploymentError(f"PostgreSQL (pid {pid}) already runs over {data}: stop it first, `kill -INT {pid}`")
    # In place: on a full disk there is no room for another file, nor for this one once it were emptied.
    with pid_file.open("r+") as file:
        file.write(f"{os.getpid()}\n{rest}")
        file.truncate()
    say("PostgreSQL was not shut down last time: it recovers by itself")


async def end_orphans(data: Path) -> None:
    """Wait until the backends of a server that was killed are gone: they hold its memory, and no other can start.

    They end by themselves once they notice. One that computes does not, and no client will get what it computes.
    """
    deadline = time.monotonic() + _ORPHANS_SECONDS
    while orphans := _servers_over(data):
        if time.monotonic() > deadline:
            for orphan in orphans:
                with contextlib.suppress(psutil.NoSuchProcess):
                    orphan.kill()
        await asyncio.sleep(0.05)


def is_recovering(pid: int) -> bool:
    """Tell whether a server has the process that recovers, by its title."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return any("startup" in _title(each) for each in psutil.Process(pid).children())
    return False


def _title(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def _servers_over(data: Path) -> list[psutil.Process]:
    """Return the processes of a server over this folder: each works in it."""
    folder = str(data.resolve())
    return [process for process in psutil.process_iter(["cwd"]) if process.info["cwd"] == folder]


def socket_dir(home: Path, user: pwd.struct_passwd | None) -> Path:
    """Return the socket's folder for a server, made if need be, mode 0700.

    It is in the server's own folder. Where that path is too long, or has a comma (which would separate hosts in a
    connection URL), it is one in the temporary folder, named after the path.
    """
    folder = home / "socket"
    if len(os.fsencode(folder / _SOCKET_NAME)) > _LONGEST_PATH or "," in str(folder):
        name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"arcwatch-pg-{name}"
    owner = os.geteuid() if user is None else user.pw_uid
    if not os.path.lexists(folder):
        folder.mkdir(mode=0o700)
        os_user.give(user, folder)
    _check_ours(folder, owner)
    return folder


def _check_ours(folder: Path, owner: int) -> None:
    # The temporary folder belongs to all users: another may have made this first.
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
        raise DeploymentError(f"{folder} is not a folder of mode 0700 that we own: remove it and start again")
