"""Real sockets between a client and a Hub: one speaks TLS, the other is a proxy that notes requests."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

TLS = Path(__file__).parent / "tls"
# Of a certificate authority of the tests' own, for SSL_CERT_FILE; the server's key is no secret.
CA = TLS / "ca.pem"
# Small pieces, each with a breath: what is buffered at any moment is a small part of a large answer.
PIECE_BYTES = 16 * 1024
BREATH_SECONDS = 0.002


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, breath: float = 0.0) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(breath)
        if writer.can_write_eof():
            writer.write_eof()
    writer.close()


async def _joined(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, head: bytes = b"", breath: float = 0.0
) -> None:
    there, back = await asyncio.open_connection("127.0.0.1", port)
    back.write(head)
    await asyncio.gather(_pump(reader, back), _pump(there, writer, breath))


@contextlib.asynccontextmanager
async def _listening(handle: object, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)  # type: ignore[arg-type] # a connection's callback
    async with server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def tls(upstream: str, breath: float = 0.0) -> AsyncIterator[str]:
    """Yield an https:// URL that serves what is upstream; slowly, with a breath."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    port = urlsplit(upstream).port or 80

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _joined(reader, writer, port, breath=breath)

    async with _listening(handle, context) as own:
        yield f"https://127.0.0.1:{own}"


@contextlib.asynccontextmanager
async def proxy(upstream: str, seen: list[str]) -> AsyncIterator[str]:
    """Yield the URL of an HTTP proxy; it knows the way to one server only, whatever that is called."""
    port = urlsplit(upstream).port or 80

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, version = head.split(b"\r\n", 1)[0].decode().split()
        seen.append(f"{method} {target}")
        if method == "CONNECT":
            writer.write(f"{version} 200 Connection established\r\n\r\n".encode())
            await _joined(reader, writer, port)
            return
        parts = urlsplit(target)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        rest = head.split(b"\r\n", 1)[1].replace(b"Connection: keep-alive", b"Connection: close")
        await _joined(reader, writer, port, f"{method} {path} {version}\r\n".encode() + b"Connection: close\r\n" + rest)

    async with _listening(handle) as own:
        yield f"http://127.0.0.1:{own}"


@contextlib.asynccontextmanager
async def refusing_proxy() -> AsyncIterator[str]:
    """Yield the URL of an HTTP proxy that knows no user."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with _listening(handle) as own:
        yield f"http://127.0.0.1:{own}"
