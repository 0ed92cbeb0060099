"""The smallest HTTP client: asks a port on loopback one question. It costs no import, so starts stay quick."""

import asyncio
import contextlib
from http import HTTPStatus

from arcwatch.ports import LOOPBACK

_TIMEOUT_SECONDS = 6.0


async def ask(port: int, path: str, host: str = LOOPBACK) -> tuple[int, bytes] | None:
    """Return the status and the body of a GET, or None without an answer."""
    with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
        return await asyncio.wait_for(_get(host, port, path), _TIMEOUT_SECONDS)
    return None


async def is_ok(port: int, path: str) -> bool:
    """Tell whether a GET is answered with 200."""
    answer = await ask(port, path)
    return answer is not None and answer[0] == HTTPStatus.OK


async def _get(host: str, port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        # HTTP/1.0: the answer ends where the connection ends.
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        return int(head.split(None, 2)[1]), await reader.read()
    finally:
        writer.close()
