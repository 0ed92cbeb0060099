"""The private operating-system user that PostgreSQL runs as when we are root: it refuses to run as root itself."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from arcwatch.errors import DeploymentError

NAME = "arcwatch-postgres"


@dataclass(frozen=True)
class OsUser:
    """An operating-system user."""

    name: str
    uid: int
    gid: int

    @property
    def ids(self) -> tuple[int, int]:
        """What a Command takes."""
        return self.uid, self.gid


def private_user() -> OsUser | None:
    """Return the private user, made if need be; None when we are not root and so run it as ourselves."""
    if os.geteuid() != 0:
        return None
    return _known(NAME) or _made(NAME)


def _known(name: str) -> OsUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _made(name: str) -> OsUser:
    tool = shutil.which("useradd", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
    if tool is None:
        raise DeploymentError(
            "PostgreSQL does not run as root, and there is no `useradd` to make a user for it: "
            f"make a user named {name}, start arcwatch as another user than root, or set DATABASE_URL"
        )
    command = [tool, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    # Another start at the same moment may have made it: what counts is that it is there.
    user = _known(name)
    if user is None:
        raise DeploymentError(f"cannot make the user {name} for PostgreSQL: {done.stderr.strip()}; or set DATABASE_URL")
    return user


def open_way(user: OsUser, target: Path, say: Callable[[str], None]) -> None:
    """Let the user pass through the folders above `target`: only the bit to traverse, only where it is missing."""
    for folder in reversed(target.resolve().parents):
        mode = folder.stat().st_mode
        if _may_traverse(user, folder):
            continue
        try:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
        except OSError as error:
            raise DeploymentError(
                f"the user {user.name} cannot reach {target}: `chmod o+x {folder}` fails ({error.strerror}); "
                "choose another --data-dir"
            ) from error
        say(f"let the user {user.name} pass through {folder} (chmod o+x)")


def _may_traverse(user: OsUser, folder: Path) -> bool:
    found = folder.stat()
    if found.st_uid == user.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == user.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def give(user: OsUser | None, path: Path) -> None:
    """Make the user the owner of a path; nothing to do when that is us."""
    if user is not None:
        os.chown(path, user.uid, user.gid, follow_symlinks=False)
