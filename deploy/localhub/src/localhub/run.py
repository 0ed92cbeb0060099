"""`arcwatch hub DIR`: serve a folder of submissions until interrupted."""

import asyncio
import errno
import socket
from collections.abc import Callable
from pathlib import Path

from localhub.server import HOST, LocalHub


class HubStartError(Exception):
    """The server cannot start; the message is the line to print before exit status 1."""


async def run_hub(directory: Path, port: int = 0, *, host: str = HOST, say: Callable[[str], None] = print) -> None:
    """Serve until cancelled; says one line with the URL and the datasets once it is ready."""
    _check(directory)
    hub = LocalHub(directory, host=host, port=port)
    try:
        await hub.start()
    except OSError as error:
        await hub.stop()
        if error.errno == errno.EADDRINUSE:
            raise HubStartError(f"Port {port} on {host} is in use: choose another with --port") from error
        if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
            raise HubStartError(f"{host} is no address of this machine: choose another with --host") from error
        raise
    try:
        names = hub.datasets.names()
        say(f"Hub is ready: {hub.url} serves {', '.join(names) if names else 'no datasets yet'}")
        await asyncio.Event().wait()
    finally:
        await hub.stop()


def _check(directory: Path) -> None:
    if not directory.is_dir():
        raise HubStartError(f"{directory} is not a directory: it must hold <owner>/<dataset>/<model>/<task>.json")
