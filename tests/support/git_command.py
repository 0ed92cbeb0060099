"""Debian's `git` as a user's program: without a person to ask, and without this machine's configuration."""

import asyncio
import os
import shutil
from pathlib import Path

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "LC_ALL": "C.UTF-8",
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
}
SECONDS = 60


class GitCommandError(Exception):
    """The command failed; the message is what it wrote to standard error."""


def git_path() -> str:
    command = shutil.which("git")
    assert command, "these tests need Debian's git: run `make debian-packages`"
    return command


async def git(*arguments: str | Path, within: Path) -> str:
    """Run one command in a folder; return what it prints."""
    process = await asyncio.create_subprocess_exec(
        git_path(),
        *arguments,
        cwd=within,
        env=ENVIRONMENT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, complaints = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise GitCommandError(complaints.decode())
    return out.decode()
