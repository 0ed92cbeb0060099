"""The smallest HTTP client: asks a port one question, on loopback by default. It costs no import: starts stay quick."""

import asyncio
import contextlib
import json
from http import HTTPStatus

from common.process.addresses import shown

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


async def readiness(port: int, path: str = "/readyz", host: str = LOOPBACK) -> tuple[int, str]:
    """Return the status with which a service answers, 0 where it does not, and what is wrong in its own words."""
    answer = await ask(port, path, host)
    if answer is None:
        return 0, f"its ops port {port} does not answer"
    status, body = answer
    with contextlib.suppress(ValueError, LookupError, AttributeError, TypeError):
        checks = json.loads(body)["checks"]
        return status, ", ".join(f"{name}: {reason}" for name, reason in checks.items() if reason != "ok")
    return status, f"{path} answers {status}"


async def _get(host: str, port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        # HTTP/1.0: the answer ends where the connection ends.
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {shown(host, port)}\r\n\r\n".encode())
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        return int(head.split(None, 2)[1]), await reader.read()
    finally:
        writer.close()
