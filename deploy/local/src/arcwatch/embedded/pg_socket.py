"""The folder of PostgreSQL's socket: short enough for the system, and closed to everybody else."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from arcwatch.embedded import os_user
from arcwatch.embedded.os_user import OsUser
from arcwatch.errors import DeploymentError

# Of the socket's name only; nothing listens on TCP.
PORT = 5432
_SOCKET_NAME = f".s.PGSQL.{PORT}"
# sizeof(sockaddr_un.sun_path) less the closing NUL, on Linux; macOS has 103.
_LONGEST_PATH = 103


def socket_dir(home: Path, user: OsUser | None) -> Path:
    """Return the socket's folder for a server, made if need be, mode 0700.

    It is in the server's own folder. Where that path is too long, or has a comma (which would separate hosts in a
    connection URL), it is one in the temporary folder, named after the path.
    """
    folder = home / "socket"
    if len(os.fsencode(folder / _SOCKET_NAME)) > _LONGEST_PATH or "," in str(folder):
        name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"arcwatch-pg-{name}"
    owner = os.geteuid() if user is None else user.uid
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
