"""The private operating-system user that PostgreSQL runs as when we are root: it refuses to run as root itself."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

from arcwatch.errors import DeploymentError

NAME = "arcwatch-postgres"


def private_user() -> pwd.struct_passwd | None:
    """Return the private user, made if need be; None when we are not root and so run it as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return _made()


def _made() -> pwd.struct_passwd:
    tool = shutil.which("useradd", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
    if tool is None:
        raise DeploymentError(
            "PostgreSQL does not run as root, and there is no `useradd` to make a user for it: "
            f"make a user named {NAME}, start arcwatch as another user than root, or set DATABASE_URL"
        )
    command = [tool, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    try:
        # Another start at the same moment may have made it: what counts is that it is there.
        return pwd.getpwnam(NAME)
    except KeyError:
        line = f"cannot make the user {NAME} for PostgreSQL: {done.stderr.strip()}; or set DATABASE_URL"
        raise DeploymentError(line) from None


def open_way(user: pwd.struct_passwd, target: Path, say: Callable[[str], None]) -> None:
    """Let the user pass through the folders above `target`: only the bit to traverse, only where it is missing."""
    for folder in reversed(target.resolve().parents):
        found = folder.stat()
        if found.st_mode & _traverses(user, found):
            continue
        try:
            folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)
        except OSError as error:
            raise DeploymentError(
                f"the user {user.pw_name} cannot reach {target}: `chmod o+x {folder}` fails ({error.strerror}); "
                "choose another --data-dir"
            ) from error
        say(f"let the user {user.pw_name} pass through {folder} (chmod o+x)")


def _traverses(user: pwd.struct_passwd, found: os.stat_result) -> int:
    """Return the bit that lets the user pass through a folder."""
    if found.st_uid == user.pw_uid:
        return stat.S_IXUSR
    return stat.S_IXGRP if found.st_gid == user.pw_gid else stat.S_IXOTH


def give(user: pwd.struct_passwd | None, path: Path) -> None:
    """Make the user the owner of a path; nothing to do when that is us."""
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
